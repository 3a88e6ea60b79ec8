"""The common case of CSV, quick: Arrow finds the cells, and turns them into numbers where no rule can be missed.

``tuner.data.reading`` says what a file means; this module gives the same frame or none. Whatever is unusual (quotation
marks inside cells, lines of other lengths, bytes that are not UTF-8) is left to the exact reader, and so are columns
whose cells look like numbers but not plainly so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from tuner.data.cells import MISSING_MARKERS, to_tokens
from tuner.data.column_reader import ColumnReader

# Arrow reserves a block's bytes for every column, as addresses if not as memory: in a limited process both count.
_BLOCK_BYTES = 1024**2
MAX_QUICK_COLUMNS = 500
# As in Python's csv module, which refuses longer cells.
_MAX_CELL_BYTES = 131_072
_LARGEST_EXACT = 2.0**53
_FIRST_CELLS = 100
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_QUOTE, _NEWLINE, _RETURN, _ZERO, _NINE, _MINUS, _PLUS, _POINT = b'"\n\r09-+.'


def quick_frame(body: memoryview, names: Sequence[str], delimiter: str, rows_per_batch: int) -> pd.DataFrame | None:
    """The lines below the header as a plain frame, or None when the exact reader must look at them.

    Args:
        body: All bytes below the header, in UTF-8.
        names: The names of the columns.
        delimiter: What separates cells.
        rows_per_batch: Rows that the exact reader looks at together.
    """
    if len(names) > MAX_QUICK_COLUMNS:
        return None
    # Arrow would drop a byte order mark, which is text below the header.
    if bytes(body[:3]) == _BYTE_ORDER_MARK or not _is_clean(np.frombuffer(body, dtype=np.uint8), ord(delimiter)):
        return None
    places = [str(place) for place in range(len(names))]
    try:
        cells = pyarrow.csv.read_csv(
            pa.py_buffer(body),
            pyarrow.csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES, column_names=places),
            pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(places, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        return None
    columns: dict[str, pd.Series[Any]] = {}
    for place, name in enumerate(names):
        column = cells.column(place).combine_chunks()
        # Newer versions give a chunked array when there is nothing to combine.
        column = column if isinstance(column, pa.Array) else pa.concat_arrays(column.chunks)
        values = _plain_values(column, place, rows_per_batch)
        if values is None:
            return None
        columns[name] = pd.Series(values, dtype=values.dtype)
    return pd.DataFrame(columns)


def _is_clean(text: NDArray[np.uint8], delimiter: int) -> bool:
    """Whether quotation marks stand around whole cells only, and lines end in one way."""
    if len(text) == 0:
        return False
    returns = np.flatnonzero(text == _RETURN)
    if len(returns) and (returns[-1] + 1 == len(text) or bool((text[returns + 1] != _NEWLINE).any())):
        return False
    quotes = np.flatnonzero(text == _QUOTE)
    if len(quotes) == 0:
        return True
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    before = text[opening[opening > 0] - 1]
    after = text[closing[closing + 1 < len(text)] + 1]
    starts = (before == delimiter) | (before == _NEWLINE)
    ends = (after == delimiter) | (after == _NEWLINE) | (after == _RETURN)
    return bool(starts.all() and ends.all())


def _plain_values(cells: pa.StringArray, place: int, rows_per_batch: int) -> NDArray[Any] | None:
    offsets = np.frombuffer(cells.buffers()[1], dtype=np.int32)[cells.offset : cells.offset + len(cells) + 1]
    if int(np.diff(offsets).max()) > _MAX_CELL_BYTES:
        return None
    # A look at the first cells spares most text the attempts, which take long to fail.
    if _holds_text(cells[:_FIRST_CELLS]):
        return _texts(cells)
    numbers: NDArray[Any] | None = _whole_numbers(cells, offsets)
    if numbers is None:
        numbers = _fractions(cells, offsets)
    if numbers is not None:
        return numbers
    return _texts(cells) if _holds_text(cells) else _exact_values(cells, place, rows_per_batch)


def _whole_numbers(cells: pa.StringArray, offsets: NDArray[np.int32]) -> NDArray[np.int64] | None:
    text = _text_of(cells)[offsets[0] : offsets[-1]]
    if len(text) == 0 or text.max() > _NINE or text.min() < _MINUS or bool((text == _POINT).any()):
        return None
    try:
        numbers = cells.cast(pa.int64())
    except pa.ArrowInvalid:
        return None
    values: NDArray[np.int64] = numbers.to_numpy()
    if int(np.abs(values).max()) > _LARGEST_EXACT or not numbers.cast(pa.string()).equals(cells):
        return None
    return values


def _fractions(cells: pa.StringArray, offsets: NDArray[np.int32]) -> NDArray[np.float64] | None:
    """Numbers with fractions or gaps, unless one of them may mean more than its value."""
    values = _cast(cells) if np.diff(offsets).all() else None
    if values is None or bool(np.isnan(values).any()):
        missing = pc.is_in(cells, value_set=pa.array(sorted(MISSING_MARKERS)))
        values = _cast(pc.if_else(missing, pa.scalar(None, pa.string()), cells))
        if values is None or not np.array_equal(np.isnan(values), missing.to_numpy(zero_copy_only=False)):
            return None
    doubtful = (values == 0) & np.signbit(values)
    with np.errstate(invalid="ignore"):
        doubtful |= np.abs(values) >= _LARGEST_EXACT
    if doubtful.any() or _has_odd_start(cells, offsets):
        return None
    return values


def _cast(cells: pa.StringArray) -> NDArray[np.float64] | None:
    try:
        values: NDArray[np.float64] = cells.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None
    return values


def _has_odd_start(cells: pa.StringArray, offsets: NDArray[np.int32]) -> bool:
    """Whether a cell begins with a plus, or with a zero and another digit, perhaps after a sign: it may be a code."""
    # Three more bytes, so that the last cells can be looked at as all others.
    text = np.append(_text_of(cells), np.zeros(3, dtype=np.uint8))
    starts, lengths = offsets[:-1], np.diff(offsets)
    signed = text[starts] == _MINUS
    starts = starts + signed
    following = text[starts + 1]
    coded = (text[starts] == _ZERO) & (following >= _ZERO) & (following <= _NINE) & (lengths >= 2 + signed)
    return bool(coded.any() or ((text[starts] == _PLUS) & (lengths > 0)).any())


def _text_of(cells: pa.StringArray) -> NDArray[np.uint8]:
    return np.frombuffer(cells.buffers()[2] or b"", dtype=np.uint8)


def _holds_text(cells: pa.StringArray) -> bool:
    """Whether some cell cannot be read as a number at all, by whatever rule."""
    return any(token is not None and not _may_be_number(token) for token in to_tokens(cells.unique().to_pylist()))


def _may_be_infinite(token: str) -> bool:
    return _may_be_number(token) and math.isinf(float(token))


def _may_be_number(token: str) -> bool:
    try:
        float(token)
    except ValueError:
        return False
    return True


def _texts(cells: pa.StringArray) -> NDArray[Any] | None:
    encoded = cells.dictionary_encode()
    labels = to_tokens(encoded.dictionary.to_pylist())
    # An infinity among numbers is refused, even when text follows later.
    if any(label is not None and _may_be_infinite(label) for label in labels):
        return None
    tokens: NDArray[Any] = np.array([*labels, None], dtype=object)[encoded.indices.to_numpy()]
    return tokens


def _exact_values(cells: pa.StringArray, place: int, rows_per_batch: int) -> NDArray[Any] | None:
    raw = cells.to_pylist()
    # The exact reader drops the space before a bare cell, and keeps it within quotation marks.
    if any(cell.startswith(" ") for cell in raw):
        return None
    for is_text in (False, True):
        column = ColumnReader(place, is_text)
        for start in range(0, len(raw), rows_per_batch):
            if column.add(raw[start : start + rows_per_batch]) is not None:
                return None
        if not column.turned_late:
            return column.values().to_numpy()
    raise AssertionError("a column of text never turns into text")
