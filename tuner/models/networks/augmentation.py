"""Pictures changed a little in each epoch, so that a network learns what does not matter.

Keras has layers for this, but on a processor they cost up to twenty times what a small network does (8 x 8 pictures on
JAX). This is one pass over the pictures of an epoch, the same on every backend, and the saved network is free of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from tuner.space import Categorical, Float, Parameter, Params

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MAX_SHIFT, _MAX_ROTATION, _MAX_ZOOM = 0.25, 0.25, 0.4
_NUMBERS_AT_ONCE = 2_000_000


def augmentation_parameters() -> dict[str, Parameter]:
    """``flip``: ``none``, ``horizontal`` or ``both`` ways; ``shift``, at most this share of a side; ``rotate``, at most
    this share of a full turn, either way; ``zoom``, larger or smaller by at most this share.
    """
    return {
        "flip": Categorical(["none", "horizontal", "both"]),
        "shift": Float(0.0, _MAX_SHIFT),
        "rotate": Float(0.0, _MAX_ROTATION),
        "zoom": Float(0.0, _MAX_ZOOM),
    }


def augmentation_defaults(shape: tuple[int, ...]) -> Params:
    """Nothing for tiny pictures, whose every pixel counts; a little for others, and a mirror only for those in colour:
    gray ones may be letters, digits or scans.

    Args:
        shape: Height, width and channels.
    """
    if max(shape[:2]) <= 16:
        return {"flip": "none", "shift": 0.0, "rotate": 0.0, "zoom": 0.0}
    return {"flip": "horizontal" if shape[2] >= 3 else "none", "shift": 0.08, "rotate": 0.02, "zoom": 0.1}


@dataclass(frozen=True)
class ImageAugmentation:
    """Random flips, shifts, turns and zooms, drawn for each picture. Beyond its edges a picture goes on as it ends.

    Args:
        flip: See ``augmentation_parameters``.
        shift: The same.
        rotate: The same.
        zoom: The same.
    """

    flip: str
    shift: float
    rotate: float
    zoom: float

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self | None:
        """That of a point of ``augmentation_parameters``; None if nothing is changed."""
        found = cls(params["flip"], params["shift"], params["rotate"], params["zoom"])
        return found if found.flip != "none" or found._is_moving else None

    @property
    def _is_moving(self) -> bool:
        return bool(self.shift or self.rotate or self.zoom)

    def apply(self, images: NDArray[np.float32], rng: np.random.Generator) -> None:
        """Change pictures in place.

        Args:
            images: Shape (n, height, width, channels).
            rng: Where the changes are drawn from.
        """
        at_once = max(1, _NUMBERS_AT_ONCE // max(1, math.prod(images.shape[1:])))
        for start in range(0, len(images), at_once):
            chunk = images[start : start + at_once]
            if self.flip != "none":
                _flip(chunk, rng, axis=2)
            if self.flip == "both":
                _flip(chunk, rng, axis=1)
            if self._is_moving:
                chunk[...] = self._moved(chunk, rng)

    def _moved(self, images: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """Each new pixel is read where the drawn turn, zoom and shift come from, between four old ones."""
        import numpy as np

        num_rows, height, width, _ = images.shape
        angle, scale, down, right = rng.uniform(-1.0, 1.0, (4, num_rows, 1, 1))
        angle, scale = angle * self.rotate * 2 * np.pi, 1.0 + scale * self.zoom
        cosine, sine = np.cos(angle) * scale, np.sin(angle) * scale
        y = (np.arange(height) - (height - 1) / 2)[:, None]
        x = (np.arange(width) - (width - 1) / 2)[None, :]
        from_y = cosine * y - sine * x + (height - 1) / 2 + down * self.shift * height
        from_x = sine * y + cosine * x + (width - 1) / 2 + right * self.shift * width
        return _read_between(images, from_y.clip(0, height - 1), from_x.clip(0, width - 1))


def _flip(images: NDArray[np.float32], rng: np.random.Generator, axis: int) -> None:
    import numpy as np

    chosen = rng.random(len(images)) < 0.5
    images[chosen] = np.flip(images[chosen], axis=axis)


def _read_between(images: NDArray[np.float32], y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float32]:
    """The bilinear mean at places within the pictures.

    Args:
        images: Shape (n, height, width, channels).
        y: Rows of pixels, shape (n, height, width).
        x: Columns of pixels, likewise.
    """
    import numpy as np

    num_rows, height, width, channels = images.shape
    pixels = images.reshape(-1, channels)
    top, left = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    below, beside = (y - top).astype(np.float32)[..., None], (x - left).astype(np.float32)[..., None]
    first = np.arange(num_rows)[:, None, None] * (height * width)
    upper, lower = first + top * width, first + np.minimum(top + 1, height - 1) * width
    right = np.minimum(left + 1, width - 1)
    above = pixels[upper + left] * (1 - beside) + pixels[upper + right] * beside
    under = pixels[lower + left] * (1 - beside) + pixels[lower + right] * beside
    between: NDArray[np.float32] = above * (1 - below) + under * below
    return between
