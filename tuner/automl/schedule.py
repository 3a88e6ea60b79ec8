"""The course of a study over a dataset: what the next worker that is free should do.

Candidates come first: the opening points, then the sampler's. The best of them are averaged in the end. Where
candidates are scored on one fold only, because the table is large, those that carry weight in the average are trained
on the other folds too before that. Averages are made on the way as well, so that whoever looks finds a good model early
and a study that is cut off has one.
"""

from __future__ import annotations

import statistics

from tuner.automl.averages import ensemble, is_stale, wants_average
from tuner.automl.bagging import bagging, has_bagging_left, to_bag
from tuner.automl.progress import Progress, fold_seconds
from tuner.automl.steps import Finish, GiveUp, Hold, Make, Search, Step
from tuner.automl.timing import reserve_seconds
from tuner.models import ENSEMBLE, MODEL, family
from tuner.models.architecture import ARCHITECTURE
from tuner.records import Origin, StudySpec, Trial, TrialState

# No candidate may take more of the time than this.
CANDIDATE_SHARE = 0.4
# Where candidates are scored on one fold, so much of the time is for their other folds, if these need it.
BAGGING_SHARE = 0.55
# On pictures and sequences one network that has learned all it can is worth more than further folds of other models.
ARRAY_CANDIDATE_SHARE, ARRAY_BAGGING_SHARE = 0.8, 0.2
_ENOUGH_TO_CORRECT = 3
# A single fit may need so many times the time that is left: cut off, it is of use. The first network for pictures or
# sequences is so early, and nothing comes near it.
_WORTH_CUTTING_OFF, _ARRAY_WORTH_CUTTING_OFF = 1.5, 4.0


def next_step(progress: Progress) -> Step:
    """What the next worker that is free should do."""
    left = progress.seconds_left
    for_search = _seconds_for_search(progress, left)
    if progress.open(Origin.ENSEMBLE):
        # It waits to be handed out, or is being made and may change what is worth doing.
        return _search(progress, for_search)
    if _is_over(progress, left):
        return _last_step(progress, left)
    if wants_average(progress, for_search):
        return ensemble(progress)
    return bagging(progress, left, for_search) or _search(progress, for_search)


def _seconds_for_search(progress: Progress, left: float | None) -> float | None:
    """Time left until candidates must have ended, because that of the folds begins."""
    limit = progress.spec.budget.seconds
    if left is None or limit is None or not progress.has_other_folds:
        return left
    share = ARRAY_BAGGING_SHARE if _reads_arrays(progress.spec) else BAGGING_SHARE
    for_folds = share * (limit - reserve_seconds(limit))
    if any(trial.state is TrialState.COMPLETED for trial in progress.ensembles):
        num_others = progress.most_folds - progress.validation.scored_folds
        needed = num_others * sum(map(fold_seconds, to_bag(progress, left)))
        for_folds = min(for_folds, 1.15 * needed / progress.num_slots)
    return left - for_folds


def _search(progress: Progress, for_search: float | None) -> Search | Make | GiveUp | Hold:
    if progress.is_search_over and not progress.waiting_candidates:
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
        return _without(progress, too_slow) if too_slow else Search(usual)
    if any(trial.origin.is_candidate for trial in progress.running):
        return Hold()
    waiting = [trial.number for trial in progress.open_candidates]
    quickest = min(waiting, key=lambda number: progress.estimates.get(number, 0.0))
    others = tuple(number for number in too_slow if number != quickest)
    return GiveUp(others) if others else Search(progress.seconds_left)


def _without(progress: Progress, too_slow: tuple[int, ...]) -> Make | GiveUp | Hold:
    """What to do where there is no time for some that wait, before other folds are trained.

    Those make way for quicker ones. If none are, folds come first: there may be time after them.
    """
    left = progress.seconds_left
    others = set(progress.waiting_candidates) - set(too_slow)
    if others or not progress.has_other_folds or left is None:
        return GiveUp(too_slow)
    if hopeless := _too_slow(progress, left):
        return GiveUp(hopeless)
    if progress.open(Origin.ENSEMBLE):
        return Hold()
    if is_stale(progress) and not progress.bagged:
        return ensemble(progress)
    return bagging(progress, left, 0.0) or GiveUp(too_slow)


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
    estimates = [progress.estimates.get(trial.number, 0.0) for trial in progress.open_candidates]
    return not progress.candidates and min(estimates, default=0.0) > usual


def _too_slow(progress: Progress, seconds: float) -> tuple[int, ...]:
    """The waiting candidates that would not come to anything in the time.

    Estimates are corrected by how long others took. A cross-validation has to be finished, a single fit may be cut off
    and still be of use.
    """
    measured = [
        trial.metrics["fit_seconds"] / progress.estimates[trial.number]
        for trial in progress.candidates
        if trial.number in progress.estimates and "fit_seconds" in trial.metrics
    ]
    speed = statistics.median(measured) if len(measured) >= _ENOUGH_TO_CORRECT else 1.0
    has_network = any(_is_for_arrays(str(trial.params[MODEL])) for trial in [*progress.candidates, *progress.running])

    def limit(trial: Trial) -> float:
        if progress.validation.scored_folds > 1:
            return seconds
        is_first = not has_network and _is_for_arrays(str(trial.params[MODEL]))
        return seconds * (_ARRAY_WORTH_CUTTING_OFF if is_first else _WORTH_CUTTING_OFF)

    return tuple(
        number
        for number in progress.waiting_candidates
        if speed * progress.estimates.get(number, 0.0) > limit(progress.trial(number))
    )


def _is_over(progress: Progress, left: float | None) -> bool:
    """Whether nothing but the last average is to be begun."""
    if left is not None and (left <= 0 or left < _shortest_use(progress)):
        return True
    # The score to beat may wait for another attempt after the worker that had it was lost.
    is_waited_for = progress.open_candidates or progress.open(Origin.BASELINE)
    return progress.is_search_over and not is_waited_for and not has_bagging_left(progress, left)


def _last_step(progress: Progress, left: float | None) -> Step:
    if progress.running:
        # They end with the time, at the latest; half of what is reserved must do for the average.
        limit = progress.spec.budget.seconds
        if left is None or limit is None or left > -reserve_seconds(limit) / 2:
            return Hold()
    if is_stale(progress):
        return ensemble(progress, is_last=True)
    return Hold() if progress.running else Finish()


def _shortest_use(progress: Progress) -> float:
    """Less time than this is not worth a new candidate: half of what the quicker ones among them took."""
    durations = [t.duration_seconds for t in progress.candidates if t.duration_seconds is not None]
    return 0.0 if not durations else statistics.quantiles([*durations, durations[0]], n=4)[0] / 2
