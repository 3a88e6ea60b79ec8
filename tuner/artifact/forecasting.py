"""Forecasts of a saved model: rows to come, checked and completed, and answers as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuner.artifact.manifest import ModelFacts, original_labels
from tuner.data.profile import did_you_mean
from tuner.errors import InvalidDataset, InvalidInput, Place

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.series.history import SeriesEnds

MAX_HORIZON_FACTOR = 20


def with_known_columns(rows: pd.DataFrame, facts: ModelFacts) -> pd.DataFrame:
    """Rows to come with empty cells in the columns that are known in advance, where these were not given."""
    assert facts.target.forecast is not None
    given = {str(name).strip() for name in rows.columns}
    lacking = [name for name in facts.target.forecast.known if name not in given]
    return rows.assign(**dict.fromkeys(lacking)) if lacking else rows


def check_rows_to_come(frame: pd.DataFrame, ends: SeriesEnds) -> None:
    """Refuse rows that no forecast answers.

    Args:
        frame: Typed features.
        ends: Where the model's series end.

    Raises:
        InvalidDataset: A row has no time, is of a series that the model does not know, or is not after its end.
    """
    forecast = ends.forecast
    time = str(forecast.time)
    is_untimed = frame[time].isna().to_numpy()
    if is_untimed.any():
        row = int(is_untimed.argmax())
        raise _unfit(row, time, "has no time", "Give each row the time that is asked for.")
    codes, steps = ends.locate(frame)
    if (codes < 0).any():
        row = int((codes < 0).argmax())
        series = str(forecast.series)
        name = frame[series].iloc[row]
        raise _unfit(
            row,
            series,
            f"is of {name!r}, a series that the model does not know",
            did_you_mean(str(name), list(ends.names)).replace("The columns are", "It knows"),
        )
    if (steps < 1).any():
        row = int((steps < 1).argmax())
        last = _shown_times(ends.last_times[codes[row : row + 1]], ends)[0]
        raise _unfit(
            row,
            time,
            f"is not after the last time that the model knows, {last}",
            "Ask for later times; model.forecast() shows the next ones. Train again when newer values are known.",
        )


def checked_horizon(horizon: int | None, facts: ModelFacts) -> int:
    """How many values are forecast.

    Raises:
        InvalidInput: It is no whole number above 0, or far beyond what the model was trained for.
    """
    assert facts.target.forecast is not None
    usual = facts.target.forecast.horizon
    if horizon is None:
        return usual
    most = MAX_HORIZON_FACTOR * usual
    if not isinstance(horizon, int) or isinstance(horizon, bool) or not 1 <= horizon <= most:
        raise InvalidInput(
            f"horizon must be a whole number from 1 to {most:,}, got {horizon!r}.",
            hint=f"The model was trained to forecast {usual:,} values.",
            places=[Place("#/horizon", f"must be from 1 to {most}")],
        )
    return horizon


def forecast_table(
    facts: ModelFacts, ends: SeriesEnds, frame: pd.DataFrame, values: NDArray[np.float64]
) -> pd.DataFrame:
    """A forecast with its series and times as they were in the training table, a row for each value.

    Args:
        facts: The model.
        ends: Where its series end.
        frame: Typed features of the forecast rows.
        values: What is forecast.
    """
    import pandas as pd

    forecast = ends.forecast
    columns: dict[str, Any] = {}
    if forecast.series is not None:
        form = next(column.form for column in facts.columns if column.name == forecast.series)
        names = sorted(set(frame[forecast.series]))
        originals = dict(zip(names, original_labels(names, form), strict=True)) if "" not in names else {}
        columns[forecast.series] = [originals.get(name, name) for name in frame[forecast.series]]
    columns[str(forecast.time)] = _shown_times(frame[forecast.time].to_numpy(dtype="float64"), ends)
    return pd.DataFrame({**columns, facts.target.name: values})


def plain_records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a forecast in plain Python values: days as 2024-12-31, times of the day behind them if there are any.

    Any: names of series and times are text or numbers.
    """
    plain = {}
    for name, cells in rows.items():
        if cells.dtype.kind == "M":
            has_time = bool((cells.dt.normalize() != cells).any())
            plain[str(name)] = cells.dt.strftime("%Y-%m-%dT%H:%M:%S" if has_time else "%Y-%m-%d").tolist()
        else:
            plain[str(name)] = cells.tolist()
    return [dict(zip(plain, values, strict=True)) for values in zip(*plain.values(), strict=True)]


def _shown_times(times: NDArray[np.float64], ends: SeriesEnds) -> Any:  # Any: an index of dates, or an array
    """Times as pandas shows them: dates, whole numbers or numbers."""
    import numpy as np
    import pandas as pd

    if ends.spacing.is_date:
        return pd.to_datetime(np.round(times * 1000).astype(np.int64), unit="ms")
    is_whole = bool(np.all(times == np.round(times))) and float(np.abs(times).max(initial=0)) < 2**53
    return times.astype(np.int64) if is_whole else times


def _unfit(row: int, column: str, why: str, hint: str) -> InvalidDataset:
    return InvalidDataset(
        f"Row {row} {why}.", hint=hint, places=[Place("#/rows", f"row {row}, column {column!r}: cannot be forecast")]
    )
