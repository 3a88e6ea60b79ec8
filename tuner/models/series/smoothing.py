"""Forecasts by exponential smoothing: a level, a trend and a season, each following what comes at a rate of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.series.estimator import (
    LOG,
    LOG_PARAMETER,
    SEASON,
    SEASON_PARAMETER,
    DirectSeriesEstimator,
    SeriesFamily,
)
from tuner.space import Categorical, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

# Rates are drawn, then twice more near the best ones of each series.
_FIRST_DRAWS, _NEARER_DRAWS = 72, 40
_NEARNESS = (0.5, 0.2)
# What is further back than this has no weight any more.
_MAX_LENGTH = 1_500
# Numbers of states held at a time.
_MAX_CELLS = 2_000_000
_STEADY = 1.0
_LEAST_FOR_TREND = 4


@dataclass(frozen=True)
class _Rates:
    """How fast the parts follow, each of shape (draws, series), from 0 to 1.

    Args:
        level: Share of an error that goes into the level.
        trend: Share of that which goes into the trend.
        season: Share of the rest that goes into the season.
        damping: What is left of the trend after a step.
    """

    level: NDArray[np.float64]
    trend: NDArray[np.float64]
    season: NDArray[np.float64]
    damping: NDArray[np.float64]

    def take(self, best: NDArray[np.int64]) -> _Rates:
        """One draw of each series, shape (1, series)."""
        import numpy as np

        places = np.arange(len(best))
        return _Rates(*(rates[best, places][None] for rates in (self.level, self.trend, self.season, self.damping)))


@dataclass(frozen=True)
class _States:
    """Where series stand after their last value, with the error on the way.

    Args:
        level: Shape (draws, series), as ``trend`` and ``error``.
        trend: Change of the level in a step.
        season: Of the steps after the end, shape (draws, series, season).
        error: Mean square of the errors one step ahead.
    """

    level: NDArray[np.float64]
    trend: NDArray[np.float64]
    season: NDArray[np.float64]
    error: NDArray[np.float64]


class SeriesSmoothingEstimator(DirectSeriesEstimator):
    """Smooths every series by itself, at the rates that would have predicted it best so far, one step ahead."""

    _level: NDArray[np.float64]  # shape (series,)
    _trend: NDArray[np.float64]
    _season: NDArray[np.float64]  # shape (series, season), of the steps after the end
    _damping: NDArray[np.float64]

    def _keep(self, standard: NDArray[np.float64]) -> None:
        import numpy as np

        length = self._seasons[0] if self._seasons else 1
        recent = standard[:, -max(_MAX_LENGTH, 5 * length) :]
        per_part = max(1, _MAX_CELLS // (_FIRST_DRAWS * length))
        parts = [self._smoothed(recent[start : start + per_part], length) for start in range(0, len(recent), per_part)]
        self._level, self._trend, self._season, self._damping = (
            np.concatenate(part) for part in zip(*parts, strict=True)
        )

    def _smoothed(self, values: NDArray[np.float64], length: int) -> tuple[NDArray[np.float64], ...]:
        import numpy as np

        rng = np.random.Generator(np.random.Philox(0))
        is_seasonal = (np.count_nonzero(~np.isnan(values), axis=1) >= 2 * length) & (length > 1)
        start = _start(values, length, is_seasonal, has_trend=self._params["trend"] != "none")
        draws = rng.random((_FIRST_DRAWS, 4, 1)).repeat(len(values), axis=2)
        best, error = self._best(values, start, draws, is_seasonal)
        for nearness in _NEARNESS:
            moves = rng.normal(0, nearness / 3, (_NEARER_DRAWS, 4, 1))
            nearer, nearer_error = self._best(values, start, np.clip(best + moves, 0, 1), is_seasonal)
            best = np.where(nearer_error < error, nearer, best)
            error = np.minimum(error, nearer_error)
        rates = self._rates(best[None], is_seasonal)
        states = _smooth(values, start, rates)
        return states.level[0], states.trend[0], states.season[0], rates.damping[0]

    def _best(
        self,
        values: NDArray[np.float64],
        start: _States,
        draws: NDArray[np.float64],
        is_seasonal: NDArray[np.bool_],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The best of the draws for each series, shape (4, series), and its error."""
        import numpy as np

        error = _smooth(values, start, self._rates(draws, is_seasonal)).error
        best = error.argmin(axis=0)
        places = np.arange(len(best))
        return draws[best, :, places].T, error[best, places]

    def _rates(self, draws: NDArray[np.float64], is_seasonal: NDArray[np.bool_]) -> _Rates:
        """Rates from numbers between 0 and 1, shape (draws, 4, series): small rates are as likely as large ones."""
        import numpy as np

        trend = self._params["trend"]
        level, change, season, damping = (draws[:, index] for index in range(4))
        return _Rates(
            level=0.01 + 0.98 * level**1.5,
            trend=0.0 * change if trend == "none" else 0.001 + 0.6 * change**3,
            season=np.where(is_seasonal, 0.01 + 0.9 * season**2, 0.0),
            damping=0.8 + 0.18 * damping if trend == "damped" else np.full_like(damping, _STEADY),
        )

    def _answer(self, codes: NDArray[np.int64], steps: NDArray[np.int64], frame: pd.DataFrame) -> NDArray[np.float64]:
        import numpy as np

        damping = self._damping[codes]
        with np.errstate(divide="ignore", invalid="ignore"):
            damped = damping * (1 - damping**steps) / (1 - damping)
        growth = np.where(damping < _STEADY, damped, steps)
        season = self._season[codes, (steps - 1) % self._season.shape[1]]
        answer: NDArray[np.float64] = self._level[codes] + growth * self._trend[codes] + season
        return answer

    def _kept(self) -> dict[str, NDArray[np.float64]]:
        return {"level": self._level, "trend": self._trend, "season": self._season, "damping": self._damping}

    def _restore(self, arrays: Mapping[str, NDArray[np.float64]]) -> None:
        self._level, self._trend = arrays["level"], arrays["trend"]
        self._season, self._damping = arrays["season"], arrays["damping"]


def _start(values: NDArray[np.float64], length: int, is_seasonal: NDArray[np.bool_], *, has_trend: bool) -> _States:
    """Where the series stand before their first values, from their first seasons; each of shape (1, series)."""
    import numpy as np

    num_series = len(values)
    level, trend, season = np.zeros(num_series), np.zeros(num_series), np.zeros((num_series, length))
    for index, row in enumerate(values):
        begin = int(np.isnan(row).argmin())
        known = row[begin:]
        if is_seasonal[index]:
            num_seasons = min(len(known) // length, 4)
            seasons = known[: num_seasons * length].reshape(num_seasons, length)
            rise = (seasons[-1].mean() - seasons[0].mean()) / ((num_seasons - 1) * length)
            straight = seasons - rise * np.arange(num_seasons * length).reshape(num_seasons, length)
            middle = straight.mean(axis=1, keepdims=True)
            # The season of a column is that of its place among all columns.
            season[index, (begin + np.arange(length)) % length] = (straight - middle).mean(axis=0)
            level[index], trend[index] = straight.mean() - rise, rise
        else:
            first = known[: min(len(known), 8)]
            # Two or three values show no trend.
            rise = (first[-1] - first[0]) / (len(first) - 1) if len(first) >= _LEAST_FOR_TREND else 0.0
            level[index], trend[index] = first[0] - rise * has_trend, rise
    # Without a trend the level does not begin below the first season's mean.
    if not has_trend:
        level, trend = level + trend * length / 2 * is_seasonal, np.zeros(num_series)
    trend = np.where(np.count_nonzero(~np.isnan(values), axis=1) >= _LEAST_FOR_TREND, trend, 0.0)
    return _States(level[None], trend[None], season[None], np.zeros((1, num_series)))


def _smooth(values: NDArray[np.float64], start: _States, rates: _Rates) -> _States:
    """Pass through the values once for each draw."""
    import numpy as np

    shape = rates.level.shape
    level, trend = np.broadcast_to(start.level, shape).copy(), np.broadcast_to(start.trend, shape).copy()
    season = np.broadcast_to(start.season, (*shape, start.season.shape[2])).copy()
    length, width = season.shape[2], values.shape[1]
    for_trend = rates.level * rates.trend
    for_season = rates.season * (1 - rates.level)
    total = np.zeros(shape)
    is_there = ~np.isnan(values)
    present = np.where(is_there, values, 0.0)
    for place in range(width):
        phase = place % length
        carried = rates.damping * trend
        ahead = level + carried
        error = np.where(is_there[:, place], present[:, place] - ahead - season[:, :, phase], 0.0)
        level = np.where(is_there[:, place], ahead + rates.level * error, level)
        trend = np.where(is_there[:, place], carried + for_trend * error, trend)
        season[:, :, phase] += for_season * error
        total += error**2
    after = (width + np.arange(length)) % length
    return _States(level, trend, season[:, :, after], total / np.maximum(1, is_there.sum(axis=1)))


class SeriesSmoothing(SeriesFamily):
    """Exponential smoothing (Holt and Winters): hard to beat on single series of some dozen to some hundred values.

    Parameters: ``trend``, whether the level goes on changing (``additive``), ever less (``damped``), or not;
    ``season``, whether the season that was found takes part; ``log``, whether growth and season are shares of the level
    rather than amounts. The rates are fitted to each series. Source: Gardner and McKenzie (1985) for the damped trend;
    Hyndman et al. (2002) for the form with one error.
    """

    name = "series_smoothing"
    title = "Exponential smoothing"
    estimator = SeriesSmoothingEstimator

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        trend = Categorical(["damped", "additive", "none"])
        return SearchSpace({"trend": trend, **SEASON_PARAMETER, **LOG_PARAMETER})

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        return {"trend": "damped", SEASON: "found", LOG: False}

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        return 0.05 + 1e-4 * target.num_rows
