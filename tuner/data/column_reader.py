"""One column of a CSV file, cell by cell, by the rules of ``tuner.data.cells``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.cells import Tokens, to_numbers, to_tokens


class ColumnReader:
    """Collects one column batch by batch: numbers as long as all cells are, else text.

    Args:
        index: The column's position in the file.
        is_text: Whether it is known to be text.
    """

    def __init__(self, index: int, is_text: bool) -> None:
        self.index = index
        self.turned_late = False
        self._is_text = is_text
        self._batches: list[NDArray[Any]] = []  # Any: int64, float64 or object
        self._interned: dict[str, str] = {}

    def add(self, raw: Sequence[str]) -> int | None:
        """Take a batch of cells; returns the position of an infinite number in it, if there is one."""
        tokens: Tokens = raw
        # Most numeric columns have neither gaps nor space, and then need no cleaning.
        numbers = None if self._is_text else to_numbers(tokens)
        if numbers is None:
            tokens = to_tokens(raw)
            numbers = None if self._is_text else to_numbers(tokens)
        if numbers is None:
            self.turned_late |= not self._is_text and bool(self._batches)
            self._is_text = True
            intern = self._interned.setdefault
            cells = np.empty(len(tokens), dtype=object)
            cells[:] = [None if token is None else intern(token, token) for token in tokens]
            self._batches.append(cells)
            return None
        self._batches.append(numbers)
        infinite = np.isinf(numbers)
        return int(infinite.argmax()) if infinite.any() else None

    def values(self) -> pd.Series[Any]:
        """All cells of the batches, which it forgets."""
        joined = np.concatenate(self._batches)
        self._batches.clear()
        # The explicit type keeps pandas from making its own string type of it.
        return pd.Series(joined, dtype=joined.dtype)
