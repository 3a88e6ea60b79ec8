"""Making an ``Evaluation`` from predictions for rows that a model has not learned from."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuner.artifact.evaluation import CalibrationBin, ClassCounts, Confusion, Dependence, Evaluation, Importance
from tuner.artifact.series_pictures import averaged_pictures

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.artifact.importance import Sample
    from tuner.data.table import Table

MAX_CONFUSED_CLASSES = 25
_CALIBRATION_BINS = 10
_MAX_POINTS = 500
_RESIDUAL_BINS = 31
_MAX_COLUMNS = 30
_NUM_DEPENDENCES = 4
_SAMPLE_ROWS = (512, 256, 128, 64, 32)
_DEPENDENCE_ROWS = 64


@dataclass(frozen=True)
class FoldModel:
    """A model and rows that it has not learned from.

    Args:
        predict: Predicts typed features, such as ``Estimator.predict``.
        row_ids: The numbers of rows of the table that is evaluated.
    """

    predict: Callable[[pd.DataFrame], NDArray[np.float64]]
    row_ids: NDArray[np.int64]


def evaluate(
    table: Table,
    prediction: NDArray[np.float64],
    *,
    scores: Mapping[str, float] | None = None,
    standard_errors: Mapping[str, float] | None = None,
    models: Sequence[FoldModel] = (),
    members: Sequence[tuple[Evaluation, float]] = (),
    seed: int = 0,
    seconds: float = 0.2,
) -> Evaluation:
    """Describe how well rows were predicted.

    Without ``models`` it takes some milliseconds on 50,000 rows.

    Args:
        table: The rows that were predicted, in that order.
        prediction: What a model predicted for them that had not learned from them: probabilities, shape (n, classes),
            or values, shape (n,).
        scores: Metrics of the prediction by name, to be kept beside the rest.
        standard_errors: The standard errors of some of them.
        models: Those behind ``prediction``, each with its rows, to find importances and dependences with.
        members: For an ensemble, the evaluations of its members with their weights: importances and dependences are
            averaged.
        seed: Fixes which rows are sampled.
        seconds: Roughly how long importances may take: they are found on fewer rows where models are slow, and left out
            where these would be too few.
    """
    import numpy as np

    target, truth = table.target_profile, table.target
    rng = np.random.default_rng(seed)
    common: dict[str, Any] = {
        "num_rows": table.num_rows,
        "scores": _finite(scores or {}),
        "standard_errors": _finite(standard_errors or {}),
    }
    if any(column.kind.is_array for column in table.columns):
        from tuner.artifact.examples import examples_of

        # Random choices of their own: what else is drawn must not change with them.
        common["examples"] = examples_of(table, prediction, np.random.default_rng(seed))
    if members:
        common |= _averaged(members)
    elif models:
        common |= _explained(table, prediction, models, rng, seconds)
    if target.classes:
        chosen = prediction.argmax(axis=1)
        return Evaluation(
            **common,
            classes=_class_counts(truth, chosen, target.classes),
            confusion=_confusion(truth, chosen, target.classes),
            calibration=_calibration(truth, prediction),
        )
    residuals, edges = _residuals(truth - prediction)
    return Evaluation(**common, points=_points(truth, prediction, rng), residuals=residuals, residual_edges=edges)


def _class_counts(truth: NDArray[Any], chosen: NDArray[np.int64], classes: Sequence[str]) -> tuple[ClassCounts, ...]:
    import numpy as np

    rows = np.bincount(truth, minlength=len(classes)).tolist()
    predicted = np.bincount(chosen, minlength=len(classes)).tolist()
    right = np.bincount(truth[truth == chosen], minlength=len(classes)).tolist()
    return tuple(ClassCounts(*each) for each in zip(classes, rows, predicted, right, strict=True))


def _confusion(truth: NDArray[Any], chosen: NDArray[np.int64], classes: Sequence[str]) -> Confusion:
    import numpy as np

    counts = np.bincount(truth, minlength=len(classes))
    kept = np.sort(np.argsort(-counts, kind="stable")[:MAX_CONFUSED_CLASSES])
    pairs = np.bincount(truth * len(classes) + chosen, minlength=len(classes) ** 2).reshape(len(classes), -1)
    matrix = pairs[np.ix_(kept, kept)].tolist()
    return Confusion(tuple(classes[index] for index in kept), tuple(map(tuple, matrix)))


def _calibration(truth: NDArray[Any], prediction: NDArray[np.float64]) -> tuple[CalibrationBin, ...]:
    import numpy as np

    if prediction.shape[1] == 2:
        confidence, happened = prediction[:, 1], truth == 1
    else:
        confidence, happened = prediction.max(axis=1), prediction.argmax(axis=1) == truth
    bins = np.clip((confidence * _CALIBRATION_BINS).astype(np.int64), 0, _CALIBRATION_BINS - 1)
    rows = np.bincount(bins, minlength=_CALIBRATION_BINS)
    predicted = np.bincount(bins, weights=confidence, minlength=_CALIBRATION_BINS)
    observed = np.bincount(bins, weights=happened, minlength=_CALIBRATION_BINS)
    return tuple(
        CalibrationBin(int(count), float(mean / count), float(share / count))
        for count, mean, share in zip(rows, predicted, observed, strict=True)
        if count
    )


def _points(
    truth: NDArray[Any], prediction: NDArray[np.float64], rng: np.random.Generator
) -> tuple[tuple[float, float], ...]:
    import numpy as np

    places = np.sort(rng.permutation(len(truth))[:_MAX_POINTS])
    return tuple(zip(truth[places].tolist(), prediction[places].tolist(), strict=True))


def _residuals(residuals: NDArray[np.float64]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """A histogram around zero, with what lies far outside in its last bins."""
    import numpy as np

    finite = residuals[np.isfinite(residuals)]
    reach = float(np.quantile(np.abs(finite), 0.99)) if len(finite) else 0.0
    if not 0 < reach < math.inf:
        reach = 1.0
    edges = np.linspace(-reach, reach, _RESIDUAL_BINS + 1)
    counts, _ = np.histogram(np.clip(finite, -reach, reach), bins=edges)
    return tuple(counts.tolist()), tuple(edges.tolist())


def _explained(
    table: Table,
    prediction: NDArray[np.float64],
    models: Sequence[FoldModel],
    rng: np.random.Generator,
    seconds: float,
) -> dict[str, Any]:
    from tuner.artifact.importance import partial_dependence, permutation_importances, promising_columns

    began = time.monotonic()
    forecast = table.target_profile.forecast
    # The time and the name of a series say which value is asked for: another one would be another question.
    asked = () if forecast is None else forecast.keys
    columns = {column.name: column for column in table.columns if column.name not in asked}
    if not columns:
        return {}
    tried = promising_columns(table.features, prediction, tuple(columns.values()), _MAX_COLUMNS)
    num_rows = _affordable_rows(table, models, len(tried), seconds)
    if not num_rows:
        return {}
    samples = [_sample(table, each, max(2, num_rows // len(models)), rng) for each in models]
    importances = permutation_importances(
        samples, tried, table.target_profile, rng, repeats=3, deadline=began + seconds / 2
    )
    # One model is enough to show a shape, and faster than all.
    shown = [_sample(table, models[0], _DEPENDENCE_ROWS, rng)]
    dependences: list[Dependence] = []
    for each in [each for each in importances if columns[each.column].kind.is_tabular][:_NUM_DEPENDENCES]:
        if dependences and time.monotonic() > began + seconds:
            break
        dependences.append(partial_dependence(shown, columns[each.column], table.target_profile))
    return {"importances": importances, "dependences": tuple(dependences)}


def _affordable_rows(table: Table, models: Sequence[FoldModel], num_columns: int, seconds: float) -> int:
    """How many rows may be predicted once for each column in a third of the time; 0 if too few for an answer."""
    first = models[0]
    probe = table.features.iloc[_places(table, first)[: _SAMPLE_ROWS[-1]]].reset_index(drop=True)
    first.predict(probe)
    began = time.perf_counter()
    first.predict(probe)
    per_row = (time.perf_counter() - began) / len(probe)
    for num_rows in _SAMPLE_ROWS:
        if num_rows * num_columns * per_row <= seconds / 3:
            return num_rows
    return 0


def _sample(table: Table, model: FoldModel, num_rows: int, rng: np.random.Generator) -> Sample:
    import numpy as np

    from tuner.artifact.importance import Sample

    places = np.sort(rng.permutation(_places(table, model))[:num_rows])
    return Sample(model.predict, table.features.iloc[places].reset_index(drop=True), table.target[places])


def _places(table: Table, model: FoldModel) -> NDArray[np.intp]:
    return table.row_ids.searchsorted(model.row_ids)


def _averaged(members: Sequence[tuple[Evaluation, float]]) -> dict[str, Any]:
    """The members' importances and dependences, weighted. A column that a member lacks counts as 0 there."""
    total = sum(weight for _, weight in members)
    sums: dict[str, tuple[float, float]] = {}
    for evaluation, weight in members:
        for each in evaluation.importances:
            mean, error = sums.get(each.column, (0.0, 0.0))
            share = weight / total
            # The members were tried on the same rows, so their errors go the same way.
            sums[each.column] = (mean + share * each.importance, error + share * each.standard_error)
    importances = sorted(
        (Importance(column, mean, error) for column, (mean, error) in sums.items()), key=lambda each: -each.importance
    )
    found: dict[str, tuple[float, Dependence]] = {}
    for evaluation, weight in members:
        for dependence in evaluation.dependences:
            if weight > found.get(dependence.column, (0.0, dependence))[0]:
                found[dependence.column] = (weight, dependence)
    order = [each.column for each in importances if each.column in found][:_NUM_DEPENDENCES]
    return {
        "importances": tuple(importances),
        "dependences": tuple(found[column][1] for column in order),
        "series": averaged_pictures(members),
    }


def _finite(numbers: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in numbers.items() if math.isfinite(value)}
