from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.data.series_tables import DAYS, table_of, weekly
from tuner.data.series.forecast import Forecast
from tuner.data.series.history import filled, read_series, series_notes
from tuner.data.series.scale import SeriesScale
from tuner.data.series.seasons import find_seasons
from tuner.data.series.windows import BASES, Windows
from tuner.data.splits import folds
from tuner.errors import InvalidDataset


def shops(forecast: Forecast) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "day": [*DAYS[:30], *DAYS[10:30], *DAYS[:2]],
            "shop": ["a"] * 30 + ["b"] * 20 + ["c"] * 2,
            "y": [*range(30), *range(100, 120), 7, 8],
        }
    )
    return frame.sample(frac=1, random_state=1)


def test_rows_in_any_order_become_series() -> None:
    series = read_series(table_of(shops(Forecast(3)), Forecast(3, series="shop")))
    assert series.ends.names == ("a", "b", "c")
    np.testing.assert_array_equal(series.values[0], np.arange(30))
    np.testing.assert_array_equal(series.values[1], [*[np.nan] * 10, *range(100, 120)])
    assert series.lengths.tolist() == [30, 20, 2]
    assert series.num_gaps == 0


def test_future_of_every_series_begins_after_its_own_end() -> None:
    series = read_series(table_of(shops(Forecast(3)), Forecast(3, series="shop")))
    future = series.ends.future(2)
    dates = pd.to_datetime(future["day"], unit="s").dt.strftime("%Y-%m-%d").tolist()
    assert dates == [DAYS[30], DAYS[31]] * 2 + [DAYS[2], DAYS[3]]
    codes, steps = series.ends.locate(future)
    assert (codes.tolist(), steps.tolist()) == ([0, 0, 1, 1, 2, 2], [1, 2] * 3)


def test_unknown_series_and_known_times_are_located_as_such() -> None:
    ends = read_series(table_of(shops(Forecast(3)), Forecast(3, series="shop"))).ends
    frame = ends.future(1).iloc[[0, 0, 0]].reset_index(drop=True)
    frame["shop"] = ["a", "z", "a"]
    frame.loc[2, "day"] -= 5 * 86_400
    codes, steps = ends.locate(frame)
    assert codes.tolist() == [0, -1, 0]
    assert steps.tolist() == [1, 0, -4]


def test_what_is_odd_about_series_is_told() -> None:
    frame = pd.DataFrame({"day": DAYS[:40], "y": weekly(40)})
    frame = pd.concat([frame.drop(index=[5, 6]), frame.iloc[:2]])
    frame.iloc[3, 0] = None
    table = table_of(frame, Forecast(3))
    series = read_series(table)
    untimed, repeated, gaps = series_notes(table, series)
    assert untimed.startswith("1 rows have no 'day'")
    assert repeated.startswith("2 of 40 rows share their 'day'")
    assert gaps.startswith("3 of 40 times, 1 day apart, have no value")
    assert not np.isnan(filled(series.values)).any()


def test_values_of_one_time_are_averaged() -> None:
    frame = pd.DataFrame({"day": [*DAYS[:20], DAYS[19]], "y": [*range(20), 29]})
    assert read_series(table_of(frame, Forecast(3))).values[0, -1] == 24


def test_uneven_times_are_said_to_be_counted_by_rows() -> None:
    times = np.cumsum(np.random.default_rng(0).exponential(1.0, 50)).round(3)
    table = table_of(pd.DataFrame({"t": times, "y": weekly(50)}), Forecast(3))
    series = read_series(table)
    assert "unevenly spaced" in series_notes(table, series)[0]
    np.testing.assert_array_equal(series.ends.locate(pd.DataFrame({"t": times[-1] + [9.0, 0.1, 9.0]}))[1], [2, 1, 2])


@pytest.mark.parametrize(("length", "num_values"), [(7, 60), (12, 200), (24, 500)])
def test_seasons_are_found_among_plain_numbers(length: int, num_values: int) -> None:
    rng = np.random.default_rng(0)
    values = np.sin(np.arange(num_values) * 2 * np.pi / length) + rng.normal(0, 0.3, num_values)
    table = table_of(pd.DataFrame({"t": range(num_values), "y": values + np.arange(num_values) * 0.05}), Forecast(4))
    assert find_seasons(read_series(table)) == (length,)


def test_hours_have_days_and_weeks() -> None:
    hours = np.arange(24 * 7 * 5)
    values = (
        np.sin(hours * 2 * np.pi / 24) + (hours // 24 % 7 >= 5) + np.random.default_rng(0).normal(0, 0.1, len(hours))
    )
    times = pd.date_range("2024-01-01", periods=len(hours), freq="h").strftime("%Y-%m-%d %H:%M")
    series = read_series(table_of(pd.DataFrame({"t": times, "y": values}), Forecast(24)))
    assert set(find_seasons(series)) <= {24, 168}
    assert find_seasons(series)


@pytest.mark.parametrize("seed", range(4))
def test_walks_have_no_season(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = table_of(pd.DataFrame({"t": range(300), "y": np.cumsum(rng.normal(0, 1, 300))}), Forecast(4))
    assert find_seasons(read_series(table)) == ()


def test_a_season_that_is_given_is_taken() -> None:
    table = table_of(pd.DataFrame({"day": DAYS, "y": weekly()}), Forecast(7, season=14))
    assert find_seasons(read_series(table)) == (14,)


def test_blocks_follow_the_time_the_last_one_first() -> None:
    table = table_of(shops(Forecast(3)), Forecast(3, series="shop"))
    splits = folds(table, seed=0, count=3)
    shop, day = table.features["shop"].to_numpy(), table.features["day"].to_numpy()
    seen: set[int] = set()
    for split in splits:
        for name, count in (("a", 3), ("b", 3), ("c", 0)):
            train, validation = split.train[shop[split.train] == name], split.validation[shop[split.validation] == name]
            assert len(validation) == count
            if count:
                assert day[train].max() < day[validation].min()
        assert not seen & set(split.validation.tolist())
        seen |= set(split.validation.tolist())
    assert day[splits[0].validation].max() == day.max()
    assert day[splits[1].validation].max() < day[splits[0].validation].min()


def test_rows_of_one_time_stay_on_one_side() -> None:
    frame = pd.DataFrame({"t": [*range(20), 16, 17], "y": [*weekly(20), 1.0, 2.0]})
    table = table_of(frame, Forecast(3))
    split = folds(table, seed=0, count=1)[0]
    assert set(table.features["t"].to_numpy()[split.validation]) == {17, 18, 19}
    assert len(split.validation) == 4


def test_short_series_have_as_many_blocks_as_they_can() -> None:
    table = table_of(pd.DataFrame({"t": range(20), "y": weekly(20)}), Forecast(7))
    assert len(folds(table, seed=0, count=5)) == 2
    tiny = table_of(
        pd.DataFrame({"day": DAYS[:30], "s": list(map(str, range(30))), "y": weekly(30)}), Forecast(2, series="s")
    )
    with pytest.raises(InvalidDataset, match="No series has more than 1 times"):
        folds(tiny, seed=0, count=3)


def test_scales_lead_back() -> None:
    values = np.array([[1.0, 10, 100, 1000], [np.nan, -5, 0, 5], [7.0, 7, 7, 7]])
    scale = SeriesScale.fit(values, log=True)
    assert scale.is_log.tolist() == [True, False, True]
    standard = scale.to_standard(values)
    for code in range(3):
        back = scale.to_original(standard[code, 1:], np.full(3, code), np.zeros(3))
        np.testing.assert_allclose(back, values[code, 1:])
    again = SeriesScale.from_json(scale.to_json())
    np.testing.assert_array_equal(again.to_standard(values), standard)


def test_forecasts_that_run_away_are_kept_within_reach() -> None:
    scale = SeriesScale.fit(np.array([[0.0, 1, 2, 3]]), log=False)
    assert scale.to_original(np.array([1e9]), np.array([0]), np.zeros(1))[0] == 3 + 3 * 3


@pytest.mark.parametrize("base", BASES)
def test_windows_see_only_what_comes_before_the_origin(base: str) -> None:
    values = np.random.default_rng(0).normal(size=(2, 60))
    windows = Windows(length=5, seasons=(7,), horizon=10, base=base)
    codes, origins, steps = windows.examples(
        np.ones((2, 60), bool), np.array([60, 60]), 10_000, np.random.default_rng(0)
    )
    assert (origins + steps).max() == 59
    seen = windows.view(values, codes, origins, steps)
    changed = values.copy()
    changed[:, 40:] = 1e6
    again = windows.view(changed, codes, origins, steps)
    early = origins < 40
    np.testing.assert_array_equal(seen.window[early], again.window[early])
    np.testing.assert_array_equal(seen.summary[early], again.summary[early])
    np.testing.assert_array_equal(seen.base[early], again.base[early])


def test_windows_need_no_more_than_they_remember() -> None:
    values = np.random.default_rng(0).normal(size=(3, 200))
    windows = Windows(length=20, seasons=(7, 30), horizon=12, base="season")
    codes, steps = np.repeat(np.arange(3), 12), np.tile(np.arange(1, 13), 3)
    whole = windows.view(values, codes, np.full(36, 199), steps)
    tail = values[:, -windows.memory :]
    part = windows.view(tail, codes, np.full(36, windows.memory - 1), steps)
    np.testing.assert_array_equal(whole.window, part.window)
    np.testing.assert_array_equal(whole.summary, part.summary)
    assert Windows.from_json(windows.to_json()) == windows


def test_gaps_are_looked_back_at_but_not_learned() -> None:
    is_known = np.ones((1, 30), bool)
    is_known[0, 20] = False
    windows = Windows(length=3, seasons=(), horizon=4, base="last")
    _, origins, steps = windows.examples(is_known, np.array([30]), 1_000, np.random.default_rng(0))
    assert 20 not in origins + steps
    assert 20 in origins
