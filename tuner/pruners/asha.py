"""Asynchronous successive halving."""

from __future__ import annotations

from tuner.pruners.arguments import require
from tuner.pruners.base import Decision, Pruner
from tuner.pruners.rungs import crossed_rungs, next_rung, passes
from tuner.records import StudyView, Trial


class ASHAPruner(Pruner):
    """Lets the best ``1 / reduction_factor`` of the trials pass each rung and prunes the others there.

    Rungs are the steps ``grace_steps``, ``grace_steps * reduction_factor``, ``grace_steps * reduction_factor**2`` and
    so on. Choose it when many short looks are worth more than few complete trainings: large spaces, curves that show
    early who will win. No trial waits for another.

    How a trial is judged:

    - Once at each rung, with the first report at or beyond it; in between it runs on. A report that jumps over several
      rungs is judged at each of them.
    - By its value at the rung: the best value among its reports at or before the rung's step. A trial that reported
      only after the rung has no value there, and is neither judged nor counted.
    - Against all trials of the study that have reached the rung, whatever their state and whenever their reports came
      in. Ties pass.
    - Nobody is pruned at a rung before ``reduction_factor`` trials have reached it, and the best never is.

    Args:
        grace_steps: Steps that every trial may run; the first rung. A step is whatever the trial reports as such:
            epochs, rounds, folds.
        reduction_factor: One trial in this many passes a rung.

    Raises:
        InvalidInput: ``grace_steps`` is below 1, or ``reduction_factor`` below 2.

    Source: Li et al., A System for Massively Parallel Hyperparameter Tuning (2020), in the variant that stops trials
    rather than pausing them.
    """

    def __init__(self, grace_steps: int = 3, reduction_factor: int = 4) -> None:
        require("grace_steps", grace_steps >= 1, "at least 1", grace_steps)
        require("reduction_factor", reduction_factor >= 2, "at least 2", reduction_factor)
        self.grace_steps = grace_steps
        self.reduction_factor = reduction_factor

    def decide(self, view: StudyView, trial: Trial) -> Decision:
        if len(view.directions) > 1 or trial.last_step is None:
            return Decision.CONTINUE
        curve = view.curves.get(trial.number, ())
        rungs = crossed_rungs(self.grace_steps, self.reduction_factor, curve, trial.last_step)
        everybody = view.curves.values()
        passed = (passes(curve, everybody, rung, self.reduction_factor, view.directions[0]) for rung in rungs)
        return Decision.CONTINUE if all(passed) else Decision.PRUNE

    def next_decision_step(self, last_step: int | None) -> int | None:
        return next_rung(self.grace_steps, self.reduction_factor, last_step)
