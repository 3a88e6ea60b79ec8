"""NPZ files in, plain frames out: NumPy arrays by name, in all of which the first axis is the rows.

A 1-d array is a plain column, a 2-d one a column for each of its own (``x_0``, ``x_1``, ...; just ``x`` if there is but
one). The cells of a 3-d array are arrays of two dimensions (gray pictures or sequences), those of a 4-d array arrays of
three (pictures); the profile says which is which.

``mask``, or ``x_mask`` beside an array ``x`` of shape (n, steps, features), is true where a step is real; the others
are padding and are taken out. So are steps at the end that hold NaN alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.archive import Archive, ArchiveEntry
from tuner.data.arrays.cells import cells_of, holds_arrays, stacked, trimmed, with_channels_last
from tuner.data.arrays.writing import SUFFIX, write_npz
from tuner.data.frames import check_text, plain_column
from tuner.data.reading import ReadLimits, check_names, check_num_rows
from tuner.errors import InvalidDataset, TooLarge

MASK = "mask"
MAX_CHANNELS = 32

_MASK_SUFFIX = "_mask"
_LARGEST_BYTE = 255
_MAX_HEADER = 10_000


def is_arrays(archive: Archive) -> bool:
    """Whether a zip file is an NPZ file."""
    return bool(archive.entries) and all(entry.name.endswith(SUFFIX) for entry in archive.entries)


def read_arrays(archive: Archive, limits: ReadLimits) -> pd.DataFrame:
    """Read an NPZ file into a plain frame.

    Raises:
        InvalidDataset: An array holds something other than numbers, text, truth values or dates, or has another number
            of rows than the others; the error names it.
        TooLarge: It is over a limit.
    """
    arrays = {entry.name.removesuffix(SUFFIX): _read_array(archive, entry) for entry in archive.entries}
    if len(arrays) < len(archive.entries):
        raise InvalidDataset("Two arrays of the NPZ file have the same name.", hint="Give each another name.")
    arrays = dict(zip(check_names(list(arrays)), arrays.values(), strict=True))
    for name in arrays:
        check_text(name, "The name of an array:")
    _check_rows(arrays, limits)
    masks = _masks(arrays)
    taken = {mask for mask, _ in masks.values()}
    columns: dict[str, pd.Series[Any]] = {}
    for name, array in arrays.items():
        if name in taken:
            continue
        mask = masks[name][1] if name in masks else None
        for column, cells in _columns(name, array, mask).items():
            if column in columns:
                raise InvalidDataset(
                    f"Two columns of the NPZ file come to be called {column!r}.", hint="Rename one of the arrays."
                )
            columns[column] = cells
        if len(columns) > limits.max_columns:
            raise TooLarge(
                f"The NPZ file has more than {limits.max_columns:,} columns; each column of a 2-d array is one.",
                hint="Give pictures as arrays of shape (n, height, width), sequences as (n, steps, features).",
            )
    return pd.DataFrame(columns)


def write_arrays(plain: pd.DataFrame, path: Path) -> None:
    """Write a plain frame with array columns so that ``read_arrays`` gives it back, but for the width of numbers.

    The same frame gives the same bytes. Sequences of different lengths are filled up with NaN.
    """
    write_npz(path, ((name, _to_array(plain[name])) for name in plain.columns))


def plain_arrays(column: pd.Series[Any], name: str) -> pd.Series[Any]:
    """A column of arrays of any origin (nested lists, float64, tensors) in plain form; ``name`` is for errors.

    Raises:
        InvalidDataset: A cell is no array of numbers, or they do not fit each other.
    """
    cells = [_plain_cell(cell, name, row) for row, cell in enumerate(column.array)]
    shapes = {cell.shape for cell in cells if cell is not None}
    dimensions = {len(shape) for shape in shapes}
    if len(dimensions) > 1 or (dimensions == {2} and len({shape[1] for shape in shapes}) > 1):
        raise InvalidDataset(
            f"The arrays of column {name!r} do not fit each other: their shapes are, among others, "
            f"{' and '.join(map(str, sorted(shapes, key=str)[:3]))}.",
            hint="Sequences have one number of features (steps, features); pictures have one size.",
        )
    if dimensions == {3} and len(shapes) > 1:
        raise InvalidDataset(
            f"The pictures of column {name!r} have {len(shapes)} sizes, such as "
            f"{' and '.join(map(str, sorted(shapes)[:2]))}.",
            hint="Bring them to one size; or give files: a folder, or a zip file, of PNG and JPEG pictures.",
        )
    row = next((row for row, cell in enumerate(cells) if cell is None), None)
    if row is not None and dimensions != {2}:
        raise InvalidDataset(f"Row {row}, column {name!r}: the picture is missing.", hint="Leave the row out.")
    gap = np.zeros((0, *next(iter(shapes))[1:]), np.float32)
    filled = cells_of((gap if cell is None else cell for cell in cells), len(cells))
    return pd.Series(filled, dtype=filled.dtype)


def _plain_cell(cell: Any, name: str, row: int) -> NDArray[Any] | None:  # Any: any object that a user has
    if cell is None or isinstance(cell, float):
        return None
    try:
        array = np.asarray(cell)
        array = array.astype(np.float64) if array.dtype == object else array
    except (TypeError, ValueError, OverflowError):
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "buif" or array.ndim not in (2, 3):
        raise InvalidDataset(
            f"Row {row}, column {name!r} holds no array of numbers of two or three dimensions, as other rows do.",
            hint="A sequence is an array of shape (steps, features), a picture one of (height, width, channels).",
        )
    return array


def _read_array(archive: Archive, entry: ArchiveEntry) -> NDArray[Any]:
    name = entry.name.removesuffix(SUFFIX)
    with archive.open(entry) as file:
        try:
            shape, is_fortran, dtype = _read_header(file)
        except (ValueError, EOFError, UnicodeDecodeError) as error:
            raise InvalidDataset(
                f"The array {name!r} is damaged, or of a kind that is not read: {str(error)[:200].rstrip('.')}.",
                hint="Write the file again with numpy.savez_compressed.",
            ) from None
        _check_type(name, dtype)
        count = 1
        for length in shape:
            count *= length
        if count * dtype.itemsize != entry.size - file.tell():
            raise InvalidDataset(
                f"The array {name!r} is damaged: its size is not that of {shape}.",
                hint="Write the file again with numpy.savez_compressed.",
            )
        content = file.read()
    array = np.frombuffer(content, dtype=dtype, count=count) if count else np.empty(0, dtype)
    return array.reshape(shape, order="F" if is_fortran else "C")


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file, _MAX_HEADER)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(file, _MAX_HEADER)
    # Version 3 differs by the names of structured arrays, which are not read anyway.
    raise ValueError(f"version {version} of the format")


def _check_type(name: str, dtype: np.dtype[Any]) -> None:
    if dtype.hasobject:
        raise InvalidDataset(
            f"The array {name!r} holds Python objects, which are never loaded: loading them may run code.",
            hint="Text: x.astype(str). Sequences of different lengths: fill them up with NaN to (n, steps, features). "
            "Numbers with None: x.astype(float).",
        )
    if dtype.names is not None or dtype.kind not in "buifSUM":
        what = "named fields" if dtype.names is not None else f"values of the type {dtype}"
        raise InvalidDataset(
            f"The array {name!r} holds {what}; expected numbers, text, truth values or dates.",
            hint="Give each field an array of its own; split complex numbers into two real ones.",
        )


def _check_rows(arrays: Mapping[str, NDArray[Any]], limits: ReadLimits) -> None:
    single = [name for name, array in arrays.items() if array.ndim == 0]
    if single:
        raise InvalidDataset(
            f"The array {single[0]!r} is a single value; each array needs a row for each example.",
            hint="Leave it out of the file.",
        )
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name!r} {length:,}" for name, length in list(lengths.items())[:6])
        hint = "Each array needs a row for each example, in the same order."
        if any("test" in name.lower() for name in lengths):
            hint += " Put what is for testing into a file of its own, with the same names for the arrays."
        raise InvalidDataset(f"The arrays have different numbers of rows: {shown}.", hint=hint)
    num_rows = next(iter(lengths.values()))
    if num_rows < limits.min_rows:
        raise InvalidDataset(
            f"The arrays have {'1 row' if num_rows == 1 else f'{num_rows} rows'}; at least {limits.min_rows} needed.",
            hint="The first axis of each array must be the rows, one for each example.",
        )
    check_num_rows(num_rows, limits)


def _masks(arrays: Mapping[str, NDArray[Any]]) -> dict[str, tuple[str, NDArray[np.bool_]]]:
    """For arrays of sequences, the mask's name and the mask."""
    sequences = [name for name, array in arrays.items() if array.ndim == 3]
    found: dict[str, tuple[str, NDArray[np.bool_]]] = {}
    for sequence in sequences:
        for name in (f"{sequence}{_MASK_SUFFIX}", MASK):
            if name not in arrays or name in sequences:
                continue
            mask = arrays[name]
            fits = mask.shape == arrays[sequence].shape[:2]
            if fits and mask.dtype.kind in "bui" and bool(np.isin(mask, (0, 1)).all()):
                found[sequence] = (name, mask.astype(bool))
                break
            if name != MASK or len(sequences) == 1:
                raise InvalidDataset(
                    f"The mask {name!r} has the shape {mask.shape} and the type {mask.dtype}; to go with {sequence!r} "
                    f"it must have {arrays[sequence].shape[:2]}, and hold truth values.",
                    hint="It is true where a step is real, and false where it is padding.",
                )
    return found


def _columns(name: str, array: NDArray[Any], mask: NDArray[np.bool_] | None) -> dict[str, pd.Series[Any]]:
    if array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1):
        return {name: _plain_column(array.reshape(-1), name)}
    if array.ndim == 2:
        return {f"{name}_{place}": _plain_column(array[:, place], f"{name}_{place}") for place in range(array.shape[1])}
    if array.ndim > 4 or 0 in array.shape or array.dtype.kind not in "buif":
        raise InvalidDataset(
            f"The array {name!r} has the shape {array.shape} and the type {array.dtype}; from three dimensions on, "
            "arrays hold numbers.",
            hint="Pictures have (n, height, width, channels), sequences (n, steps, features).",
        )
    array = with_channels_last(array) if array.ndim == 4 else array
    if array.ndim == 4 and array.shape[-1] > MAX_CHANNELS:
        raise InvalidDataset(
            f"The array {name!r} has the shape {array.shape}: {array.shape[-1]} channels, where a picture has at most "
            f"{MAX_CHANNELS}.",
            hint="Pictures have (n, height, width, channels).",
        )
    numbers = _compact(array, name)
    if array.ndim == 4 and numbers.dtype == np.float32 and np.isnan(numbers).any():
        row = int(np.isnan(numbers).any(axis=(1, 2, 3)).argmax())
        raise InvalidDataset(
            f"Row {row}, array {name!r} holds NaN; every pixel of a picture needs a number.",
            hint="Put a number in its place, or leave the row out.",
        )
    if mask is not None:
        # As float32 even where nothing is masked: a mask says that these are sequences.
        numbers = numbers.astype(np.float32, copy=False)
        cells = [_masked(steps, row_mask) for steps, row_mask in zip(numbers, mask, strict=True)]
        return {name: pd.Series(cells_of(cells, len(cells)), dtype=object)}
    if array.ndim == 3 and numbers.dtype == np.float32:
        return {name: pd.Series(cells_of(map(trimmed, numbers), len(numbers)), dtype=object)}
    return {name: pd.Series(cells_of(numbers, len(numbers)), dtype=object)}


def _masked(steps: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[Any]:
    length = int(mask.sum())
    # Padding at the end, as it mostly is, needs no copy.
    return trimmed(steps[:length] if bool(mask[:length].all()) else steps[mask])


def _compact(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Whole numbers from 0 to 255 in a byte if they are of a type of whole numbers, all others as float32."""
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind in "bui" and array.min() >= 0 and array.max() <= _LARGEST_BYTE:
        return array.astype(np.uint8)
    with np.errstate(over="ignore"):
        numbers = np.ascontiguousarray(array, np.float32)
    infinite = np.isinf(numbers)
    if infinite.any():
        place = tuple(map(int, np.unravel_index(int(infinite.argmax()), infinite.shape)))
        raise InvalidDataset(
            f"Row {place[0]}, array {name!r}: {array[place]} at {place[1:]} is infinite, or too large.",
            hint="Use NaN if the value is not known, or scale the array down.",
        )
    return numbers


def _plain_column(values: NDArray[Any], name: str) -> pd.Series[Any]:
    if values.dtype.kind == "S":
        try:
            texts = [value.decode() for value in values.tolist()]
        except UnicodeDecodeError:
            raise InvalidDataset(
                f"The array {name!r} holds bytes that are no text in UTF-8.",
                hint="Decode it: numpy.char.decode(x, ...).",
            ) from None
        return plain_column(pd.Series(texts, dtype=object), name)
    if values.dtype.kind == "U":
        return plain_column(pd.Series(values.tolist(), dtype=object), name)
    if values.dtype.kind == "f":
        values = values.astype(np.float64)
    elif values.dtype.kind == "M":
        values = values.astype("datetime64[us]")
    return plain_column(pd.Series(values.astype(values.dtype.newbyteorder("="))), name)


def _to_array(column: pd.Series[Any]) -> NDArray[Any]:
    if not holds_arrays(column):
        values = column.to_numpy()
        if values.dtype != object:
            return values
        # As bytes: of one width as the longest, characters would take four times as much.
        return np.array([b"" if text is None else text.encode() for text in values], dtype=np.bytes_)
    cells = column.to_numpy()
    steps = max(len(cell) for cell in cells)
    if all(len(cell) == steps for cell in cells):
        return _narrow(stacked(cells))
    padded = np.full((len(cells), steps, *cells[0].shape[1:]), np.nan, np.float32)
    for row, cell in enumerate(cells):
        padded[row, : len(cell)] = cell
    return padded


def _narrow(array: NDArray[Any]) -> NDArray[Any]:
    """Fractions in single precision, in which they are read anyway."""
    return array.astype(np.float32) if array.dtype.kind == "f" and array.dtype.itemsize > 4 else array
