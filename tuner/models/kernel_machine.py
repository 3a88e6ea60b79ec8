"""What a support vector machine has learned, as arrays: its scores, and how these become probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tuner.data.arrays.writing import write_npz
from tuner.models.tabular import softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIMILARITIES_AT_ONCE = 4_000_000
# Pulls the scale of scores towards 1 and shifts towards 0 as a few rows would.
_PRIOR_ROWS = 3.0


@dataclass(frozen=True)
class KernelMachine:
    """Scores as weighted sums.

    Args:
        vectors: Rows that new ones are compared with by ``exp(-gamma * squared distance)``, shape (m, columns);
            none for a linear machine, which weighs the columns themselves.
        weights: Shape (m or columns, outputs).
        intercepts: Shape (outputs,).
        gamma: How fast similarity falls; 0 for a linear machine.
    """

    vectors: NDArray[np.float32]
    weights: NDArray[np.float32]
    intercepts: NDArray[np.float64]
    gamma: float

    # Any: scikit-learn ships without type information.
    @classmethod
    def linear(cls, model: Any) -> Self:
        """What a fitted ``LinearSVC`` or ``LinearSVR`` has learned."""
        weights = np.atleast_2d(model.coef_).T.astype(np.float32)
        return cls(np.zeros((0, 0), np.float32), weights, np.atleast_1d(model.intercept_).astype(np.float64), 0.0)

    @classmethod
    def radial(cls, model: Any, gamma: float) -> Self:
        """What a fitted ``SVC`` or ``SVR`` with this ``gamma`` has learned."""
        weights = model.dual_coef_
        pairs = _pair_weights(weights, model.n_support_) if len(model.intercept_) > 1 else weights.T
        return cls(
            np.ascontiguousarray(model.support_vectors_, np.float32),
            pairs.astype(np.float32),
            np.asarray(model.intercept_, np.float64),
            gamma,
        )

    def outputs(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """The sums, shape (n, outputs)."""
        if not self.gamma:
            return np.asarray(rows @ self.weights, np.float64) + self.intercepts
        # Where all quantities lie within the tube there are no vectors.
        size = _SIMILARITIES_AT_ONCE // max(1, len(self.vectors))
        sums = [self._similarities(rows[start : start + size]) @ self.weights for start in range(0, len(rows), size)]
        return np.concatenate(sums).astype(np.float64) + self.intercepts

    def class_scores(self, rows: NDArray[np.float32], num_classes: int) -> NDArray[np.float64]:
        """A score for each of the classes that were learned, shape (n, num_classes)."""
        outputs = self.outputs(rows)
        if num_classes == 2:
            return np.column_stack([np.zeros(len(rows)), outputs[:, 0]])
        if outputs.shape[1] == num_classes and not self.gamma:
            return outputs
        first, second = np.triu_indices(num_classes, 1)
        sides = np.zeros((len(first), num_classes))
        sides[np.arange(len(first)), first] = 1
        sides[np.arange(len(first)), second] = -1
        # Beyond the margin a pair has decided, however far.
        return np.tanh(outputs) @ sides

    def _similarities(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        squares = np.einsum("ij,ij->i", rows, rows)[:, None] + np.einsum("ij,ij->i", self.vectors, self.vectors)
        squares -= 2 * (rows @ self.vectors.T)
        similarities: NDArray[np.float32] = np.exp(-np.float32(self.gamma) * np.maximum(squares, 0))
        return similarities

    def save(self, path: Path) -> None:
        """Write the arrays into one file."""
        arrays: dict[str, NDArray[Any]] = {
            "vectors": self.vectors,
            "weights": self.weights,
            "intercepts": self.intercepts,
        }
        write_npz(path, [*arrays.items(), ("gamma", np.array(self.gamma, np.float64))])

    @classmethod
    def load(cls, path: Path) -> Self:
        """The machine that ``save`` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(arrays["vectors"], arrays["weights"], arrays["intercepts"], float(arrays["gamma"]))


def calibrate(scores: NDArray[np.float64], classes: NDArray[np.int64]) -> tuple[float, NDArray[np.float64]]:
    """The slope and shifts under which ``softmax(slope * scores + shifts)`` fits the classes best.

    For two classes this is Platt's scaling (1999).

    Args:
        scores: Of rows that the machine has not learned from, shape (n, classes).
        classes: The rows' classes, shape (n,).
    """
    from scipy.optimize import minimize

    num_rows, num_classes = scores.shape
    if not num_rows:
        return 1.0, np.zeros(num_classes)
    truth = np.eye(num_classes)[classes]

    def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        slope, shifts = np.exp(point[0]), point[1:]
        probabilities = softmax(slope * scores + shifts)
        surplus = probabilities - truth
        value = -np.log(np.maximum((probabilities * truth).sum(axis=1), 1e-15)).sum()
        gradient = np.append(slope * (surplus * scores).sum(), surplus.sum(axis=0))
        return (value + _PRIOR_ROWS / 2 * (point**2).sum()) / num_rows, (gradient + _PRIOR_ROWS * point) / num_rows

    found = minimize(
        loss,
        np.zeros(num_classes + 1),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-7.0, 7.0)] + [(None, None)] * num_classes,
    )
    return float(np.exp(found.x[0])), found.x[1:]


def _pair_weights(dual: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """One column of weights for each pair of classes, out of the rows that scikit-learn keeps them in.

    The weights of a class's vectors against the other classes stand in the rows of ``dual``, the class itself left out.
    """
    num_classes = len(counts)
    stops = np.cumsum(counts)
    spans = [slice(stop - count, stop) for stop, count in zip(stops, counts, strict=True)]
    columns = []
    for first, second in zip(*np.triu_indices(num_classes, 1), strict=True):
        weights = np.zeros(dual.shape[1])
        weights[spans[first]] = dual[second - 1, spans[first]]
        weights[spans[second]] = dual[first, spans[second]]
        columns.append(weights)
    return np.column_stack(columns)
