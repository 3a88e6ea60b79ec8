"""Which columns of a table a forecast reads, and whether the table is one that can be forecast."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tuner.data.series.forecast import Forecast
from tuner.errors import InvalidDataset, Place

if TYPE_CHECKING:
    # Profiles are made of forecasts, and so import this module.
    from tuner.data.profile import ColumnProfile, DatasetProfile

_TIME_NAMES = re.compile(
    r"(t|ds|time|timestamp|date|datetime|year|quarter|month|week|day|hour|minute|period|step|index|idx)"
    r"([ _-]?(id|no|nr|idx|index|number|stamp|step))?",
    re.IGNORECASE,
)
# Without this many rows beyond the horizon there is no course of time to learn from.
_LEAST_HISTORY = 2


def resolved_forecast(forecast: Forecast, profile: DatasetProfile, target: ColumnProfile) -> Forecast:
    """The forecast with its column of time named.

    Raises:
        InvalidDataset: A column does not exist or cannot have its role, none or several may be the time, or the series
            are too short.
    """
    if not target.form.is_numeric:
        raise InvalidDataset(
            f"Column {target.name!r} cannot be forecast: its cells are not all numbers ({target.reason}).",
            hint="Name a column of numbers.",
            places=[Place("#/target", "is not numeric")],
        )
    time = _time_column(forecast, profile, target)
    if forecast.series is not None:
        _check_series(profile.column(forecast.series, pointer="#/forecast/series"), target)
    for position, name in enumerate(forecast.known):
        _check_known(profile.column(name, pointer=f"#/forecast/known/{position}"), target, position)
    _check_length(forecast, profile, target, time)
    return replace(forecast, time=time.name)


def forecast_columns(profile: DatasetProfile, forecast: Forecast) -> tuple[ColumnProfile, ...]:
    """The columns that models see: the time, the series if there are several, and what is known in advance.

    Args:
        profile: The table.
        forecast: With its column of time named.
    """
    chosen = []
    for column in profile.columns:
        if column.name == forecast.time and column.kind != "date":
            chosen.append(_used_as(column, "number"))
        elif column.name == forecast.series and column.kind != "category":
            chosen.append(_used_as(column, "category"))
        elif column.name in (*forecast.keys, *forecast.known):
            chosen.append(column)
    return tuple(chosen)


def num_series(profile: DatasetProfile, forecast: Forecast) -> int:
    """How many series the table holds."""
    return 1 if forecast.series is None else max(1, profile.column(forecast.series).num_unique)


def forecast_reason(forecast: Forecast, profile: DatasetProfile) -> str:
    """What is forecast, as a phrase for people."""
    count = num_series(profile, forecast)
    whose = "" if forecast.series is None else f" of each of {count:,} {forecast.series!r}"
    values = "value" if forecast.horizon == 1 else f"{forecast.horizon:,} values"
    return f"forecast: the next {values}{whose} in the order of {forecast.time!r}"


def _used_as(column: ColumnProfile, kind: str) -> ColumnProfile:
    kinds = type(column.kind)
    return column if column.kind == kind else replace(column, kind=kinds(kind))


def _time_column(forecast: Forecast, profile: DatasetProfile, target: ColumnProfile) -> ColumnProfile:
    if forecast.time is not None:
        column = profile.column(forecast.time, pointer="#/forecast/time")
        if column.name == target.name or not _can_be_time(column):
            raise InvalidDataset(
                f"Column {column.name!r} cannot be the time: "
                + ("it is what is predicted." if column.name == target.name else f"it holds {column.reason}."),
                hint="Name a column of dates such as 2024-12-31, or of numbers that rise with time.",
                places=[Place("#/forecast/time", "is no time")],
            )
        return column
    others = [c for c in profile.columns if c.name not in (target.name, forecast.series, *forecast.known)]
    dates = [column for column in others if column.kind == "date"]
    # Any number may be a quantity: those that are the time must be called so.
    found = dates or [c for c in others if c.form.is_numeric and _can_be_time(c) and _TIME_NAMES.fullmatch(c.name)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(repr(column.name) for column in found[:5])
        raise InvalidDataset(
            f"Several columns may be the time: {names}.",
            hint=f"Say which: forecast=tuner.Forecast({forecast.horizon}, time={found[0].name!r}).",
            places=[Place("#/forecast/time", "is missing, and several columns may be meant")],
        )
    shown = ", ".join(f"{c.name!r} ({c.kind}: {c.reason})" for c in others[:5]) or "there are no others"
    raise InvalidDataset(
        f"No column tells the time. Beside {target.name!r}: {shown}.",
        hint=f"Name it: forecast=tuner.Forecast({forecast.horizon}, time=...); or number the rows in a column 'time'.",
        places=[Place("#/forecast/time", "is missing, and no column of dates was found")],
    )


def _can_be_time(column: ColumnProfile) -> bool:
    return column.kind == "date" or (column.form.is_numeric and column.num_unique > 1)


def _check_series(column: ColumnProfile, target: ColumnProfile) -> None:
    if column.name == target.name or column.kind in ("image", "sequence", "date"):
        raise InvalidDataset(
            f"Column {column.name!r} cannot tell series apart: "
            + ("it is what is predicted." if column.name == target.name else f"it holds {column.reason}."),
            hint="Name a column that has the same value in all rows of a series.",
            places=[Place("#/forecast/series", "names no series")],
        )


def _check_known(column: ColumnProfile, target: ColumnProfile, position: int) -> None:
    if column.name == target.name or not column.kind.is_tabular:
        why = "it is what is predicted" if column.name == target.name else f"it is {column.kind}: {column.reason}"
        raise InvalidDataset(
            f"Column {column.name!r} cannot be used as known in advance: {why}.",
            hint="Leave it out, or give it the kind 'number' or 'category'.",
            places=[Place(f"#/forecast/known/{position}", "cannot be used")],
        )


def _check_length(forecast: Forecast, profile: DatasetProfile, target: ColumnProfile, time: ColumnProfile) -> None:
    count = num_series(profile, forecast)
    num_rows = profile.num_rows - target.num_missing
    if forecast.series is None and 2 * time.num_unique <= profile.num_rows:
        likely = [c.name for c in profile.columns if c.kind == "category" and c.name not in (target.name, time.name)]
        raise InvalidDataset(
            f"Each value of {time.name!r} stands in {profile.num_rows / max(1, time.num_unique):.1f} rows on average: "
            "the table holds several series, and it is not said which rows belong together.",
            hint=f"Name the column that tells them apart: forecast=tuner.Forecast({forecast.horizon}, "
            f"series={(likely or ['...'])[0]!r}); or add the rows of a time up before.",
            places=[Place("#/forecast/series", "is missing")],
        )
    if num_rows / count < forecast.horizon + _LEAST_HISTORY and time.num_unique < forecast.horizon + _LEAST_HISTORY:
        have = f"{num_rows:,} rows" if count == 1 else f"{num_rows / count:.3g} rows on average"
        raise InvalidDataset(
            f"A horizon of {forecast.horizon:,} needs series of at least {forecast.horizon + _LEAST_HISTORY:,} rows "
            f"with a target, to learn from and to check with; these have {have}.",
            hint="Forecast fewer rows ahead, or give a longer history.",
            places=[Place("#/forecast/horizon", "is longer than the history")],
        )
