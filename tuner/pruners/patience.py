"""Stopping where nothing improves any more."""

from __future__ import annotations

import math

from tuner.pruners.arguments import require
from tuner.pruners.base import Decision, Pruner
from tuner.pruners.curves import best_until
from tuner.records import StudyView, Trial


class PatiencePruner(Pruner):
    """Prunes a trial whose best value has not improved for a while.

    Choose it when trainings overfit or level off long before their last step, and their best value is what counts. It
    looks at the trial's own curve alone; the trial is pruned even if it leads. What is told for it is its best value
    so far only if your code keeps that state.

    Args:
        patience_steps: Steps without an improvement before it is pruned.
        min_improvement: How much better than the best before a value must be to count as an improvement, in the
            objective's own unit.
        grace_steps: Steps that every trial may run before it is judged.

    Raises:
        InvalidInput: ``patience_steps`` or ``grace_steps`` is below 1, or ``min_improvement`` below 0.

    Source: Prechelt, Early Stopping, but When? (1998).
    """

    def __init__(self, patience_steps: int = 10, min_improvement: float = 0.0, grace_steps: int = 3) -> None:
        require("patience_steps", patience_steps >= 1, "at least 1", patience_steps)
        require("min_improvement", min_improvement >= 0, "at least 0", min_improvement)
        require("grace_steps", grace_steps >= 1, "at least 1", grace_steps)
        self.patience_steps = patience_steps
        self.min_improvement = min_improvement
        self.grace_steps = grace_steps

    def decide(self, view: StudyView, trial: Trial) -> Decision:
        step = trial.last_step
        if len(view.directions) > 1 or step is None or step < self.grace_steps:
            return Decision.CONTINUE
        curve = view.curves.get(trial.number, ())
        before = best_until(curve, step - self.patience_steps, view.directions[0])
        now = best_until(curve, step, view.directions[0])
        if before is None or now is None or math.isnan(before - now):
            return Decision.CONTINUE
        improved = now < before if self.min_improvement == 0 else before - now >= self.min_improvement
        return Decision.CONTINUE if improved else Decision.PRUNE

    def next_decision_step(self, last_step: int | None) -> int | None:
        following = 0 if last_step is None else last_step + 1
        return max(self.grace_steps, self.patience_steps, following)
