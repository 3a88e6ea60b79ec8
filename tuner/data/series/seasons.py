"""Finding the lengths after which the pattern of series repeats."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tuner.data.series.history import SeriesSet, filled
from tuner.data.series.spacing import DAY, Unit

MAX_SEASONS = 2
_YEAR_DAYS = 365.25
_LEAST_CORRELATION = 0.25
# Where nothing tells how long a season may be, so many lengths are looked at, over a quarter of the series at most. One
# of many is strong by chance.
_MAX_LENGTH, _SHARE = 400, 4
_CHANCE = 0.15
_MAX_SERIES, _MAX_VALUES = 50, 3_000
_MAX_APART = 3


def find_seasons(series: SeriesSet) -> tuple[int, ...]:
    """The seasons of a set of series, strongest first; what the forecast says, if it says so.

    Dates tell which lengths are likely: a year of months, a week of days, a day of hours. A length is one if values
    that far apart are alike once the trend is taken away. Among plain numbers every length is looked at.
    """
    forecast = series.ends.forecast
    if forecast.season is not None:
        return (forecast.season,)
    longest = int(series.lengths.max(initial=0))
    likely = [length for length in _likely_lengths(series) if 2 * length < longest]
    samples = _samples(series)
    if likely:
        return _several(samples, likely)
    if series.ends.spacing.is_date and series.ends.spacing.unit is not Unit.ROW:
        return ()
    return _strongest(samples, longest)


def _several(samples: list[NDArray[np.float64]], likely: list[int]) -> tuple[int, ...]:
    """The lengths that are seasons, each in what those before it leave over."""
    found: list[int] = []
    while likely and len(found) < MAX_SEASONS:
        strengths = {length: _strength(samples, length) for length in likely}
        best = max(likely, key=lambda length: strengths[length])
        if strengths[best] == 0:
            break
        found.append(best)
        likely = [length for length in likely if length != best]
        samples = [_without_season(values, best) for values in samples]
    return tuple(found)


def _without_season(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    if len(values) <= 2 * length:
        return values
    phases = np.arange(len(values)) % length
    around = _without_trend(values, length)
    means = np.bincount(phases, around, minlength=length) / np.bincount(phases, minlength=length)
    return values - means[phases]


def _likely_lengths(series: SeriesSet) -> list[int]:
    spacing = series.ends.spacing
    if spacing.unit is Unit.MONTH:
        steps = 12 / spacing.size
        return [round(steps)] if steps >= 2 and steps == round(steps) else []
    if spacing.unit is Unit.BUSINESS_DAY:
        return [5]
    if spacing.unit is Unit.ROW or not spacing.is_date:
        return []
    turns = [DAY, 7 * DAY] if spacing.size < DAY else [7 * DAY, _YEAR_DAYS * DAY]
    lengths = [turn / spacing.size for turn in turns]
    return [round(length) for length in lengths if length >= 2 and abs(length - round(length)) < 0.3]


def _samples(series: SeriesSet) -> list[NDArray[np.float64]]:
    """Values of some of the longest series, without gaps."""
    chosen = np.argsort(-series.lengths, kind="stable")[:_MAX_SERIES]
    values = filled(series.values[chosen])
    samples = [row[~np.isnan(row)][-_MAX_VALUES:] for row in values]
    # Squares of large numbers overflow.
    return [row / (float(np.abs(row).max(initial=0)) or 1.0) for row in samples]


def _strength(samples: list[NDArray[np.float64]], length: int) -> float:
    """By how much the correlation of values one season apart is beyond chance; 0 if it is not."""
    found = [(_correlation(values, length), len(values) - length) for values in samples if len(values) > 2 * length]
    total = sum(weight for _, weight in found)
    if not total:
        return 0.0
    mean = sum(correlation * weight for correlation, weight in found) / total
    return max(0.0, mean - max(_LEAST_CORRELATION, 2 / math.sqrt(total)))


def _correlation(values: NDArray[np.float64], length: int) -> float:
    """How alike values one season apart are, or some seasons apart where there are as many: that is sharper."""
    around = _without_trend(values, length)
    found = []
    for distance in range(length, min(_MAX_APART * length, len(values) - length) + 1, length):
        first, second = around[:-distance], around[distance:]
        # Too little is left of a short series.
        if len(first) >= 3 and min(first.std(), second.std()) > 1e-9 * np.abs(values).max():
            found.append(float(np.corrcoef(first, second)[0, 1]))
    return float(np.mean(found)) if found else 0.0


def _without_trend(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """The values less the average of a season around each; near the ends, less a line through the last averages."""
    sums = np.cumsum(np.insert(values / length, 0, 0.0))
    averages = sums[length:] - sums[:-length]
    centres = np.arange(len(averages)) + (length - 1) / 2
    places = np.arange(len(values))
    trend = np.interp(places, centres, averages)
    slope = (averages[-1] - averages[0]) / max(1, len(averages) - 1)
    trend += slope * (np.maximum(0, places - centres[-1]) + np.minimum(0, places - centres[0]))
    return values - trend


def _strongest(samples: list[NDArray[np.float64]], longest: int) -> tuple[int, ...]:
    lengths = range(2, min(longest // _SHARE, _MAX_LENGTH) + 1)
    strengths = np.array([_strength(samples, length) for length in lengths])
    if not len(strengths) or strengths.max() <= _CHANCE:
        return ()
    # Twice a season is one too: the shortest that is nearly as strong. A smooth course is like itself a step away.
    for index, strength in enumerate(strengths):
        is_peak = (index == 0 or strengths[index - 1] < strength) and (
            index + 1 == len(strengths) or strengths[index + 1] < strength
        )
        if is_peak and strength >= 0.9 * strengths.max():
            return (lengths[index],)
    return ()
