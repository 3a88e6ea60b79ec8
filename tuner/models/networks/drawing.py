"""The weights a network begins with, drawn by NumPy: the same on every backend, and without anything to compile.

JAX compiles a program for each shape that is drawn, which for a small network takes as long as its training.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tuner.models.networks.backends import import_keras

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The standard deviation of a normal distribution that is cut off at two of its own.
_CUT_OFF_DEVIATION = 0.87962566103423978


# Any, here and below: Keras ships without type information.
def drawn(initializer: Any) -> Any:
    """An initializer of the same distribution that draws by NumPy.

    Layers hold it only until ``restore_initializers``: what is saved must be loaded without code of ours.

    Args:
        initializer: Keras's, with an integer as its seed: one that scales variances, a normal, a uniform or an
            orthogonal one. Others begin every weight alike, and are given back as they are.
    """
    keras = import_keras()
    kinds = ("VarianceScaling", "RandomNormal", "RandomUniform", "Orthogonal")
    is_random = isinstance(initializer, tuple(getattr(keras.initializers, kind) for kind in kinds))
    return _drawing_class()(initializer) if is_random else initializer


def restore_initializers(model: Any) -> None:
    """Give the layers of a model that is built Keras's own initializers back, so that its configuration names them."""
    drawing = _drawing_class()
    for layer in model._flatten_layers(include_self=False):
        for name, value in list(vars(layer).items()):
            if isinstance(value, drawing):
                setattr(layer, name, value.standard)


@functools.cache
def _drawing_class() -> Any:
    keras = import_keras()

    # Registered, for layers that copy others do so by their configurations.
    @keras.saving.register_keras_serializable(package="tuner")
    class Drawn(keras.initializers.Initializer):  # type: ignore[misc, name-defined]  # untyped
        def __init__(self, standard: Any) -> None:
            self.standard = standard

        def __call__(self, shape: Sequence[int], dtype: Any = None) -> NDArray[Any]:
            import numpy as np

            rng = np.random.Generator(np.random.Philox(self.standard.seed))
            return _draw(keras, self.standard, tuple(shape), rng).astype(np.float32)

        def get_config(self) -> dict[str, Any]:
            return {"standard": keras.saving.serialize_keras_object(self.standard)}

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            return cls(keras.saving.deserialize_keras_object(config["standard"]))

    return Drawn


def _draw(keras: Any, standard: Any, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    kinds = keras.initializers
    match standard:
        case kinds.VarianceScaling():
            return _scaled(standard, shape, rng)
        case kinds.RandomNormal():
            return rng.normal(standard.mean, standard.stddev, shape)
        case kinds.RandomUniform():
            return rng.uniform(standard.minval, standard.maxval, shape)
        case _:
            return float(standard.gain) * _orthogonal(shape, rng)


def _scaled(standard: Any, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Weights whose variance is that of ``scale`` divided by how many enter, leave, or the mean of both."""
    entering, leaving = _fans(shape)
    fan = {"fan_in": entering, "fan_out": leaving}.get(standard.mode, (entering + leaving) / 2)
    variance = standard.scale / max(1.0, fan)
    match standard.distribution:
        case "truncated_normal":
            return math.sqrt(variance) / _CUT_OFF_DEVIATION * _cut_off_normal(shape, rng)
        case "untruncated_normal":
            return rng.normal(0.0, math.sqrt(variance), shape)
        case _:
            limit = math.sqrt(3 * variance)
            return rng.uniform(-limit, limit, shape)


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many values enter a place, and leave it: those of all places that a filter covers."""
    *places, entering, leaving = shape if len(shape) > 1 else 2 * shape
    covered = math.prod(places)
    return covered * entering, covered * leaving


def _cut_off_normal(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Standard normal values, those beyond two drawn again."""
    import numpy as np

    values = rng.standard_normal(shape)
    while (far := np.abs(values) > 2).any():
        values[far] = rng.standard_normal(int(far.sum()))
    return values


def _orthogonal(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """An orthogonal matrix, any of them as likely. Source: Mezzadri (2007), How to Generate Random Matrices."""
    import numpy as np

    rows, columns = math.prod(shape[:-1]), shape[-1]
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diag(r))
    return (q if rows >= columns else q.T).reshape(shape)
