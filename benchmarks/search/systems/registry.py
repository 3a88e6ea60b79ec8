"""Systems by name.

``auto``, ``tpe`` and so on are our samplers, driven directly; ``sdk:auto`` is the same through the SDK. After a plus
stands a pruner: ``auto+asha``, ``optuna-tpe+median``.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from benchmarks.search.systems.tuning import Tuning
from tuner.samplers import sampler_names
from tuner.space import SearchSpace

# Package, class, arguments.
_OPTUNA_LIKE: dict[str, tuple[str, str, dict[str, Any]]] = {
    "optuna-random": ("optuna", "RandomSampler", {}),
    "optuna-tpe": ("optuna", "TPESampler", {}),
    "optuna-tpe-group": ("optuna", "TPESampler", {"multivariate": True, "group": True, "constant_liar": True}),
    "optuna-cmaes": ("optuna", "CmaEsSampler", {}),
    "optuna-gp": ("optuna", "GPSampler", {"deterministic_objective": False}),
    "rustuna-tpe": ("rustuna", "TPESampler", {}),
}
_OPTUNA_PRUNERS = {
    "none": None,
    "median": "MedianPruner",
    "asha": "SuccessiveHalvingPruner",
    "hyperband": "HyperbandPruner",
}
_NEEDED = {"optuna-gp": "torch", "optuna-cmaes": "cmaes", "rustuna-tpe": "rustuna", "flaml-blendsearch": "flaml"}


def system_names() -> tuple[str, ...]:
    """Everything that can be run, without pruners."""
    ours = sampler_names()
    return (*ours, *(f"sdk:{name}" for name in ours), *_OPTUNA_LIKE, "flaml-blendsearch")


def missing_package(name: str) -> str | None:
    """The package that this system needs and that is not installed, if any."""
    package = _NEEDED.get(name.partition("+")[0])
    return package if package is not None and find_spec(package) is None else None


def start(name: str, space: SearchSpace, seed: int, num_epochs: int = 1) -> Tuning:
    """A new study of a system.

    Args:
        name: One of ``system_names()``, and a pruner after a plus.
        space: Where to search.
        seed: Its seed.
        num_epochs: Length of a full training, where trainings can be stopped.
    """
    base, _, pruner = name.partition("+")
    pruner = pruner or "none"
    if base in _OPTUNA_LIKE:
        from benchmarks.search.systems.optuna_like import OptunaTuning

        package, sampler, options = _OPTUNA_LIKE[base]
        return OptunaTuning(package, sampler, options, _OPTUNA_PRUNERS[pruner], space, seed, num_epochs)
    if base == "flaml-blendsearch":
        from benchmarks.search.systems.flaml import FlamlTuning

        return FlamlTuning(space, seed)
    if base.startswith("sdk:"):
        from benchmarks.search.systems.embedded import EmbeddedTuning

        return EmbeddedTuning(base.removeprefix("sdk:"), pruner, space, seed)
    from benchmarks.search.systems.in_process import InProcessTuning

    return InProcessTuning(base, pruner, space, seed)
