"""The default: the method is chosen for you."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tuner.records import StudyView
from tuner.samplers.base import Sampler, Suggestion
from tuner.samplers.evidence import num_results
from tuner.samplers.tpe import TPESampler
from tuner.space import Categorical, Params

if TYPE_CHECKING:
    import numpy as np

_NUM_START = 10


class AutoSampler(Sampler):
    """Picks the method from what the study is and how far it has come.

    The first points, until ten trials have ended with a result, are random, except that a choice on which other
    parameters depend (the model family, say) takes its values in turn: no branch is left out by chance. After that,
    points come from ``TPESampler``.

    This is a starting policy. The measured one, which chooses among more methods, comes with the search benchmarks;
    ``auto`` is the name that will keep meaning the best default.
    """

    def __init__(self) -> None:
        self._tpe = TPESampler(num_startup_trials=_NUM_START)

    def suggest(self, view: StudyView, count: int, rng: np.random.Generator) -> list[Suggestion]:
        if num_results(view) >= _NUM_START:
            return self._tpe.suggest(view, count, rng)
        tried: list[Params] = [dict(trial.params) for trial in view.trials]
        for _ in range(count):
            tried.append(_covering_point(view, tried, rng))
        return [Suggestion(point) for point in tried[-count:]]


def _covering_point(view: StudyView, tried: list[Params], rng: np.random.Generator) -> Params:
    """A random point whose roots take the values that were tried least."""
    space = view.space
    parents = {parent for parameter in space.values() for parent in parameter.when or ()}
    point: Params = {}
    for name in space.order:
        parameter = space[name]
        if not space.is_active(name, point):
            continue
        if name in parents and isinstance(parameter, Categorical) and not parameter.when:
            counts = Counter(parameter.encode(params[name]) for params in tried if name in params)
            fewest = min(counts[index] for index in range(len(parameter.choices)))
            open_choices = [index for index in range(len(parameter.choices)) if counts[index] == fewest]
            point[name] = parameter.decode(open_choices[int(rng.integers(len(open_choices)))])
        else:
            point[name] = parameter.draw(rng)
    return space.repair(point, rng)
