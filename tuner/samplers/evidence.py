"""What there is to learn from a trial."""

from __future__ import annotations

import math

from tuner.records import FailureReason, StudyView, Trial, TrialState

# Failures that the point itself is to blame for. A lost worker or a bug says nothing about it.
_BAD_POINTS = {FailureReason.INFEASIBLE, FailureReason.NAN, FailureReason.TIMEOUT, FailureReason.OUT_OF_MEMORY}


def has_result(trial: Trial, view: StudyView) -> bool:
    """Whether the trial ended with numbers to compare: all objectives, or a report before it was pruned.

    With several objectives a pruned trial has none, because reports carry the first objective only.
    """
    if trial.state is TrialState.COMPLETED:
        values = trial.values or {}
        return all(math.isfinite(values.get(name, math.nan)) for name in view.objective_names)
    if trial.state is TrialState.PRUNED and len(view.objective_names) == 1:
        return trial.last_step is not None and trial.last_value is not None and math.isfinite(trial.last_value)
    return False


def num_results(view: StudyView) -> int:
    """How many trials ended with numbers to compare."""
    return sum(has_result(trial, view) for trial in view.trials)


def says_nothing(trial: Trial) -> bool:
    """Whether the trial's end is no news about its point: cancelled, or failed for a reason of another kind."""
    if trial.state is TrialState.FAILED:
        return trial.failure not in _BAD_POINTS
    return trial.state is TrialState.CANCELLED
