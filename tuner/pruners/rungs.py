"""Rungs: the steps at which successive halving judges."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from tuner.pruners.curves import best_until, has_reached, step_before
from tuner.records import Direction, Measurement


def next_rung(first: int, reduction_factor: int, last_step: int | None) -> int:
    """The first rung after ``last_step``; rungs are ``first``, ``first * reduction_factor`` and so on."""
    rung = first
    while last_step is not None and rung <= last_step:
        rung *= reduction_factor
    return rung


def crossed_rungs(first: int, reduction_factor: int, curve: Sequence[Measurement], step: int) -> Iterator[int]:
    """The rungs that the report at ``step`` is the first of its curve to reach."""
    before = step_before(curve, step)
    rung = next_rung(first, reduction_factor, before)
    while rung <= step:
        yield rung
        rung *= reduction_factor


def passes(
    curve: Sequence[Measurement],
    others: Collection[Sequence[Measurement]],
    rung: int,
    reduction_factor: int,
    direction: Direction,
) -> bool:
    """Whether a trial is among the best ``1 / reduction_factor`` of those that have reached the rung.

    Args:
        curve: The trial's reports.
        others: Reports of all trials it is compared with, itself included.
        rung: The step.
        reduction_factor: One trial in this many passes; before so many have reached the rung, all pass.
        direction: Which way the objective is better.
    """
    own = best_until(curve, rung, direction)
    if own is None:
        return True
    reached = (best_until(other, rung, direction) for other in others if has_reached(other, rung))
    losses = sorted(loss for loss in reached if loss is not None)
    return len(losses) < reduction_factor or own <= losses[len(losses) // reduction_factor - 1]
