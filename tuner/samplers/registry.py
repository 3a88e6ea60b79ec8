"""Samplers by name."""

from __future__ import annotations

from importlib import import_module

from tuner.errors import UnknownName
from tuner.samplers.base import Sampler

# Imported on demand: most samplers bring numpy and Optuna along. With when to choose each, for people.
_CLASSES = {
    "auto": (
        "tuner.samplers.auto",
        "AutoSampler",
        "Combines several, as the evidence goes; for whoever does not know.",
    ),
    "random": ("tuner.samplers.random", "RandomSampler", "Random points: the baseline that any other has to beat."),
    "grid": (
        "tuner.samplers.grid",
        "GridSampler",
        "Every combination once: for small spaces to be covered completely.",
    ),
    "sobol": (
        "tuner.samplers.sobol",
        "SobolSampler",
        "Evenly spread points: where they must not depend on results, or hundreds run at once.",
    ),
    "tpe": ("tuner.samplers.tpe", "TPESampler", "Parzen estimator: for mixed, conditional or noisy problems."),
    "gp": ("tuner.samplers.gp", "GPSampler", "Gaussian process: for expensive trials, up to a few hundred."),
    "cmaes": (
        "tuner.samplers.cmaes",
        "CMAESSampler",
        "Evolution strategy: for one objective over numbers without conditions, and several hundred trials.",
    ),
    "nsga2": ("tuner.samplers.nsga2", "NSGA2Sampler", "Evolution: for two objectives and many cheap trials."),
    "nsga3": ("tuner.samplers.nsga3", "NSGA3Sampler", "Evolution: for three and more objectives, many cheap trials."),
}


def sampler_names() -> tuple[str, ...]:
    """The names that ``create_sampler`` knows, the default first."""
    return tuple(_CLASSES)


def sampler_descriptions() -> dict[str, str]:
    """A sentence about each sampler, by name, the default first."""
    return {name: description for name, (_, _, description) in _CLASSES.items()}


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
    module, class_name, _ = _CLASSES[name]
    sampler: Sampler = getattr(import_module(module), class_name)()
    return sampler
