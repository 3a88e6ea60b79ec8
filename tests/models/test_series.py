from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tuner.data import target_profile
from tuner.data.frames import plain_frame
from tuner.data.profiling import profile_table
from tuner.data.series.forecast import Forecast
from tuner.models import family
from tuner.models.baseline import baseline_family
from tuner.models.series.gru import SeriesGRU
from tuner.models.series.lightgbm import SeriesLightGBM
from tuner.models.series.linear import SeriesLinear
from tuner.models.series.naive import SeriesNaive
from tuner.models.series.seasonal_naive import SeriesSeasonalNaive
from tuner.models.series.smoothing import SeriesSmoothing
from tuner.testing.series import SeriesFamilyContract, error, fitted, series_data, two_shops


class TestSeriesNaive(SeriesFamilyContract):
    family = SeriesNaive()


class TestSeriesSeasonalNaive(SeriesFamilyContract):
    family = SeriesSeasonalNaive()


class TestSeriesSmoothing(SeriesFamilyContract):
    family = SeriesSmoothing()


class TestSeriesLinear(SeriesFamilyContract):
    family = SeriesLinear()


class TestSeriesLightGBM(SeriesFamilyContract):
    family = SeriesLightGBM()


@pytest.mark.slow
class TestSeriesGRU(SeriesFamilyContract):
    family = SeriesGRU()


def monthly(seed: int, num_months: int = 132) -> pd.DataFrame:
    """A trend, a season of months, and noise of a quarter of the season's size."""
    rng = np.random.default_rng(seed)
    month = np.arange(num_months)
    season = rng.normal(0, 1, 12)
    values = 30 + rng.uniform(0.02, 0.1) * month + 2 * season[month % 12] + rng.normal(0, 0.5, num_months)
    dates = pd.date_range("2012-01-01", periods=num_months, freq="MS").strftime("%Y-%m-%d")
    return pd.DataFrame({"month": dates, "y": values})


def errors(name: str, params: dict[str, object] | None = None) -> np.ndarray:
    """The error in the last year of series of five seeds."""
    found = []
    for seed in range(5):
        data = series_data(monthly(seed), Forecast(12))
        prediction = fitted(family(name), data, params).predict(data.validation.features)
        found.append(error(prediction, data.validation.target))
    return np.array(found)


@pytest.mark.parametrize(
    "name", ["series_smoothing", "series_linear", pytest.param("series_lightgbm", marks=pytest.mark.slow)]
)
def test_models_beat_both_naive_forecasts(name: str) -> None:
    naive, seasonal, own = errors("series_naive"), errors("series_seasonal_naive"), errors(name)
    assert own.mean() < 0.5 * naive.mean()
    assert own.mean() < 0.85 * seasonal.mean()


@pytest.mark.slow
def test_recurrent_network_beats_both_naive_forecasts() -> None:
    naive, seasonal, own = errors("series_naive"), errors("series_seasonal_naive"), errors("series_gru")
    assert own.mean() < 0.5 * naive.mean()
    assert own.mean() < 0.85 * seasonal.mean()


def test_last_value_goes_on_with_drift_or_without() -> None:
    data = series_data(pd.DataFrame({"t": range(20), "y": [0.0, *range(1, 20)]}), Forecast(3))
    for drift, expected in ((False, [16, 16, 16]), (True, [17, 18, 19])):
        estimator = fitted(SeriesNaive(), data, {"drift": drift})
        np.testing.assert_allclose(estimator.predict(data.validation.features), expected)


def test_last_seasons_are_repeated_or_averaged_and_grow() -> None:
    season = np.array([0.0, 5, 1, 9])
    values = np.concatenate([season, season + 4, season + 8, season + 12])
    data = series_data(pd.DataFrame({"t": range(16), "y": values}), Forecast(4, season=4))
    for params, expected in (
        ({}, season + 8),
        ({"drift": True}, season + 12),
        ({"seasons": 2}, season + 6),
        ({"seasons": 3, "drift": True}, season + 12),
    ):
        estimator = fitted(SeriesSeasonalNaive(), data, params)
        np.testing.assert_allclose(estimator.predict(data.validation.features), expected)


def test_smoothing_follows_a_line_with_a_season() -> None:
    values = np.arange(60) * 0.5 + np.tile([3.0, -1, 0, -2], 15)
    data = series_data(pd.DataFrame({"t": range(60), "y": values}), Forecast(8, season=4))
    estimator = fitted(SeriesSmoothing(), data, {"trend": "additive"})
    np.testing.assert_allclose(estimator.predict(data.validation.features), data.validation.target, atol=0.3)


def test_logarithms_are_taken_of_positive_series_only() -> None:
    growing = 10 * 1.05 ** np.arange(40)
    frame = pd.DataFrame({"t": [*range(40)] * 2, "s": ["a"] * 40 + ["b"] * 40, "y": [*growing, *(20 - np.arange(40))]})
    data = series_data(frame, Forecast(4, series="s"))
    estimator = fitted(SeriesSmoothing(), data, {"trend": "additive", "log": True})
    np.testing.assert_allclose(estimator.predict(data.validation.features), data.validation.target, rtol=0.02)


@pytest.mark.parametrize("name", ["series_linear", pytest.param("series_lightgbm", marks=pytest.mark.slow)])
def test_what_is_known_in_advance_is_used(name: str) -> None:
    rng = np.random.default_rng(0)
    promotion = rng.random(160) < 0.3
    values = 20 + 5 * promotion + rng.normal(0, 0.3, 160)
    frame = pd.DataFrame({"t": range(160), "promotion": promotion, "y": values})
    known = series_data(frame, Forecast(10, known=("promotion",)))
    unknown = series_data(frame, Forecast(10))
    with_it = fitted(family(name), known).predict(known.validation.features)
    without = fitted(family(name), unknown).predict(unknown.validation.features)
    assert error(with_it, known.validation.target) < 0.4 * error(without, unknown.validation.target)


def test_rows_of_one_time_may_differ_in_what_is_known() -> None:
    data = two_shops()
    estimator = fitted(SeriesLinear(), data)
    features = data.validation.features
    both = pd.concat([features.assign(promotion=0.0), features.assign(promotion=1.0)], ignore_index=True)
    prediction = estimator.predict(both)
    np.testing.assert_allclose(prediction[: len(features)], estimator.predict(features.assign(promotion=0.0)))
    np.testing.assert_allclose(prediction[len(features) :], estimator.predict(features.assign(promotion=1.0)))


def test_the_score_to_beat_is_the_last_value() -> None:
    data = two_shops()
    assert baseline_family(data.table.target_profile) == "series_naive"
    profile = profile_table(plain_frame(pd.DataFrame({"x": range(9), "y": [0.5, 1.5, 2.5] * 3})))
    assert baseline_family(target_profile(profile, "y")) == "baseline"
