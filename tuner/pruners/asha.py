"""Asynchronous successive halving by the losses that curves lead to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from tuner.pruners.arguments import require
from tuner.pruners.base import Decision, Pruner
from tuner.pruners.rungs import crossed_rungs, next_rung, passes
from tuner.records import StudyView, Trial, TrialState

_Item = TypeVar("_Item")

_GROWTH = 2
# How much better than expected a trial may be taken for, in standard deviations of the prediction.
_BENEFIT_OF_DOUBT = 0.25
# Trials that a decision looks at, of those completed and of those not: it must not grow slower with the study.
_MAX_PEERS = 300


class ASHAPruner(Pruner):
    """Lets a trial pass a rung if it is expected to end among the best ``1 / reduction_factor`` of all trials.

    Choose it unless you know better; it is the default. Rungs are the steps ``grace_steps``, twice as many, four times
    as many and so on. No trial waits for another.

    How a trial is judged:

    - Once at each rung, with the first report at or beyond it; in between it runs on.
    - By the final loss that its curve leads to, given the benefit of the doubt: early values are not compared as they
      are, since what is slow at first is often better in the end. See ``tuner.records.extrapolation``.
    - Against the final losses of all other trials that have reported, those that were pruned included. So hardly
      anybody is pruned once all proposals are good ones.
    - Before the first trial is completed nobody knows where curves lead. Until then the value at the rung counts, the
      best one among the reports at or before it, and ``1 / reduction_factor`` of the trials that have reached the rung
      pass. A report that jumps over several rungs is judged at each of them; ties pass.
    - Nobody is pruned before there are ``reduction_factor`` trials to compare.

    Args:
        grace_steps: Steps that every trial may run; the first rung. A step is whatever the trial reports as such:
            epochs, rounds, folds.
        reduction_factor: One trial in this many passes a rung.

    Raises:
        InvalidInput: ``grace_steps`` is below 1, or ``reduction_factor`` below 2.

    Source: Li et al., A System for Massively Parallel Hyperparameter Tuning (2020), in the variant that stops trials
    rather than pausing them, for the rungs and for not waiting. Judging by predicted final values: Domhan, Springenberg
    and Hutter (2015).
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
        rungs = list(crossed_rungs(self.grace_steps, _GROWTH, curve, trial.last_step))
        if not rungs:
            return Decision.CONTINUE
        if _has_example(view, trial.number):
            return Decision.CONTINUE if self._may_end_well(view, trial) else Decision.PRUNE
        everybody = view.curves.values()
        passed = (passes(curve, everybody, rung, self.reduction_factor, view.directions[0]) for rung in rungs)
        return Decision.CONTINUE if all(passed) else Decision.PRUNE

    def next_decision_step(self, last_step: int | None) -> int | None:
        return next_rung(self.grace_steps, _GROWTH, last_step)

    def _may_end_well(self, view: StudyView, trial: Trial) -> bool:
        # NumPy is loaded when it is needed: pruners are listed without it.
        from tuner.records.extrapolation import final_losses

        finals = final_losses(_excerpt(view, trial))
        own = finals.pop(trial.number, None)
        others = sorted(final.loss for final in finals.values())
        if len(others) + 1 < self.reduction_factor:
            return True
        mark = others[len(others) // self.reduction_factor]
        return own is not None and own.loss - _BENEFIT_OF_DOUBT * own.deviation <= mark


def _has_example(view: StudyView, number: int) -> bool:
    """Whether another trial has been completed that shows where a curve leads."""
    return any(_is_example(view, trial) and trial.number != number for trial in view.trials)


def _is_example(view: StudyView, trial: Trial) -> bool:
    if trial.state is not TrialState.COMPLETED or trial.number not in view.curves:
        return False
    return math.isfinite((trial.values or {}).get(view.objective_names[0], math.nan))


def _excerpt(view: StudyView, trial: Trial) -> StudyView:
    """The view with a part of the trials that have reported, and with ``trial`` as it was at its last step."""
    peers = [peer for peer in view.trials if peer.number in view.curves and peer.number != trial.number]
    examples = [peer for peer in peers if _is_example(view, peer)]
    unfinished = [peer for peer in peers if peer.state in (TrialState.PRUNED, TrialState.RUNNING)]
    shown = [*_spread_out(examples), *_spread_out(unfinished), replace(trial, state=TrialState.RUNNING)]
    shown.sort(key=lambda peer: peer.number)
    own = [report for report in view.curves[trial.number] if trial.last_step is None or report.step <= trial.last_step]
    curves = {peer.number: view.curves[peer.number] for peer in shown} | {trial.number: own}
    return replace(view, trials=shown, curves=curves)


def _spread_out(items: Sequence[_Item]) -> Sequence[_Item]:
    """At most ``_MAX_PEERS`` of the items, evenly spread over their order."""
    if len(items) <= _MAX_PEERS:
        return items
    return [items[index * len(items) // _MAX_PEERS] for index in range(_MAX_PEERS)]
