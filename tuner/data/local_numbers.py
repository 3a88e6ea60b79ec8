"""Numbers as other countries write them: ``1.234,5``, ``1,234.5``, ``1 234,5``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

_SPACES = " \u00a0\u202f'\u2019"
_WHOLE = r"[+-]?(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:(MARKS)[0-9]{3})(?:\1[0-9]{3})*)"
_COMMA = re.compile(_WHOLE.replace("MARKS", f"[.{_SPACES}]") + r"(?:,[0-9]+)?")
_POINT = re.compile(_WHOLE.replace("MARKS", f"[,{_SPACES}]") + r"(?:\.[0-9]+)?")
_FROM_COMMA = str.maketrans(",", ".", "." + _SPACES)
_FROM_POINT = str.maketrans("", "", "," + _SPACES)
_FIRST_CELLS = 20
_LARGEST_EXACT = 2**53


def read_local_numbers(cells: pd.Series[Any]) -> pd.Series[Any]:
    """Turn text that is all numbers with decimal commas or grouped digits into numbers.

    All cells decide together what a comma means. Where it may part thousands as well as fractions (``1,234`` and
    ``5,678``), the column stays text.

    Args:
        cells: A plain column.

    Returns:
        Numbers, or ``cells`` themselves.
    """
    if cells.dtype != object:
        return cells
    codes, distinct = pd.factorize(cells.to_numpy())
    texts: list[str] = distinct.tolist()
    if not texts or not all(_COMMA.fullmatch(text) or _POINT.fullmatch(text) for text in texts[:_FIRST_CELLS]):
        return cells
    has_comma = any("," in text for text in texts)
    is_comma = has_comma and all(map(_COMMA.fullmatch, texts))
    # Digits in groups of three by spaces alone may be codes.
    is_point = (has_comma or any("." in text for text in texts)) and all(map(_POINT.fullmatch, texts))
    if is_comma == is_point:
        return cells
    values = np.array([_value(text, is_comma) for text in texts])
    is_whole = not any(("," if is_comma else ".") in text for text in texts)
    if is_whole and np.abs(values).max() > _LARGEST_EXACT:
        return cells
    if is_whole and not (codes < 0).any():
        return pd.Series(values.astype(np.int64)[codes])
    return pd.Series(np.append(values, np.nan)[codes])


def comma_is_open(texts: Sequence[str]) -> bool:
    """Whether all texts are numbers if a comma parts thousands, and if it parts fractions."""
    return (
        bool(texts)
        and any("," in text for text in texts)
        and all(_COMMA.fullmatch(text) and _POINT.fullmatch(text) for text in texts)
    )


def _value(text: str, is_comma: bool) -> float:
    return float(text.translate(_FROM_COMMA if is_comma else _FROM_POINT))
