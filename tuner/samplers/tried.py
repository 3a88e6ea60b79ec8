"""Points that need not be tried again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Two positions that differ by less are one point.
_SAME = 1e-9


class Tried:
    """Rows that were tried or are pending.

    Args:
        rows: Points written as rows, NaN where inactive, shape (n, d).
        room: How many more will be added.
    """

    def __init__(self, rows: NDArray[np.float64], room: int) -> None:
        self._rows = np.concatenate([_filled(rows), np.empty((room, rows.shape[1]))])
        self._count = len(rows)

    def __contains__(self, row: NDArray[np.float64]) -> bool:
        return bool((np.abs(self._rows[: self._count] - _filled(row)) < _SAME).all(axis=1).any())

    def add(self, row: NDArray[np.float64]) -> None:
        """Note one more, shape (d,)."""
        self._rows[self._count] = _filled(row)
        self._count += 1


def _filled(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isnan(rows), -1.0, rows)
