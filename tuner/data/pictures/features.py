"""Pictures as numbers for models that take no pictures: their pixels, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tuner.data.arrays.cells import stacked
from tuner.data.arrays.widths import image_grid, most_numbers
from tuner.data.pictures.resizing import resized

_NUMBERS_AT_ONCE = 16_000_000
_SMALLEST_SPREAD = 1e-6


@dataclass(frozen=True)
class ImageFeatures:
    """The pixels of a column's pictures, of large ones at a smaller size: about 1,000 numbers at most.

    With a scale, one centre and one spread hold for all pixels. Pixels with a spread of their own would make as much of
    a speck in the margin as of what is in the middle.

    Args:
        name: The column's name.
        shape: Height, width and channels of the cells.
        grid: Height and width at which the pixels are taken.
        center: What is subtracted from each pixel.
        spread: What it is then divided by.
    """

    name: str
    shape: tuple[int, ...]
    grid: tuple[int, ...]
    center: float
    spread: float

    @classmethod
    def fit(cls, cells: NDArray[Any], name: str, *, scale: bool) -> Self:
        """Learn the size and the scale from the training rows' pictures, shape (n,)."""
        shape = cells[0].shape
        grid = image_grid(shape, most_numbers(len(cells)))
        plain = cls(name, shape, grid, 0.0, 1.0)
        if not scale:
            return plain
        total = squares = 0.0
        count = 0
        for _, pixels in plain._pixels(cells):
            total += float(pixels.sum(dtype=np.float64))
            squares += float(np.square(pixels, dtype=np.float64).sum())
            count += pixels.size
        center = total / count
        # Rounding may take the variance of equal pixels below zero.
        spread = max(0.0, squares / count - center**2) ** 0.5
        return cls(name, shape, grid, center, spread if spread > _SMALLEST_SPREAD * max(1.0, abs(center)) else 1.0)

    def width(self, one_hot: bool) -> int:
        """Columns that the encoding takes."""
        return self.grid[0] * self.grid[1] * self.shape[2]

    def names(self, one_hot: bool) -> list[str]:
        """A name for each of them."""
        return [f"{self.name}[{', '.join(map(str, place))}]" for place in np.ndindex(*self.grid, self.shape[2])]

    def encode(self, cells: NDArray[Any], one_hot: bool, into: NDArray[Any]) -> None:
        """Write the encoding of pictures, shape (n,), into an array of that width."""
        for rows, pixels in self._pixels(cells):
            into[rows] = (pixels - self.center) / self.spread

    def _pixels(self, cells: NDArray[Any]) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """The pixels of some pictures at a time, shape (rows, width), with their places."""
        at_once = max(1, _NUMBERS_AT_ONCE // max(1, cells[0].size)) if len(cells) else 1
        for start in range(0, len(cells), at_once):
            rows = slice(start, start + at_once)
            images = resized(stacked(cells[rows]), *self.grid)
            yield rows, images.reshape(len(images), -1)
