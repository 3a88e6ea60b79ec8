"""What a point is worth trying for: expected improvement, on a logarithmic scale that does not underflow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import erfcx, log_ndtr

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOG_ROOT_2PI = 0.5 * math.log(2.0 * math.pi)
# Below this the closed form of the improvement loses all its digits.
_FAR = -1.0


def log_expected_improvement(mean: NDArray[np.float64], std: NDArray[np.float64], best: float) -> NDArray[np.float64]:
    """Logarithm of the expected gain over ``best`` under a normal prediction, for minimisation.

    Args:
        mean: Predicted objective, shape (n,), in the unit of ``best``.
        std: Predictive standard deviation, shape (n,), positive.
        best: Lowest objective so far.

    Returns:
        Logarithms of the gains, shape (n,), finite however small the gain. Source: Ament et al., Unexpected
        Improvements to Expected Improvement (2023), section 4.1.
    """
    return np.asarray(_log_improvement((best - mean) / std) + np.log(std))


def log_feasibility(mean: NDArray[np.float64], std: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of the probability that a normal prediction is at most 0, shape (n,)."""
    return np.asarray(log_ndtr(-mean / std))


def improvement_slopes(mean: float, std: float, best: float) -> tuple[float, float, float]:
    """The logarithm of the expected gain at one point, and its derivatives by ``mean`` and by ``std``."""
    z = (best - mean) / std
    value = float(_log_improvement(np.array([z]))[0])
    # d log h / dz is Phi(z) / h(z), both taken as logarithms.
    ratio = math.exp(float(log_ndtr(z)) - value)
    return value + math.log(std), -ratio / std, (1.0 - z * ratio) / std


def _log_improvement(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of ``phi(z) + z Phi(z)``, shape (n,)."""
    result = np.empty_like(z)
    near = z > _FAR
    close = z[near]
    result[near] = np.log(np.exp(-0.5 * close * close - _LOG_ROOT_2PI) + close * np.exp(log_ndtr(close)))
    far = z[~near]
    # erfcx is exp(x²) erfc(x): Phi(z) / phi(z) without either of them.
    ratio = math.sqrt(0.5 * math.pi) * erfcx(-far / math.sqrt(2.0))
    with np.errstate(divide="ignore"):
        gain = np.where(far > -1e4, np.log1p(np.maximum(far * ratio, -1.0 + 1e-16)), -2.0 * np.log(-far))
    result[~near] = -0.5 * far * far - _LOG_ROOT_2PI + gain
    return result
