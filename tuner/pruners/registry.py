"""Pruners by name."""

from __future__ import annotations

from tuner.errors import UnknownName
from tuner.pruners.asha import ASHAPruner
from tuner.pruners.base import Pruner
from tuner.pruners.median import MedianPruner
from tuner.pruners.none import NonePruner

_CLASSES: dict[str, type[Pruner]] = {"asha": ASHAPruner, "median": MedianPruner, "none": NonePruner}


def pruner_names() -> tuple[str, ...]:
    """The names that ``create_pruner`` knows, the default first."""
    return tuple(_CLASSES)


def create_pruner(name: str, pointer: str = "#/pruner") -> Pruner:
    """A new pruner with its defaults.

    Args:
        name: One of ``pruner_names()``.
        pointer: Where the name stood in the request.

    Raises:
        UnknownName: There is no such pruner.
    """
    if name not in _CLASSES:
        raise UnknownName("pruner", name, _CLASSES, pointer)
    return _CLASSES[name]()
