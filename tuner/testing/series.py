"""What every family of forecasts promises. Subclass ``SeriesFamilyContract`` in a test module to check one.

Example:
    ```python
    class TestSeriesSmoothing(SeriesFamilyContract):
        family = SeriesSmoothing()
    ```
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from tuner.data.frames import plain_frame
from tuner.data.profile import DatasetProfile, Task, target_profile
from tuner.data.profiling import profile_table
from tuner.data.series.forecast import Forecast
from tuner.data.splits import folds
from tuner.data.table import Table, build_table
from tuner.models import ModelFamily
from tuner.models.series.estimator import SeriesEstimator
from tuner.space import Params
from tuner.testing.model import KeepLatest

HORIZON = 6


@dataclass(frozen=True)
class SeriesData:
    """A table of series with its profile, divided before its last block."""

    profile: DatasetProfile
    table: Table
    train: Table
    validation: Table


def series_data(frame: pd.DataFrame, forecast: Forecast) -> SeriesData:
    """The target ``y`` of a frame, for a forecast."""
    plain = plain_frame(frame)
    profile = profile_table(plain)
    table = build_table(plain, profile, target_profile(profile, "y", forecast=forecast))
    split = folds(table, 0, 1)[0]
    return SeriesData(profile, table, table.take(split.train), table.take(split.validation))


@functools.cache
def two_shops() -> SeriesData:
    """Two years of months in two shops, out of order, with gaps: a trend, a season, and promotions known in advance."""
    rng = np.random.Generator(np.random.Philox(4))
    months = pd.date_range("2015-01-01", periods=60, freq="MS")
    parts = []
    for shop, level in (("Łódź", 50.0), ("東京", 500.0)):
        promotion = rng.random(60) < 0.2
        season = np.sin(np.arange(60) * 2 * np.pi / 12)
        values = level * (1 + 0.01 * np.arange(60) + 0.2 * season + 0.1 * promotion + rng.normal(0, 0.01, 60))
        parts.append(
            pd.DataFrame({"month": months.strftime("%Y-%m"), "shop": shop, "promotion": promotion, "y": values})
        )
    frame = pd.concat(parts).sample(frac=1, random_state=0).iloc[2:]
    return series_data(frame, Forecast(HORIZON, series="shop", known=("promotion",)))


def fitted(family: ModelFamily, data: SeriesData, params: Params | None = None) -> SeriesEstimator:
    """An estimator fitted on the training part."""
    chosen = family.complete(params or {}, data.profile, data.table.target_profile)
    estimator = family.build(chosen, seed=0, threads=1)
    assert isinstance(estimator, SeriesEstimator)
    estimator.fit(data.train, data.validation, KeepLatest())
    return estimator


def error(prediction: NDArray[np.float64], truth: NDArray[Any]) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(np.mean((prediction - truth) ** 2)))


@functools.cache
def _fitted(family: ModelFamily) -> SeriesEstimator:
    """Training is the slow part, so tests that only look at its result share it."""
    return fitted(family, two_shops())


class SeriesFamilyContract:
    """The promises of a family of forecasts. A subclass names the family."""

    family: ClassVar[ModelFamily]

    def test_predicts_forecasts_alone(self) -> None:
        data = two_shops()
        assert self.family.tasks == (Task.FORECAST,)
        assert self.family.supports(data.profile, data.table.target_profile)
        table = target_profile(data.profile, "y")
        assert not self.family.supports(data.profile, table)

    def test_default_lies_in_the_space(self) -> None:
        data = two_shops()
        default = self.family.default(data.profile, data.table.target_profile)
        assert self.family.space(data.profile, data.table.target_profile).check(default) == default

    @pytest.mark.parametrize("draw", range(4))
    def test_drawn_points_can_be_trained(self, draw: int) -> None:
        data = two_shops()
        space = self.family.space(data.profile, data.table.target_profile)
        params = space.draw(np.random.Generator(np.random.Philox(draw)))
        prediction = fitted(self.family, data, params).predict(data.validation.features)
        assert np.isfinite(prediction).all()

    def test_every_series_is_forecast_at_its_own_height(self) -> None:
        data = two_shops()
        prediction = _fitted(self.family).predict(data.validation.features)
        shop = data.validation.features["shop"].to_numpy()
        assert prediction.shape == (2 * HORIZON,)
        for name, level in (("Łódź", 50.0), ("東京", 500.0)):
            assert level < prediction[shop == name].mean() < 3 * level

    def test_rows_may_come_in_any_order_and_one_by_one(self) -> None:
        data = two_shops()
        features = data.validation.features
        prediction = _fitted(self.family).predict(features)
        order = np.random.default_rng(0).permutation(len(features))
        np.testing.assert_allclose(_fitted(self.family).predict(features.iloc[order]), prediction[order], rtol=1e-5)
        one = features.iloc[[3]]
        alone = _fitted(self.family).predict(one.reset_index(drop=True))
        # Where later steps go by earlier ones, promotions of the rows that are left out are not known.
        np.testing.assert_allclose(alone, prediction[[3]], rtol=0.1)

    def test_rows_without_what_is_known_in_advance_are_forecast(self) -> None:
        future = _fitted(self.family).future()
        assert list(future.columns) == ["shop", "month"]
        assert len(future) == 2 * HORIZON
        assert np.isfinite(_fitted(self.family).predict(future)).all()

    def test_saved_estimator_predicts_the_same(self, tmp_path: Path) -> None:
        data = two_shops()
        estimator = _fitted(self.family)
        estimator.save(tmp_path)
        assert all(path.is_file() for path in tmp_path.iterdir())
        loaded = self.family.estimator.load(tmp_path)
        np.testing.assert_array_equal(
            loaded.predict(data.validation.features), estimator.predict(data.validation.features)
        )

    def test_same_seed_gives_the_same_forecast(self) -> None:
        data = two_shops()
        again = fitted(self.family, data).predict(data.validation.features)
        np.testing.assert_array_equal(again, _fitted(self.family).predict(data.validation.features))

    def test_moves_on_to_the_end_of_a_longer_table(self) -> None:
        data = two_shops()
        estimator = fitted(self.family, data)
        before = estimator.future()["month"].min()
        estimator.move_on(data.table)
        after = estimator.future()["month"].min()
        assert after == np.sort(data.validation.features["month"].unique())[-1] + 31 * 86_400
        assert after > before
        assert np.isfinite(estimator.predict(estimator.future())).all()

    @pytest.mark.parametrize("num_rows", [3, 5, 14])
    def test_short_series_are_forecast(self, num_rows: int) -> None:
        values = 10 + np.random.default_rng(1).normal(0, 1, num_rows)
        data = series_data(pd.DataFrame({"t": range(num_rows), "y": values}), Forecast(1))
        prediction = fitted(self.family, data).predict(data.validation.features)
        assert np.isfinite(prediction).all()

    def test_constant_series_goes_on_as_it_is(self) -> None:
        frame = pd.DataFrame({"t": [*range(40)] * 2, "s": ["a"] * 40 + ["b"] * 40, "y": [5.0] * 40 + [*range(40)]})
        data = series_data(frame, Forecast(4, series="s"))
        estimator = fitted(self.family, data)
        prediction = estimator.predict(data.validation.features)
        np.testing.assert_allclose(prediction[data.validation.features["s"].to_numpy() == "a"], 5.0, atol=0.5)

    def test_values_far_from_zero_are_forecast(self) -> None:
        data = two_shops()
        frame = pd.DataFrame({"t": range(60), "y": 1.7e9 + np.sin(np.arange(60))})
        data = series_data(frame, Forecast(4))
        assert error(fitted(self.family, data).predict(data.validation.features), data.validation.target) < 3
