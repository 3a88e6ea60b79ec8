"""FLAML's BlendSearch."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

from benchmarks.search.systems.tuning import Asked, Tuning
from tuner.space import Categorical, Float, Int, Params, SearchSpace


class FlamlTuning(Tuning):
    """BlendSearch, asked and told. A parent becomes a choice among dictionaries, as FLAML wants conditions.

    Args:
        space: Where to search; each condition may have one parent.
        seed: Seed of the searcher.
    """

    def __init__(self, space: SearchSpace, seed: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import_module("optuna").logging.set_verbosity(40)
            self._tune: Any = import_module("flaml.tune")
            searchers: Any = import_module("flaml.tune.searcher")
            self._space = space
            domains = self._domains(None, None)
            # A seed of 0 would be taken for none.
            self._searcher = searchers.BlendSearch(metric="loss", mode="min", space=domains, seed=seed + 20)
        self._running: dict[int, dict[str, Any]] = {}
        self._asked = 0

    def ask(self) -> Asked:
        number = self._asked
        self._asked += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            config = None
            # None says that a thread is to be tried again, not that nothing is left.
            for turn in range(100):
                config = self._searcher.suggest(f"{number}-{turn}")
                if config is not None:
                    break
        if config is None:
            raise RuntimeError("FLAML made no suggestion in 100 turns.")
        self._running[number] = {"id": f"{number}-{turn}", "config": config}
        flat = _flat(config)
        params: Params = {}
        for name in self._space.order:
            if self._space.is_active(name, params):
                params[name] = self._value(name, flat[name])
        return Asked(number, self._space.check(params))

    def tell(self, number: int, value: float) -> None:
        trial = self._running.pop(number)
        result = {"loss": value, "config": trial["config"], "time_total_s": 1.0, "training_iteration": 1}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._searcher.on_trial_complete(trial["id"], result)

    def _domains(self, parent: str | None, value: object) -> dict[str, Any]:
        """Domains of the parameters that exist because ``parent`` has this value; those without a parent for None."""
        domains = {}
        for name in self._space.order:
            conditions = self._space[name].when or {}
            is_here = not conditions if parent is None else value in conditions.get(parent, ())
            if is_here:
                domains[name] = self._domain(name)
        return domains

    def _domain(self, name: str) -> Any:
        parameter = self._space[name]
        if any(name in (other.when or {}) for other in self._space.values()):
            assert isinstance(parameter, Categorical | Int)
            values = (
                list(parameter.choices)
                if isinstance(parameter, Categorical)
                else list(range(parameter.low, parameter.high + 1, parameter.step))
            )
            return self._tune.choice([{name: value, **self._domains(name, value)} for value in values])
        match parameter:
            case Float(step=None, log=True):
                return self._tune.loguniform(parameter.low, parameter.high)
            case Float(step=None):
                return self._tune.uniform(parameter.low, parameter.high)
            case Int(log=True):
                return self._tune.lograndint(parameter.low, parameter.high + 1)
            case Float() | Int():
                return self._tune.randint(0, parameter.num_steps + 1)
            case Categorical():
                domain = self._tune.choice(list(range(len(parameter.choices))))
                domain.ordered = parameter.ordered
                return domain

    def _value(self, name: str, found: Any) -> Any:
        parameter = self._space[name]
        if any(name in (other.when or {}) for other in self._space.values()):
            return found
        if isinstance(parameter, Float) and parameter.step is None:
            return min(max(float(found), parameter.low), parameter.high)
        return parameter.decode(int(found))


def _flat(config: dict[str, Any]) -> dict[str, Any]:
    """The parameters of nested dictionaries by name."""
    flat = {}
    for name, value in config.items():
        flat.update(_flat(value) if isinstance(value, dict) else {name: value})
    return flat
