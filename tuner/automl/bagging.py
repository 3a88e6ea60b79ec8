"""Candidates that are scored on one fold, trained on the others too: which of them, and on how many."""

from __future__ import annotations

from collections.abc import Sequence

from tuner.automl.averages import ensemble, is_stale
from tuner.automl.progress import Progress, fold_seconds
from tuner.automl.steps import Make
from tuner.records import Origin, Trial


def bagging(progress: Progress, left: float | None, for_search: float | None) -> Make | None:
    """The next bagged trial, if it is time for one."""
    wanted = to_bag(progress, left)
    # Once begun it goes on: what is left then is for further candidates.
    is_time = (progress.is_search_over and not progress.open_candidates) or (
        for_search is not None and (for_search <= 0 or bool(progress.bagged))
    )
    if not wanted or not is_time:
        return None
    if is_stale(progress) and not progress.bagged:
        return ensemble(progress)
    folds = _shared_out(progress, wanted, None if left is None else left * progress.num_slots)
    chosen = next(trial for trial in wanted if folds[trial.number] > progress.validation.scored_folds)
    return Make(Origin.BAGGED, dict(chosen.params), (chosen.number,), folds[chosen.number])


def to_bag(progress: Progress, left: float | None) -> list[Trial]:
    """Candidates with weight that are not trained on all folds, heaviest first; only those for which there is time."""
    if not progress.has_other_folds:
        return []
    bagged = progress.bagged
    wanted = [progress.trial(number) for number in progress.weights() if number not in bagged]
    return [trial for trial in wanted if left is None or 1.2 * fold_seconds(trial) < left]


def has_bagging_left(progress: Progress, left: float | None) -> bool:
    """Whether a candidate is to be trained on its other folds, or nobody knows which."""
    needs_weights = progress.has_other_folds and not progress.ensembles and bool(progress.candidates)
    return needs_weights or bool(to_bag(progress, left))


def _shared_out(progress: Progress, wanted: Sequence[Trial], seconds: float | None) -> dict[int, int]:
    """For each candidate the folds that it should be trained for, those that it was scored on included.

    The average of n models errs less than one by a part of 1 - 1/n, so the next model adds 1/(n(n+1)) of it, times the
    candidate's weight. Folds go where a second of training adds most, until the time is used up.

    Args:
        progress: How far the study has come.
        wanted: The candidates, heaviest first.
        seconds: Time for all of them together; None without a limit.
    """
    most = progress.most_folds
    if seconds is None:
        return {trial.number: most for trial in wanted}
    weights = progress.weights()
    folds = {trial.number: progress.validation.scored_folds for trial in wanted}
    # A fold at least for the heaviest, for which there is time: otherwise it would not be wanted.
    seconds = max(seconds, fold_seconds(wanted[0]))
    while True:
        affordable = [trial for trial in wanted if folds[trial.number] < most and fold_seconds(trial) <= seconds]
        if not affordable:
            return folds
        best = max(affordable, key=lambda trial: _gain(weights[trial.number], folds[trial.number], trial))
        folds[best.number] += 1
        seconds -= fold_seconds(best)


def _gain(weight: float, folds: int, trial: Trial) -> float:
    """What one more fold adds, by the second."""
    return weight / (folds * (folds + 1)) / max(fold_seconds(trial), 1e-3)
