"""How wrong predictions are: 1 - AUC, log loss or root mean squared error, all better when lower."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import roc_auc_score

from benchmarks.automl.table import Task

# What systems are asked to optimise, and how the error is called.
METRICS = {Task.BINARY: "roc_auc", Task.MULTICLASS: "log_loss", Task.REGRESSION: "rmse"}
ERROR_NAMES = {Task.BINARY: "1 - AUC", Task.MULTICLASS: "log loss", Task.REGRESSION: "RMSE"}
# One probability of exactly zero must not decide a whole table.
LEAST_PROBABILITY = 1e-6


class UselessPredictions(Exception):
    """What a system predicted cannot be scored; the message says why."""


def error(task: Task, truth: ArrayLike, predictions: ArrayLike, classes: Sequence[str] = ()) -> float:
    """The error of predictions.

    Args:
        task: What was predicted.
        truth: Labels or values, shape (n,).
        predictions: Probabilities, shape (n, classes), or values, shape (n,).
        classes: The labels in the order of the probabilities.

    Raises:
        UselessPredictions: There are too few or too many of them, or some are no numbers.
    """
    truth, predictions = np.asarray(truth), np.asarray(predictions, dtype=float)
    shape = (len(truth),) if task is Task.REGRESSION else (len(truth), len(classes))
    if predictions.shape != shape:
        raise UselessPredictions(f"The predictions have the shape {predictions.shape}, expected was {shape}.")
    if not np.isfinite(predictions).all():
        raise UselessPredictions(f"{(~np.isfinite(predictions)).sum()} predictions are no numbers.")
    if task is Task.REGRESSION:
        return float(np.sqrt(np.mean((truth - predictions) ** 2)))
    if task is Task.MULTICLASS:
        return _log_loss(truth, predictions, classes)
    positive = max(set(truth))
    if positive not in classes:
        raise UselessPredictions(f"There is no probability for {positive!r}.")
    return 1.0 - float(roc_auc_score(truth == positive, predictions[:, list(classes).index(positive)]))


def _log_loss(truth: NDArray[np.generic], probabilities: NDArray[np.float64], classes: Sequence[str]) -> float:
    """Mean of minus the logarithm of the probability of the right class; zero for a class the system does not know."""
    probabilities = np.maximum(probabilities, LEAST_PROBABILITY)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    position = {label: index for index, label in enumerate(classes)}
    right = [
        probabilities[row, position[label]] if label in position else LEAST_PROBABILITY
        for row, label in enumerate(truth)
    ]
    return float(-np.mean(np.log(right)))
