"""Pictures brought to another size, in NumPy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def resized(images: NDArray[Any], height: int, width: int) -> NDArray[np.float32]:
    """Stretch or shrink pictures; each new pixel is a weighted mean of those that it lies on.

    The weights fall linearly with the distance, over one pixel of whichever grid is coarser: the bilinear filter that
    Pillow has, without its rounding.

    Args:
        images: Shape (n, old height, old width, channels).
        height: New height.
        width: New width.

    Returns:
        Shape (n, height, width, channels).
    """
    values = np.asarray(images, np.float32)
    if values.shape[1] != height:
        values = np.einsum("ij,njwc->niwc", _weights(values.shape[1], height), values, optimize=True)
    if values.shape[2] != width:
        values = np.einsum("ij,nhjc->nhic", _weights(values.shape[2], width), values, optimize=True)
    return values


def _weights(old: int, new: int) -> NDArray[np.float32]:
    """What each old place counts at each new one, shape (new, old)."""
    ratio = old / new
    reach = max(1.0, ratio)
    centers = (np.arange(new) + 0.5) * ratio
    distances = np.abs(np.arange(old) + 0.5 - centers[:, None]) / reach
    weights = np.maximum(0.0, 1.0 - distances)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)
