"""The percentile rule."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tuner.pruners.arguments import require
from tuner.pruners.base import Decision, Pruner
from tuner.pruners.curves import best_until, has_reached
from tuner.records import StudyView, Trial


class PercentilePruner(Pruner):
    """Prunes a trial whose best value so far is not within the best ``percentile`` of the completed trials.

    Choose it as a median rule whose strictness is yours to set: 25 is strict, 75 prunes only what is clearly behind.
    Values are compared at the same step: the best ones among the reports at or before it. Only completed trials that
    came as far count, so the longer a study runs, the better are those it compares with.

    Args:
        percentile: This share of the completed trials, in percent, sets the mark to reach.
        grace_steps: Steps that every trial may run before it is judged.
        num_startup_trials: Completed trials at the step before anyone is judged.

    Raises:
        InvalidInput: ``percentile`` is not within 0 to 100, or ``grace_steps`` or ``num_startup_trials`` below 1.

    Source: Golovin et al., Google Vizier (2017), section 3.2.2, has the rule for the median.
    """

    def __init__(self, percentile: float = 25.0, grace_steps: int = 3, num_startup_trials: int = 5) -> None:
        require("percentile", 0 <= percentile <= 100, "from 0 to 100", percentile)
        require("grace_steps", grace_steps >= 1, "at least 1", grace_steps)
        require("num_startup_trials", num_startup_trials >= 1, "at least 1", num_startup_trials)
        self.percentile = percentile
        self.grace_steps = grace_steps
        self.num_startup_trials = num_startup_trials

    def decide(self, view: StudyView, trial: Trial) -> Decision:
        step = trial.last_step
        if len(view.directions) > 1 or step is None or step < self.grace_steps:
            return Decision.CONTINUE
        direction = view.directions[0]
        own = best_until(view.curves.get(trial.number, ()), step, direction)
        curves = (view.curves.get(peer.number, ()) for peer in view.finished())
        reached = (best_until(curve, step, direction) for curve in curves if has_reached(curve, step))
        losses = sorted(loss for loss in reached if loss is not None)
        if own is None or len(losses) < self.num_startup_trials:
            return Decision.CONTINUE
        return Decision.PRUNE if own > _quantile(losses, self.percentile / 100) else Decision.CONTINUE

    def next_decision_step(self, last_step: int | None) -> int | None:
        return self.grace_steps if last_step is None else max(self.grace_steps, last_step + 1)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The quantile by linear interpolation, safe with infinite and huge values."""
    place = share * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    weight = place - math.floor(place)
    return low if low == high else low * (1 - weight) + high * weight
