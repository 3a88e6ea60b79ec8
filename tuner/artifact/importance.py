"""What a model's predictions hang on: permutation importance, and partial dependence.

Sources: Breiman (2001), Random Forests, for exchanging a column's values between rows; Friedman (2001), Greedy Function
Approximation, for averages with a column held fixed; Goldstein et al. (2015), Peeking Inside the Black Box, for the
curves of single rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.artifact.evaluation import Dependence, Importance
from tuner.data.column_arrays import arrays_of
from tuner.data.profile import ColumnKind, ColumnProfile, TargetProfile

Predict: TypeAlias = Callable[[pd.DataFrame], NDArray[np.float64]]

MAX_VALUES = 20
MAX_LINES = 6
MAX_INDIVIDUAL = 20
# Rows predicted in one call: enough to forget what a call costs, few enough to keep the memory small.
_BATCH_ROWS = 8_192
_SMALLEST_PROBABILITY = 1e-9


@dataclass(frozen=True)
class Sample:
    """Rows, their truth, and who predicts them.

    Args:
        predict: Predicts typed features; has not learned from the rows.
        features: Typed features, as ``tuner.data.table.features_frame`` makes them.
        truth: Class indices or values, shape (n,).
    """

    predict: Predict
    features: pd.DataFrame
    truth: NDArray[Any]


def permutation_importances(
    samples: Sequence[Sample],
    columns: Sequence[str],
    target: TargetProfile,
    rng: np.random.Generator,
    *,
    repeats: int = 5,
    deadline: float | None = None,
) -> tuple[Importance, ...]:
    """Exchange each column's values between rows and see how much worse the predictions become.

    Args:
        samples: Rows with who predicts them.
        columns: Names of the columns to try.
        target: What is predicted.
        rng: Source of randomness.
        repeats: Exchanges for each column.
        deadline: Time of ``time.monotonic`` after which no further repeat begins.

    Returns:
        Most important first; with the standard error of the mean over rows and repeats. Empty if not even one repeat
        was possible in time.
    """
    scale = _loss_scale(np.concatenate([sample.truth for sample in samples]), target)
    before = [_losses(sample.predict(sample.features), sample.truth, target) / scale for sample in samples]
    rises: list[list[NDArray[np.float64]]] = []
    for _ in range(repeats):
        if deadline is not None and rises and time.monotonic() > deadline:
            break
        rises.append(_one_exchange(samples, columns, target, rng, before, scale))
    if not rises:
        return ()
    found = []
    for index, column in enumerate(columns):
        # Averaged over repeats first: the rows are the sample, the repeats only steady each row's number.
        per_row = np.mean([repeat[index] for repeat in rises], axis=0)
        error = float(per_row.std(ddof=1) / np.sqrt(len(per_row))) if len(per_row) > 1 else 0.0
        found.append(Importance(column, float(per_row.mean()), error))
    return tuple(sorted(found, key=lambda each: -each.importance))


def partial_dependence(
    samples: Sequence[Sample], column: ColumnProfile, target: TargetProfile, *, max_values: int = MAX_VALUES
) -> Dependence:
    """Average predictions with one column set to the same value in all rows, for a range of values.

    Args:
        samples: Rows with who predicts them.
        column: Which column to set.
        target: What is predicted.
        max_values: How many values to try, at most.
    """
    cells = pd.concat([sample.features[column.name] for sample in samples], ignore_index=True)
    values = _grid(cells, column, max_values)
    curves = np.concatenate([_curves(sample, column.name, values, target) for sample in samples])
    shown = _shown_classes(target)
    lines = curves.mean(axis=0)
    single = lines.shape[1] == 1
    individual = curves[np.linspace(0, len(curves) - 1, min(MAX_INDIVIDUAL, len(curves))).astype(int), :, 0]
    return Dependence(
        column=column.name,
        values=tuple(values),
        lines=tuple(tuple(_rounded(line)) for line in lines.T),
        labels=tuple(shown) if target.classes else (target.name,),
        individual=tuple(tuple(_rounded(curve)) for curve in individual) if single else (),
    )


def promising_columns(
    features: pd.DataFrame, prediction: NDArray[np.float64], columns: Sequence[ColumnProfile], most: int
) -> list[str]:
    """The columns that tell most about the predictions by themselves; all of them if they are few enough.

    Trying each of thousands of columns takes too long. What a model predicts varies between the bins of a column that
    it uses.
    """
    if len(columns) <= most:
        return [column.name for column in columns]
    answers = prediction if prediction.ndim == 2 else prediction[:, None]
    spread = answers - answers.mean(axis=0)
    arrays = dict(zip(features.columns, arrays_of(features), strict=True))
    shares = []
    for column in columns:
        codes = _bins(arrays[column.name])
        counts = np.maximum(np.bincount(codes), 1)
        sums = np.stack([np.bincount(codes, weights=each) for each in spread.T])
        shares.append(float((sums**2 / counts).sum()))
    best = sorted(range(len(columns)), key=lambda index: (-shares[index], index))[:most]
    return [columns[index].name for index in sorted(best)]


def _one_exchange(
    samples: Sequence[Sample],
    columns: Sequence[str],
    target: TargetProfile,
    rng: np.random.Generator,
    before: Sequence[NDArray[np.float64]],
    scale: float,
) -> list[NDArray[np.float64]]:
    """For each column, how much each row's loss rises in one exchange of the column's values."""
    rises: list[list[NDArray[np.float64]]] = [[] for _ in columns]
    for sample, losses in zip(samples, before, strict=True):
        num_rows = len(sample.truth)
        order = rng.permutation(num_rows)
        per_batch = max(1, _BATCH_ROWS // max(num_rows, 1))
        for start in range(0, len(columns), per_batch):
            batch = columns[start : start + per_batch]
            stacked = _stacked(sample.features, batch, order)
            after = _losses(sample.predict(stacked), np.tile(sample.truth, len(batch)), target) / scale
            for index, part in enumerate(after.reshape(len(batch), num_rows)):
                rises[start + index].append(part - losses)
    return [np.concatenate(parts) for parts in rises]


def _stacked(features: pd.DataFrame, columns: Sequence[str], order: NDArray[np.int64]) -> pd.DataFrame:
    """A copy of the rows for each column, with that column's values in another order."""
    num_rows = len(features)
    places = {name: index for index, name in enumerate(columns)}
    stacked = {}
    for name in features.columns:
        values = features[name].to_numpy()
        tiled = np.tile(values, len(columns))
        if name in places:
            start = places[name] * num_rows
            tiled[start : start + num_rows] = values[order]
        stacked[name] = pd.Series(tiled, dtype=features[name].dtype)
    return pd.DataFrame(stacked)


def _curves(sample: Sample, name: str, values: Sequence[Any], target: TargetProfile) -> NDArray[np.float64]:
    """Predictions of each row at each value, shape (n, values, shown classes)."""
    num_rows = len(sample.truth)
    per_batch = max(1, _BATCH_ROWS // max(num_rows, 1))
    curves = []
    for start in range(0, len(values), per_batch):
        batch = values[start : start + per_batch]
        places = np.tile(np.arange(num_rows), len(batch))
        rows = sample.features.iloc[places].reset_index(drop=True)
        repeated = [value for value in batch for _ in range(num_rows)]
        rows[name] = pd.Series(repeated, dtype=rows[name].dtype)
        prediction = sample.predict(rows)
        answers = prediction[:, shown_indices(target)] if target.classes else prediction[:, None]
        curves.append(answers.reshape(len(batch), num_rows, -1))
    return np.concatenate(curves).transpose(1, 0, 2)


def _grid(cells: pd.Series[Any], column: ColumnProfile, most: int) -> list[Any]:
    """The values to set: quantiles of numbers, the most frequent categories."""
    if column.kind is ColumnKind.CATEGORY:
        return list(cells.dropna().value_counts().index[:most].tolist())
    numbers = cells.dropna().to_numpy(dtype=np.float64)
    if not len(numbers):
        return [0.0]
    distinct = np.unique(numbers)
    if len(distinct) > most:
        # The outermost values may be errors: a hundredth on each side is left out.
        distinct = np.unique(np.quantile(numbers, np.linspace(0.01, 0.99, most)))
    return [float(value) for value in distinct]


def shown_indices(target: TargetProfile) -> list[int]:
    """The classes whose probabilities are shown: the second of two, the most frequent of several."""
    if len(target.classes) == 2:
        return [1]
    by_count = sorted(range(len(target.classes)), key=lambda index: (-target.class_counts[index], index))
    return sorted(by_count[:MAX_LINES])


def _shown_classes(target: TargetProfile) -> list[str]:
    return [target.classes[index] for index in shown_indices(target)] if target.classes else []


def _loss_scale(truth: NDArray[Any], target: TargetProfile) -> float:
    return 1.0 if target.classes else float(np.var(truth)) or 1.0


def _losses(prediction: NDArray[np.float64], truth: NDArray[Any], target: TargetProfile) -> NDArray[np.float64]:
    """The loss of each row: log loss, or squared error."""
    if not target.classes:
        with np.errstate(over="ignore"):
            squares: NDArray[np.float64] = np.minimum((prediction - truth) ** 2, np.finfo(np.float64).max)
        return squares
    chosen = prediction[np.arange(len(truth)), truth.astype(np.int64)]
    losses: NDArray[np.float64] = -np.log(np.maximum(chosen, _SMALLEST_PROBABILITY))
    return losses


def _bins(cells: NDArray[Any]) -> NDArray[np.int64]:
    """Codes from 0: tenths of the numbers, or categories; one more for gaps."""
    if cells.dtype == object:
        codes, _ = pd.factorize(cells)
        return np.asarray(codes, np.int64) + 1
    # Gaps come last.
    ordered = np.sort(cells)
    num_present = len(ordered) - int(np.count_nonzero(np.isnan(ordered)))
    edges = ordered[num_present * np.arange(1, 10) // 10] if num_present else ordered[:0]
    # Equal edges leave codes without a row, and NaN stands behind all edges.
    tenths = np.searchsorted(edges, cells, side="right")
    return np.where(np.isnan(cells), 0, tenths + 1)


def _rounded(values: NDArray[np.float64]) -> list[float]:
    """Six digits are enough to draw."""
    return [float(f"{value:.6g}") for value in values.tolist()]
