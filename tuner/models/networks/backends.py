"""What Keras runs on: one backend in a process, from its first import of Keras on. Looking for them imports none."""

from __future__ import annotations

import importlib.util
import os
import sys
from enum import StrEnum
from typing import Any

from tuner.errors import MissingExtra, UnknownName

VARIABLE = "KERAS_BACKEND"
"""The environment variable that chooses the backend of a process."""


class Backend(StrEnum):
    """A library that Keras runs on. In the order in which they are taken: smallest and fastest per epoch first."""

    JAX = "jax"
    TORCH = "torch"
    TENSORFLOW = "tensorflow"

    @property
    def extra(self) -> str:
        """The extra of this distribution that brings it."""
        return "keras" if self is Backend.JAX else self.value


def installed_backends() -> tuple[Backend, ...]:
    """The backends that a process started from here could have; none without Keras."""
    if importlib.util.find_spec("keras") is None:
        return ()
    return tuple(backend for backend in Backend if importlib.util.find_spec(backend.value) is not None)


def chosen_backend() -> Backend:
    """The backend that Keras has in this process, or will have: that of the environment, else the first installed.

    Raises:
        UnknownName: The environment names none of the backends.
        MissingExtra: The one it names is not installed, or none is.
    """
    if "keras" in sys.modules:
        return Backend(sys.modules["keras"].config.backend())
    installed = installed_backends()
    named = os.environ.get(VARIABLE)
    if not named:
        if not installed:
            raise MissingExtra(Backend.JAX.extra, "A network")
        return installed[0]
    if named not in list(Backend):
        raise UnknownName("Keras backend", named, list(Backend))
    backend = Backend(named)
    if backend not in installed:
        raise MissingExtra(backend.extra, f"Keras on {backend}")
    return backend


def stay_on_processor() -> None:
    """Have JAX compute on the processor in this process from now on, even if there is a GPU.

    No effect on other backends, where ``JAX_PLATFORMS`` says otherwise, or once JAX has computed something.
    """
    if chosen_backend() is Backend.JAX and not os.environ.get("JAX_PLATFORMS"):
        import jax

        jax.config.update("jax_platforms", "cpu")  # type: ignore[no-untyped-call]  # JAX has none here


def import_keras() -> Any:  # Keras ships without type information
    """Keras, on the backend that ``chosen_backend`` tells.

    Raises:
        UnknownName: The environment names none of the backends.
        MissingExtra: It is not installed.
    """
    os.environ[VARIABLE] = chosen_backend().value
    # TensorFlow greets whoever imports it with lines about the processor.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras

    return keras
