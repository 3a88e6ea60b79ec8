"""Losses brought into a shape that a Gaussian process can model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_POWERS = np.linspace(-1.0, 2.0, 25)
# Losses further above the middle than this many spreads are bad, and it does not matter how bad.
_CAP = 3.0


class Warp:
    """A rising function that makes losses about standard normal.

    Losses are measured in robust spreads from their median, bad outliers are pulled in on a logarithmic scale, and a
    Yeo-Johnson power, chosen by likelihood, takes the skew away.

    Args:
        losses: What was observed, finite, shape (n,), n at least 1.

    Source: Yeo and Johnson (2000).
    """

    def __init__(self, losses: NDArray[np.float64]) -> None:
        # In quarters, so that a range of twice the largest float does not overflow.
        self._middle = float(np.median(losses / 4.0))
        lower, upper = np.quantile(losses / 4.0, [0.1, 0.6])
        spread = float(upper - lower)
        if not spread > 0.0:
            spread = float(np.ptp(losses / 4.0))
        self._spread = spread if spread > 0.0 else 1.0
        plain = self._plain(losses)
        self._power = _most_normal_power(plain)
        powered = _yeo_johnson(plain, self._power)
        self._mean, deviation = float(powered.mean()), float(powered.std())
        self._deviation = deviation if deviation > 1e-12 else 1.0

    def __call__(self, losses: NDArray[np.float64]) -> NDArray[np.float64]:
        """The losses on the warped scale, in the shape they have."""
        return np.asarray((_yeo_johnson(self._plain(losses), self._power) - self._mean) / self._deviation)

    def variances(self, losses: NDArray[np.float64], deviations: NDArray[np.float64]) -> NDArray[np.float64]:
        """Variances on the warped scale of losses that may be off by ``deviations``, each shape (n,)."""
        half = 0.5 * (self(losses + deviations) - self(losses - deviations))
        return np.minimum(half * half, 4.0)

    def _plain(self, losses: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(over="ignore"):
            away = np.clip((losses / 4.0 - self._middle) / self._spread, -1e8, 1e8)
        return np.where(away > _CAP, _CAP + np.log1p(np.maximum(away - _CAP, 0.0)), away)


def _most_normal_power(values: NDArray[np.float64]) -> float:
    if len(values) < 4:
        return 1.0
    log_jacobian = float((np.sign(values) * np.log1p(np.abs(values))).sum())
    best, best_score = 1.0, -np.inf
    for power in _POWERS.tolist():
        variance = float(_yeo_johnson(values, power).var())
        if variance < 1e-20:
            continue
        score = -0.5 * len(values) * float(np.log(variance)) + (power - 1.0) * log_jacobian
        if score > best_score:
            best, best_score = power, score
    return best


def _yeo_johnson(values: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    positive = np.maximum(values, 0.0)
    negative = np.maximum(-values, 0.0)
    right = np.log1p(positive) if abs(power) < 1e-9 else np.expm1(power * np.log1p(positive)) / power
    other = 2.0 - power
    left = np.log1p(negative) if abs(other) < 1e-9 else np.expm1(other * np.log1p(negative)) / other
    return np.where(values >= 0.0, right, -left)
