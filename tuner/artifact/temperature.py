"""Probabilities made surer: averages of models are less certain than they should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Averaging never makes probabilities too certain, so nothing above 1 is tried.
_LOWEST = 0.5
_TINY = 1e-15
# Each leaves 0.62 of the interval.
_NARROWINGS = 16


def with_temperature(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Probabilities divided by ``temperature`` on the logarithmic scale, and brought back to a sum of 1.

    Args:
        probabilities: Shape (n, classes).
        temperature: Below 1 the likely class becomes likelier; 1 changes nothing.

    Returns:
        Shape (n, classes). The order of the classes in each row stays as it was.
    """
    import numpy as np

    powers = np.maximum(probabilities, _TINY) ** (1 / temperature)
    surer: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return surer


def fit_temperature(probabilities: NDArray[np.float64], labels: NDArray[np.generic]) -> float:
    """The temperature, from 0.5 to 1, under which the probabilities have the least log loss.

    Args:
        probabilities: For rows that the models had not learned from, shape (n, classes).
        labels: Their class indices, shape (n,).

    Returns:
        The temperature. Source: Guo et al. (2017), who fit it to networks that are too certain.
    """
    import numpy as np

    logarithms = np.log(np.maximum(probabilities, _TINY))
    chosen = logarithms[np.arange(len(labels)), np.asarray(labels, np.int64)].mean()
    highest = logarithms.max(axis=1, keepdims=True)
    below = logarithms - highest

    def loss(sharpness: float) -> float:
        total = np.log(np.exp(sharpness * below).sum(axis=1)) + sharpness * highest[:, 0]
        return float(total.mean() - sharpness * chosen)

    # Convex in the sharpness, 1 / temperature: a golden-section search finds the one minimum.
    ratio = (5**0.5 - 1) / 2
    low, high = 1.0, 1 / _LOWEST
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    left_loss, right_loss = loss(left), loss(right)
    for _ in range(_NARROWINGS):
        if left_loss <= right_loss:
            high, right, right_loss = right, left, left_loss
            left = high - ratio * (high - low)
            left_loss = loss(left)
        else:
            low, left, left_loss = left, right, right_loss
            right = low + ratio * (high - low)
            right_loss = loss(right)
    middle = (low + high) / 2
    return 1 / middle if loss(middle) < loss(1.0) else 1.0
