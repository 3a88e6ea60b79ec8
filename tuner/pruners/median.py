"""The median rule."""

from __future__ import annotations

from statistics import median

from tuner.errors import InvalidInput, Place
from tuner.pruners.base import Decision, Pruner
from tuner.pruners.curves import best_until, has_reached
from tuner.records import StudyView, Trial, TrialState


class MedianPruner(Pruner):
    """Prunes a trial whose best value so far is worse than the median of the completed trials at the same step.

    Choose it when half of the trainings may be cut short but none of the promising ones should be: it is milder than
    ``ASHAPruner`` and safe with curves that cross. The values compared are the best ones among the reports at or
    before the step, and only completed trials that came as far count.

    Args:
        grace_steps: Steps that every trial may run before it is judged.
        num_startup_trials: Completed trials at the step before anyone is judged.

    Raises:
        InvalidInput: ``grace_steps`` or ``num_startup_trials`` is below 1.

    Source: Golovin et al., Google Vizier (2017), section 3.2.2.
    """

    def __init__(self, grace_steps: int = 3, num_startup_trials: int = 5) -> None:
        for argument, value in (("grace_steps", grace_steps), ("num_startup_trials", num_startup_trials)):
            if value < 1:
                detail = f"must be at least 1, got {value}"
                raise InvalidInput(f"{argument} {detail}.", places=[Place(f"#/{argument}", detail)])
        self.grace_steps = grace_steps
        self.num_startup_trials = num_startup_trials

    def decide(self, view: StudyView, trial: Trial) -> Decision:
        step = trial.last_step
        if len(view.directions) > 1 or step is None or step < self.grace_steps:
            return Decision.CONTINUE
        direction = view.directions[0]
        own = best_until(view.curves.get(trial.number, ()), step, direction)
        curves = (view.curves.get(peer.number, ()) for peer in view.finished(TrialState.COMPLETED))
        reached = (best_until(curve, step, direction) for curve in curves if has_reached(curve, step))
        losses = [loss for loss in reached if loss is not None]
        if own is None or len(losses) < self.num_startup_trials:
            return Decision.CONTINUE
        return Decision.PRUNE if own > median(losses) else Decision.CONTINUE

    def next_decision_step(self, last_step: int | None) -> int | None:
        return self.grace_steps if last_step is None else max(self.grace_steps, last_step + 1)
