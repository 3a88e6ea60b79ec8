"""Forecasts that repeat the last season."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.series.estimator import LOG, LOG_PARAMETER, DirectSeriesEstimator, SeriesFamily, last_values
from tuner.space import Categorical, Int, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class SeriesSeasonalNaiveEstimator(DirectSeriesEstimator):
    """The last season, or the mean of the last ones, each raised by the growth from season to season."""

    _season: NDArray[np.float64]  # shape (series, season), of the steps after the end
    _growth: NDArray[np.float64]  # from one season to the next, shape (series,)

    def _keep(self, standard: NDArray[np.float64]) -> None:
        import numpy as np

        length = self._seasons[0] if self._seasons else 1
        count = int(self._params["seasons"])
        tail = last_values(standard, (count + 1) * length).reshape(len(standard), count + 1, length)
        means = tail.mean(axis=2)
        # Seasons from before the beginning would have the first value all through.
        known = np.minimum(np.maximum(self._lengths // length, 1), count)
        self._growth = np.zeros(len(standard))
        if self._params["drift"]:
            past = np.maximum(1, np.minimum(self._lengths // length - 1, count))
            rise = means[:, -1] - means[np.arange(len(means)), -1 - past]
            self._growth = np.where(self._lengths >= 2 * length, rise / past, 0.0)
        self._season = np.zeros((len(standard), length))
        for back in range(count):
            weight = np.where(back < known, 1 / known, 0.0)
            self._season += weight[:, None] * (tail[:, -1 - back] + (back * self._growth)[:, None])

    def _answer(self, codes: NDArray[np.int64], steps: NDArray[np.int64], frame: pd.DataFrame) -> NDArray[np.float64]:
        length = self._season.shape[1]
        # The first of the steps after the end stands one season after the first of the last one.
        ahead = (steps - 1) // length + 1
        answer: NDArray[np.float64] = self._season[codes, (steps - 1) % length] + ahead * self._growth[codes]
        return answer

    def _kept(self) -> dict[str, NDArray[np.float64]]:
        return {"season": self._season, "growth": self._growth}

    def _restore(self, arrays: Mapping[str, NDArray[np.float64]]) -> None:
        self._season, self._growth = arrays["season"], arrays["growth"]


class SeriesSeasonalNaive(SeriesFamily):
    """The last season again: what a forecast of sales, visits or temperatures must beat.

    Without a season it is the last value. Parameters: ``seasons``, how many last ones are averaged; ``drift``, whether
    the growth from season to season goes on; ``log``, whether by shares rather than by amounts.
    """

    name = "series_seasonal_naive"
    title = "Last season"
    estimator = SeriesSeasonalNaiveEstimator

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        return SearchSpace({"seasons": Int(1, 4), "drift": Categorical([False, True]), **LOG_PARAMETER})

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        return {"seasons": 1, "drift": False, LOG: False}

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        return 0.005 + 2e-6 * target.num_rows
