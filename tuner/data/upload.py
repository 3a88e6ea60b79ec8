"""Profiling a file; one from outside in a child process that can neither exhaust this one nor take it down."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuner.data.first_rows import Cell
from tuner.data.profile import ColumnKind, DatasetProfile
from tuner.errors import InvalidDataset, Place, TunerError, error_classes

logger = logging.getLogger(__name__)

# Up to this size a file may take some hundred megabytes to read, as a table does that somebody works with.
_SMALL_BYTES = 16 * 1024**2
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# Other allocators reserve far more addresses than they use, and addresses are what is limited.
_PLAIN_MEMORY = {"ARROW_DEFAULT_MEMORY_POOL": "system"}


@dataclass(frozen=True)
class ExaminedFile:
    """What is known of a file once it has been read.

    Args:
        profile: What is in its columns.
        first_rows: Its first rows, to be shown.
    """

    profile: DatasetProfile
    first_rows: list[list[Cell]]


def examine_file(
    path: Path,
    *,
    target: str | None = None,
    kinds: Mapping[str, ColumnKind | str] | None = None,
    memory_bytes: int = 4 * 1024**3,
    seconds: int = 120,
) -> ExaminedFile:
    """Read and profile a file in a limited child process. This process loads neither NumPy nor pandas.

    Args:
        path: The file, CSV (plain or gzip) or Parquet.
        target: The column to predict, if it is known: then the profile has warnings about it too.
        kinds: Kinds that somebody has chosen for some columns.
        memory_bytes: Address space of the child. NumPy and pandas alone take up to 200 MiB.
        seconds: Processor time of the child; it may take twice as long by the clock.

    Raises:
        InvalidDataset: The file is not a table, or takes more memory or time than allowed; or the target or a kind
            does not fit it.
        TooLarge: It is over a limit of ``tuner.data.reading.ReadLimits``.
    """
    command = [sys.executable, "-P", "-m", "tuner.data.profile_child", str(path.absolute())]
    command += ["--memory-bytes", str(memory_bytes), "--seconds", str(seconds)]
    wishes = json.dumps({"target": target, "kinds": dict(kinds or {})})
    try:
        child = subprocess.run(
            command, input=wishes.encode(), capture_output=True, timeout=2 * seconds, env=_environment(), check=False
        )
    except subprocess.TimeoutExpired:
        raise _too_slow(seconds) from None
    if child.returncode == 0:
        return _read_answer(json.loads(child.stdout))
    logger.warning(
        "profiling child died",
        extra={
            "action": "profile",
            "returncode": child.returncode,
            "stderr": child.stderr[-2000:].decode(errors="replace"),
        },
    )
    if child.returncode == -signal.SIGXCPU:
        raise _too_slow(seconds)
    raise InvalidDataset(
        f"The table could not be read: the process that read it {_describe_end(child.returncode)}, most likely for "
        f"want of memory ({memory_bytes / 1024**3:.1f} GiB are allowed).",
        hint="Upload a sample of its rows, or raise the memory limit for uploads.",
    )


def examine_own_file(
    path: Path, *, target: str | None = None, kinds: Mapping[str, ColumnKind | str] | None = None
) -> ExaminedFile:
    """Read and profile a file of the user whose process this is.

    A small one is read right here, since a child process would need most of a second to load pandas, which such a
    process often has. The limits of ``examine_file`` are for larger ones.

    Args:
        path: The file.
        target: The column to predict, if it is known: then the profile has warnings about it too.
        kinds: Kinds that somebody has chosen for some columns.

    Raises:
        InvalidDataset: As in ``examine_file``.
        TooLarge: It is over a limit of ``tuner.data.reading.ReadLimits``.
    """
    if path.stat().st_size > _SMALL_BYTES:
        return examine_file(path, target=target, kinds=kinds)
    from tuner.data.examination import examine

    return examine(path, target=target, kinds=kinds)


def _environment() -> dict[str, str]:
    """The environment without our own settings: the child reads strangers' files and needs no database address."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TUNER_")}
    return inherited | _ONE_THREAD | _PLAIN_MEMORY


def _read_answer(answer: dict[str, Any]) -> ExaminedFile:
    if "profile" in answer:
        return ExaminedFile(DatasetProfile.from_json(answer["profile"]), answer["first_rows"])
    error = answer["error"]
    places = [Place(**place) for place in error["places"]]
    raise error_classes().get(error["code"], TunerError).restored(error["message"], error["hint"], places)


def _too_slow(seconds: int) -> InvalidDataset:
    return InvalidDataset(
        f"Reading the table takes more than {seconds} seconds.",
        hint="Upload a sample of its rows, or raise the time limit for uploads.",
    )


def _describe_end(returncode: int) -> str:
    if returncode < 0:
        return f"was ended by {signal.Signals(-returncode).name}"
    return f"failed with status {returncode}"
