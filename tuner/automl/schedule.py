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

from tuner.models import ENSEMBLE, MODEL, family
from tuner.models.architecture import ARCHITECTURE
from tuner.records import MEMBER_WEIGHT, Origin, StudySpec, Trial, TrialState, Validation
from tuner.space import Params

RESERVE_SHARE, MIN_RESERVE_SECONDS, MAX_RESERVE_SECONDS = 0.06, 1.2, 6.0
# No candidate may take more of the time than this.
CANDIDATE_SHARE = 0.4
# Where candidates are scored on one fold, so much of the time is for their other folds, if these need it.
BAGGING_SHARE = 0.55
# On pictures and sequences one network that has learned all it can is worth more than further folds of other models.
ARRAY_CANDIDATE_SHARE, ARRAY_BAGGING_SHARE = 0.8, 0.2
# More models of one candidate add little to their average, and cost size and time to predict.
MAX_FOLD_MODELS = 5
MAX_MEMBERS_OFFERED = 40
_BEST_OF_EACH_FAMILY = 2
_LEADING = 2
_ENOUGH_TO_CORRECT = 3
# A single fit may need so many times the time that is left: cut off, it is of use. The first network for pictures or
# sequences is so early, and nothing comes near it.
_WORTH_CUTTING_OFF, _ARRAY_WORTH_CUTTING_OFF = 1.5, 4.0
# A new average is worth making when there are this many more candidates, and half as many again.
_MANY_CANDIDATES = 8


@dataclass(frozen=True)
class Search:
    """Train candidates: those that wait, or new ones.

    Args:
        seconds: How long one may take; None without a limit.
    """

    seconds: float | None = None


@dataclass(frozen=True)
class Hold:
    """Begin no candidate; what the engine has made may be trained."""


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


@dataclass(frozen=True)
class GiveUp:
    """Cancel waiting candidates for which there is no time.

    Args:
        numbers: Which.
    """

    numbers: tuple[int, ...]


Step: TypeAlias = Search | Hold | Make | GiveUp | Finish


@dataclass(frozen=True)
class Progress:
    """How far a study has come.

    Args:
        spec: What was asked for; with a way of validation.
        trials: All trials, by number.
        used_seconds: Wall time used.
        is_search_over: Whether the sampler has no more points, or the budget of trials is used up.
        estimates: For some candidates, by number, roughly how long their training takes on a usual machine.
    """

    spec: StudySpec
    trials: Sequence[Trial]
    used_seconds: float
    is_search_over: bool
    estimates: Mapping[int, float] = field(default_factory=dict)
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

    def family_weights(self) -> dict[str, float]:
        """The weights in the latest ensemble by model family."""
        weights: dict[str, float] = {}
        for number, weight in self.weights().items():
            name = str(self.trial(number).params[MODEL])
            weights[name] = weights.get(name, 0.0) + weight
        return weights

    def ranked_families(self) -> list[str]:
        """Model families in the order of their best candidates."""
        return list(dict.fromkeys(str(trial.params[MODEL]) for trial in _ranked(self)))

    def family_durations(self) -> dict[str, float]:
        """The mean wall time of completed candidates by model family, in seconds."""
        durations: dict[str, list[float]] = {}
        for trial in self.candidates:
            if trial.duration_seconds is not None:
                durations.setdefault(str(trial.params[MODEL]), []).append(trial.duration_seconds)
        return {name: statistics.fmean(each) for name, each in durations.items()}

    def trial(self, number: int) -> Trial:
        """The trial with this number."""
        return self._by_number[number]


def reserve_seconds(seconds: float) -> float:
    """The part of a time budget that is kept for the last average."""
    return min(max(RESERVE_SHARE * seconds, MIN_RESERVE_SECONDS), MAX_RESERVE_SECONDS, seconds / 2)


def training_seconds(spec: StudySpec, origin: Origin, used_seconds: float) -> float | None:
    """How long a training that begins now may take by the study's time alone; None without a limit.

    Args:
        spec: The study's specification, with the budget as it is now.
        origin: What is trained.
        used_seconds: Wall time used so far.
    """
    limit = spec.budget.seconds
    if limit is None:
        return None
    is_last = origin is Origin.ENSEMBLE or not spec.ends_with_ensemble
    return max(0.0, limit - used_seconds - (0.0 if is_last else reserve_seconds(limit)))


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
    for_search = _seconds_for_search(progress, left)
    if progress.open(Origin.ENSEMBLE):
        # It waits to be handed out, or is being made and may change what is worth doing.
        return _search(progress, for_search)
    if _is_over(progress, left):
        return _last_step(progress, left)
    if _wants_average(progress, for_search):
        return _ensemble(progress)
    return _bagging(progress, left, for_search) or _search(progress, for_search)


def _seconds_for_search(progress: Progress, left: float | None) -> float | None:
    """Time left until candidates must have ended, because that of the folds begins."""
    validation, limit = progress.spec.validation, progress.spec.budget.seconds
    assert validation is not None
    if left is None or limit is None or validation.scored_folds == _most_folds(validation):
        return left
    share = ARRAY_BAGGING_SHARE if _reads_arrays(progress.spec) else BAGGING_SHARE
    for_folds = share * (limit - reserve_seconds(limit))
    if any(trial.state is TrialState.COMPLETED for trial in progress.ensembles):
        needed = sum(map(_fold_seconds, _to_bag(progress, left))) * (_most_folds(validation) - validation.scored_folds)
        for_folds = min(for_folds, 1.15 * needed / _num_slots(progress))
    return left - for_folds


def _search(progress: Progress, for_search: float | None) -> Search | GiveUp | Hold:
    is_waiting = any(t.origin.is_candidate and t.state is TrialState.WAITING for t in progress.trials)
    if progress.is_search_over and not is_waiting:
        return Hold()
    limit = progress.spec.budget.seconds
    if for_search is None or limit is None:
        return Search()
    if for_search <= max(_shortest_use(progress), 0.0):
        return Hold()
    share = ARRAY_CANDIDATE_SHARE if _reads_arrays(progress.spec) else CANDIDATE_SHARE
    usual = min(for_search, share * limit)
    too_slow = _too_slow(progress, for_search)
    if not _is_tight(progress, usual):
        return GiveUp(too_slow) if too_slow else Search(usual)
    if any(trial.origin.is_candidate for trial in progress.running):
        return Hold()
    waiting = [trial.number for trial in _open_candidates(progress)]
    quickest = min(waiting, key=lambda number: progress.estimates.get(number, 0.0))
    others = tuple(number for number in too_slow if number != quickest)
    return GiveUp(others) if others else Search(progress.seconds_left)


def _reads_arrays(spec: StudySpec) -> bool:
    """Whether networks for pictures or sequences compete."""
    return any(map(_is_for_arrays, spec.families))


def _is_for_arrays(name: str) -> bool:
    return name not in (ENSEMBLE, ARCHITECTURE) and any(kind.is_array for kind in family(name).needs)


def _is_tight(progress: Progress, usual: float) -> bool:
    """Whether all candidates there are would need more than the usual time for the first model.

    One that is cut off is a model, so the quickest gets all the time that is left. A second one beside it would come no
    further, and take processors from it.
    """
    estimates = [progress.estimates.get(trial.number, 0.0) for trial in _open_candidates(progress)]
    return not progress.candidates and min(estimates, default=0.0) > usual


def _too_slow(progress: Progress, seconds: float) -> tuple[int, ...]:
    """The waiting candidates that would not come to anything in the time.

    Estimates are corrected by how long others took. A cross-validation has to be finished, a single fit may be cut off
    and still be of use.
    """
    validation = progress.spec.validation
    assert validation is not None
    measured = [
        trial.metrics["fit_seconds"] / progress.estimates[trial.number]
        for trial in progress.candidates
        if trial.number in progress.estimates and "fit_seconds" in trial.metrics
    ]
    speed = statistics.median(measured) if len(measured) >= _ENOUGH_TO_CORRECT else 1.0
    has_network = any(_is_for_arrays(str(trial.params[MODEL])) for trial in [*progress.candidates, *progress.running])

    def limit(trial: Trial) -> float:
        if validation.scored_folds > 1:
            return seconds
        is_first = not has_network and _is_for_arrays(str(trial.params[MODEL]))
        return seconds * (_ARRAY_WORTH_CUTTING_OFF if is_first else _WORTH_CUTTING_OFF)

    return tuple(
        trial.number
        for trial in progress.trials
        if trial.state is TrialState.WAITING
        and trial.origin.is_candidate
        and speed * progress.estimates.get(trial.number, 0.0) > limit(trial)
    )


def _is_over(progress: Progress, left: float | None) -> bool:
    """Whether nothing but the last average is to be begun."""
    if left is not None and (left <= 0 or left < _shortest_use(progress)):
        return True
    # The score to beat may wait for another attempt after the worker that had it was lost.
    is_waited_for = _open_candidates(progress) or progress.open(Origin.BASELINE)
    return progress.is_search_over and not is_waited_for and not _has_bagging_left(progress, left)


def _last_step(progress: Progress, left: float | None) -> Step:
    if progress.running:
        # They end with the time, at the latest; half of what is reserved must do for the average.
        limit = progress.spec.budget.seconds
        if left is None or limit is None or left > -reserve_seconds(limit) / 2:
            return Hold()
    if _is_stale(progress):
        return _ensemble(progress, is_last=True)
    return Hold() if progress.running else Finish()


def _open_candidates(progress: Progress) -> list[Trial]:
    return [trial for trial in progress.trials if trial.origin.is_candidate and not trial.state.is_finished]


def _shortest_use(progress: Progress) -> float:
    """Less time than this is not worth a new candidate: half of what the quicker ones among them took."""
    durations = [t.duration_seconds for t in progress.candidates if t.duration_seconds is not None]
    return 0.0 if not durations else statistics.quantiles([*durations, durations[0]], n=4)[0] / 2


def _is_stale(progress: Progress) -> bool:
    """Whether there is anything to choose from that the latest average could not choose from."""
    offered = _offered(progress)
    return bool(offered) and (not progress.ensembles or offered != progress.ensembles[-1].members)


def _wants_average(progress: Progress, for_search: float | None) -> bool:
    """Whether it is time for an average on the way."""
    num_candidates = len(progress.candidates)
    if not progress.ensembles:
        limit = progress.spec.budget.seconds
        if num_candidates and for_search is not None and for_search <= 0:
            return True
        is_late = limit is not None and progress.used_seconds > limit / 2
        return num_candidates >= 2 and (not progress.open(Origin.ENQUEUED) or is_late)
    latest = progress.ensembles[-1]
    validation = progress.spec.validation
    assert validation is not None
    if validation.scored_folds < _most_folds(validation) and not set(_leading(progress)) <= set(latest.members):
        # Its other folds are worth training, but nobody knows its weight yet.
        return True
    num_then = sum(t.finished_at is not None and t.finished_at <= latest.created_at for t in progress.candidates)
    return num_candidates - num_then >= max(_MANY_CANDIDATES, num_then // 2)


def _bagging(progress: Progress, left: float | None, for_search: float | None) -> Step | None:
    """The next bagged trial, if it is time for one."""
    wanted = _to_bag(progress, left)
    # Once begun it goes on: what is left then is for further candidates.
    is_time = (progress.is_search_over and not _open_candidates(progress)) or (
        for_search is not None and (for_search <= 0 or bool(progress.bagged))
    )
    if not wanted or not is_time:
        return None
    validation = progress.spec.validation
    assert validation is not None
    if _is_stale(progress) and not progress.bagged:
        return _ensemble(progress)
    seconds = None if left is None else left * _num_slots(progress)
    folds = _shared_out(wanted, progress.weights(), validation, seconds)
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
        return {trial.number: _most_folds(validation) for trial in wanted}
    most = _most_folds(validation)
    folds = {trial.number: validation.scored_folds for trial in wanted}
    # A fold at least for the heaviest, for which there is time: otherwise it would not be wanted.
    seconds = max(seconds, _fold_seconds(wanted[0]))
    while True:
        affordable = [trial for trial in wanted if folds[trial.number] < most and _fold_seconds(trial) <= seconds]
        if not affordable:
            return folds
        best = max(affordable, key=lambda trial: _gain(weights[trial.number], folds[trial.number], trial))
        folds[best.number] += 1
        seconds -= _fold_seconds(best)


def _most_folds(validation: Validation) -> int:
    """How many folds a candidate is trained for, at most."""
    return min(validation.folds, max(validation.scored_folds, MAX_FOLD_MODELS))


def _gain(weight: float, folds: int, trial: Trial) -> float:
    """What one more fold adds, by the second."""
    return weight / (folds * (folds + 1)) / max(_fold_seconds(trial), 1e-3)


def _to_bag(progress: Progress, left: float | None) -> list[Trial]:
    """Candidates with weight that are not trained on all folds, heaviest first; only those for which there is time."""
    validation = progress.spec.validation
    assert validation is not None
    if validation.scored_folds == _most_folds(validation):
        return []
    bagged = progress.bagged
    wanted = [progress.trial(number) for number in progress.weights() if number not in bagged]
    return [trial for trial in wanted if left is None or 1.2 * _fold_seconds(trial) < left]


def _has_bagging_left(progress: Progress, left: float | None) -> bool:
    validation = progress.spec.validation
    assert validation is not None
    needs_weights = (
        validation.scored_folds < _most_folds(validation) and not progress.ensembles and bool(progress.candidates)
    )
    return needs_weights or bool(_to_bag(progress, left))


def _num_slots(progress: Progress) -> int:
    """Trainings at a time, as far as one can tell: those under way, and the one that is asked for."""
    return len(progress.running) + 1


def _fold_seconds(trial: Trial) -> float:
    return trial.metrics.get("fold_seconds") or trial.duration_seconds or 0.0


def _ensemble(progress: Progress, *, is_last: bool = False) -> Make:
    return Make(Origin.ENSEMBLE, {MODEL: ENSEMBLE}, _offered(progress), is_last=is_last)


def _ranked(progress: Progress) -> list[Trial]:
    """Completed candidates, best first."""
    objective = progress.spec.objectives[0]
    sign = objective.direction.sign
    return sorted(progress.candidates, key=lambda trial: sign * (trial.values or {})[objective.name])


def _trained_form(progress: Progress, number: int) -> int:
    """The trial that a candidate is averaged as: itself, or the bagged one once that has completed."""
    bagged = progress.bagged.get(number)
    return number if bagged is None or bagged.state is not TrialState.COMPLETED else bagged.number


def _leading(progress: Progress) -> tuple[int, ...]:
    """The best candidates, but for those whose other folds have been seen to."""
    seen_to = {trial.members[0] for trial in progress.trials if trial.origin is Origin.BAGGED}
    return tuple(t.number for t in _ranked(progress)[:_LEADING] if t.number not in seen_to)


def _offered(progress: Progress) -> tuple[int, ...]:
    """The trials an ensemble may choose from: the best of all and of each family, in their most trained form."""
    ranked = _ranked(progress)
    chosen = {trial.number for trial in ranked[:MAX_MEMBERS_OFFERED]} | set(progress.weights())
    num_of_family: dict[object, int] = {}
    for trial in ranked:
        family = trial.params[MODEL]
        num_of_family[family] = num_of_family.get(family, 0) + 1
        if num_of_family[family] <= _BEST_OF_EACH_FAMILY:
            chosen.add(trial.number)
    return tuple(sorted(_trained_form(progress, number) for number in chosen))
