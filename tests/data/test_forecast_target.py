from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.data.series_tables import DAYS, weekly
from tuner.data.frames import plain_frame
from tuner.data.profile import DatasetProfile, TargetProfile, Task, feature_columns, target_profile
from tuner.data.profiling import profile_table
from tuner.data.series.forecast import Forecast
from tuner.errors import InvalidDataset, InvalidInput


def profile_of(**columns: object) -> DatasetProfile:
    return profile_table(plain_frame(pd.DataFrame(columns)))


def shops() -> DatasetProfile:
    return profile_of(day=DAYS * 2, shop=["a"] * 140 + ["b"] * 140, y=[*weekly(), *weekly(seed=1)])


def test_the_only_date_column_is_the_time() -> None:
    target = target_profile(profile_of(day=DAYS, y=weekly()), "y", forecast=Forecast(7))
    assert target.task is Task.FORECAST
    assert target.forecast == Forecast(7, time="day")
    assert target.task_reason == "forecast: the next 7 values in the order of 'day'."
    assert TargetProfile.from_json(target.to_json()) == target


@pytest.mark.parametrize("name", ["t", "week", "period", "Time Step", "ds"])
def test_whole_numbers_called_like_a_time_are_the_time(name: str) -> None:
    profile = profile_of(**{name: range(1, 101), "y": weekly(100)})
    target = target_profile(profile, "y", forecast=Forecast(5))
    assert target.forecast is not None
    assert target.forecast.time == name
    assert [column.kind.value for column in feature_columns(profile, target)] == ["number"]


def test_series_are_told_apart_by_a_column_of_any_kind() -> None:
    profile = profile_of(day=DAYS * 2, shop=[7] * 140 + [8] * 140, y=[*weekly(), *weekly(seed=1)])
    target = target_profile(profile, "y", forecast=Forecast(7, series="shop"))
    assert target.task_reason == "forecast: the next 7 values of each of 2 'shop' in the order of 'day'."
    kinds = {column.name: column.kind.value for column in feature_columns(profile, target)}
    assert kinds == {"day": "date", "shop": "category"}


def test_only_columns_that_are_known_in_advance_are_seen() -> None:
    profile = profile_of(day=DAYS, visitors=weekly(seed=3), promotion=np.arange(140) % 2, y=weekly())
    target = target_profile(profile, "y", forecast=Forecast(7, known=("promotion",)))
    assert [column.name for column in feature_columns(profile, target)] == ["day", "promotion"]


@pytest.mark.parametrize(
    ("columns", "forecast", "message", "pointer"),
    [
        ({"day": DAYS, "y": ["a", "b"] * 70}, Forecast(7), "cannot be forecast: its cells are not all", "#/target"),
        ({"x": weekly(), "y": weekly()}, Forecast(7), "No column tells the time", "#/forecast/time"),
        ({"day": DAYS, "due": DAYS[::-1], "y": weekly()}, Forecast(7), "Several columns may be", "#/forecast/time"),
        ({"day": DAYS, "y": weekly()}, Forecast(7, time="dya"), "has no column 'dya'", "#/forecast/time"),
        ({"day": DAYS, "y": weekly()}, Forecast(7, time="y"), "it is what is predicted", "#/forecast/time"),
        ({"day": DAYS, "y": weekly()}, Forecast(7, series="shop"), "has no column", "#/forecast/series"),
        ({"day": DAYS, "y": weekly()}, Forecast(7, series="y"), "cannot tell series apart", "#/forecast/series"),
        ({"day": DAYS, "y": weekly()}, Forecast(7, known=("y",)), "known in advance", "#/forecast/known/0"),
        ({"day": DAYS[:8], "y": weekly(8)}, Forecast(7), "at least 9 rows", "#/forecast/horizon"),
        ({"day": DAYS, "y": [5.0] * 140}, Forecast(7), "one value only", "#/target"),
    ],
)
def test_what_cannot_be_forecast_is_refused(
    columns: dict[str, object], forecast: Forecast, message: str, pointer: str
) -> None:
    with pytest.raises(InvalidDataset) as refusal:
        target_profile(profile_of(**columns), "y", forecast=forecast)
    assert message in refusal.value.message
    assert refusal.value.hint
    assert refusal.value.places[0].pointer == pointer


def test_several_series_without_a_name_are_refused_with_a_guess() -> None:
    with pytest.raises(InvalidDataset, match=r"stands in 2\.0 rows on average") as refusal:
        target_profile(shops(), "y", forecast=Forecast(7))
    assert "series='shop'" in str(refusal.value.hint)


def test_task_forecast_needs_a_forecast() -> None:
    with pytest.raises(InvalidInput, match="how far ahead") as refusal:
        target_profile(shops(), "y", "forecast")
    assert "forecast=12" in str(refusal.value.hint)
    with pytest.raises(InvalidInput, match="task of its own"):
        target_profile(shops(), "y", "regression", Forecast(7, series="shop"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"horizon": 0},
        {"horizon": 2.5},
        {"horizon": 12, "season": 1},
        {"horizon": 12, "time": "a", "series": "a"},
        {"horizon": 12, "known": "promotion"},
        {"horizon": 12, "known": ("a", "a")},
    ],
)
def test_forecast_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        Forecast(**wrong)
