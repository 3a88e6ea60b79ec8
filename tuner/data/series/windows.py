"""Windows over series: what a model sees when it stands at one value and is asked for a later one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

# How many seasons back the same place in the season is looked at.
_SEASONS_BACK = 3
BASES = ("last", "level", "season")


@dataclass(frozen=True)
class View:
    """What is seen from some places of some series.

    Args:
        window: The last values less ``base``, oldest first, NaN before a series begins; shape (n, length).
        summary: What is known about the asked step beside the window, less ``base``; shape (n, len(names)).
        base: What predictions are told from, shape (n,).
    """

    window: NDArray[np.float64]
    summary: NDArray[np.float64]
    base: NDArray[np.float64]


@dataclass(frozen=True)
class Windows:
    """How series are looked at.

    An example is an origin, the last value that is known, and a number of steps ahead. It is seen as the last values,
    those at the same place in the seasons before, the level and where it is going. All are told from a base, from which
    the answer is told too, so that a model learns alike from series of any height.

    Args:
        length: How many last values are seen.
        seasons: The series' seasons, strongest first.
        horizon: The most steps ahead; a later step is seen as this one, but for its place in the seasons.
        base: ``last``, the last value; ``level``, the mean of the last season, or of three values; ``season``, the
            value one season, or more, before the asked step.
    """

    length: int
    seasons: tuple[int, ...]
    horizon: int
    base: str

    @property
    def memory(self) -> int:
        """How many last values of a series are ever looked at."""
        longest = max(self.seasons, default=1)
        return max(self.length, 2 * self._level_length) + self.horizon + (_SEASONS_BACK + 1) * longest

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns of ``View.summary``."""
        seasonal = [f"{back} x {length} ago" for length in self.seasons for back in range(1, _SEASONS_BACK + 1)]
        return ("steps ahead", "level", "change of level", "last change", *seasonal)

    def view(
        self,
        series: NDArray[np.float64],
        codes: NDArray[np.int64],
        origins: NDArray[np.int64],
        steps: NDArray[np.int64],
    ) -> View:
        """What is seen from the origins.

        Args:
            series: In standard units, filled, shape (series, length).
            codes: The series of each example, shape (n,).
            origins: The position of the last known value.
            steps: Steps ahead, from 1.
        """
        window = _at(series, codes, origins, np.arange(self.length - 1, -1, -1), self.memory)
        last = _at(series, codes, origins, np.array([0, 1]), self.memory)
        length = self._level_length
        recent = _at(series, codes, origins, np.arange(2 * length), self.memory)
        level, before = _mean(recent[:, :length]), _mean(recent[:, length:])
        columns = []
        for season in self.seasons:
            # The asked place lies ``steps`` ahead: whole seasons are gone back until that is known.
            behind = -(-steps // season) * season - steps
            places = behind[:, None] + season * np.arange(_SEASONS_BACK)
            columns.append(_at(series, codes, origins, places, self.memory))
        base = level
        if self.base == "last":
            base = last[:, 0]
        elif self.base == "season" and columns:
            base = np.where(np.isnan(columns[0][:, 0]), level, columns[0][:, 0])
        told = base[:, None]
        summary = np.column_stack(
            [
                np.minimum(steps, self.horizon),
                level - base,
                level - before,
                last[:, 0] - last[:, 1],
                *(column - told for column in columns),
            ]
        )
        return View(window - told, summary, base)

    def examples(
        self, is_known: NDArray[np.bool_], lengths: NDArray[np.int64], most: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Series, origins and steps ahead of the examples that a set of series holds, or of as many as asked for.

        Args:
            is_known: Whether a value was there, not filled in, shape (series, length).
            lengths: Steps that each series is long.
            most: Examples, at most; they are drawn at random from all.
            rng: Source of randomness.
        """
        width = is_known.shape[1]
        # A first part of every series is only looked back at, so that most examples see most of a window.
        waiting = np.minimum(max(self._level_length, min(self.length, 8)), lengths // 3)
        first = np.maximum(width - lengths + waiting - 1, width - lengths)
        origins = np.arange(width)
        is_origin = (origins >= first[:, None]) & (origins < width - 1)
        codes, places = np.nonzero(is_origin)
        total = len(codes) * self.horizon
        chosen = np.arange(total) if total <= 4 * most else np.unique(rng.integers(0, total, 4 * most))
        codes, places, steps = codes[chosen // self.horizon], places[chosen // self.horizon], chosen % self.horizon + 1
        asked = places + steps
        is_there = asked < width
        is_there[is_there] = is_known[codes[is_there], asked[is_there]]
        codes, places, steps = codes[is_there], places[is_there], steps[is_there]
        if len(codes) == 1:
            # Libraries refuse a single row, twice the same one says no more.
            codes, places, steps = (np.repeat(each, 2) for each in (codes, places, steps))
        if len(codes) > most:
            kept = np.sort(rng.permutation(len(codes))[:most])
            codes, places, steps = codes[kept], places[kept], steps[kept]
        return codes, places, steps

    def to_json(self) -> dict[str, Any]:
        """The windows as plain JSON types."""
        return {**asdict(self), "seasons": list(self.seasons)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The windows that ``to_json`` wrote."""
        return cls(**{**document, "seasons": tuple(document["seasons"])})

    @property
    def _level_length(self) -> int:
        return self.seasons[0] if self.seasons else 3


def _at(
    series: NDArray[np.float64],
    codes: NDArray[np.int64],
    origins: NDArray[np.int64],
    back: NDArray[np.int64],
    memory: int,
) -> NDArray[np.float64]:
    """Values some steps before origins, NaN where there are none, shape (n, len(back))."""
    places = origins[:, None] - back
    values: NDArray[np.float64] = series[codes[:, None], np.clip(places, 0, series.shape[1] - 1)]
    return np.where((places < 0) | (back >= memory), np.nan, values)


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of each row's present values; NaN where there are none."""
    is_present = ~np.isnan(values)
    counts = is_present.sum(axis=1)
    return np.where(counts > 0, np.where(is_present, values, 0.0).sum(axis=1) / np.maximum(1, counts), np.nan)
