"""Optuna's samplers and pruners, and those of packages with the same interface."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

from benchmarks.search.systems.tuning import Asked, Tuning
from tuner.space import Categorical, Float, Int, Params, SearchSpace


class OptunaTuning(Tuning):
    """A study in memory, asked and told as its documentation shows, with parameters suggested one by one.

    Args:
        package: ``optuna``, or another package with its interface.
        sampler: Name of the sampler's class.
        options: Its arguments beside the seed.
        pruner: Name of the pruner's class; None: trials are never stopped.
        space: Where to search.
        seed: Seed of the sampler.
        num_epochs: Length of a full training, for Hyperband.
    """

    def __init__(
        self,
        package: str,
        sampler: str,
        options: dict[str, Any],
        pruner: str | None,
        space: SearchSpace,
        seed: int,
        num_epochs: int,
    ) -> None:
        module = import_module(package)
        samplers: Any = import_module(f"{package}.samplers")
        self._space = space
        if package == "optuna":
            module.logging.set_verbosity(module.logging.ERROR)
        with warnings.catch_warnings():
            # Several of the arguments are marked experimental.
            warnings.simplefilter("ignore")
            chosen = {"sampler": getattr(samplers, sampler)(seed=seed, **options)}
            if pruner is not None:
                bounds = {"max_resource": num_epochs} if pruner == "HyperbandPruner" else {}
                chosen["pruner"] = getattr(module.pruners, pruner)(**bounds)
            elif package == "optuna":
                chosen["pruner"] = module.pruners.NopPruner()
            self._study = module.create_study(direction="minimize", **chosen)
        self._takes_trials = package == "optuna"
        self._pruned = None if pruner is None else module.trial.TrialState.PRUNED
        self._running: dict[int, Any] = {}

    def ask(self) -> Asked:
        trial = self._study.ask()
        params: Params = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in self._space.order:
                if self._space.is_active(name, params):
                    params[name] = _suggest(trial, name, self._space)
        self._running[trial.number] = trial
        return Asked(trial.number, params)

    def tell(self, number: int, value: float) -> None:
        trial = self._running.pop(number)
        self._study.tell(trial if self._takes_trials else number, value)

    def report(self, number: int, epoch: int, value: float) -> bool:
        trial = self._running[number]
        trial.report(value, epoch)
        return bool(trial.should_prune())

    def stopped(self, number: int, value: float) -> None:
        self._study.tell(self._running.pop(number), state=self._pruned)


def _suggest(trial: Any, name: str, space: SearchSpace) -> Any:
    match space[name]:
        case Float() as parameter:
            return trial.suggest_float(name, parameter.low, parameter.high, log=parameter.log, step=parameter.step)
        case Int() as parameter:
            return trial.suggest_int(name, parameter.low, parameter.high, log=parameter.log, step=parameter.step)
        case Categorical() as parameter:
            return trial.suggest_categorical(name, list(parameter.choices))
