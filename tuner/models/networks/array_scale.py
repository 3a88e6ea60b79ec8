"""The scale of arrays in a column, channel by channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

# Standardised values are cut off here: far outside the training range a single pixel must not overflow a network.
_LARGEST = 1e3
# The mean of so many cells is that of all.
_MAX_CELLS = 10_000


@dataclass(frozen=True)
class ArrayScale:
    """What brings each channel of the training rows to mean 0 and variance 1.

    Args:
        center: Their means.
        spread: Their standard deviations, 1 where all values are equal.
    """

    center: tuple[float, ...]
    spread: tuple[float, ...]

    @classmethod
    def fit(cls, cells: Sequence[NDArray[Any]] | pd.Series[Any]) -> Self:
        """The scale of arrays whose last axis are the channels; NaN counts as not there."""
        import numpy as np

        # In two passes over the cells: all of them as floats may not fit into memory.
        rows = [cell.reshape(-1, cell.shape[-1]) for cell in cells[:: len(cells) // _MAX_CELLS + 1]]
        counts = np.sum([(~np.isnan(row)).sum(axis=0) for row in rows], axis=0, dtype=np.float64).clip(1)
        center = np.sum([np.nansum(row, axis=0, dtype=np.float64) for row in rows], axis=0) / counts
        squares = np.sum([np.nansum((row - center) ** 2, axis=0, dtype=np.float64) for row in rows], axis=0)
        spread = np.sqrt(squares / counts)
        flat = spread <= 1e-12 * np.abs(center)
        return cls(tuple(center.tolist()), tuple(np.where(flat | (spread == 0), 1.0, spread).tolist()))

    def apply(self, array: NDArray[Any]) -> NDArray[np.float32]:
        """The array in standard units; what is not there becomes the mean."""
        import numpy as np

        center, spread = np.asarray(self.center, np.float32), np.asarray(self.spread, np.float32)
        scaled = (array.astype(np.float32) - center) / spread
        standard: NDArray[np.float32] = np.nan_to_num(np.clip(scaled, -_LARGEST, _LARGEST), copy=False, nan=0.0)
        return standard

    def to_json(self) -> dict[str, Any]:
        """The scale as plain JSON types."""
        return {"center": list(self.center), "spread": list(self.spread)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The scale that ``to_json`` wrote."""
        return cls(tuple(document["center"]), tuple(document["spread"]))
