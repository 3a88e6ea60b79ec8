"""Asynchronous Hyperband."""

from __future__ import annotations

import math

from tuner.pruners.arguments import require
from tuner.pruners.base import Decision, Pruner
from tuner.pruners.rungs import crossed_rungs, next_rung, passes
from tuner.records import StudyView, Trial


class HyperbandPruner(Pruner):
    """Successive halving with several first rungs at once: some trials are judged early, others later or never.

    Choose it when it is not known whether early values tell who will win. Where ``ASHAPruner`` judges every trial at
    ``grace_steps``, here only a part is; the rest have their first rung ``reduction_factor`` times further, and so on.
    A trial's bracket follows from its number: bracket ``k`` gets a share ``(1 - 1 / reduction_factor) /
    reduction_factor**k`` of the trials, spread evenly, so that every bracket costs about as many steps as the others.
    Whose first rung lies beyond the end of a training runs to the end. So the number of steps need not be known.

    Within a bracket trials are judged as by ``ASHAPruner``, against those of the same bracket only.

    Args:
        grace_steps: Steps that every trial may run; the first rung of bracket 0.
        reduction_factor: One trial in this many passes a rung.

    Raises:
        InvalidInput: ``grace_steps`` is below 1, or ``reduction_factor`` below 2.

    Source: Li et al., Hyperband (2018), section 3, for the brackets; Li et al., A System for Massively Parallel
    Hyperparameter Tuning (2020), for the halving without waiting.
    """

    def __init__(self, grace_steps: int = 3, reduction_factor: int = 4) -> None:
        require("grace_steps", grace_steps >= 1, "at least 1", grace_steps)
        require("reduction_factor", reduction_factor >= 2, "at least 2", reduction_factor)
        self.grace_steps = grace_steps
        self.reduction_factor = reduction_factor

    def decide(self, view: StudyView, trial: Trial) -> Decision:
        if len(view.directions) > 1 or trial.last_step is None:
            return Decision.CONTINUE
        bracket = self.bracket(trial.number)
        first = self.grace_steps * self.reduction_factor**bracket
        curve = view.curves.get(trial.number, ())
        rungs = list(crossed_rungs(first, self.reduction_factor, curve, trial.last_step))
        if not rungs:
            return Decision.CONTINUE
        same = [other for number, other in view.curves.items() if self.bracket(number) == bracket]
        passed = (passes(curve, same, rung, self.reduction_factor, view.directions[0]) for rung in rungs)
        return Decision.CONTINUE if all(passed) else Decision.PRUNE

    def next_decision_step(self, last_step: int | None) -> int | None:
        # The rungs of bracket 0 are those of all others, too.
        return next_rung(self.grace_steps, self.reduction_factor, last_step)

    def bracket(self, number: int) -> int:
        """The bracket of the trial with this number."""
        # Multiples of the golden ratio, modulo 1, are spread evenly however many there are.
        share = math.fmod((number + 1) * _GOLDEN_RATIO, 1.0)
        return int(-math.log(share) / math.log(self.reduction_factor)) if share else 0


_GOLDEN_RATIO = (math.sqrt(5) - 1) / 2
