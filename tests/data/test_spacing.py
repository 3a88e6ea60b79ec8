from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tuner.data.series.spacing import Spacing, Unit


def seconds_of(dates: pd.DatetimeIndex) -> np.ndarray:
    return dates.to_numpy().astype("datetime64[s]").astype(np.float64)


@pytest.mark.parametrize(
    ("frequency", "start", "unit", "step"),
    [
        ("D", "2019-03-01", Unit.EVEN, "1 day"),
        ("B", "2019-03-01", Unit.BUSINESS_DAY, "1 business day"),
        ("h", "2019-03-01", Unit.EVEN, "1 hour"),
        ("15min", "2019-03-01", Unit.EVEN, "15 minutes"),
        ("W", "2019-03-01", Unit.EVEN, "1 week"),
        ("MS", "2019-03-01", Unit.MONTH, "1 month"),
        ("ME", "2019-01-31", Unit.MONTH, "1 month"),
        ("MS", "1955-03-01", Unit.MONTH, "1 month"),
        ("QS", "2019-01-01", Unit.MONTH, "3 months"),
        ("QE", "2019-01-01", Unit.MONTH, "3 months"),
        ("YS", "2001-01-01", Unit.MONTH, "1 year"),
    ],
)
def test_calendars_are_known_and_go_on(frequency: str, start: str, unit: Unit, step: str) -> None:
    dates = pd.date_range(start, periods=40, freq=frequency)
    times = seconds_of(dates)
    spacing = Spacing.of([times[:30]], is_date=True)
    assert (spacing.unit, spacing.step_name) == (unit, step)
    np.testing.assert_array_equal(spacing.numbers(times), np.arange(40))
    np.testing.assert_array_equal(spacing.times(np.arange(40)), times)
    assert Spacing.from_json(spacing.to_json()) == spacing


def test_gaps_leave_the_grid_as_it_is() -> None:
    times = seconds_of(pd.date_range("2022-01-03", periods=60, freq="D"))
    kept = np.delete(times, [5, 6, 20, 33])
    spacing = Spacing.of([kept], is_date=True)
    assert spacing.unit is Unit.EVEN
    np.testing.assert_array_equal(spacing.numbers(kept), np.delete(np.arange(60), [5, 6, 20, 33]))


def test_uneven_times_are_counted_by_rows() -> None:
    times = np.cumsum(np.random.default_rng(0).exponential(1.0, 50))
    assert Spacing.of([times], is_date=False).unit is Unit.ROW


def test_numbers_have_a_step_of_their_own() -> None:
    spacing = Spacing.of([np.arange(0, 100, 5.0)], is_date=False)
    assert (spacing.unit, spacing.size) == (Unit.EVEN, 5.0)


def test_one_time_is_taken_as_daily() -> None:
    spacing = Spacing.of([np.array([86_400.0])], is_date=True)
    np.testing.assert_array_equal(spacing.times(np.array([0, 1])), [86_400.0, 172_800.0])
