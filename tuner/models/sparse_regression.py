"""Logistic and ridge regression on sparse rows, which can be told to stop between two steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tuner.data.arrays.writing import write_npz
from tuner.models.tabular import softmax, to_all_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The loss is a mean over rows: what it gains beyond this is not seen in any metric.
_TOLERANCE = 1e-7
_GRADIENT_TOLERANCE = 1e-5
# Steps that the solver remembers; each takes as much memory as the weights.
_MEMORY, _LITTLE_MEMORY, _MANY_WEIGHTS = 10, 4, 2_000_000


@dataclass(frozen=True)
class SparseRegression:
    """One weight for each column and output.

    Args:
        weights: Shape (columns, outputs).
        intercepts: Shape (outputs,).
        classes: The class of each output, or of none of them for a quantity.
        num_classes: How many classes the target has; 0 for a quantity.
    """

    weights: NDArray[np.float32]
    intercepts: NDArray[np.float64]
    classes: NDArray[np.int64]
    num_classes: int

    @classmethod
    def fit(
        cls,
        rows: Any,
        target: NDArray[Any],
        num_classes: int,
        *,
        l2: float,
        row_weights: NDArray[np.float64] | None = None,
        max_iterations: int = 300,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Self:
        """Find the weights that make the summed loss of the rows and ``l2 / 2`` times the squared weights smallest.

        Args:
            rows: A sparse array of float64 in compressed rows, shape (n, columns).
            target: Class indices, or values in standard units.
            num_classes: How many classes there are; 0 for a quantity, whose loss is half the squared error.
            l2: The strength of the penalty. Intercepts have none.
            row_weights: How much each row counts, of mean 1.
            max_iterations: How many steps to take at most.
            should_stop: Asked after each step; if it says so, the weights found so far are kept.
        """
        classes = np.unique(target).astype(np.int64) if num_classes else np.zeros(0, np.int64)
        if len(classes) == 1 or not rows.shape[1]:
            return cls._without_columns(rows.shape[1], target, classes, num_classes)
        loss = _log_loss(target, classes) if num_classes else _squared_loss(target)
        num_outputs = len(classes) if len(classes) > 2 else 1
        shares = np.full(len(target), 1 / len(target)) if row_weights is None else row_weights / row_weights.sum()
        point = _minimum(rows, loss, num_outputs, l2 / len(target), shares, max_iterations, should_stop)
        weights, intercepts = point[:-num_outputs].reshape(-1, num_outputs), point[-num_outputs:]
        if len(classes) == 2:
            # One weight for the odds of the second class against the first.
            weights, intercepts = np.column_stack([np.zeros(len(weights)), weights]), np.append(0.0, intercepts)
        return cls(weights.astype(np.float32), intercepts, classes, num_classes)

    @classmethod
    def _without_columns(
        cls, num_columns: int, target: NDArray[Any], classes: NDArray[np.int64], num_classes: int
    ) -> Self:
        """What is best where there is nothing to go by: the frequencies of the classes, or the mean."""
        shares = np.unique(target, return_counts=True)[1] / len(target)
        intercepts = np.log(shares) if num_classes else np.array([target.mean()])
        return cls(np.zeros((num_columns, len(intercepts)), np.float32), intercepts, classes, num_classes)

    def predict(self, rows: Any) -> NDArray[np.float64]:
        """Probabilities, shape (n, num_classes), or values, shape (n,)."""
        scores = np.asarray(rows @ self.weights, np.float64) + self.intercepts
        return to_all_classes(softmax(scores), self.classes, self.num_classes) if self.num_classes else scores[:, 0]

    def save(self, path: Path) -> None:
        """Write the arrays into one file."""
        arrays: dict[str, NDArray[Any]] = {
            "weights": self.weights,
            "intercepts": self.intercepts,
            "classes": self.classes,
        }
        write_npz(path, arrays.items())

    @classmethod
    def load(cls, path: Path, num_classes: int) -> Self:
        """The model that ``save`` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(arrays["weights"], arrays["intercepts"], arrays["classes"], num_classes)


def _minimum(
    rows: Any,
    loss: Callable[[NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]],
    num_outputs: int,
    penalty: float,
    shares: NDArray[np.float64],
    max_iterations: int,
    should_stop: Callable[[], bool],
) -> NDArray[np.float64]:
    """The weights, row by row, then the intercepts, by L-BFGS (Liu and Nocedal, 1989)."""
    from scipy.optimize import minimize

    columns = rows.T.tocsr()

    def objective(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, intercepts = point[:-num_outputs].reshape(-1, num_outputs), point[-num_outputs:]
        losses, slopes = loss(rows @ weights + intercepts)
        slopes *= shares[:, None]
        gradient = np.concatenate([(columns @ slopes + penalty * weights).ravel(), slopes.sum(axis=0)])
        return float(losses @ shares) + penalty / 2 * float((weights**2).sum()), gradient

    def look(point: NDArray[np.float64]) -> None:
        if should_stop():
            raise StopIteration

    num_weights = (rows.shape[1] + 1) * num_outputs
    options = {
        "maxiter": max_iterations,
        "ftol": _TOLERANCE,
        "gtol": _GRADIENT_TOLERANCE,
        "maxcor": _LITTLE_MEMORY if num_weights > _MANY_WEIGHTS else _MEMORY,
    }
    found = minimize(objective, np.zeros(num_weights), jac=True, method="L-BFGS-B", callback=look, options=options)
    point: NDArray[np.float64] = found.x
    return point


def _log_loss(
    target: NDArray[Any], classes: NDArray[np.int64]
) -> Callable[[NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    places = np.searchsorted(classes, target)
    everywhere = np.arange(len(target))

    def of_two(scores: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        scores = scores[:, 0]
        losses = np.logaddexp(0, scores) - places * scores
        slopes: NDArray[np.float64] = np.exp(-np.logaddexp(0, -scores)) - places
        return losses, slopes[:, None]

    def of_several(scores: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        scores = scores - scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        sums = odds.sum(axis=1)
        losses = np.log(sums) - scores[everywhere, places]
        slopes: NDArray[np.float64] = odds / sums[:, None]
        slopes[everywhere, places] -= 1
        return losses, slopes

    return of_two if len(classes) == 2 else of_several


def _squared_loss(
    target: NDArray[Any],
) -> Callable[[NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    def loss(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        errors = values - target[:, None]
        return errors[:, 0] ** 2 / 2, errors

    return loss
