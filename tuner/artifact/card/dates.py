"""Dates on the axis of a chart."""

from __future__ import annotations

import datetime

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_DAY = 86_400.0
_YEAR = 365.25 * _DAY
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Steps between ticks: months for long axes, seconds for short ones.
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12_000)
_SECOND_STEPS = (1, 5, 15, 60, 300, 900, 3600, 10_800, 21_600, 43_200, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY)


def date_ticks(low: float, high: float, most: int) -> list[float]:
    """Round dates between two, in seconds since 1970."""
    for step in _SECOND_STEPS:
        if (high - low) / step <= most:
            # 1970 began on a Thursday: weeks begin on the Monday after.
            shift = 4 * _DAY if step >= 7 * _DAY else 0.0
            first = -((shift - low) // step) if (low - shift) % step else (low - shift) / step
            ticks = [first * step + shift]
            while ticks[-1] + step <= high:
                ticks.append(ticks[-1] + step)
            return [tick for tick in ticks if low <= tick <= high]
    longest = _MONTH_STEPS[-1]
    size = next((size for size in _MONTH_STEPS if (high - low) / (size * _YEAR / 12) <= most), longest)
    start, end = _moment(low), _moment(high)
    months = range((start.year * 12 + start.month) // size * size, end.year * 12 + end.month + size, size)
    ticks = [_month_start(month) for month in months]
    return [tick for tick in ticks if low <= tick <= high]


def date_label(value: float, reach: float) -> str:
    """A date as short as an axis of this length allows."""
    moment = _moment(value)
    if reach > 4 * _YEAR:
        return str(moment.year)
    if reach > 75 * _DAY:
        return f"{_MONTHS[moment.month - 1]} {moment.year}"
    if reach > 4 * _DAY or (reach > _DAY and value % _DAY == 0):
        return f"{moment.day} {_MONTHS[moment.month - 1]}"
    return f"{moment:%H:%M}" if reach > 300 else f"{moment:%H:%M:%S}"


def _moment(value: float) -> datetime.datetime:
    """The date, within the years that Python knows."""
    return _EPOCH + datetime.timedelta(seconds=min(max(value, -6.2e10), 2.5e11))


def _month_start(months: int) -> float:
    year = min(max(months // 12, 1), 9999)
    return (datetime.datetime(year, months % 12 + 1, 1, tzinfo=datetime.UTC) - _EPOCH).total_seconds()
