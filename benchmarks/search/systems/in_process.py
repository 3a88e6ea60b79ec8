"""Our samplers and pruners without the service around them: the quick way, for development."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.search.systems.tuning import Asked, Tuning
from tuner.pruners import create_pruner
from tuner.records import Direction, Measurement, StudyView, Trial, TrialState
from tuner.samplers import create_sampler
from tuner.space import Params, SearchSpace
from tuner.testing.facts import make_trial

_OBJECTIVE = "loss"


class InProcessTuning(Tuning):
    """Asks a sampler and a pruner directly, with the facts that a study would show them.

    Args:
        sampler: Its name.
        pruner: Its name, or ``none``.
        space: Where to search.
        seed: Seed of the study.
    """

    def __init__(self, sampler: str, pruner: str, space: SearchSpace, seed: int) -> None:
        self._sampler = create_sampler(sampler)
        self._sampler.check(space, 1)
        self._pruner = create_pruner(pruner)
        self._decision_steps: dict[int, int | None] = {}
        self._view = StudyView(
            study_id="study",
            space=space,
            directions=(Direction.MINIMIZE,),
            objective_names=(_OBJECTIVE,),
            seed=seed,
            seq=0,
            trials=[],
            curves={},
        )
        self._trials: list[Trial] = []
        self._curves: dict[int, list[Measurement]] = {}

    def ask(self) -> Asked:
        number = len(self._trials)
        rng = np.random.Generator(np.random.Philox(key=[self._view.seed, number]))
        (suggestion,) = self._sampler.suggest(self._now(), 1, rng)
        self._trials.append(make_trial(number, self._view.space.check(suggestion.params)))
        if suggestion.source is not None:
            self._trials[number] = replace(self._trials[number], sampled_by=suggestion.source)
        return Asked(number, dict(suggestion.params), suggestion.source)

    def tell(self, number: int, value: float) -> None:
        self._end(number, value, TrialState.COMPLETED)

    def report(self, number: int, epoch: int, value: float) -> bool:
        curve = self._curves.setdefault(number, [])
        curve.append(Measurement(number, 1, epoch, value))
        before = self._trials[number].last_step
        self._trials[number] = replace(self._trials[number], last_step=epoch, last_value=value)
        due = self._pruner.next_decision_step(before)
        if due is None or epoch < due:
            return False
        return self._pruner.decide(self._now(), self._trials[number]) == "prune"

    def stopped(self, number: int, value: float) -> None:
        self._end(number, value, TrialState.PRUNED)

    def _end(self, number: int, value: float, state: TrialState) -> None:
        trial = self._trials[number]
        ended = make_trial(
            number, trial.params, value, state=state, last_step=trial.last_step, last_value=trial.last_value
        )
        self._trials[number] = replace(ended, sampled_by=trial.sampled_by)

    def _now(self) -> StudyView:
        """The study as it stands; only finished parts are shared with earlier views."""
        curves = {number: tuple(curve) for number, curve in self._curves.items()}
        return replace(self._view, seq=len(self._trials), trials=tuple(self._trials), curves=curves)

    def recommended(self) -> Params | None:
        number = self._sampler.recommend(self._now())
        return None if number is None else dict(self._trials[number].params)
