"""Sequences as numbers for models that take no sequences: statistics of each feature, and means along the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tuner.data.arrays.widths import STATISTICS, most_numbers, num_segments, num_statistics

_NUMBERS_AT_ONCE = 4_000_000
# Standardised values are cut off here: far outside the training range a single cell must not overflow a model.
_LARGEST_SCALED = 1e6
_QUANTILES = {"quarter": 0.25, "median": 0.5, "three quarters": 0.75}


@dataclass(frozen=True)
class SequenceFeatures:
    """What is derived from the sequences of a column, for each of their features.

    Mean, standard deviation, the slope over the steps, the first, last, smallest and largest value, quartiles, the mean
    change from step to step, the autocorrelation from step to step (``echo``), and the means of up to 16 equal parts;
    of many features less, in that order of importance. The number of steps comes first, where sequences differ in it.

    Args:
        name: The column's name.
        num_features: Features of each step.
        statistics: Which of the statistics are derived.
        segments: How many equal parts.
        has_length: Whether the number of steps is a number of its own.
        fill: What stands for each number that cannot be derived, such as those of an empty sequence; nothing does if
            empty, and models see NaN.
        center: What is subtracted from each number, if anything.
        spread: What it is then divided by.
    """

    name: str
    num_features: int
    statistics: tuple[str, ...]
    segments: int
    has_length: bool
    fill: tuple[float, ...] = ()
    center: tuple[float, ...] = ()
    spread: tuple[float, ...] = ()

    @classmethod
    def fit(cls, cells: NDArray[Any], name: str, *, scale: bool, impute: bool) -> Self:
        """Learn which numbers there are, and their scale, from the training rows' sequences, shape (n,)."""
        lengths = [len(cell) for cell in cells]
        shape, most = (max(lengths), cells[0].shape[1]), most_numbers(len(cells))
        plain = cls(
            name,
            shape[1],
            STATISTICS[: num_statistics(shape, most)],
            num_segments(shape, most),
            has_length=len(set(lengths)) > 1,
        )
        if not (impute or scale):
            return plain
        numbers = np.concatenate([part for _, part in plain._numbers(cells)])
        missing = np.isnan(numbers)
        # Columns without any number would make NumPy warn of their mean.
        numbers[:, missing.all(axis=0)] = 0.0
        center, spread = np.nanmean(numbers, axis=0), np.nanstd(numbers, axis=0)
        spread = np.where(spread > 1e-9 * np.maximum(1e-30, np.abs(center)), spread, 1.0)
        return cls(
            name,
            plain.num_features,
            plain.statistics,
            plain.segments,
            plain.has_length,
            fill=tuple(center.tolist()) if impute else (),
            center=tuple(center.tolist()) if scale else (),
            spread=tuple(spread.tolist()) if scale else (),
        )

    def width(self, one_hot: bool) -> int:
        """Columns that the encoding takes."""
        return self.has_length + self.num_features * (len(self.statistics) + self.segments)

    def names(self, one_hot: bool) -> list[str]:
        """A name for each of them."""
        parts = [*self.statistics, *(f"part {index}" for index in range(self.segments))]
        names = [f"{self.name}[{feature}] {part}" for part in parts for feature in range(self.num_features)]
        return [f"{self.name} length", *names] if self.has_length else names

    def encode(self, cells: NDArray[Any], one_hot: bool, into: NDArray[Any]) -> None:
        """Write the encoding of sequences, shape (n,), into an array of that width."""
        for rows, numbers in self._numbers(cells):
            filled = np.where(np.isnan(numbers), np.array(self.fill), numbers) if self.fill else numbers
            if self.spread:
                scaled = (filled - np.array(self.center)) / np.array(self.spread)
                filled = np.clip(scaled, -_LARGEST_SCALED, _LARGEST_SCALED)
            into[rows] = filled

    def _numbers(self, cells: NDArray[Any]) -> Iterator[tuple[slice, NDArray[np.float64]]]:
        """The numbers of some sequences at a time, shape (rows, width), with their places."""
        longest = max((len(cell) for cell in cells), default=0)
        at_once = max(1, _NUMBERS_AT_ONCE // max(1, longest * self.num_features))
        for start in range(0, len(cells), at_once):
            rows = slice(start, start + at_once)
            batch = _Batch(cells[rows], self.num_features)
            parts = [batch.statistic(name) for name in self.statistics]
            parts += [batch.segment(index, self.segments) for index in range(self.segments)]
            if self.has_length:
                parts.insert(0, batch.lengths[:, None].astype(np.float64))
            yield rows, np.concatenate(parts, axis=1)


class _Batch:
    """Some sequences, filled up with NaN to one length, and what is computed from them.

    Every number has the shape (n, features), and is NaN where a sequence has no value of a feature.
    """

    def __init__(self, cells: NDArray[Any], num_features: int) -> None:
        self.lengths = np.array([len(cell) for cell in cells], dtype=np.int64)
        steps = max(1, int(self.lengths.max(initial=0)))
        self._values = np.full((len(cells), steps, num_features), np.nan)
        for row, cell in enumerate(cells):
            self._values[row, : len(cell)] = cell
        self._present = ~np.isnan(self._values)
        self._count = self._present.sum(axis=1).astype(np.float64)
        self._mean = _shares(np.where(self._present, self._values, 0.0).sum(axis=1), self._count)
        # Zero where there is no value, so that sums pass over it.
        self._deviations = np.where(self._present, self._values - self._mean[:, None], 0.0)
        self._squares = np.square(self._deviations).sum(axis=1)
        self._sorted = np.sort(self._values, axis=1)
        zeros = np.zeros((len(cells), 1, num_features))
        self._sums = np.concatenate([zeros, np.where(self._present, self._values, 0.0).cumsum(axis=1)], axis=1)
        self._counts = np.concatenate([zeros, self._present.cumsum(axis=1)], axis=1)

    def statistic(self, name: str) -> NDArray[np.float64]:
        """One of ``STATISTICS``."""
        match name:
            case "mean":
                return self._mean
            case "std":
                return np.sqrt(_shares(self._squares, self._count))
            case "slope":
                return self._slope()
            case "first":
                return self._at(self._present.argmax(axis=1))
            case "last":
                return self._at(self._present.shape[1] - 1 - self._present[:, ::-1].argmax(axis=1))
            case "min":
                return self._quantile(0.0)
            case "max":
                return self._quantile(1.0)
            case "change":
                steps = np.abs(np.diff(self._values, axis=1))
                both = ~np.isnan(steps)
                return _shares(np.where(both, steps, 0.0).sum(axis=1), both.sum(axis=1).astype(np.float64))
            case "echo":
                products = (self._deviations[:, 1:] * self._deviations[:, :-1]).sum(axis=1)
                return _shares(products, self._squares)
            case _:
                return self._quantile(_QUANTILES[name])

    def segment(self, index: int, segments: int) -> NDArray[np.float64]:
        """The mean of one of a number of equal parts; of sequences with fewer steps, parts share a step."""
        start = index * self.lengths // segments
        stop = np.maximum(start + 1, (index + 1) * self.lengths // segments)
        stop = np.minimum(stop, self._values.shape[1])
        rows = np.arange(len(self.lengths))
        return _shares(
            self._sums[rows, stop] - self._sums[rows, start], self._counts[rows, stop] - self._counts[rows, start]
        )

    def _slope(self) -> NDArray[np.float64]:
        """The change for each step on the line with the least squares."""
        times = np.arange(self._values.shape[1], dtype=np.float64)[None, :, None]
        middle = _shares((times * self._present).sum(axis=1), self._count)
        distances = np.where(self._present, times - middle[:, None], 0.0)
        return _shares((distances * self._deviations).sum(axis=1), np.square(distances).sum(axis=1))

    def _at(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.take_along_axis(self._values, places[:, None], axis=1)[:, 0]

    def _quantile(self, share: float) -> NDArray[np.float64]:
        """Between the two values next to it, in proportion. NaN stands at the end of what is sorted."""
        place = share * np.maximum(self._count - 1, 0)
        below = np.floor(place).astype(np.int64)
        above = np.ceil(place).astype(np.int64)
        low = np.take_along_axis(self._sorted, below[:, None], axis=1)[:, 0]
        high = np.take_along_axis(self._sorted, above[:, None], axis=1)[:, 0]
        return np.asarray(low + (high - low) * (place - below))


def _shares(sums: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quotients; NaN where the divisor is zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares: NDArray[np.float64] = np.where(counts > 0, sums / counts, np.nan)
    return shares
