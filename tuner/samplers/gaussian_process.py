"""A Gaussian process over a whole conditional space.

Every trial informs every prediction, whatever branch of the space it is from: two points are compared by the parameters
they share, by the choices in which they differ, and by nothing else. n trials, d columns, f features.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.linalg.lapack import dpotri
from scipy.optimize import minimize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tuner.space.encoding import Encoding

_ROOT5 = math.sqrt(5.0)
# Added to the diagonal where rounding has eaten a matrix's definiteness, tenfold until it is back.
_JITTERS = (0.0, 1e-8, 1e-6, 1e-4, 1e-2)
_LOG_LENGTH_CENTRE, _LOG_LENGTH_SPREAD = -0.8, 1.0
# Reluctant to call anything noise: who takes a lucky value for a hill looks around it, which is what helps.
_LOG_NOISE_MEAN, _LOG_NOISE_SPREAD = math.log(1e-4), 2.5
_LOG_AMPLITUDE_SPREAD = 0.7
_BOUNDS = {"length": (-4.0, 6.0), "amplitude": (-3.0, 3.0), "noise": (math.log(1e-6), math.log(2.0))}
_MAX_EVALUATIONS = 30


@dataclass(frozen=True)
class Hyperparameters:
    """What the kernel is made of, on natural logarithms.

    Args:
        length_scales: How far one has to go along each column until the objective is another, shape (d,). Numbers run
            from 0 to 1; from one choice of a category to another it is a distance of 1.
        amplitude: Variance of the objective.
        noise: Variance of its error, in one observation.
    """

    length_scales: NDArray[np.float64]
    amplitude: float
    noise: float


class Kernel:
    """The covariance of the objective between points of a conditional space: Matérn 5/2 over one distance.

    A number that is active contributes its position, one that is not lies at the middle of its range, and a category
    contributes one axis per choice; so an inactive parameter separates nobody, and the choice that makes it active
    separates by a distance of its own. The distance is that of features, hence the covariance is positive definite.

    The prior of a column's length scale is log-normal, its centre rising with the square root of the number of
    parameters that are active together with it: the more there are, the less each should matter.

    Args:
        encoding: The columns.

    Sources: Hvarfner et al., Vanilla Bayesian Optimization Performs Great in High Dimensions (2024), for the prior;
    Hutter and Osborne, A Kernel for Hierarchical Parameter Spaces (2013), for the treatment of activity.
    """

    def __init__(self, encoding: Encoding) -> None:
        self._columns = encoding.columns
        owners: list[int] = []
        for place, column in enumerate(self._columns):
            owners += [place] * (column.num_choices if column.is_unordered else 1)
        self.owners = np.array(owners, dtype=np.intp)
        """Column of each feature, shape (f,)."""
        sample = encoding.active(encoding.draw(256, np.random.default_rng(0)))
        company = sample.sum(axis=1)
        together = [company[flags].mean() if flags.any() else 1.0 for flags in sample.T]
        self.prior_length_scales = _LOG_LENGTH_CENTRE + 0.5 * np.log(np.array(together, dtype=float).reshape(-1))
        """Centres of the prior of the logarithmic length scales, shape (d,)."""

    def features(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """What distances are taken of, shape (n, f)."""
        parts = []
        for place, column in enumerate(self._columns):
            positions = rows[:, place]
            if column.is_unordered:
                # Half the square root of two on each of two axes: a distance of 1 between different choices.
                one_hot = np.full((len(rows), column.num_choices), math.sqrt(0.5) / column.num_choices)
                known = np.flatnonzero(~np.isnan(positions))
                one_hot[known] = 0.0
                one_hot[known, column.cells(positions[known])] = math.sqrt(0.5)
                parts.append(one_hot)
            else:
                parts.append(np.where(np.isnan(positions), 0.5, positions)[:, None])
        return np.hstack(parts) if parts else np.empty((len(rows), 0))

    def scaled(self, features: NDArray[np.float64], parameters: Hyperparameters) -> NDArray[np.float64]:
        """Features in units of the length scales, shape (n, f)."""
        return np.asarray(features * np.exp(-parameters.length_scales)[self.owners])

    def squared_differences(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Squared differences of each column between all pairs of points, shape (d, n (n - 1) / 2)."""
        first, second = np.triu_indices(len(features), k=1)
        differences = np.zeros((len(self._columns), len(first)))
        for place, owner in enumerate(self.owners):
            column = features[:, place]
            differences[owner] += (column[first] - column[second]) ** 2
        return differences


def covariance(a: NDArray[np.float64], b: NDArray[np.float64], amplitude: float) -> NDArray[np.float64]:
    """Matérn 5/2 between scaled features of shape (n, f) and (m, f), shape (n, m)."""
    squared = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1) - 2.0 * (a @ b.T)
    np.maximum(squared, 0.0, out=squared)
    return _matern(squared, amplitude)


def _matern(squared: NDArray[np.float64], amplitude: float) -> NDArray[np.float64]:
    root = _ROOT5 * np.sqrt(squared)
    return np.asarray(amplitude * (1.0 + root + (5.0 / 3.0) * squared) * np.exp(-root))


class GaussianProcess:
    """The objective as it may be, given what has been observed.

    Args:
        kernel: The kernel.
        parameters: Its hyperparameters.
        rows: Observed points, shape (n, d).
        targets: What was observed there, about standard normal, shape (n,).
        variances: How uncertain each observation is beyond the noise, as a variance, shape (n,).
    """

    def __init__(
        self,
        kernel: Kernel,
        parameters: Hyperparameters,
        rows: NDArray[np.float64],
        targets: NDArray[np.float64],
        variances: NDArray[np.float64],
    ) -> None:
        self.kernel = kernel
        self.parameters = parameters
        self._rows, self._targets, self._variances = rows, targets, variances
        self.points = kernel.scaled(kernel.features(rows), parameters)
        """Scaled features of the observed points, shape (n, f)."""
        self.amplitude = math.exp(parameters.amplitude)
        noise = math.exp(parameters.noise)
        matrix = covariance(self.points, self.points, self.amplitude)
        matrix[np.diag_indices_from(matrix)] = self.amplitude + noise + variances
        self._factor = _cholesky(matrix)
        self.weights = cho_solve((self._factor, True), targets, check_finite=False)
        """Factors of the covariances in the mean, shape (n,)."""

    def predict(self, rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation of the noise-free objective at points, each shape (m,)."""
        return self.predict_scaled(self.kernel.scaled(self.kernel.features(rows), self.parameters))

    def predict_scaled(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """As ``predict``, for scaled features, shape (m, f)."""
        across = covariance(self.points, points, self.amplitude)
        explained = solve_triangular(self._factor, across, lower=True, check_finite=False)
        variance = self.amplitude - np.einsum("ij,ij->j", explained, explained)
        return across.T @ self.weights, np.sqrt(np.maximum(variance, 1e-12 * self.amplitude))

    @cached_property
    def inverse(self) -> NDArray[np.float64]:
        """Inverse of the covariance matrix, shape (n, n)."""
        return _inverse(self._factor)

    @property
    def skill(self) -> float:
        """Share of the targets' variance that is predicted when each is left out in turn: at most 1, below 0 if none.

        Source: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), equation 5.12.
        """
        errors = self.weights / np.diag(self.inverse)
        spread = float(((self._targets - self._targets.mean()) ** 2).sum())
        return 1.0 - float(errors @ errors) / spread if spread > 0.0 else 0.0

    def gradients(self, point: NDArray[np.float64]) -> tuple[float, float, NDArray[np.float64], NDArray[np.float64]]:
        """Mean, standard deviation and their gradients with respect to the scaled features of one point, shape (f,)."""
        differences = point - self.points
        squared = (differences * differences).sum(axis=1)
        root = _ROOT5 * np.sqrt(squared)
        decay = np.exp(-root)
        across = self.amplitude * (1.0 + root + (5.0 / 3.0) * squared) * decay
        slopes = (-5.0 / 3.0 * self.amplitude * (1.0 + root) * decay)[:, None] * differences
        solved = self.inverse @ across
        std = math.sqrt(max(self.amplitude - float(across @ solved), 1e-12 * self.amplitude))
        return float(across @ self.weights), std, self.weights @ slopes, -(solved @ slopes) / std

    def expecting(self, rows: NDArray[np.float64]) -> GaussianProcess:
        """The process after its own mean has been observed at points without noise: they hold nothing new any more."""
        if not len(rows):
            return self
        mean, _ = self.predict(rows)
        return GaussianProcess(
            self.kernel,
            self.parameters,
            np.vstack([self._rows, rows]),
            np.concatenate([self._targets, mean]),
            np.concatenate([self._variances, np.zeros(len(rows))]),
        )


def fit_hyperparameters(
    kernel: Kernel, rows: NDArray[np.float64], targets: NDArray[np.float64], variances: NDArray[np.float64]
) -> Hyperparameters:
    """The most probable hyperparameters under their priors.

    Args:
        kernel: The kernel.
        rows: Observed points, shape (n, d).
        targets: What was observed there, about standard normal, shape (n,).
        variances: How uncertain each observation is beyond the noise, shape (n,).

    Returns:
        The maximum a posteriori that L-BFGS finds from the centre of the priors, with exact gradients.
    """
    width, count = len(kernel.prior_length_scales), len(rows)
    differences = kernel.squared_differences(kernel.features(rows))
    first, second = np.triu_indices(count, k=1)
    prior_mean = np.concatenate([kernel.prior_length_scales, [0.0, _LOG_NOISE_MEAN]])
    spread = np.concatenate([np.full(width, _LOG_LENGTH_SPREAD), [_LOG_AMPLITUDE_SPREAD, _LOG_NOISE_SPREAD]])
    matrix = np.empty((count, count))

    def loss(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        inverse_squares = np.exp(-2.0 * theta[:width])
        amplitude, noise = math.exp(theta[width]), math.exp(theta[width + 1])
        squared = inverse_squares @ differences
        root = _ROOT5 * np.sqrt(squared)
        decay = np.exp(-root)
        upper = amplitude * (1.0 + root + (5.0 / 3.0) * squared) * decay
        matrix[first, second] = upper
        matrix[second, first] = upper
        matrix[np.diag_indices(count)] = amplitude + noise + variances
        factor = _cholesky(matrix)
        weights = cho_solve((factor, True), targets, check_finite=False)
        inverse = _inverse(factor)
        value = 0.5 * float(targets @ weights) + float(np.log(np.diag(factor)).sum())
        # Half of trace((inverse - weights weights') dK), with pairs counted twice.
        pull = inverse[first, second] - weights[first] * weights[second]
        trace = np.diag(inverse) - weights * weights
        slope = differences @ (pull * (amplitude * (5.0 / 3.0)) * (1.0 + root) * decay)
        gradient = np.concatenate(
            [
                slope * inverse_squares,
                [float(pull @ upper) + 0.5 * amplitude * float(trace.sum()), 0.5 * noise * float(trace.sum())],
            ]
        )
        away = (theta - prior_mean) / spread
        return value + 0.5 * float(away @ away), gradient + away / spread

    bounds = [_BOUNDS["length"]] * width + [_BOUNDS["amplitude"], _BOUNDS["noise"]]
    options = {"maxfun": _MAX_EVALUATIONS}
    found = minimize(loss, prior_mean, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    return Hyperparameters(found[:width], float(found[width]), float(found[width + 1]))


def _cholesky(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lower factor, with as little added to the diagonal as makes the matrix definite in its rounding."""
    scale = float(np.diag(matrix).mean()) if len(matrix) else 1.0
    for jitter in _JITTERS:
        try:
            return np.asarray(
                cholesky(
                    matrix + jitter * scale * np.eye(len(matrix)) if jitter else matrix, lower=True, check_finite=False
                )
            )
        except np.linalg.LinAlgError:
            continue
    raise AssertionError("a covariance matrix with a hundredth on its diagonal has a factor")


def _inverse(factor: NDArray[np.float64]) -> NDArray[np.float64]:
    inverse, _ = dpotri(factor, lower=1)
    lower = np.tril(inverse)
    return np.asarray(lower + np.tril(lower, -1).T)
