"""What a forecast looks like: the course of some series, how their last parts were predicted, and what comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tuner.artifact.evaluation import Evaluation, SeriesPicture
from tuner.models.series.estimator import SeriesEstimator

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.table import Table

MAX_SERIES = 4
# The course before the forecast: so many horizons, within these bounds.
_HORIZONS, _LEAST, _MOST = 6, 60, 400


def with_pictures(
    evaluation: Evaluation,
    table: Table,
    rows: Table,
    prediction: NDArray[np.float64],
    estimator: SeriesEstimator,
) -> Evaluation:
    """The evaluation of a forecast with pictures of its longest series.

    Args:
        evaluation: What else is known.
        table: All rows.
        rows: The scored ones among them.
        prediction: What was predicted for these by models that did not know them.
        estimator: Knows all rows, and forecasts from the end.
    """
    import numpy as np

    from tuner.data.series.history import read_series

    series = read_series(table)
    forecast = series.ends.forecast
    assert forecast.time is not None
    future = estimator.future()
    expected = estimator.predict(future)
    shown = np.sort(np.argsort(-series.lengths, kind="stable")[:MAX_SERIES])
    tested_codes, _ = series.ends.locate(rows.features)
    future_codes, _ = series.ends.locate(future)
    width = series.values.shape[1]
    pictures = []
    for code in shown:
        back = min(max(_HORIZONS * forecast.horizon, _LEAST), _MOST)
        places = np.flatnonzero(series.rows[code] >= 0)[-back:]
        steps = places - (width - 1)
        times = series.ends.times(np.full(len(steps), code), steps)
        values = series.values[code, places]
        pictures.append(
            SeriesPicture(
                name=series.ends.names[code],
                is_date=series.ends.spacing.is_date,
                times=_plain(times),
                values=_plain(values),
                **_points("tested", rows.features, prediction, tested_codes == code, forecast.time),
                **_points("future", future, expected, future_codes == code, forecast.time),
            )
        )
    return replace(evaluation, series=tuple(pictures))


def averaged_pictures(members: Sequence[tuple[Evaluation, float]]) -> tuple[SeriesPicture, ...]:
    """The pictures of an ensemble: its members' predictions for the same times, weighted."""
    found = [(evaluation.series, weight) for evaluation, weight in members if evaluation.series]
    if not found:
        return ()
    total = sum(weight for _, weight in found)
    pictures = []
    for index, first in enumerate(found[0][0]):
        alike = [(series[index], weight) for series, weight in found]
        pictures.append(
            replace(
                first,
                tested_values=_average([(each.tested_values, weight / total) for each, weight in alike]),
                future_values=_average([(each.future_values, weight / total) for each, weight in alike]),
            )
        )
    return tuple(pictures)


def _average(lines: Sequence[tuple[tuple[float, ...], float]]) -> tuple[float, ...]:
    return tuple(
        sum(weight * value for value, (_, weight) in zip(point, lines, strict=True))
        for point in zip(*(line for line, _ in lines), strict=True)
    )


def _points(
    what: str, frame: pd.DataFrame, prediction: NDArray[np.float64], is_shown: NDArray[np.bool_], time: str
) -> dict[str, tuple[float, ...]]:
    import numpy as np

    times = frame[time].to_numpy(dtype=np.float64)[is_shown]
    order = np.argsort(times, kind="stable")
    return {f"{what}_times": _plain(times[order]), f"{what}_values": _plain(prediction[is_shown][order])}


def _plain(values: NDArray[np.float64]) -> tuple[float, ...]:
    """Digits enough for seconds since 1970."""
    return tuple(float(f"{value:.12g}") for value in values.tolist())
