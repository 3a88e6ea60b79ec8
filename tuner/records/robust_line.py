"""A line through few and partly wrong points: robust regression with a prior on its slopes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]

# What is believed before there are references, in units of spreads: how the final loss goes with the value at a step
# and with the progress up to it, and how many references that belief is worth.
_PRIOR_SLOPES, _PRIOR_REFERENCES = np.array([0.6, -0.5]), 2.0
_PRIOR_ERROR = math.sqrt(1.0 - 0.6**2 - 0.5**2)
# Residuals beyond this many standard deviations are pulled in (Huber).
_HUBER, _ROBUST_ROUNDS = 1.5, 3
# What is further out than this many spreads is taken as if it were there.
_FAR_OUT = 4.0
# Losses beyond this are a training that blew up.
_MOST_UNITS = 1e100


@dataclass(frozen=True)
class RobustLine:
    """What the final loss is for a value and a progress.

    Args:
        middle: Middle of the features, shape (2,).
        reach: How far from the middle features count, shape (2,).
        scale: Units of the features, shape (2,).
        level: Loss where the units of the losses begin.
        unit: The unit of the losses.
        x_mean: Mean of the references' features in units, shape (2,).
        y_mean: Mean of their losses in units.
        slopes: Loss per feature in units: the first not below 0, the second not above, shape (2,).
        error: Standard deviation of the references from the line, in units.
        count: What the references weigh together.
        inverse: Inverse of their moments, shape (2, 2).
    """

    middle: _Floats
    reach: _Floats
    scale: _Floats
    level: float
    unit: float
    x_mean: _Floats
    y_mean: float
    slopes: _Floats
    error: float
    count: float
    inverse: _Floats

    @classmethod
    def fit(cls, x: _Floats, y: _Floats, y_deviation: _Floats, spreads: _Floats) -> RobustLine:
        """The line through references.

        Args:
            x: Value and progress of the references, shape (n, 2), n >= 1.
            y: Their final losses, shape (n,).
            y_deviation: How unsure these are, as standard deviations, shape (n,).
            spreads: How far features of trials spread, references or not, shape (2,).
        """
        spreads = np.maximum(spreads, 1e-12 * (1 + np.max(np.abs(x))))
        is_known = len(y) >= 3
        scale = np.maximum([spread(column) for column in x.T], 0.1 * spreads) if is_known else spreads
        unit = max(spread(y) if is_known else 0.0, (0.05 if is_known else 0.5) * float(scale[0]))
        middle, level, reach = np.median(x, axis=0), float(np.median(y)), _FAR_OUT * spreads
        x, y, y_deviation = np.clip(x - middle, -reach, reach) / scale, (y - level) / unit, y_deviation / unit
        # Their squares must stay finite.
        y = np.clip(y, -_MOST_UNITS, _MOST_UNITS)
        trust = 1.0 / (1.0 + np.minimum(y_deviation / _PRIOR_ERROR, 10.0) ** 2)
        weights = trust
        for _ in range(_ROBUST_ROUNDS):
            count = np.sum(weights)
            x_mean, y_mean = weights @ x / count, weights @ y / count
            centered = x - x_mean
            weighted = (centered * weights[:, None]).T
            moments = weighted @ centered + _PRIOR_REFERENCES * np.eye(2)
            slopes = _signed(moments, weighted @ (y - y_mean) + _PRIOR_REFERENCES * _PRIOR_SLOPES)
            residuals = y - y_mean - centered @ slopes
            squares = weights @ residuals**2 + _PRIOR_REFERENCES * _PRIOR_ERROR**2
            error = math.sqrt(squares / (count + _PRIOR_REFERENCES))
            weights = trust * _HUBER * error / np.maximum(np.abs(residuals), _HUBER * error)
        inverse = np.linalg.inv(moments)
        return cls(
            middle, reach, scale, level, unit, x_mean, float(y_mean), slopes, error, float(count), np.asarray(inverse)
        )

    def predict(self, x: _Floats) -> tuple[_Floats, _Floats]:
        """Losses and their standard deviations for features of shape (m, 2), shape (m,) each."""
        away = np.clip(x - self.middle, -self.reach, self.reach) / self.scale - self.x_mean
        # Column by column: products of matrices round differently with the number of rows.
        first, second = away.T
        (a, b), (_, c) = self.inverse
        leverage = a * first**2 + 2 * b * first * second + c * second**2
        losses = self.level + self.unit * (self.y_mean + first * self.slopes[0] + second * self.slopes[1])
        return losses, self.unit * self.error * np.sqrt(1.0 + 1.0 / self.count + leverage)


def spread(values: _Floats) -> float:
    """A robust standard deviation: from the quartiles, or from all values where these are equal; 0 of none."""
    if not len(values):
        return 0.0
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high - low) / 1.349 or float(np.std(values))


def _signed(moments: _Floats, products: _Floats) -> _Floats:
    """Least squares with two slopes, the first not below 0, the second not above."""
    slopes = np.asarray(np.linalg.solve(moments, products), dtype=np.float64)
    if slopes[0] >= 0 >= slopes[1]:
        return slopes
    alone = products / np.diag(moments)
    return np.array([max(alone[0], 0.0), 0.0]) if slopes[1] > 0 else np.array([0.0, min(alone[1], 0.0)])
