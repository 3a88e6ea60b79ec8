"""Typed features as arrays, for encoders that share them, and a fast way to them for a few rows.

A model of many parts reads the same rows many times, and a DataFrame takes longer to hand out its columns than a small
model to predict.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.arrays.cells import typed_array
from tuner.data.cells import BOOLEAN_WORDS, MISSING_MARKERS, to_label
from tuner.data.column_arrays import arrays_of, frame_of
from tuner.data.dates import seconds
from tuner.data.profile import ColumnKind, ColumnProfile, ValueForm
from tuner.errors import InvalidDataset

# Beyond this, whole columns at a time are faster.
MAX_PLAIN_ROWS = 16

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_LARGEST_EXACT = 2**53


class Encoder(Protocol):
    """Turns typed features into one array."""

    def transform(self, rows: TypedRows) -> NDArray[Any]:
        """The array, a row for each row."""


class TypedRows:
    """Typed features, as ``tuner.data.table.features_frame`` describes them, by column.

    Args:
        columns: Numbers, dates and truth values as float64, all others as ``object``; each of shape (n,).
        num_rows: How many rows there are.
    """

    def __init__(self, columns: Mapping[str, NDArray[Any]], num_rows: int) -> None:
        self.columns = columns
        self.num_rows = num_rows
        self._matrices: dict[tuple[str, ...], NDArray[np.float64]] = {}
        self._encoded: dict[int, tuple[Encoder, NDArray[Any]]] = {}

    @classmethod
    def of(cls, frame: pd.DataFrame) -> TypedRows:
        """The rows of a frame of typed features."""
        return cls(dict(zip(map(str, frame.columns), arrays_of(frame), strict=True)), len(frame))

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The rows as a frame."""
        return frame_of(self.columns, self.num_rows)

    def numbers(self, names: tuple[str, ...]) -> NDArray[np.float64]:
        """Numeric columns side by side, shape (n, names). Not to be written to."""
        if names not in self._matrices:
            matrix = np.empty((self.num_rows, len(names)))
            for index, name in enumerate(names):
                matrix[:, index] = self.columns[name]
            self._matrices[names] = matrix
        return self._matrices[names]

    def encoded(self, encoder: Encoder) -> NDArray[Any]:
        """The rows as an encoder encodes them, once for each encoder. Not to be written to."""
        if id(encoder) not in self._encoded:
            # Kept with its array: another encoder must not come to stand at the same place.
            self._encoded[id(encoder)] = (encoder, encoder.transform(self))
        return self._encoded[id(encoder)][1]


def plain_rows(rows: Sequence[Mapping[str, object]], columns: Sequence[ColumnProfile]) -> TypedRows | None:
    """The typed features of a few rows, as ``features_frame`` would make them, in a hundredth of the time.

    Args:
        rows: Rows by column name.
        columns: The features that the model was trained on.

    Returns:
        None where it takes the full rules to tell what a cell means, or what is wrong with it.
    """
    if not 0 < len(rows) <= MAX_PLAIN_ROWS:
        return None
    if not all(isinstance(name, str) and name == name.strip() for row in rows for name in row):
        return None
    typed: dict[str, NDArray[Any]] = {}
    try:
        for column in columns:
            read = _reader(column)
            is_number = column.kind in (ColumnKind.NUMBER, ColumnKind.BOOLEAN, ColumnKind.DATE)
            values = np.empty(len(rows), dtype=np.float64 if is_number else object)
            for index, row in enumerate(rows):
                values[index] = read(row[column.name])
            typed[column.name] = values
    except (_Unclear, KeyError):
        return None
    return TypedRows(typed, len(rows))


class _Unclear(Exception):
    """A cell that the full rules have to judge."""


def _reader(column: ColumnProfile) -> Any:  # Any: from a cell of any kind to a number, or to text or None
    if column.kind is ColumnKind.NUMBER:
        return _number
    if column.kind is ColumnKind.BOOLEAN:
        return _truth_value
    if column.kind in (ColumnKind.CATEGORY, ColumnKind.TEXT):
        return _text if column.form is ValueForm.TEXT else _code
    if column.kind is ColumnKind.DATE:
        return partial(_instant, day_first=column.day_first)
    if column.kind.is_array:
        return partial(_array, column=column)
    raise _Unclear


def _array(cell: object, column: ColumnProfile) -> NDArray[Any]:
    try:
        return typed_array(cell, column, 0)
    except InvalidDataset:
        # The full rules name the row.
        raise _Unclear from None


def _number(cell: object) -> float:
    token = _token(cell)
    if token is None:
        return math.nan
    if isinstance(token, bool):
        raise _Unclear
    if isinstance(token, str):
        # Long rows of digits are codes.
        if len(token) > 15 or not _NUMBER.fullmatch(token):
            raise _Unclear
        token = float(token)
    if not abs(token) <= _LARGEST_EXACT and isinstance(token, int):
        raise _Unclear
    return float(token)


def _instant(cell: object, day_first: bool) -> float:
    token = _token(cell)
    if token is None:
        return math.nan
    # What numbers mean among dates depends on the cells around them.
    if not isinstance(token, str) or _is_like_number(token):
        raise _Unclear
    return seconds([token], day_first)[0]


def _truth_value(cell: object) -> float:
    token = _token(cell)
    if token is None:
        return math.nan
    if isinstance(token, str):
        # Whether "1.0" is a number depends on the cells around it.
        if token not in ("0", "1") and _is_like_number(token):
            raise _Unclear
        return BOOLEAN_WORDS.get(token.casefold(), math.nan)
    return BOOLEAN_WORDS.get(str(token).casefold() if isinstance(token, bool) else to_label(token), math.nan)


def _text(cell: object) -> str | None:
    token = _token(cell)
    if token is None or isinstance(token, str):
        return token
    return str(token) if isinstance(token, bool | int) else to_label(token)


def _code(cell: object) -> str | None:
    token = _token(cell)
    if token is None:
        return None
    if isinstance(token, bool):
        return str(token)
    if isinstance(token, str):
        if not _is_like_number(token):
            return token
        if len(token) > 15 or not _NUMBER.fullmatch(token):
            raise _Unclear
        token = float(token)
    if abs(token) > _LARGEST_EXACT:
        raise _Unclear
    return to_label(token)


def _token(cell: object) -> str | bool | int | float | None:
    """A cell without what means that it is missing. Only kinds of cells about which there is nothing to ask."""
    kind = type(cell)
    if cell is None or kind is bool or kind is int:
        return cell  # type: ignore[return-value]  # narrowed by its exact type
    if kind is float:
        assert isinstance(cell, float)
        if math.isinf(cell):
            raise _Unclear
        return None if math.isnan(cell) else cell
    if kind is str:
        assert isinstance(cell, str)
        token = cell.strip()
        if not token.isascii() and any(character == "\0" or "\ud800" <= character <= "\udfff" for character in token):
            raise _Unclear
        if "\0" in token:
            raise _Unclear
        return None if token in MISSING_MARKERS else token
    raise _Unclear


def _is_like_number(token: str) -> bool:
    try:
        float(token)
    except ValueError:
        return False
    return True
