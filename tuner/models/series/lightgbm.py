"""Forecasts by gradient boosting on windows over the series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tuner.data.profile import ColumnProfile
from tuner.models.lightgbm import LightGBM, LightGBMEstimator
from tuner.models.series.windows import WindowedEstimator, WindowedFamily, number_column

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class SeriesLightGBMEstimator(WindowedEstimator):
    """LightGBM over rows with a column for each value of the window."""

    inner = LightGBMEstimator

    def _window_columns(self) -> tuple[ColumnProfile, ...]:
        return tuple(number_column(f"{back} ago") for back in range(self._windows.length, 0, -1))

    def _window_cells(self, window: NDArray[np.float64]) -> Mapping[str, pd.Series[Any]]:
        import pandas as pd

        return {f"{window.shape[1] - index} ago": pd.Series(window[:, index]) for index in range(window.shape[1])}


class SeriesLightGBM(WindowedFamily):
    """LightGBM on windows: for many series, long ones, and values that hang on what is known in advance.

    One model for all series and all steps ahead. Parameters: ``window``, how many last values it sees; ``base``, from
    what it tells the answer: the last ``season``, the ``level`` of the last season, or the ``last`` value; ``season``,
    whether the season that was found takes part; ``log``, whether it sees shares rather than amounts; and those of
    ``lightgbm``.
    """

    name = "series_lightgbm"
    title = "LightGBM on windows"
    step = "rounds"
    modules = ("lightgbm",)
    estimator = SeriesLightGBMEstimator
    inner = LightGBM()
