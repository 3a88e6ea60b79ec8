"""How the times of a series lie: months, business days, even steps, or none of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

DAY = 86_400.0
# Steps of clocks and logs vary a little.
_TOLERANCE = 0.02
_LEAST_SHARE = 0.9
# The fewest steps from one Friday to the next Monday that tell business days from a short series.
_LEAST_WEEKENDS = 2
_NAMES = ((7 * DAY, "week"), (DAY, "day"), (3600.0, "hour"), (60.0, "minute"), (1.0, "second"))


class Unit(StrEnum):
    """What a step is counted in. ``row``: times are unevenly spaced, so a step is from one row to the next."""

    MONTH = "month"
    BUSINESS_DAY = "business_day"
    EVEN = "even"
    ROW = "row"


@dataclass(frozen=True)
class Spacing:
    """A grid of times, numbered by whole numbers.

    Args:
        unit: What a step is counted in.
        size: Units in a step: months, business days, seconds of dates, or numbers; the usual one for ``row``.
        origin: The time of the grid's number 0: seconds since 1970 for dates, else a number.
        is_date: Whether times are dates.
        is_month_end: Whether each date is the last day of its month.
    """

    unit: Unit
    size: float
    origin: float
    is_date: bool
    is_month_end: bool = False

    @classmethod
    def of(cls, series: Sequence[NDArray[np.float64]], *, is_date: bool) -> Self:
        """The grid on which the times of several series lie, as far as they lie on one.

        Args:
            series: The distinct times of each series, rising.
            is_date: Whether they are seconds since 1970.
        """
        steps = np.concatenate([np.diff(times) for times in series]) if series else np.zeros(0)
        origin = float(min((times[0] for times in series if len(times)), default=0.0))
        if not len(steps):
            return cls(Unit.EVEN, DAY if is_date else 1.0, origin, is_date)
        if is_date:
            times = np.concatenate(series)
            months = _months_in_step(series, times)
            if months is not None:
                return cls(Unit.MONTH, months, origin, True, bool(_are_month_ends(times).all()))
            if _are_business_days(series, times):
                return cls(Unit.BUSINESS_DAY, 1.0, origin, True)
        size = _usual(steps)
        shares = steps / size
        is_even = np.abs(shares - np.round(shares)) <= _TOLERANCE * np.maximum(1, np.round(shares))
        is_even &= np.round(shares) >= 1
        return cls(Unit.EVEN if is_even.mean() >= _LEAST_SHARE else Unit.ROW, size, origin, is_date)

    def numbers(self, times: NDArray[np.float64]) -> NDArray[np.int64]:
        """The grid's nearest numbers, shape (n,). Not for ``row``."""
        if self.unit is Unit.MONTH:
            counts = (_month_numbers(times) - _month_numbers(np.array([self.origin]))[0]) / self.size
        elif self.unit is Unit.BUSINESS_DAY:
            counts = _workdays(times) - _workdays(np.array([self.origin]))[0]
        else:
            counts = (times - self.origin) / self.size
        return np.asarray(np.round(counts), np.int64)

    def times(self, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        """The times of the grid's numbers, shape (n,). Not for ``row``."""
        if self.unit is Unit.MONTH:
            return self._months(numbers)
        if self.unit is Unit.BUSINESS_DAY:
            total = numbers + _workdays(np.array([self.origin]))[0]
            # 1970 began on a Thursday: day 4 was a Monday.
            return np.asarray((4 + 7 * (total // 5) + total % 5) * DAY + self.origin % DAY, np.float64)
        return np.asarray(self.origin + numbers * self.size, np.float64)

    @property
    def step_name(self) -> str:
        """One step in words."""
        if self.unit is Unit.MONTH:
            size, name = round(self.size), "month"
            if size % 12 == 0:
                size, name = size // 12, "year"
            return f"1 {name}" if size == 1 else f"{size} {name}s"
        if self.unit is Unit.BUSINESS_DAY:
            return "1 business day"
        if not self.is_date:
            return f"{self.size:g}"
        length, name = next(((size, name) for size, name in _NAMES if self.size >= size * 0.999), _NAMES[-1])
        count = self.size / length
        return f"1 {name}" if abs(count - 1) < 1e-6 else f"{count:.3g} {name}s"

    def to_json(self) -> dict[str, Any]:
        """The spacing as plain JSON types."""
        return {**asdict(self), "unit": self.unit.value}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """The spacing that ``to_json`` wrote."""
        return cls(**{**document, "unit": Unit(document["unit"])})

    def _months(self, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        first = _month_numbers(np.array([self.origin]))[0]
        months = (first + np.round(numbers * self.size).astype(np.int64)).astype("datetime64[M]")
        starts = months.astype("datetime64[D]").astype(np.int64)
        lengths = (months + 1).astype("datetime64[D]").astype(np.int64) - starts
        own = _days_of_month(np.array([self.origin]))[0]
        days = lengths - 1 if self.is_month_end else np.minimum(lengths - 1, own)
        return np.asarray((starts + days) * DAY + self.origin % DAY, np.float64)


def _usual(steps: NDArray[np.float64]) -> float:
    """The most frequent step, of which others may be multiples; among equally frequent ones the shortest."""
    rounded = np.round(steps, 6)
    values, counts = np.unique(rounded[rounded > 0], return_counts=True)
    if not len(values):
        return 1.0
    if counts.max() == 1 and len(values) > 2:
        return float(np.median(values))
    return float(values[counts.argmax()])


def _months_in_step(series: Sequence[NDArray[np.float64]], times: NDArray[np.float64]) -> float | None:
    """How many months a step is, if all dates lie on one day of the month, or on its last."""
    days = _days_of_month(times)
    is_same_time = bool(np.all(np.abs(times % DAY - times[0] % DAY) < 1))
    # The 31st becomes the 30th or the 28th where a month has no more days.
    is_one_day = bool(np.all((days == days.max()) | _are_month_ends(times)))
    steps = np.concatenate([np.diff(_month_numbers(each)) for each in series])
    if not is_same_time or not is_one_day or not len(steps) or steps.min() < 1:
        return None
    return float(np.gcd.reduce(steps))


def _are_business_days(series: Sequence[NDArray[np.float64]], times: NDArray[np.float64]) -> bool:
    days = np.floor(times / DAY)
    # 1970 began on a Thursday.
    if np.any((days + 3) % 7 >= 5) or np.any(np.abs(times % DAY - times[0] % DAY) >= 1):
        return False
    steps = np.concatenate([np.diff(np.floor(each / DAY)) for each in series])
    starts = np.concatenate([np.floor(each[:-1] / DAY) for each in series])
    weekends = (steps == 3) & ((starts + 3) % 7 == 4)
    return bool(np.mean(steps == 1) > 0.5 and weekends.sum() >= min(_LEAST_WEEKENDS, len(steps) // 5))


def _month_numbers(times: NDArray[np.float64]) -> NDArray[np.int64]:
    """Months since 1970."""
    return np.asarray(_dates(times).astype("datetime64[M]").astype(np.int64))


def _days_of_month(times: NDArray[np.float64]) -> NDArray[np.int64]:
    """Days of the month, from 0."""
    dates = _dates(times)
    return np.asarray(dates - dates.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)


def _are_month_ends(times: NDArray[np.float64]) -> NDArray[np.bool_]:
    dates = _dates(times)
    return np.asarray((dates + 1).astype("datetime64[M]") != dates.astype("datetime64[M]"))


def _dates(times: NDArray[np.float64]) -> NDArray[np.datetime64]:
    return np.floor(times / DAY).astype(np.int64).astype("datetime64[D]")


def _workdays(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Business days since Monday, 5 January 1970; a weekend counts as its Friday."""
    days = np.floor(times / DAY) - 4
    return np.asarray(days // 7 * 5 + np.minimum(days % 7, 4), np.float64)
