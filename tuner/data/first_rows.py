"""The first rows of a table, small enough to be stored beside its profile and shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from tuner.data.profile import ColumnProfile, ValueForm

if TYPE_CHECKING:
    import pandas as pd

Cell: TypeAlias = "str | int | float | None"

MAX_ROWS = 100
_MAX_CELL_CHARACTERS = 200
# Of very wide tables fewer rows are kept, but for the first one.
_MAX_CHARACTERS = 400_000
# Beyond it not every whole number is a float.
_LARGEST_WHOLE = 2**53


def first_rows(frame: pd.DataFrame, columns: Sequence[ColumnProfile]) -> list[list[Cell]]:
    """The first rows of a plain frame, a cell for each column: numbers, texts cut to 200 characters, or None.

    Args:
        frame: What ``tuner.data.reading.read_table`` returned.
        columns: Its profile.
    """
    head = frame.iloc[:MAX_ROWS]
    shown = [[_cell(value, column) for value in head[column.name].tolist()] for column in columns]
    kept: list[list[Cell]] = []
    characters = 0
    for row in zip(*shown, strict=True):
        characters += sum(len(str(cell)) + 1 for cell in row)
        if kept and characters > _MAX_CHARACTERS:
            break
        kept.append(list(row))
    return kept


def _cell(value: Any, column: ColumnProfile) -> Cell:  # Any: whatever a frame holds
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, str):
        is_short = len(value) <= _MAX_CELL_CHARACTERS
        return value if is_short else f"{value[: _MAX_CELL_CHARACTERS - 1]}\N{HORIZONTAL ELLIPSIS}"
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return int(value) if column.form is ValueForm.WHOLE and abs(value) <= _LARGEST_WHOLE else value
    return " x ".join(map(str, value.shape))
