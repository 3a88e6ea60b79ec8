"""Files in, plain frames out.

A plain frame has text names and, in each column, either numbers (int64; float64 where there are fractions or gaps) or
``object`` cells that are text or None. ``tuner.data.frames`` brings DataFrames into the same form.
"""

from __future__ import annotations

import csv
import gzip
import io
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import pandas as pd

from tuner.data.archive import MAGICS as ZIP_MAGICS
from tuner.data.archive import Archive, open_archive
from tuner.data.column_reader import ColumnReader
from tuner.data.local_numbers import read_local_numbers
from tuner.data.profile import MAX_NAME_LENGTH
from tuner.errors import InvalidDataset, MissingExtra, TooLarge

DELIMITERS = (",", ";", "\t", "|")

MAX_CELL_CHARACTERS = 4_000_000
"""Of a cell of text in a CSV file."""

_SNIFFED_CHARACTERS = 64 * 1024
# Larger batches are slower: the garbage collector goes through every row that is alive.
_CELLS_PER_BATCH = 100_000
# Above this the file is not held in memory at once.
_MAX_QUICK_BYTES = 256 * 1024**2
_GZIP_MAGIC = b"\x1f\x8b"
_PARQUET_MAGIC = b"PAR1"
# Among the files that every Excel workbook holds.
_WORKBOOK = "xl/workbook.xml"
_OTHER_FORMATS = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"SQLite format 3": "an SQLite database",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}

_reading = threading.Lock()


@dataclass(frozen=True)
class ReadLimits:
    """How much a file may hold.

    Args:
        max_bytes: Size after decompression.
        max_ratio: Times that the size may grow in decompression.
        harmless_bytes: Size up to which ``max_ratio`` does not matter: honest tables can compress very well too.
        max_columns: Columns.
        max_rows: Rows below the header.
        min_rows: Rows that there must be: two to learn from, one to predict.
        max_files: Files in a zip file.
    """

    max_bytes: int = 2 * 1024**3
    max_ratio: int = 200
    harmless_bytes: int = 256 * 1024**2
    max_columns: int = 10_000
    max_rows: int = 20_000_000
    min_rows: int = 2
    max_files: int = 200_000


def read_table(path: Path, limits: ReadLimits = ReadLimits()) -> pd.DataFrame:
    """Read a CSV file, a Parquet file, arrays or pictures into a plain frame.

    Parquet is seen from its first bytes, and read as ``tuner.data.parquet`` says; so are zip files, which hold arrays
    (NPZ, see ``tuner.data.arrays.reading``) or pictures (see ``tuner.data.pictures.folders``). All else is CSV, which
    may be compressed with gzip, seen from its first bytes too. Text is UTF-8, has one header line, and separates cells
    by comma, semicolon, tab or bar, whichever fits its first lines. Cells lose surrounding space. An empty cell, ``?``,
    ``NA``, ``N/A``, ``NaN``, ``null`` and ``None`` (in any case) are missing. A column in which every other cell is
    a number becomes numeric, also with decimal commas or grouped digits where all cells together leave no doubt what
    they mean; codes with leading zeros stay text. Blank lines are skipped.

    Raises:
        InvalidDataset: The file is not such a table; the error names the line or the column.
        TooLarge: It is over a limit.
    """
    if is_zip(path):
        with opened_zip(path, limits) as archive:
            return _read_zip(archive, limits)
    frame = _read_parquet(path, limits) if _is_parquet(path) else _read_csv(path, limits)
    for name in frame.select_dtypes(object):
        cells = frame[name]
        numbers = read_local_numbers(cells)
        if numbers is not cells:
            frame[name] = numbers
    return frame


def is_zip(path: Path) -> bool:
    """Whether a file is a zip file, by its first bytes."""
    with path.open("rb") as file:
        return file.read(len(ZIP_MAGICS[0])) in ZIP_MAGICS


def opened_zip(path: Path, limits: ReadLimits) -> AbstractContextManager[Archive]:
    """A zip file within the limits; errors as for ``tuner.data.archive.open_archive``."""
    return open_archive(
        path,
        max_files=limits.max_files,
        max_bytes=limits.max_bytes,
        max_ratio=limits.max_ratio,
        harmless_bytes=limits.harmless_bytes,
    )


def _read_zip(archive: Archive, limits: ReadLimits) -> pd.DataFrame:
    from tuner.data.arrays.reading import is_arrays, read_arrays

    if is_arrays(archive):
        return read_arrays(archive, limits)
    if any(entry.name == _WORKBOOK for entry in archive.entries):
        raise InvalidDataset(
            "The file is an Excel workbook, neither CSV nor Parquet.", hint="Export the table as CSV in UTF-8."
        )
    from tuner.data.pictures.folders import labelled_pictures, pictures_in_archive

    return labelled_pictures(pictures_in_archive(archive), limits)


def _read_parquet(path: Path, limits: ReadLimits) -> pd.DataFrame:
    try:
        from tuner.data.parquet import read_parquet
    except ModuleNotFoundError as error:
        raise MissingExtra("local", "Reading Parquet") from error
    return read_parquet(path, limits)


def _read_csv(path: Path, limits: ReadLimits) -> pd.DataFrame:
    delimiter = _sniff_delimiter(path, limits)
    frame = _read_quickly(path, limits, delimiter)
    return _read_exactly(path, limits, delimiter) if frame is None else frame


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC


def _read_quickly(path: Path, limits: ReadLimits, delimiter: str) -> pd.DataFrame | None:
    """What ``_read_exactly`` returns, sooner; or None when only that can tell what the file means, or what is wrong."""
    try:
        from tuner.data.quick_csv import quick_frame
    except ModuleNotFoundError:
        return None
    try:
        with path.open("rb") as file:
            text = _decompressed(file, file.peek(2)[:2], limits).read(_MAX_QUICK_BYTES + 1)
        if len(text) > _MAX_QUICK_BYTES:
            return None
        names, start = _find_header(text, limits, delimiter)
        frame = quick_frame(memoryview(text)[start:], names, delimiter, _rows_per_batch(names))
    except (InvalidDataset, TooLarge, UnicodeDecodeError, EOFError, zlib.error, gzip.BadGzipFile):
        return None
    return frame if frame is not None and limits.min_rows <= len(frame) <= limits.max_rows else None


def _find_header(text: bytes, limits: ReadLimits, delimiter: str) -> tuple[list[str], int]:
    """The names of the columns, and where the lines below them begin."""
    lines = io.TextIOWrapper(io.BytesIO(text), encoding="utf-8-sig", newline="")
    num_lines, header = next(_rows(lines, delimiter), (0, []))
    start = 0
    for _ in range(num_lines):
        start = text.find(b"\n", start) + 1 or len(text)
    if text.count(b"\r", 0, start) != text.count(b"\r\n", 0, start):
        raise InvalidDataset("The header holds a carriage return, alone.")
    return check_header(header, limits), start


def _read_exactly(path: Path, limits: ReadLimits, delimiter: str) -> pd.DataFrame:
    text_columns: frozenset[int] = frozenset()
    while True:
        with _long_cells():
            names, columns = _parse(path, limits, delimiter, text_columns)
        late = frozenset(column.index for column in columns if column.turned_late)
        if not late:
            break
        # Numbers in early batches and text in a later one: read again, so that "1.0" stays "1.0" and not 1.
        text_columns |= late
    return pd.DataFrame({name: column.values() for name, column in zip(names, columns, strict=True)})


def _parse(
    path: Path, limits: ReadLimits, delimiter: str, text_columns: frozenset[int]
) -> tuple[list[str], list[ColumnReader]]:
    with _open_text(path, limits) as text:
        rows = _rows(text, delimiter)
        _, header = next(rows)
        names = check_header(header, limits)
        columns = [ColumnReader(index, index in text_columns) for index in range(len(names))]
        num_rows = 0
        for lines, batch in _batches(rows, names):
            num_rows += len(batch)
            check_num_rows(max(num_rows, limits.min_rows), limits)
            for column, cells in zip(columns, zip(*batch, strict=True), strict=True):
                infinite = column.add(cells)
                if infinite is not None:
                    raise InvalidDataset(
                        f"Line {lines[infinite]}, column {names[column.index]!r}: {cells[infinite].strip()!r} is not a "
                        "finite number.",
                        hint="Leave the cell empty if the value is not known, or write the largest value that occurs.",
                    )
    check_num_rows(num_rows, limits)
    return names, columns


def check_num_rows(num_rows: int, limits: ReadLimits) -> None:
    """Refuse a table with too few or too many rows.

    Raises:
        InvalidDataset: Too few.
        TooLarge: Too many.
    """
    if num_rows > limits.max_rows:
        raise TooLarge(f"The table has more than {limits.max_rows:,} rows.", hint="Upload a sample of its rows.")
    if num_rows < limits.min_rows:
        raise InvalidDataset(
            f"The table has {'no rows' if num_rows == 0 else 'one row'} below its header; at least "
            f"{limits.min_rows} {'is' if limits.min_rows == 1 else 'are'} needed.",
            hint="The first line must hold the column names, each further line one example.",
        )


def _batches(
    rows: Iterator[tuple[int, list[str]]], names: Sequence[str]
) -> Iterator[tuple[list[int], list[list[str]]]]:
    """Rows in groups, each with the lines they ended on; ragged rows are refused."""
    size = _rows_per_batch(names)
    lines: list[int] = []
    batch: list[list[str]] = []
    for line, row in rows:
        if len(row) != len(names):
            raise InvalidDataset(
                f"Line {line} has {len(row)} cells; the header has {len(names)}.",
                hint="Every line needs as many cells as the header; put cells that contain the delimiter in quotes.",
            )
        lines.append(line)
        batch.append(row)
        if len(batch) == size:
            yield lines, batch
            lines, batch = [], []
    if batch:
        yield lines, batch


@contextmanager
def _long_cells() -> Iterator[None]:
    """Lets the csv module read cells as long as texts are. Its limit is that of the whole process, so it is put back.

    One reader at a time: it is Python code, which threads cannot run side by side anyway.
    """
    with _reading:
        usual = csv.field_size_limit(MAX_CELL_CHARACTERS)
        try:
            yield
        finally:
            csv.field_size_limit(usual)


def _rows_per_batch(names: Sequence[str]) -> int:
    return max(1, _CELLS_PER_BATCH // len(names))


def _rows(text: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not blank, as cells, with their numbers."""
    reader = csv.reader(text, delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for row in reader:
            if len(row) > 1 or (row and row[0].strip()):
                yield reader.line_num, row
    except csv.Error as error:
        raise InvalidDataset(
            f"Line {reader.line_num} cannot be read: {error}.",
            hint="Often a quotation mark was opened and never closed; a quotation mark inside a quoted cell is "
            "written twice.",
        ) from None


def check_header(header: Sequence[str], limits: ReadLimits) -> list[str]:
    """The names of a table's columns, as ``check_names`` gives them.

    Raises:
        InvalidDataset: There is one column only, or a name is not fit.
        TooLarge: There are more columns than allowed.
    """
    if len(header) > limits.max_columns:
        raise TooLarge(
            f"The table has {len(header):,} columns; at most {limits.max_columns:,} are allowed.",
            hint="Keep the columns that matter.",
        )
    if len(header) == 1:
        raise InvalidDataset(
            f"The table has one column ({header[0].strip()[:60]!r}); at least 2 are needed.",
            hint="One column is predicted from the others. Cells are separated by comma, semicolon, tab or bar.",
        )
    return check_names(header)


def check_names(header: Sequence[str]) -> list[str]:
    """Column names without surrounding space.

    Raises:
        InvalidDataset: A name is empty, very long, or there twice.
    """
    seen: dict[str, int] = {}
    for position, name in enumerate((name.strip() for name in header), start=1):
        if not name:
            hint = "Give every column a name in the first line."
            if position == 1:
                hint += " pandas leaves out the index, which has no name, with to_csv(..., index=False)."
            raise InvalidDataset(f"Column {position} of {len(header)} has no name.", hint=hint)
        if len(name) > MAX_NAME_LENGTH:
            raise InvalidDataset(
                f"The name of column {position} has {len(name):,} characters; at most {MAX_NAME_LENGTH} are allowed.",
                hint="Shorten it; or check that the first line holds the column names.",
            )
        if name in seen:
            raise InvalidDataset(
                f"Columns {seen[name]} and {position} have the same name, {name!r}.", hint="Rename one of them."
            )
        seen[name] = position
    return list(seen)


def _sniff_delimiter(path: Path, limits: ReadLimits) -> str:
    """The delimiter under which most of the first lines have as many cells as the header, then the widest."""
    with _open_text(path, limits) as text:
        sample = text.read(_SNIFFED_CHARACTERS)
    if not sample.strip():
        raise InvalidDataset(
            "The file is empty." if not sample else "The file holds blank lines only.",
            hint="Upload a CSV file: a line of column names, then one line for each example.",
        )
    if len(sample) == _SNIFFED_CHARACTERS:
        sample = sample[: sample.rfind("\n") + 1] or sample

    def fit(delimiter: str) -> tuple[bool, float, int]:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, skipinitialspace=True)
        try:
            widths = [len(row) for row in reader if row]
        except csv.Error:
            return False, 0.0, 0
        return widths[0] > 1, widths.count(widths[0]) / len(widths), widths[0]

    return max(DELIMITERS, key=fit)


@contextmanager
def _open_text(path: Path, limits: ReadLimits) -> Iterator[TextIO]:
    """The file as text, with what can go wrong underneath turned into errors that say where."""
    with path.open("rb") as file:
        start = file.read(16)
        file.seek(0)
        for magic, name in _OTHER_FORMATS.items():
            if start.startswith(magic):
                raise InvalidDataset(
                    f"The file is {name}, neither CSV nor Parquet.",
                    hint="Export the table as CSV in UTF-8; it may be compressed with gzip.",
                )
        try:
            yield io.TextIOWrapper(_decompressed(file, start, limits), encoding="utf-8-sig", newline="")
        except UnicodeDecodeError:
            file.seek(0)
            raise _not_utf8(_decompressed(file, start, limits)) from None
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InvalidDataset(
                f"The gzip data is damaged or cut short: {str(error).rstrip('.')}.",
                hint="Compress the file again, and upload all of it.",
            ) from None


def _decompressed(file: BinaryIO, start: bytes, limits: ReadLimits) -> io.BufferedReader:
    if start.startswith(_GZIP_MAGIC):
        unpacked = gzip.GzipFile(fileobj=file, mode="rb")
        guarded = _Guarded(unpacked, limits, lambda: max(limits.harmless_bytes, limits.max_ratio * file.tell()))
    else:
        guarded = _Guarded(file, limits, lambda: limits.max_bytes)
    return io.BufferedReader(guarded, buffer_size=1024**2)


class _Guarded(io.RawIOBase):
    """Bytes of a stream, refused when there are too many of them or one is NUL."""

    def __init__(
        self, stream: BinaryIO | gzip.GzipFile, limits: ReadLimits, plausible_bytes: Callable[[], int]
    ) -> None:
        self._stream = stream
        self._max_bytes = limits.max_bytes
        self._plausible_bytes = plausible_bytes
        self._num_bytes = 0
        self._num_lines = 0

    def readable(self) -> bool:
        return True

    # Any: a writable buffer has no common type.
    def readinto(self, buffer: Any) -> int:
        chunk = self._stream.read(len(buffer))
        nul = chunk.find(b"\0")
        if nul >= 0:
            line = self._num_lines + chunk.count(b"\n", 0, nul) + 1
            raise InvalidDataset(
                f"Line {line} contains a NUL byte, which text never does.",
                hint="Export the table as CSV in UTF-8 again.",
            )
        self._num_bytes += len(chunk)
        self._num_lines += chunk.count(b"\n")
        if self._num_bytes > self._max_bytes:
            raise TooLarge(f"The table is larger than {self._max_bytes:,} bytes.", hint="Upload a sample of its rows.")
        if self._num_bytes > self._plausible_bytes():
            raise TooLarge(
                f"The gzip file unpacks to {self._num_bytes:,} bytes or more, too much for a table of its size.",
                hint="Upload the table without compression.",
            )
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _not_utf8(stream: io.BufferedReader) -> InvalidDataset:
    """Find the first line that is not UTF-8."""
    hint = "Save the table as UTF-8, for instance with: iconv -f latin1 -t utf-8 old.csv > new.csv"
    for number, line in enumerate(stream, start=1):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            return InvalidDataset(
                f"Line {number} is not UTF-8: byte {line[error.start]:#04x} at position {error.start + 1}.", hint=hint
            )
    return InvalidDataset("The file is not UTF-8.", hint=hint)
