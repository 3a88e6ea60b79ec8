"""Forecasts without a model: the last value goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.series.estimator import DirectSeriesEstimator, SeriesFamily
from tuner.space import Categorical, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class SeriesNaiveEstimator(DirectSeriesEstimator):
    """The last value, or the line from the first value through the last one."""

    _last: NDArray[np.float64]  # shape (series,)
    _drift: NDArray[np.float64]

    def _keep(self, standard: NDArray[np.float64]) -> None:
        import numpy as np

        self._last = standard[:, -1]
        first = standard[np.arange(len(standard)), np.isnan(standard).argmin(axis=1)]
        self._drift = (self._last - first) / np.maximum(1, self._lengths - 1) * bool(self._params["drift"])

    def _answer(self, codes: NDArray[np.int64], steps: NDArray[np.int64], frame: pd.DataFrame) -> NDArray[np.float64]:
        return self._last[codes] + steps * self._drift[codes]

    def _kept(self) -> dict[str, NDArray[np.float64]]:
        return {"last": self._last, "drift": self._drift}

    def _restore(self, arrays: Mapping[str, NDArray[np.float64]]) -> None:
        self._last, self._drift = arrays["last"], arrays["drift"]


class SeriesNaive(SeriesFamily):
    """The last value goes on for ever: what every forecast must beat, and for prices and other walks hard to.

    Parameters: ``drift``, whether the mean change of the whole series goes on too.
    """

    name = "series_naive"
    title = "Last value"
    estimator = SeriesNaiveEstimator

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        return SearchSpace({"drift": Categorical([False, True])})

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        return {"drift": False}

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        return 0.005 + 2e-6 * target.num_rows
