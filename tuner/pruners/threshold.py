"""Stopping what leaves a given range."""

from __future__ import annotations

from tuner.errors import InvalidInput, Place
from tuner.pruners.arguments import require
from tuner.pruners.base import Decision, Pruner
from tuner.records import StudyView, Trial


class ThresholdPruner(Pruner):
    """Prunes a trial that reports a value above ``at_most`` or below ``at_least``.

    Choose it when you know what a hopeless value looks like: a loss that explodes, an accuracy no better than chance
    after the first epochs. Each report is judged by its own value, also if the trial was better before.

    Args:
        at_most: Highest value that runs on, in the objective's own unit.
        at_least: Lowest value that runs on.
        grace_steps: Steps that every trial may run before it is judged.

    Raises:
        InvalidInput: Neither limit is given, ``at_least`` is above ``at_most``, or ``grace_steps`` is below 1.
    """

    def __init__(self, at_most: float | None = None, at_least: float | None = None, grace_steps: int = 3) -> None:
        if at_most is None and at_least is None:
            raise InvalidInput(
                "threshold needs a limit.",
                hint='Give at_most or at_least, as in {"name": "threshold", "at_most": 5.0}.',
                places=[Place("#", "needs at_most or at_least")],
            )
        if at_most is not None and at_least is not None:
            require("at_least", at_least <= at_most, f"at most at_most ({at_most})", at_least)
        require("grace_steps", grace_steps >= 1, "at least 1", grace_steps)
        self.at_most = at_most
        self.at_least = at_least
        self.grace_steps = grace_steps

    def decide(self, view: StudyView, trial: Trial) -> Decision:
        step, value = trial.last_step, trial.last_value
        if len(view.directions) > 1 or step is None or value is None or step < self.grace_steps:
            return Decision.CONTINUE
        too_high = self.at_most is not None and value > self.at_most
        too_low = self.at_least is not None and value < self.at_least
        return Decision.PRUNE if too_high or too_low else Decision.CONTINUE

    def next_decision_step(self, last_step: int | None) -> int | None:
        return self.grace_steps if last_step is None else max(self.grace_steps, last_step + 1)
