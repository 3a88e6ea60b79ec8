"""The course of a study over a dataset: what the next worker that is free should do.

Candidates come first: the opening points, then the sampler's. The best of them are averaged in the end. Where
candidates are scored on one fold only, because the table is large, those that carry weight in the average are trained
on the other folds too before that. Averages are made on the way as well, so that whoever looks finds a good model early
and a study that is cut off has one.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from tuner.models import ENSEMBLE, MODEL
from tuner.records import MEMBER_WEIGHT, Direction, Origin, StudySpec, Trial, TrialState, Validation
from tuner.space import Params

RESERVE_SHARE, MIN_RESERVE_SECONDS, MAX_RESERVE_SECONDS = 0.06, 1.2, 6.0
# No candidate may take more of the time than this.
CANDIDATE_SHARE = 0.4
# Bagging begins here at the latest.
SEARCH_SHARE = 0.5
MAX_MEMBERS_OFFERED = 40
_BEST_OF_EACH_FAMILY = 2
# A new average is worth making when there are this many more candidates, and half as many again.
_MANY_CANDIDATES = 8


@dataclass(frozen=True)
class Search:
    """Train candidates: those that wait, or new ones."""


@dataclass(frozen=True)
class Hold:
    """Begin no new candidate; what waits may be trained."""


@dataclass(frozen=True)
class Make:
    """Add a trial that is no candidate, and train it next.

    Args:
        origin: Which kind.
        params: What it shows as parameters.
        members: Numbers of the trials that it is made from.
        folds: Folds that a bagged trial is to be trained for.
        is_last: Whether candidates that still wait are given up.
    """

    origin: Origin
    params: Params
    members: tuple[int, ...]
    folds: int | None = None
    is_last: bool = False


@dataclass(frozen=True)
class Finish:
    """There is nothing left to do."""


Step: TypeAlias = Search | Hold | Make | Finish


@dataclass(frozen=True)
class Progress:
    """How far a study has come.

    Args:
        spec: What was asked for; with a way of validation.
        trials: All trials, by number.
        used_seconds: Wall time used.
        is_search_over: Whether the sampler has no more points, or the budget of trials is used up.
    """

    spec: StudySpec
    trials: Sequence[Trial]
    used_seconds: float
    is_search_over: bool
    _by_number: Mapping[int, Trial] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_number", {trial.number: trial for trial in self.trials})

    @property
    def seconds_left(self) -> float | None:
        """Time left to train in; what the last average needs comes after it. None without a limit."""
        limit = self.spec.budget.seconds
        return None if limit is None else limit - reserve_seconds(limit) - self.used_seconds

    @property
    def candidates(self) -> list[Trial]:
        """Completed candidates, by number."""
        return [t for t in self.trials if t.origin.is_candidate and t.state is TrialState.COMPLETED and t.values]

    def open(self, *origins: Origin) -> list[Trial]:
        """Trials of these origins that have not ended."""
        return [trial for trial in self.trials if trial.origin in origins and not trial.state.is_finished]

    @property
    def running(self) -> list[Trial]:
        """Trials under way."""
        return [trial for trial in self.trials if trial.state is TrialState.RUNNING]

    @property
    def bagged(self) -> dict[int, Trial]:
        """By candidate, the trial that trains it further: completed or under way."""
        lost = (TrialState.FAILED, TrialState.CANCELLED)
        return {t.members[0]: t for t in self.trials if t.origin is Origin.BAGGED and t.state not in lost}

    @property
    def ensembles(self) -> list[Trial]:
        """All ensembles, by number."""
        return [trial for trial in self.trials if trial.origin is Origin.ENSEMBLE]

    def weights(self) -> dict[int, float]:
        """The weights in the latest ensemble by candidate, heaviest first."""
        done = [trial for trial in self.ensembles if trial.state is TrialState.COMPLETED]
        weights: dict[int, float] = {}
        for name, weight in done[-1].metrics.items() if done else ():
            if name.startswith(MEMBER_WEIGHT):
                trial = self._by_number[int(name.removeprefix(MEMBER_WEIGHT))]
                candidate = trial.members[0] if trial.origin is Origin.BAGGED else trial.number
                weights[candidate] = weights.get(candidate, 0.0) + weight
        return dict(sorted(weights.items(), key=lambda item: -item[1]))

    def trial(self, number: int) -> Trial:
        """The trial with this number."""
        return self._by_number[number]


def reserve_seconds(seconds: float) -> float:
    """The part of a time budget that is kept for the last average."""
    return min(max(RESERVE_SHARE * seconds, MIN_RESERVE_SECONDS), MAX_RESERVE_SECONDS, seconds / 2)


def training_seconds(spec: StudySpec, origin: Origin, used_seconds: float) -> float | None:
    """How long a training that begins now may take; None without a limit.

    Args:
        spec: The study's specification, with the budget as it is now.
        origin: What is trained.
        used_seconds: Wall time used so far.
    """
    limit = spec.budget.seconds
    if limit is None or not spec.ends_with_ensemble:
        return None if limit is None else max(0.0, limit - used_seconds)
    if origin is Origin.ENSEMBLE:
        return max(0.0, limit - used_seconds)
    left = max(0.0, limit - reserve_seconds(limit) - used_seconds)
    return min(left, CANDIDATE_SHARE * limit) if origin.is_candidate else left


def cutoff_seconds(spec: StudySpec, origin: Origin, used_seconds: float) -> float | None:
    """After how long a training that begins now is not waited for any more; None: it is waited for.

    A training ends itself in time, but for what cannot be interrupted. The place of one that does not is needed for the
    last average, which has the second half of the reserve to itself.

    Args:
        spec: The study's specification, with the budget as it is now.
        origin: What is trained.
        used_seconds: Wall time used so far.
    """
    limit = spec.budget.seconds
    if limit is None or not spec.ends_with_ensemble or origin is Origin.ENSEMBLE:
        return None
    return max(0.0, limit - reserve_seconds(limit) / 2 - used_seconds)


def next_step(progress: Progress) -> Step:
    """What the next worker that is free should do."""
    left = progress.seconds_left
    if progress.open(Origin.ENSEMBLE):
        # It waits to be handed out, or is being made and may change what is worth doing.
        return Search() if _may_search(progress, left) else Hold()
    if _is_over(progress, left):
        return _last_step(progress, left)
    if _wants_average(progress):
        return _ensemble(progress)
    return _bagging(progress, left) or (Search() if _may_search(progress, left) else Hold())


def _is_over(progress: Progress, left: float | None) -> bool:
    """Whether nothing but the last average is to be begun."""
    if left is not None and (left <= 0 or left < _shortest_use(progress)):
        return True
    return progress.is_search_over and not _candidates_open(progress) and not _has_bagging_left(progress, left)


def _last_step(progress: Progress, left: float | None) -> Step:
    if progress.running:
        # They end with the time, at the latest; half of what is reserved must do for the average.
        limit = progress.spec.budget.seconds
        if left is None or limit is None or left > -reserve_seconds(limit) / 2:
            return Hold()
    if _is_stale(progress):
        return _ensemble(progress, is_last=True)
    return Hold() if progress.running else Finish()


def _may_search(progress: Progress, left: float | None) -> bool:
    return not progress.is_search_over and (left is None or left > _shortest_use(progress))


def _candidates_open(progress: Progress) -> bool:
    return any(trial.origin.is_candidate for trial in progress.trials if not trial.state.is_finished)


def _shortest_use(progress: Progress) -> float:
    """Less time than this is not worth a new candidate: half of what the quicker ones among them took."""
    durations = [t.duration_seconds for t in progress.candidates if t.duration_seconds is not None]
    return 0.0 if not durations else statistics.quantiles([*durations, durations[0]], n=4)[0] / 2


def _is_stale(progress: Progress) -> bool:
    """Whether there is anything to choose from that the latest average could not choose from."""
    offered = _offered(progress)
    return bool(offered) and (not progress.ensembles or offered != progress.ensembles[-1].members)


def _wants_average(progress: Progress) -> bool:
    """Whether it is time for an average on the way."""
    num_candidates = len(progress.candidates)
    if not progress.ensembles:
        opening = progress.open(Origin.ENQUEUED)
        limit = progress.spec.budget.seconds
        is_late = limit is not None and progress.used_seconds > SEARCH_SHARE * limit
        return num_candidates >= 2 and (not opening or is_late)
    latest = progress.ensembles[-1]
    num_then = sum(t.finished_at is not None and t.finished_at <= latest.created_at for t in progress.candidates)
    return num_candidates - num_then >= max(_MANY_CANDIDATES, num_then // 2)


def _bagging(progress: Progress, left: float | None) -> Step | None:
    """The next bagged trial, if it is time for one."""
    wanted = _to_bag(progress, left)
    if not wanted:
        return None
    validation = progress.spec.validation
    assert validation is not None
    slots = len(progress.running) + 1
    needed = sum(_fold_seconds(trial) for trial in wanted) * (validation.folds - validation.scored_folds) / slots
    limit = progress.spec.budget.seconds
    is_time = progress.is_search_over or (
        left is not None
        and limit is not None
        and (left <= 1.15 * needed or progress.used_seconds >= SEARCH_SHARE * limit)
    )
    if not is_time:
        return None
    if _is_stale(progress) and not progress.bagged:
        return _ensemble(progress)
    folds = _shared_out(wanted, progress.weights(), validation, None if left is None else left * slots)
    chosen = next(trial for trial in wanted if folds[trial.number] > validation.scored_folds)
    return Make(Origin.BAGGED, dict(chosen.params), (chosen.number,), folds[chosen.number])


def _shared_out(
    wanted: Sequence[Trial], weights: Mapping[int, float], validation: Validation, seconds: float | None
) -> dict[int, int]:
    """For each candidate the folds that it should be trained for, those that it was scored on included.

    The average of n models errs less than one by a part of 1 - 1/n, so the next model adds 1/(n(n+1)) of it, times the
    candidate's weight. Folds go where a second of training adds most, until the time is used up.

    Args:
        wanted: The candidates, heaviest first.
        weights: Their weights.
        validation: How many folds there are.
        seconds: Time for all of them together; None without a limit.
    """
    if seconds is None:
        return {trial.number: validation.folds for trial in wanted}
    folds = {trial.number: validation.scored_folds for trial in wanted}
    # A fold at least for the heaviest, for which there is time: otherwise it would not be wanted.
    seconds = max(seconds, _fold_seconds(wanted[0]))
    while True:
        affordable = [
            trial for trial in wanted if folds[trial.number] < validation.folds and _fold_seconds(trial) <= seconds
        ]
        if not affordable:
            return folds
        best = max(affordable, key=lambda trial: _gain(weights[trial.number], folds[trial.number], trial))
        folds[best.number] += 1
        seconds -= _fold_seconds(best)


def _gain(weight: float, folds: int, trial: Trial) -> float:
    """What one more fold adds, by the second."""
    return weight / (folds * (folds + 1)) / max(_fold_seconds(trial), 1e-3)


def _to_bag(progress: Progress, left: float | None) -> list[Trial]:
    """Candidates with weight that are not trained on all folds, heaviest first; only those for which there is time."""
    validation = progress.spec.validation
    assert validation is not None
    if validation.scored_folds == validation.folds:
        return []
    bagged = progress.bagged
    wanted = [progress.trial(number) for number in progress.weights() if number not in bagged]
    return [trial for trial in wanted if left is None or 1.2 * _fold_seconds(trial) < left]


def _has_bagging_left(progress: Progress, left: float | None) -> bool:
    validation = progress.spec.validation
    assert validation is not None
    needs_weights = validation.scored_folds < validation.folds and not progress.ensembles and bool(progress.candidates)
    return needs_weights or bool(_to_bag(progress, left))


def _fold_seconds(trial: Trial) -> float:
    return trial.metrics.get("fold_seconds") or trial.duration_seconds or 0.0


def _ensemble(progress: Progress, *, is_last: bool = False) -> Make:
    return Make(Origin.ENSEMBLE, {MODEL: ENSEMBLE}, _offered(progress), is_last=is_last)


def _offered(progress: Progress) -> tuple[int, ...]:
    """The trials an ensemble may choose from: the best of all and of each family, in their most trained form."""
    objective = progress.spec.objectives[0]
    sign = 1.0 if objective.direction is Direction.MINIMIZE else -1.0
    ranked = sorted(progress.candidates, key=lambda trial: sign * (trial.values or {})[objective.name])
    chosen = {trial.number for trial in ranked[:MAX_MEMBERS_OFFERED]} | set(progress.weights())
    num_of_family: dict[object, int] = {}
    for trial in ranked:
        family = trial.params[MODEL]
        num_of_family[family] = num_of_family.get(family, 0) + 1
        if num_of_family[family] <= _BEST_OF_EACH_FAMILY:
            chosen.add(trial.number)
    bagged = {number: t.number for number, t in progress.bagged.items() if t.state is TrialState.COMPLETED}
    return tuple(sorted(bagged.get(number, number) for number in chosen))
