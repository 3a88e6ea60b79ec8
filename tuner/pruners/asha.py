"""Asynchronous successive halving."""

from __future__ import annotations

from collections.abc import Iterator

from tuner.errors import InvalidInput, Place
from tuner.pruners.base import Decision, Pruner
from tuner.pruners.curves import best_until, has_reached, step_before
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
        if grace_steps < 1:
            raise _invalid("grace_steps", f"must be at least 1, got {grace_steps}")
        if reduction_factor < 2:
            raise _invalid("reduction_factor", f"must be at least 2, got {reduction_factor}")
        self.grace_steps = grace_steps
        self.reduction_factor = reduction_factor

    def decide(self, view: StudyView, trial: Trial) -> Decision:
        if len(view.directions) > 1 or trial.last_step is None:
            return Decision.CONTINUE
        before = step_before(view.curves.get(trial.number, ()), trial.last_step)
        crossed = (rung for rung in self._rungs(trial.last_step) if before is None or before < rung)
        falls_behind = any(self._falls_behind(view, trial, rung) for rung in crossed)
        return Decision.PRUNE if falls_behind else Decision.CONTINUE

    def next_decision_step(self, last_step: int | None) -> int | None:
        rung = self.grace_steps
        while last_step is not None and rung <= last_step:
            rung *= self.reduction_factor
        return rung

    def _rungs(self, last_step: int) -> Iterator[int]:
        rung = self.grace_steps
        while rung <= last_step:
            yield rung
            rung *= self.reduction_factor

    def _falls_behind(self, view: StudyView, trial: Trial, rung: int) -> bool:
        direction = view.directions[0]
        own = best_until(view.curves.get(trial.number, ()), rung, direction)
        if own is None:
            return False
        reached = (best_until(curve, rung, direction) for curve in view.curves.values() if has_reached(curve, rung))
        losses = sorted(loss for loss in reached if loss is not None)
        if len(losses) < self.reduction_factor:
            return False
        return own > losses[len(losses) // self.reduction_factor - 1]


def _invalid(argument: str, detail: str) -> InvalidInput:
    return InvalidInput(f"{argument} {detail}.", places=[Place(f"#/{argument}", detail)])
