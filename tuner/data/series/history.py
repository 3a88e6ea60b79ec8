"""A table as time series: the values of each in the order of time, on one grid, up to the last one that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.profile import ColumnKind, in_value_order
from tuner.data.series.forecast import Forecast
from tuner.data.series.spacing import Spacing, Unit
from tuner.data.table import Table

if TYPE_CHECKING:
    import pandas as pd

# Longer series are known by their last part: what is remembered of all of them fits into memory.
_MAX_CELLS = 20_000_000
_MAX_LENGTH = 20_000


@dataclass(frozen=True)
class SeriesEnds:
    """Where each series ends, from which it is forecast.

    Args:
        names: What tells the series apart, numbers by size; one empty name for the only series.
        spacing: The grid that their times lie on.
        last_times: The time of the last known value of each, shape (series,).
        forecast: The columns that rows are placed by, and how far ahead.
    """

    names: tuple[str, ...]
    spacing: Spacing
    last_times: NDArray[np.float64]
    forecast: Forecast

    def locate(self, frame: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The series of each row, -1 for one that is not known, and its steps after the end, both of shape (n,).

        Rows at known times have steps of 0 or less, rows without a time a step of 0.
        """
        codes = self._codes(frame)
        times = frame[self.forecast.time].to_numpy(dtype=np.float64)
        is_placed = (codes >= 0) & ~np.isnan(times)
        steps = np.zeros(len(times), np.int64)
        if self.spacing.unit is Unit.ROW:
            for code in np.unique(codes[is_placed]):
                rows = np.flatnonzero(is_placed & (codes == code))
                steps[rows] = _ranks_after(times[rows], float(self.last_times[code]))
            return codes, steps
        ends = self.spacing.numbers(self.last_times[codes[is_placed]])
        steps[is_placed] = self.spacing.numbers(times[is_placed]) - ends
        return codes, steps

    def times(self, codes: NDArray[np.int64], steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """The times that lie some steps after the ends of series, shape (n,)."""
        ends = self.last_times[codes]
        if self.spacing.unit is Unit.ROW:
            return ends + steps * self.spacing.size
        return self.spacing.times(self.spacing.numbers(ends) + steps)

    def future(self, horizon: int) -> pd.DataFrame:
        """The next times of every series, as typed features: a row for each, series by series."""
        import pandas as pd

        codes = np.repeat(np.arange(len(self.names)), horizon)
        steps = np.tile(np.arange(1, horizon + 1), len(self.names))
        columns: dict[str, Any] = {}
        if self.forecast.series is not None:
            columns[self.forecast.series] = pd.Series(np.array(self.names, dtype=object)[codes], dtype=object)
        columns[self.forecast.time or ""] = pd.Series(self.times(codes, steps))
        return pd.DataFrame(columns)

    def _codes(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        if self.forecast.series is None:
            return np.zeros(len(frame), np.int64)
        places = {name: index for index, name in enumerate(self.names)}
        cells = frame[self.forecast.series].to_numpy()
        return np.array([places.get(_name(cell), -1) for cell in cells], np.int64)


@dataclass(frozen=True)
class SeriesSet:
    """The series of a table.

    Args:
        ends: Their names, their grid, and where they end.
        values: A row for each series with its last known value in the last column; NaN before its first value and in
            gaps. Shape (series, length of the longest).
        rows: The positions of the values' rows in the table, -1 where there is no value; of rows with one time, the
            last.
        lengths: Steps from the first value of each series to its last one, both included, shape (series,).
        num_untimed: Rows without a time, which take no part.
        num_repeated: Rows that share their time with an earlier one of their series; their values are averaged.
    """

    ends: SeriesEnds
    values: NDArray[np.float64]
    rows: NDArray[np.int64]
    lengths: NDArray[np.int64]
    num_untimed: int = 0
    num_repeated: int = 0

    @property
    def num_gaps(self) -> int:
        """Steps without a value between the first and the last one of their series."""
        return int(self.lengths.sum() - np.count_nonzero(self.rows >= 0))


def read_series(table: Table) -> SeriesSet:
    """The series of a table for a forecast.

    Args:
        table: Rows with typed features, in any order.
    """
    forecast = table.target_profile.forecast
    assert forecast is not None
    assert forecast.time is not None
    names, codes = _names(table, forecast)
    times = table.features[forecast.time].to_numpy(dtype=np.float64)
    is_timed = ~np.isnan(times)
    codes, times, rows = codes[is_timed], times[is_timed], np.flatnonzero(is_timed)
    is_date = next(column.kind for column in table.columns if column.name == forecast.time) is ColumnKind.DATE
    order = np.lexsort((rows, times, codes))
    codes, times, rows = codes[order], times[order], rows[order]
    is_new = np.ones(len(codes), bool)
    is_new[1:] = (codes[1:] != codes[:-1]) | (times[1:] != times[:-1])
    firsts = np.flatnonzero(is_new)
    known = np.unique(codes)
    distinct = [times[firsts][codes[firsts] == code] for code in known] if len(known) < 2_000 else None
    if distinct is None:
        bounds = np.flatnonzero(np.diff(codes[firsts], prepend=-1))
        distinct = np.split(times[firsts], bounds[1:])
    spacing = Spacing.of(distinct, is_date=is_date)
    last_times = np.array([each[-1] for each in distinct])
    codes = np.searchsorted(known, codes)
    numbers = _numbers(spacing, codes, times, is_new)
    last_numbers = np.zeros(len(known), np.int64)
    np.maximum.at(last_numbers, codes, numbers - numbers.min(initial=0))
    back = last_numbers[codes] - (numbers - numbers.min(initial=0))
    return _placed(
        SeriesEnds(tuple(names[code] for code in known), spacing, last_times, forecast),
        codes,
        back,
        rows,
        np.asarray(table.target, np.float64),
        num_untimed=int(np.count_nonzero(~is_timed)),
    )


def series_notes(table: Table, series: SeriesSet) -> tuple[str, ...]:
    """What people should know about the series of a forecast, as sentences.

    Args:
        table: The rows.
        series: What ``read_series`` made of them.
    """
    ends, forecast = series.ends, series.ends.forecast
    notes = []
    if series.num_untimed:
        notes.append(f"{series.num_untimed:,} rows have no {forecast.time!r}: they take no part.")
    if series.num_repeated:
        notes.append(
            f"{series.num_repeated:,} of {table.num_rows:,} rows share their {forecast.time!r} with another row"
            f"{'' if forecast.series is None else ' of their series'}: the mean of their values is taken. If they "
            "belong to different series, name the column that tells these apart."
        )
    if ends.spacing.unit is Unit.ROW:
        notes.append(
            f"The times in {forecast.time!r} are unevenly spaced: what is forecast are the values of the next rows, "
            f"about {ends.spacing.step_name} apart."
        )
    elif series.num_gaps:
        notes.append(
            f"{series.num_gaps:,} of {int(series.lengths.sum()):,} times, {ends.spacing.step_name} apart, have no "
            "value: between known values a straight line is taken."
        )
    short = int(np.count_nonzero(np.count_nonzero(series.rows >= 0, axis=1) < forecast.horizon + 2))
    if short:
        notes.append(
            f"{short:,} of {len(ends.names):,} series have fewer than {forecast.horizon + 2:,} values: they are "
            "forecast, but too short to be judged by."
        )
    return tuple(notes)


def filled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values with gaps between known ones filled on a straight line; what is before the first stays NaN."""
    complete = values.copy()
    places = np.arange(values.shape[1])
    is_known = ~np.isnan(values)
    first = is_known.argmax(axis=1)
    for index in np.flatnonzero((~is_known & (places >= first[:, None])).any(axis=1) & is_known.any(axis=1)):
        inner = places[first[index] :]
        complete[index, first[index] :] = np.interp(inner, places[is_known[index]], values[index, is_known[index]])
    return complete


def _names(table: Table, forecast: Forecast) -> tuple[list[str], NDArray[np.int64]]:
    if forecast.series is None:
        return [""], np.zeros(table.num_rows, np.int64)
    cells = [_name(cell) for cell in table.features[forecast.series].to_numpy()]
    names = in_value_order(set(cells))
    places = {name: index for index, name in enumerate(names)}
    return names, np.array([places[cell] for cell in cells], np.int64)


def _name(cell: object) -> str:
    """Rows that do not say which series they are of are one series."""
    return cell if isinstance(cell, str) else ""


def _numbers(
    spacing: Spacing, codes: NDArray[np.int64], times: NDArray[np.float64], is_new: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Where sorted rows stand on the grid; where there is none, counted by rows."""
    if spacing.unit is not Unit.ROW:
        return spacing.numbers(times)
    counts = np.cumsum(is_new)
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    return np.asarray(counts - np.repeat(counts[starts], np.diff(np.append(starts, len(codes)))), np.int64)


def _placed(
    ends: SeriesEnds,
    codes: NDArray[np.int64],
    back: NDArray[np.int64],
    rows: NDArray[np.int64],
    target: NDArray[np.float64],
    *,
    num_untimed: int,
) -> SeriesSet:
    num_series = len(ends.names)
    longest = int(back.max(initial=0)) + 1
    width = max(1, min(longest, _MAX_LENGTH, _MAX_CELLS // max(1, num_series)))
    is_kept = back < width
    codes, places, rows = codes[is_kept], width - 1 - back[is_kept], rows[is_kept]
    sums, counts = np.zeros((num_series, width)), np.zeros((num_series, width))
    # Divided by the largest first: the sum of large numbers can overflow.
    np.add.at(counts, (codes, places), 1)
    np.add.at(sums, (codes, places), target[rows] / counts[codes, places])
    kept = np.full((num_series, width), -1, np.int64)
    kept[codes, places] = rows
    lengths = np.where(kept >= 0, width - np.arange(width), 0).max(axis=1)
    return SeriesSet(
        ends,
        np.where(counts > 0, sums, np.nan),
        kept,
        lengths,
        num_untimed,
        int((counts - 1)[counts > 1].sum()),
    )


def _ranks_after(times: NDArray[np.float64], last: float) -> NDArray[np.int64]:
    """The places of times among the distinct ones after ``last``, from 1; 0 for the others."""
    later = np.unique(times[times > last])
    return np.where(times > last, np.searchsorted(later, times) + 1, 0)
