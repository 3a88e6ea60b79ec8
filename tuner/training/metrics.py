"""Metrics: how well predictions fit the truth, and which way is better.

The formulas are NumPy's only, imported when a score is computed: the process that checks requests needs just the names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuner.data.profile import Task
from tuner.errors import InvalidInput, Place, UnknownName
from tuner.records import Direction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Score = Callable[[NDArray[np.float64], NDArray[np.float64]], float]

_CLASSIFICATION = (Task.BINARY, Task.MULTICLASS)
_QUANTITIES = (Task.REGRESSION, Task.FORECAST)


@dataclass(frozen=True)
class Metric:
    """A number that says how good predictions are.

    Args:
        name: As in requests.
        direction: Which way is better.
        tasks: The tasks it is defined for.
        description: One sentence for people.
        formula: Score from the truth and the predictions, both finite.
    """

    name: str
    direction: Direction
    tasks: tuple[Task, ...]
    description: str
    formula: Score

    def score(self, y_true: NDArray[np.generic], prediction: NDArray[np.floating]) -> float:
        """Score predictions.

        Args:
            y_true: Class indices or values, shape (n,).
            prediction: Probabilities, shape (n, classes), or values, shape (n,).

        Returns:
            The score; NaN when a prediction is not finite or the metric is not defined on these rows.
        """
        import numpy as np

        if not np.isfinite(prediction).all():
            return float("nan")
        # Squares of huge predictions overflow to infinity, which callers treat as a failed candidate.
        with np.errstate(over="ignore", invalid="ignore"):
            return float(self.formula(np.asarray(y_true, np.float64), np.asarray(prediction, np.float64)))


def metrics() -> dict[str, Metric]:
    """All metrics by name."""
    return {metric.name: metric for metric in _METRICS}


def metric(name: str, task: Task, pointer: str = "#/metric") -> Metric:
    """The metric of this name, if it fits the task.

    Raises:
        UnknownName: There is none of this name.
        InvalidInput: It is not defined for the task.
    """
    known = metrics()
    if name not in known:
        raise UnknownName("metric", name, [other for other in known if task in known[other].tasks], pointer)
    found = known[name]
    if task not in found.tasks:
        fitting = ", ".join(sorted(other.name for other in _METRICS if task in other.tasks))
        raise InvalidInput(
            f"The metric {name!r} is not defined for a {task} task.",
            hint=f"Use one of: {fitting}.",
            places=[Place(pointer, f"does not fit a {task} task")],
        )
    return found


def default_metric(task: Task) -> Metric:
    """The metric that is used when none is asked for: ROC AUC, log loss or root mean squared error by task."""
    name = {Task.BINARY: "roc_auc", Task.MULTICLASS: "log_loss", Task.REGRESSION: "rmse", Task.FORECAST: "rmse"}[task]
    return metric(name, task)


def _roc_auc(y_true: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Share of (positive, negative) pairs ranked rightly, ties counting half: the Mann-Whitney form."""
    import numpy as np

    positive = y_true == 1
    num_positive = int(positive.sum())
    num_negative = len(y_true) - num_positive
    if not num_positive or not num_negative:
        return float("nan")
    _, group, sizes = np.unique(prediction[:, 1], return_inverse=True, return_counts=True)
    mean_ranks = np.cumsum(sizes) - (sizes - 1) / 2
    rank_sum = mean_ranks[group][positive].sum()
    return float((rank_sum - num_positive * (num_positive + 1) / 2) / (num_positive * num_negative))


def _accuracy(y_true: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    return float((prediction.argmax(axis=1) == y_true).mean())


def _balanced_accuracy(y_true: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    import numpy as np

    is_right = prediction.argmax(axis=1) == y_true
    return float(np.mean([is_right[y_true == label].mean() for label in np.unique(y_true)]))


def _log_loss(y_true: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    import numpy as np

    # Without the floor a single probability of zero for what happened would make every other row irrelevant.
    chosen = prediction[np.arange(len(y_true)), y_true.astype(np.int64)]
    return float(-np.log(np.clip(chosen, 1e-15, 1)).mean())


def _f1(y_true: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    import numpy as np

    predicted = prediction.argmax(axis=1)
    labels = [1] if prediction.shape[1] == 2 else np.union1d(y_true, predicted)
    return float(np.mean([_f1_of(y_true == label, predicted == label) for label in labels]))


def _f1_of(actual: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    total = int(actual.sum() + predicted.sum())
    return 2 * int((actual & predicted).sum()) / total if total else 0.0


def _rmse(y_true: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    return float(((y_true - prediction) ** 2).mean() ** 0.5)


def _mae(y_true: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    return float(abs(y_true - prediction).mean())


def _smape(y_true: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    import numpy as np

    # Halves first: the sum of large numbers can overflow.
    size = abs(y_true) / 2 + abs(prediction) / 2
    return float(np.mean(abs(y_true - prediction) / np.where(size > 0, size, 1.0)))


def _r2(y_true: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    residual = float(((y_true - prediction) ** 2).sum())
    total = float(((y_true - y_true.mean()) ** 2).sum())
    if total == 0:
        return 1.0 if residual == 0 else 0.0
    return 1 - residual / total


_METRICS = (
    Metric(
        "roc_auc",
        Direction.MAXIMIZE,
        (Task.BINARY,),
        "Chance that a random row of the second class is ranked above a random row of the first.",
        _roc_auc,
    ),
    Metric("accuracy", Direction.MAXIMIZE, _CLASSIFICATION, "Share of rows whose class is predicted.", _accuracy),
    Metric(
        "balanced_accuracy",
        Direction.MAXIMIZE,
        _CLASSIFICATION,
        "Share of rows predicted rightly in each class, averaged over the classes.",
        _balanced_accuracy,
    ),
    Metric(
        "log_loss",
        Direction.MINIMIZE,
        _CLASSIFICATION,
        "Mean negative logarithm of the probability given to the true class.",
        _log_loss,
    ),
    Metric(
        "f1",
        Direction.MAXIMIZE,
        _CLASSIFICATION,
        "Harmonic mean of precision and recall: of the second of two classes, or averaged over more classes.",
        _f1,
    ),
    Metric("rmse", Direction.MINIMIZE, _QUANTITIES, "Root of the mean squared error.", _rmse),
    Metric("mae", Direction.MINIMIZE, _QUANTITIES, "Mean absolute error.", _mae),
    Metric(
        "smape",
        Direction.MINIMIZE,
        (Task.FORECAST,),
        "Mean error as a share of the mean of truth and forecast, from 0 to 2: large and small series count alike.",
        _smape,
    ),
    Metric("r2", Direction.MAXIMIZE, _QUANTITIES, "Share of the variance that is explained.", _r2),
)
