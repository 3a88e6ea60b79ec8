"""Samplers by name."""

from __future__ import annotations

from importlib import import_module

from tuner.errors import UnknownName
from tuner.samplers.base import Sampler

# Imported on demand: most samplers bring numpy and Optuna along.
_CLASSES = {
    "auto": ("tuner.samplers.auto", "AutoSampler"),
    "random": ("tuner.samplers.random", "RandomSampler"),
    "grid": ("tuner.samplers.grid", "GridSampler"),
    "sobol": ("tuner.samplers.sobol", "SobolSampler"),
    "tpe": ("tuner.samplers.tpe", "TPESampler"),
    "gp": ("tuner.samplers.gp", "GPSampler"),
    "cmaes": ("tuner.samplers.cmaes", "CMAESSampler"),
    "nsga2": ("tuner.samplers.nsga2", "NSGA2Sampler"),
    "nsga3": ("tuner.samplers.nsga3", "NSGA3Sampler"),
}


def sampler_names() -> tuple[str, ...]:
    """The names that ``create_sampler`` knows, the default first."""
    return tuple(_CLASSES)


def create_sampler(name: str, pointer: str = "#/sampler") -> Sampler:
    """A new sampler with its defaults, for one study.

    Args:
        name: One of ``sampler_names()``.
        pointer: Where the name stood in the request.

    Raises:
        UnknownName: There is no such sampler.
    """
    if name not in _CLASSES:
        raise UnknownName("sampler", name, _CLASSES, pointer)
    module, class_name = _CLASSES[name]
    sampler: Sampler = getattr(import_module(module), class_name)()
    return sampler
