"""Averages of candidates: when one is made, and of what."""

from __future__ import annotations

from tuner.automl.progress import Progress
from tuner.automl.steps import Make
from tuner.models import ENSEMBLE, MODEL
from tuner.records import Origin, TrialState

MAX_MEMBERS_OFFERED = 40
_BEST_OF_EACH_FAMILY = 2
_LEADING = 2
# A new average is worth making when there are this many more candidates, and half as many again.
_MANY_CANDIDATES = 8


def wants_average(progress: Progress, for_search: float | None) -> bool:
    """Whether it is time for an average on the way."""
    num_candidates = len(progress.candidates)
    if not progress.ensembles:
        limit = progress.spec.budget.seconds
        if num_candidates and for_search is not None and for_search <= 0:
            return True
        is_late = limit is not None and progress.used_seconds > limit / 2
        return num_candidates >= 2 and (not progress.open(Origin.ENQUEUED) or is_late)
    latest = progress.ensembles[-1]
    if progress.has_other_folds and not set(_leading(progress)) <= set(latest.members):
        # Its other folds are worth training, but nobody knows its weight yet.
        return True
    num_then = sum(t.finished_at is not None and t.finished_at <= latest.created_at for t in progress.candidates)
    return num_candidates - num_then >= max(_MANY_CANDIDATES, num_then // 2)


def is_stale(progress: Progress) -> bool:
    """Whether there is anything to choose from that the latest average could not choose from."""
    offered = _offered(progress)
    return bool(offered) and (not progress.ensembles or offered != progress.ensembles[-1].members)


def ensemble(progress: Progress, *, is_last: bool = False) -> Make:
    """An average of the best there are.

    Args:
        progress: How far the study has come.
        is_last: Whether candidates that still wait are given up.
    """
    return Make(Origin.ENSEMBLE, {MODEL: ENSEMBLE}, _offered(progress), is_last=is_last)


def _offered(progress: Progress) -> tuple[int, ...]:
    """The trials an ensemble may choose from: the best of all and of each family, in their most trained form."""
    ranked = progress.ranked()
    chosen = {trial.number for trial in ranked[:MAX_MEMBERS_OFFERED]} | set(progress.weights())
    num_of_family: dict[object, int] = {}
    for trial in ranked:
        family = trial.params[MODEL]
        num_of_family[family] = num_of_family.get(family, 0) + 1
        if num_of_family[family] <= _BEST_OF_EACH_FAMILY:
            chosen.add(trial.number)
    return tuple(sorted(_trained_form(progress, number) for number in chosen))


def _trained_form(progress: Progress, number: int) -> int:
    """The trial that a candidate is averaged as: itself, or the bagged one once that has completed."""
    bagged = progress.bagged.get(number)
    return number if bagged is None or bagged.state is not TrialState.COMPLETED else bagged.number


def _leading(progress: Progress) -> tuple[int, ...]:
    """The best candidates, but for those whose other folds have been seen to."""
    seen_to = {trial.members[0] for trial in progress.trials if trial.origin is Origin.BAGGED}
    return tuple(t.number for t in progress.ranked()[:_LEADING] if t.number not in seen_to)
