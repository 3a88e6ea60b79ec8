"""A table that was read once, kept beside its file in a form that loads in milliseconds.

Many trials learn from one file, each in a process of its own, and parsing text takes longer than a small model's
training. The prepared form is one file: a line of JSON (what it is and where each array lies), then the arrays, each at
a multiple of 64 bytes. Numbers are mapped into memory as they are, and so are cells that are arrays, laid end to end;
text is whole-number codes and a list of labels.
It is a cache: whatever is wrong with it, the table is read from its own file again.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import math
import os
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.arrays.cells import cells_of, holds_arrays, stacked
from tuner.data.column_arrays import MAX_COPIED_ROWS, arrays_of, frame_of
from tuner.data.profile import DatasetProfile

logger = logging.getLogger(__name__)

FORMAT_VERSION = 2
SUFFIX = ".prepared"

_ALIGNMENT = 64
_NUM_PROBES = 16
_PROBE_BYTES = 4096


def load(path: Path, profile: DatasetProfile, folder: Path | None = None) -> pd.DataFrame | None:
    """The plain frame of a file, from its prepared form.

    Args:
        path: The file with the table.
        profile: The profile that was made of it.
        folder: Where prepared tables lie; beside the file if None.

    Returns:
        The frame that was kept; its numbers are read-only. None if there is no prepared form, or it was made
        by another version, of another file or under another profile.
    """
    source = _prepared_path(path, profile, folder)
    try:
        mapped = np.memmap(source, mode="r", dtype=np.uint8)
        header, start = _read_header(mapped)
        if header["file"] != _fingerprint(path):
            return None
        # Marked as used: caches of tables remove what nobody has touched for long.
        with suppress(OSError):
            os.utime(source)
        return _restore(mapped, header, start)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.warning("prepared table cannot be read", extra={"action": "load", "reason": str(error)})
        return None


def prepare(path: Path, profile: DatasetProfile, frame: pd.DataFrame, folder: Path | None = None) -> None:
    """Keep a plain frame for ``load``.

    The file appears whole or not at all, and writers may race: they write the same. A folder that cannot be written to
    is left alone, because a table can always be read from its own file.

    Args:
        path: The file with the table.
        profile: The profile that was made of it.
        frame: What ``read_table(path)`` returned; dates may be instants already.
        folder: Where prepared tables lie; beside the file if None.
    """
    target = _prepared_path(path, profile, folder)
    part = target.with_name(f"{uuid.uuid4().hex}.part")
    try:
        with part.open("wb") as file:
            _write(file, frame, _fingerprint(path))
        part.rename(target)
    except OSError as error:
        logger.info("table is not kept in prepared form", extra={"action": "prepare", "reason": str(error)})
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _prepared_path(path: Path, profile: DatasetProfile, folder: Path | None) -> Path:
    digest = _profile_digest(profile)
    return (folder or path.parent) / f"{path.name[:100]}.{digest}{SUFFIX}"


@functools.lru_cache(maxsize=4)
def _profile_digest(profile: DatasetProfile) -> str:
    # Without the values: each training needs this, and a wide table has very many of them.
    facts = [
        (
            *(column.name, column.kind, column.form, column.day_first),
            *(column.num_missing, column.num_unique, column.minimum, column.maximum, column.mean),
        )
        for column in profile.columns
    ]
    document = json.dumps([FORMAT_VERSION, profile.num_rows, facts])
    return hashlib.sha256(document.encode()).hexdigest()[:20]


def _fingerprint(path: Path) -> list[int | str]:
    """Size and a digest of samples: cheap, and enough beside the profile's digest to notice another file.

    Not the time of change: caches of files move it to mark their use.
    """
    size = path.stat().st_size
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for offset in range(0, size, max(_PROBE_BYTES, size // _NUM_PROBES)):
            file.seek(offset)
            digest.update(file.read(_PROBE_BYTES))
    return [size, digest.hexdigest()]


def _write(file: BinaryIO, frame: pd.DataFrame, fingerprint: list[int | str]) -> None:
    arrays: list[NDArray[Any]] = []
    columns: list[dict[str, Any]] = []
    offset = 0
    for name, values in zip(frame.columns, arrays_of(frame), strict=True):
        stored, facts = _to_stored(values)
        arrays.append(stored)
        columns.append({"name": name, "type": stored.dtype.str, "offset": offset, **facts})
        offset += stored.nbytes + -stored.nbytes % _ALIGNMENT
    document = {"file": fingerprint, "num_rows": len(frame), "columns": columns}
    head = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    file.write(head + b"\0" * (-len(head) % _ALIGNMENT))
    for stored in arrays:
        file.write(np.ascontiguousarray(stored).data)
        file.write(b"\0" * (-stored.nbytes % _ALIGNMENT))


def _to_stored(values: NDArray[Any]) -> tuple[NDArray[Any], dict[str, Any]]:
    """A column as one array, and what else is needed to restore it."""
    if values.dtype != object:
        return values, {}
    if holds_arrays(pd.Series(values, dtype=object, copy=False)):
        shape = list(values[0].shape[1:])
        if len({len(cell) for cell in values}) == 1:
            return stacked(values), {"cells": [len(values[0]), *shape]}
        return np.concatenate(values), {"cells": [None, *shape], "lengths": [len(cell) for cell in values]}
    codes, labels = pd.factorize(values)
    return codes.astype(np.int32), {"labels": labels.tolist()}


def _read_header(mapped: NDArray[np.uint8]) -> tuple[dict[str, Any], int]:
    """The first line, and where the arrays begin."""
    length = 1024
    while True:
        head = mapped[:length].tobytes()
        end = head.find(b"\n") + 1
        if end > 0:
            return json.loads(head[:end]), end + -end % _ALIGNMENT
        if len(head) < length:
            raise ValueError("it has no header")
        length *= 16


def _restore(mapped: NDArray[np.uint8], header: dict[str, Any], start: int) -> pd.DataFrame:
    num_rows = header["num_rows"]
    columns: dict[str, NDArray[Any]] = {}
    for column in header["columns"]:
        data_type = np.dtype(column["type"])
        first = start + column["offset"]
        count = _count(column, num_rows)
        raw = mapped[first : first + count * data_type.itemsize]
        # A plain array: slices of a mapped one are slow.
        stored = np.frombuffer(raw, dtype=data_type, count=count)
        if "labels" in column:
            # The last place is taken by code -1, a missing cell.
            stored = np.array([*column["labels"], None], dtype=object)[stored]
        elif "cells" in column:
            stored = _to_cells(stored, column, num_rows)
        columns[column["name"]] = stored
    # Long columns stay where they are mapped.
    return frame_of(columns, num_rows, copy=num_rows <= MAX_COPIED_ROWS)


def _count(column: dict[str, Any], num_rows: int) -> int:
    """Numbers in a column."""
    if "cells" not in column:
        return num_rows
    length, *shape = column["cells"]
    return int(math.prod(shape) * (sum(column["lengths"]) if length is None else num_rows * length))


def _to_cells(stored: NDArray[Any], column: dict[str, Any], num_rows: int) -> NDArray[Any]:
    length, *shape = column["cells"]
    if length is not None:
        return cells_of(stored.reshape(num_rows, length, *shape), num_rows)
    stops = np.cumsum(column["lengths"])
    return cells_of(np.split(stored.reshape(-1, *shape), stops[:-1]), num_rows)
