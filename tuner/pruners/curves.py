"""Reading learning curves."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from tuner.records import Direction, Measurement


def best_until(curve: Sequence[Measurement], step: int, direction: Direction) -> float | None:
    """The best value reported at or before ``step``, as a loss (lower is better), whatever came later.

    NaN loses against every number.

    Args:
        curve: One trial's reports by step.
        step: The last step that counts.
        direction: Which way the objective is better.

    Returns:
        The loss; None if there is no report at or before ``step``.
    """
    end = bisect_right(curve, step, key=_step)
    if end == 0:
        return None
    losses = (direction.sign * measurement.value for measurement in curve[:end])
    return min((loss for loss in losses if not math.isnan(loss)), default=math.inf)


def has_reached(curve: Sequence[Measurement], step: int) -> bool:
    """Whether there is a report at or after ``step``."""
    return bool(curve) and curve[-1].step >= step


def step_before(curve: Sequence[Measurement], step: int) -> int | None:
    """The step of the report next below ``step``; None if there is none."""
    end = bisect_left(curve, step, key=_step)
    return curve[end - 1].step if end else None


def _step(measurement: Measurement) -> int:
    return measurement.step
