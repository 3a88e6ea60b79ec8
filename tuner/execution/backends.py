"""Which backends of Keras a worker trains on."""

from __future__ import annotations

import os
from collections.abc import Sequence

from tuner.errors import MissingExtra, UnknownName
from tuner.models.networks.backends import VARIABLE, Backend, installed_backends


def usable_backends(wanted: Sequence[str] | None = None) -> tuple[str, ...]:
    """The backends of a worker; networks are trained on the first, unless their study requires another.

    Args:
        wanted: Names, the preferred one first; None: all that are installed, that of ``KERAS_BACKEND`` first.

    Raises:
        UnknownName: A name is not that of a backend.
        MissingExtra: A backend is not installed.
    """
    installed = installed_backends()
    if wanted is None:
        preferred = os.environ.get(VARIABLE)
        return tuple(sorted(map(str, installed), key=lambda name: name != preferred))
    for name in wanted:
        if name not in list(Backend):
            raise UnknownName("backend", name, list(Backend))
        if name not in installed:
            raise MissingExtra(Backend(name).extra, f"Keras on {name}")
    return tuple(dict.fromkeys(wanted))
