"""The tree-structured Parzen estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import optuna
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as ToldState

from tuner.errors import InvalidInput, Place
from tuner.records import StudyView, Trial, TrialState
from tuner.records.optuna_facts import optuna_distributions, optuna_study, optuna_trial
from tuner.samplers.base import Sampler, Suggestion
from tuner.samplers.evidence import has_result, num_results, says_nothing
from tuner.space import Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np


class TPESampler(Sampler):
    """Models where good points lie and where the others lie, and proposes where the first is most likely.

    Choose it for mixed and conditional spaces, tens to a thousand trials, and noisy objectives. The arithmetic is that
    of Optuna's ``TPESampler`` with its defaults: multivariate for one objective, univariate for several, constant liar.

    How it reads a study:

    - Until ``num_startup_trials`` trials have ended with a result, points are random.
    - Parameters that share their conditions form a group and are modelled together, as with Optuna's ``group=True``.
      The groups are known from the space, not guessed from past trials, and are walked parents first; only active
      parameters are sampled.
    - A pruned trial is never taken for better than a completed one. Of two pruned trials the one that came further is
      the better; only at the same step do their values count. So values of different steps are never compared.
    - Waiting and running trials count as bad (the constant liar), which keeps parallel proposals apart. So do trials
      whose point is to blame for their failure (infeasible, not finite, out of time or memory) and, where there are
      several objectives, pruned trials. Trials that failed otherwise or were cancelled teach nothing.

    Args:
        num_startup_trials: Trials with a result before the model is trusted.

    Raises:
        InvalidInput: ``num_startup_trials`` is below 1.

    Source: Bergstra, Bardenet, Bengio and Kégl (2011); Watanabe (2023) describes the variant in Optuna.
    """

    def __init__(self, num_startup_trials: int = 10) -> None:
        if num_startup_trials < 1:
            detail = f"must be at least 1, got {num_startup_trials}"
            raise InvalidInput(f"num_startup_trials {detail}.", places=[Place("#/num_startup_trials", detail)])
        self.num_startup_trials = num_startup_trials
        self._memory: _Memory | None = None

    def suggest(self, view: StudyView, count: int, rng: np.random.Generator) -> list[Suggestion]:
        if num_results(view) < self.num_startup_trials:
            return [Suggestion(view.space.draw(rng)) for _ in range(count)]
        memory = self._memory
        if memory is None or memory.study_id != view.study_id:
            memory = self._memory = _Memory(view)
        trials = memory.told(view)
        number = view.trials[-1].number + 1
        points: list[Params] = []
        for _ in range(count):
            points.append(memory.sample(trials, number + len(points), int(rng.integers(2**32))))
            trials.append(memory.pending(number + len(points) - 1, points[-1]))
        return [Suggestion(point) for point in points]


class _Memory:
    """One study as Optuna sees it. A trial is translated once for each state it is met in.

    Overlapping calls may translate a trial twice; the results are equal, so it does not matter which one is kept.
    """

    def __init__(self, view: StudyView) -> None:
        self.study_id = view.study_id
        self._space = view.space
        self._directions = view.directions
        self._distributions = optuna_distributions(view.space)
        is_single_objective = len(view.directions) == 1
        self._groups = _groups(view.space) if is_single_objective else [[name] for name in view.space.order]
        self._known: dict[int, tuple[str, TrialState, FrozenTrial | None]] = {}

    def told(self, view: StudyView) -> list[FrozenTrial]:
        """What Optuna is told, by number; a new list."""
        told = (self._translated(trial, view) for trial in view.trials)
        return [trial for trial in told if trial is not None]

    def pending(self, number: int, params: Params) -> FrozenTrial:
        """A point whose result is still to come."""
        return optuna_trial(number, ToldState.RUNNING, params, self._space, self._distributions)

    def sample(self, trials: list[FrozenTrial], number: int, seed: int) -> Params:
        """The next point."""
        # A new object each time: nothing it was asked before may enter the answer.
        sampler = optuna.samplers.TPESampler(n_startup_trials=0, seed=seed)
        study = optuna_study(self._directions, trials, sampler)
        asked = self.pending(number, {})
        params: Params = {}
        for group in self._groups:
            if self._space.is_active(group[0], params):
                axes = {name: self._distributions[name] for name in group if name in self._distributions}
                coordinates = sampler.sample_relative(study, asked, axes)
                params |= {name: self._space[name].decode(coordinates.get(name, 0)) for name in group}
        return self._space.check(params)

    def _translated(self, trial: Trial, view: StudyView) -> FrozenTrial | None:
        known = self._known.get(trial.number)
        # Nothing but the state decides: parameters never change, and results come with the final state.
        if known is None or known[0] != trial.id or known[1] is not trial.state:
            known = self._known[trial.number] = (trial.id, trial.state, self._translate(trial, view))
        return known[2]

    def _translate(self, trial: Trial, view: StudyView) -> FrozenTrial | None:
        if says_nothing(trial):
            return None
        if not has_result(trial, view):
            return self.pending(trial.number, dict(trial.params))
        is_pruned = trial.state is TrialState.PRUNED
        return optuna_trial(
            trial.number,
            ToldState.PRUNED if is_pruned else ToldState.COMPLETE,
            trial.params,
            self._space,
            self._distributions,
            values=None if is_pruned else [(trial.values or {})[name] for name in view.objective_names],
            last_report=(trial.last_step or 0, trial.last_value or 0.0) if is_pruned else None,
        )


def _groups(space: SearchSpace) -> list[list[str]]:
    """Names of parameters that are always active together, parents first."""
    groups: dict[str, list[str]] = {}
    for name in space.order:
        conditions = sorted((parent, sorted(map(repr, values))) for parent, values in (space[name].when or {}).items())
        groups.setdefault(repr(conditions), []).append(name)
    return list(groups.values())
