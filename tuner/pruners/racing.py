"""The rule for candidates that are cross-validated fold by fold."""

from __future__ import annotations

from tuner.pruners.arguments import require
from tuner.pruners.base import Decision, Pruner
from tuner.records import StudyView, Trial


class RacingPruner(Pruner):
    """Prunes a trial whose value at a step is not among the best ``share`` of the completed trials at that step.

    Choose it where a step's value is the score so far, on more and more of the same data, as with the folds of a
    cross-validation: early values are then estimates of the last one, and comparable step by step. (Learning curves
    are another matter: there a trial's best value so far counts, see the percentile rule.)

    Args:
        share: The part of the completed trials that a trial must be among, above 0 and below 1.
        grace_steps: Steps that every trial may run before it is judged.
        num_startup_trials: Completed trials at the step before anyone is judged.

    Raises:
        InvalidInput: ``share`` is not within 0 to 1, or ``grace_steps`` or ``num_startup_trials`` below 1.

    Source: Maron and Moore, Hoeffding Races (1994), and Birattari et al., F-race (2002), with a rank instead of a test:
    the scores of one candidate on different folds are too few for one.
    """

    def __init__(self, share: float = 0.4, grace_steps: int = 1, num_startup_trials: int = 5) -> None:
        require("share", 0 < share < 1, "above 0 and below 1", share)
        require("grace_steps", grace_steps >= 1, "at least 1", grace_steps)
        require("num_startup_trials", num_startup_trials >= 1, "at least 1", num_startup_trials)
        self.share = share
        self.grace_steps = grace_steps
        self.num_startup_trials = num_startup_trials

    def decide(self, view: StudyView, trial: Trial) -> Decision:
        step, value = trial.last_step, trial.last_value
        if len(view.directions) > 1 or step is None or value is None or step < self.grace_steps:
            return Decision.CONTINUE
        sign = view.directions[0].sign
        losses = sorted(
            sign * measurement.value
            for peer in view.finished()
            for measurement in view.curves.get(peer.number, ())
            if measurement.step == step
        )
        if len(losses) < self.num_startup_trials:
            return Decision.CONTINUE
        mark = losses[min(int(self.share * len(losses)), len(losses) - 1)]
        return Decision.PRUNE if sign * value > mark else Decision.CONTINUE

    def next_decision_step(self, last_step: int | None) -> int | None:
        return self.grace_steps if last_step is None else max(self.grace_steps, last_step + 1)
