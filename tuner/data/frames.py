"""DataFrames of any origin as plain frames, the form that ``read_table`` returns."""

from __future__ import annotations

import csv
import datetime
import decimal
import gzip
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tuner.data.arrays.cells import cells_of, holds_arrays
from tuner.data.cells import MISSING_MARKERS, to_label, to_numbers
from tuner.data.column_arrays import frame_of
from tuner.data.local_numbers import read_local_numbers
from tuner.data.reading import check_names
from tuner.errors import InvalidDataset

_LARGEST_EXACT = 2**53


def plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Bring a DataFrame into the form that reading it from a CSV file would give.

    Names become text. Truth values become ``True`` and ``False`` as text, dates ISO 8601 text, categories their
    labels; text that is all numbers becomes numbers; cells may be arrays or nested lists of numbers. The index is
    dropped.

    Raises:
        InvalidDataset: A column holds something other than numbers, text, truth values and dates, or an infinity; or
            the names are not distinct.
    """
    names = check_names([str(name) for name in frame.columns])
    for position, name in enumerate(names, start=1):
        check_text(name, f"The name of column {position}:")
    plain = {name: _plain(frame.iloc[:, place], name).to_numpy() for place, name in enumerate(names)}
    return frame_of(plain, len(frame))


def has_arrays(frame: pd.DataFrame) -> bool:
    """Whether some column's cells are arrays, or nested lists."""
    return any(holds_arrays(frame.iloc[:, place]) for place, kind in enumerate(frame.dtypes) if kind == np.object_)


def frame_of_arrays(arrays: Sequence[Any], name: str) -> pd.DataFrame:
    """A frame with one column, whose cells are the arrays: of one array along its first axis, or of a list."""
    return pd.DataFrame({name: pd.Series(cells_of(arrays, len(arrays)), dtype=object)})


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a DataFrame as a file that ``read_table`` reads as ``plain_frame(frame)``.

    The same frame gives the same bytes, so that a table can be known again by its digest.

    Args:
        frame: The table.
        path: Where to; arrays if it ends in ``.npz``, which cells that are arrays need; Parquet (which takes a tenth
            of the time) if it ends in ``.parquet``, else CSV with gzip.
    """
    plain = plain_frame(frame)
    if path.suffix == ".npz":
        from tuner.data.arrays.reading import write_arrays

        write_arrays(plain, path)
        return
    if path.suffix == ".parquet":
        from tuner.data.parquet import write_parquet

        write_parquet(plain, path)
        return
    # Neither file name nor time go into the header of the gzip data.
    with path.open("wb") as file, gzip.GzipFile("", "wb", compresslevel=1, fileobj=file, mtime=0) as packed:
        # Text is quoted throughout: a lone carriage return in a bare cell would end the line.
        plain.to_csv(packed, index=False, quoting=csv.QUOTE_NONNUMERIC)


def _plain(column: pd.Series[Any], name: str) -> pd.Series[Any]:
    if not holds_arrays(column):
        return plain_column(column, name)
    from tuner.data.arrays.reading import plain_arrays

    return plain_arrays(column, name)


def plain_column(column: pd.Series[Any], name: str) -> pd.Series[Any]:
    """One column in plain form; ``name`` is for errors."""
    if column.dtype == np.float64:
        check_finite(column.to_numpy(), name)
        return column
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        plain = _plain_numbers(column, name)
        if plain is not None:
            return plain
    tokens = column_tokens(column, name)
    numbers = to_numbers(tokens)
    if numbers is not None:
        check_finite(numbers, name)
        return pd.Series(numbers)
    return read_local_numbers(pd.Series(tokens, dtype=object))


def column_tokens(column: pd.Series[Any], name: str) -> list[str | None]:
    """The cells of one column in text form, missing ones as None; ``name`` is for errors."""
    tokens = text_forms(column.tolist(), name)
    check_cells(tokens, name)
    return tokens


# Any: see ``_to_token``.
def text_forms(cells: Sequence[Any], name: str) -> list[str | None]:
    """Cells in text form, missing ones as None, whatever characters they hold; ``name`` is for errors."""
    return [_to_token(cell, row, name) for row, cell in enumerate(cells)]


def check_cells(tokens: Sequence[str | None], name: str) -> None:
    """Refuse text that no UTF-8 file can hold, saying where the first one stands."""
    if is_storable("".join(token for token in tokens if token is not None)):
        return
    for row, token in enumerate(tokens):
        check_text(token or "", f"Row {row}, column {name!r}:")


def check_text(text: str, place: str) -> None:
    """Refuse a text that no UTF-8 file can hold; the error begins with its place."""
    if is_storable(text):
        return
    if "\0" in text:
        raise InvalidDataset(f"{place} {text[:40]!r} has a NUL character, which text never has.", hint="Remove it.")
    raise InvalidDataset(
        f"{place} {text[:40]!r} has half of a surrogate pair, which no UTF-8 file can hold.",
        hint="Decode the text again, with errors='replace'.",
    )


def is_storable(text: str) -> bool:
    """Whether a UTF-8 file can hold the text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _plain_numbers(column: pd.Series[Any], name: str) -> pd.Series[Any] | None:
    """Numbers as int64 or float64, or None where they need another form."""
    if pd.api.types.is_complex_dtype(column.dtype):
        raise _unfit(name, 0, "a complex number")
    missing = column.isna().to_numpy()
    if pd.api.types.is_integer_dtype(column.dtype):
        present = column.to_numpy()[~missing] if missing.any() else column.to_numpy()
        if len(present) and (int(present.max()) > _LARGEST_EXACT or int(present.min()) < -_LARGEST_EXACT):
            return None
        if not missing.any():
            return pd.Series(present.astype(np.int64))
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    check_finite(values, name)
    return pd.Series(values)


# Any: a cell of a DataFrame may be any object; those that cannot stand in a CSV file are refused.
def _to_token(cell: Any, row: int, name: str) -> str | None:
    match cell:
        case str():
            token = cell.strip()
            return None if token in MISSING_MARKERS else token
        case None:
            return None
        case bool() | np.bool_():
            return str(bool(cell))
        case int() | np.integer():
            return str(int(cell))
        case float() | np.floating():
            value = float(cell)
            return None if math.isnan(value) else to_label(value) if math.isfinite(value) else str(value)
        case decimal.Decimal():
            return None if cell.is_nan() else str(cell)
    if cell is pd.NaT or cell is pd.NA:
        return None
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    raise _unfit(name, row, f"a {type(cell).__name__}")


def check_finite(values: np.typing.NDArray[Any], name: str) -> None:
    """Refuse infinities, saying where the first one stands."""
    infinite = np.isinf(values)
    if infinite.any():
        raise InvalidDataset(
            f"Row {int(infinite.argmax())}, column {name!r}: {values[infinite.argmax()]} is not a finite number.",
            hint="Use NaN if the value is not known, or the largest value that occurs.",
        )


def _unfit(name: str, row: int, what: str) -> InvalidDataset:
    return InvalidDataset(
        f"Row {row}, column {name!r} holds {what}; expected numbers, text, truth values or dates.",
        hint="Turn the column into one of these, or drop it.",
    )
