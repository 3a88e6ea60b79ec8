"""What a cell means: missing, a number, a truth value, or text. Files and DataFrames are read by the same rules."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

MISSING_WORDS = ("", "?", "na", "n/a", "nan", "null", "none")
# Every mix of cases spelled out: one set lookup per cell instead of a lowered copy.
MISSING_MARKERS = frozenset(
    "".join(letters)
    for word in MISSING_WORDS
    for letters in itertools.product(*({letter.lower(), letter.upper()} for letter in word))
)
BOOLEAN_WORDS = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), 1.0),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), 0.0),
}
BOOLEAN_PAIRS = frozenset(
    frozenset(pair) for pair in (("true", "false"), ("t", "f"), ("yes", "no"), ("y", "n"), ("on", "off"))
)

_WHOLE_NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]*)")
# Digits alone, yet refused as whole numbers: codes with leading zeros, or too long to be exact.
_LOOKS_WHOLE = re.compile(r"[+-]?[0-9]+")
# Above this, float64 no longer tells neighbouring whole numbers apart.
_LARGEST_EXACT = 2**53

Numbers: TypeAlias = NDArray[np.int64] | NDArray[np.float64]
Tokens: TypeAlias = Sequence[str | None]


def to_tokens(cells: Sequence[str]) -> list[str | None]:
    """Cells without surrounding space; missing ones as None."""
    return [None if (token := cell.strip()) in MISSING_MARKERS else token for cell in cells]


def to_numbers(tokens: Tokens) -> Numbers | None:
    """The tokens as numbers, or None when they are text.

    One token that is not a plain decimal number makes the column text; so does a whole number with a leading zero
    (``007`` is a code), and, among whole numbers, one beyond 2**53. Infinities come back as such: callers know where
    they stood and refuse them.

    Returns:
        int64 for whole numbers without a gap, else float64 with NaN for missing cells.
    """
    present = [token for token in tokens if token is not None]
    values: Numbers | None = _whole_numbers(present)
    if values is None:
        values = _decimal_numbers(present)
    if values is None or len(present) == len(tokens):
        return values
    filled = np.full(len(tokens), np.nan)
    filled[[token is not None for token in tokens]] = values
    return filled


def to_label(value: float | int) -> str:
    """A number in text form: ``3`` for 3 and for 3.0, ``0.25`` for 0.25."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _whole_numbers(tokens: Sequence[str]) -> NDArray[np.int64] | None:
    if not tokens:
        return None
    try:
        values = list(map(int, tokens))
    except ValueError:
        return None
    if list(map(str, values)) != tokens and not all(map(_WHOLE_NUMBER.fullmatch, tokens)):
        return None
    if max(values) > _LARGEST_EXACT or min(values) < -_LARGEST_EXACT:
        return None
    return np.array(values, dtype=np.int64)


def _decimal_numbers(tokens: Sequence[str]) -> NDArray[np.float64] | None:
    if tokens and all(map(_LOOKS_WHOLE.fullmatch, tokens)):
        return None
    try:
        values = np.array(list(map(float, tokens)), dtype=np.float64)
    except ValueError:
        return None
    # float() also takes "1_000", digits of other scripts and "+nan".
    joined = "".join(tokens)
    if not joined.isascii() or "_" in joined or bool(np.isnan(values).any()):
        return None
    return values
