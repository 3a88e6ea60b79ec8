"""Densities of points: a mixture with one kernel for each point that was seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from tuner.space import Int
from tuner.space.encoding import Column

_Floats = NDArray[np.float64]

# No kernel is narrower than this share of a range, however many there are.
_NARROWEST = 0.01
_WIDEST = 1.0


class ParzenMixture:
    """A density over the unit cube, high where the points it is made of are dense.

    Each point has a kernel, the product of one factor for each column:

    - A number, or an ordered choice: a normal distribution around the point, cut off at the ends of the range. It is as
      wide as the gap to the farther one of the two neighbours in that column, but at least 1 / (2 + sharpness * n) of
      the range with n points ("magic clipping"): few points say little.
    - On a grid, the density stands for the probability of a whole cell. That is very nearly the density at the cell's
      centre of a normal distribution whose variance is larger by that of the cell, width² / 12.
    - An unordered choice of C: probability (1 + 1 / (n + 1)) / (1 + C / (n + 1)) for the point's own choice and the
      rest in equal parts for the others (after Aitchison and Aitken).

    One more kernel, the prior, covers the whole cube: a normal distribution of the range's width around the middle, and
    every choice equally likely.

    All kernels are evaluated at once: the logarithm of a product of normal densities is a polynomial in the
    coordinates, so many points under many kernels are two products of matrices.

    Args:
        columns: What the columns are; d of them.
        points: Points in which every column is active, snapped, shape (n, d); n may be 0.
        weights: Weight of each point's kernel, shape (n,); that of the prior is 1.
        sharpness: How fast kernels may become narrow with the number of points.

    Source: Bergstra, Bardenet, Bengio and Kégl, Algorithms for Hyper-Parameter Optimization (2011), for the kernels and
    their widths; Falkner, Klein and Hutter, BOHB (2018), for one joint mixture instead of one for each column;
    Watanabe, Tree-Structured Parzen Estimator (2023), who compares the choices made here. With a sharpness of 1 the
    widths are those of Optuna 5.
    """

    def __init__(self, columns: Sequence[Column], points: _Floats, weights: _Floats, sharpness: float = 1.0) -> None:
        total = np.append(weights, 1.0)
        self._weights = total / total.sum()
        self._places = _Places.of(columns)
        numbers, choices = points[:, self._places.numbers], points[:, self._places.choices]
        self._normals = _Normals(numbers, [columns[place] for place in self._places.numbers], sharpness)
        self._categories = [
            _Categories(choices[:, index], columns[place].num_choices)
            for index, place in enumerate(self._places.choices)
        ]

    def draw(self, count: int, rng: np.random.Generator) -> _Floats:
        """Points drawn from the density, not snapped, shape (count, d)."""
        kernels = rng.choice(len(self._weights), size=count, p=self._weights)
        uniform = rng.random((count, len(self._places.numbers) + len(self._categories)))
        drawn = np.empty_like(uniform)
        drawn[:, self._places.numbers] = self._normals.draw(kernels, uniform[:, self._places.numbers])
        for place, categories in zip(self._places.choices, self._categories, strict=True):
            drawn[:, place] = categories.draw(kernels, uniform[:, place])
        return drawn

    def log_density(self, points: _Floats) -> _Floats:
        """Logarithm of the density relative to the uniform one, shape (m,), at snapped points, shape (m, d)."""
        logs = self._normals.log_densities(points[:, self._places.numbers]) + np.log(self._weights)
        for place, categories in zip(self._places.choices, self._categories, strict=True):
            logs += categories.log_densities(points[:, place])
        most = logs.max(axis=1)
        return np.asarray(most + np.log(np.exp(logs - most[:, None]).sum(axis=1)))


@dataclass(frozen=True)
class _Places:
    """Which columns hold numbers, or ordered choices, and which unordered ones."""

    numbers: NDArray[np.intp]
    choices: NDArray[np.intp]

    @classmethod
    def of(cls, columns: Sequence[Column]) -> _Places:
        is_unordered = np.array([column.is_unordered for column in columns], dtype=bool)
        return cls(np.flatnonzero(~is_unordered), np.flatnonzero(is_unordered))


class _Normals:
    """The factors of numbers: n + 1 kernels, the last one the prior, over d columns."""

    def __init__(self, points: _Floats, columns: Sequence[Column], sharpness: float) -> None:
        middle = np.full((1, len(columns)), 0.5)
        self._means = np.concatenate([points, middle])
        self._widths = np.concatenate([_widths(points, sharpness), np.full_like(middle, _WIDEST)])
        variances = self._widths**2
        variances[:-1] += _cell_widths(columns, points) ** 2 / 12
        deviations = np.sqrt(variances)
        inside = ndtr((1 - self._means) / deviations) - ndtr(-self._means / deviations)
        # Around the middle of the range the squares are smallest and lose the fewest digits.
        centred = self._means - 0.5
        self._squares = -0.5 / variances.T
        self._slopes = (centred / variances).T
        self._constants = (-0.5 * centred**2 / variances - np.log(deviations * math.sqrt(2 * math.pi) * inside)).sum(1)

    def log_densities(self, points: _Floats) -> _Floats:
        """Shape (m, n + 1)."""
        centred = points - 0.5
        return np.asarray(centred @ self._slopes + centred**2 @ self._squares + self._constants)

    def draw(self, kernels: NDArray[np.intp], uniform: _Floats) -> _Floats:
        """From the kernel named for each row, by inversion of ``uniform``; shape (m, d)."""
        means, widths = self._means[kernels], self._widths[kernels]
        low, high = ndtr(-means / widths), ndtr((1 - means) / widths)
        return np.asarray(np.clip(means + widths * ndtri(low + uniform * (high - low)), 0.0, 1.0))


class _Categories:
    """The factor of one unordered choice: the chosen one of C for each of n kernels, and the prior."""

    def __init__(self, positions: _Floats, num_choices: int) -> None:
        count = len(positions)
        self._num_choices = num_choices
        self._chosen = np.append(_choices(positions, num_choices), -1)
        whole = 1 + num_choices / (count + 1)
        self._other, self._own = 1 / (count + 1) / whole, (1 + 1 / (count + 1)) / whole

    def log_densities(self, positions: _Floats) -> _Floats:
        """Shape (m, n + 1)."""
        is_own = _choices(positions, self._num_choices)[:, None] == self._chosen
        logs = np.where(is_own, math.log(self._own * self._num_choices), math.log(self._other * self._num_choices))
        logs[:, -1] = 0.0
        return np.asarray(logs)

    def draw(self, kernels: NDArray[np.intp], uniform: _Floats) -> _Floats:
        """From the kernel named for each row, shape (m,)."""
        chosen = self._chosen[kernels]
        extra = self._own - self._other
        is_own = (uniform < extra) & (chosen >= 0)
        # What is left of the number is uniform again, over all choices alike.
        left = np.where(chosen >= 0, (uniform - extra) / (1 - extra), uniform)
        drawn = np.where(is_own, chosen, np.clip(np.floor(left * self._num_choices), 0, self._num_choices - 1))
        return np.asarray((drawn + 0.5) / self._num_choices)


def _choices(positions: _Floats, num_choices: int) -> NDArray[np.intp]:
    return np.minimum(positions * num_choices, num_choices - 1).astype(np.intp)


def _widths(points: _Floats, sharpness: float) -> _Floats:
    """Widths of kernels from the gaps between points, column by column, shape (n, d)."""
    count, num_columns = points.shape
    if not count:
        return points
    order = np.argsort(points, axis=0, kind="stable")
    ends = np.zeros((1, num_columns))
    gaps = np.diff(np.concatenate([ends, np.take_along_axis(points, order, axis=0), ends + 1]), axis=0)
    farther = np.maximum(gaps[:-1], gaps[1:])
    if count > 1:
        # The ends of the range are no points: the outermost two look inwards only.
        farther[0], farther[-1] = gaps[1], gaps[-2]
    widths = np.empty_like(points)
    np.put_along_axis(widths, order, farther, axis=0)
    return np.clip(widths, max(_NARROWEST, 1 / (2 + sharpness * count)), _WIDEST)


def _cell_widths(columns: Sequence[Column], points: _Floats) -> _Floats:
    """Widths of the cells that points lie in, shape (n, d); 0 in a continuum."""
    widths = np.zeros_like(points)
    for place, column in enumerate(columns):
        match column.parameter:
            case Int(log=True, low=low, high=high) if column.num_cells:
                numbers = column.numbers(points[:, place])
                whole = math.log(high + 0.5) - math.log(low - 0.5)
                widths[:, place] = (np.log(numbers + 0.5) - np.log(numbers - 0.5)) / whole
            case _ if column.num_cells:
                widths[:, place] = 1 / column.num_cells
    return widths
