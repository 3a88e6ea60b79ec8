"""The keys by which SQL orders trials, the same as in ``tuner.ranking``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from tuner.records import Origin, StudySpec, TrialState
from tuner.records.study import total_violation

COMPLETED = 0
PRUNED = 1
UNFINISHED = 2
INFEASIBLE = 3
LOST = 4
RANK_CLASSES = {
    TrialState.COMPLETED: COMPLETED,
    TrialState.PRUNED: PRUNED,
    TrialState.RUNNING: UNFINISHED,
    TrialState.WAITING: UNFINISHED,
    TrialState.FAILED: LOST,
    TrialState.CANCELLED: LOST,
}


class Rank(NamedTuple):
    """Where a trial stands: its class, and its place in it, lower is better. Ties go to the lower number."""

    rank_class: int
    rank_value: float

    @property
    def is_feasible(self) -> bool | None:
        """Whether a completed trial keeps the outcome constraints; None for any other."""
        return feasibility(self.rank_class)


def feasibility(rank_class: int) -> bool | None:
    """What a rank class says of the outcome constraints."""
    return {COMPLETED: True, INFEASIBLE: False}.get(rank_class)


# More of the rows went into a bagged trial than into its candidate, and more models into an ensemble, which the score
# on the same rows cannot show: with equal scores they stand before it.
_PRECEDENCE = {Origin.BAGGED: 1, Origin.ENSEMBLE: 2}


def rank_of(
    spec: StudySpec,
    state: TrialState,
    values: Mapping[str, float] | None,
    last_value: float | None = None,
    origin: Origin = Origin.SAMPLER,
) -> Rank:
    """The rank of a trial in ``state``.

    A completed trial that keeps the outcome constraints ranks by its first objective, another one by how far it is
    beyond them, a pruned one by its last report.
    """
    objective = spec.objectives[0]
    if state is TrialState.COMPLETED:
        assert values is not None
        violation = total_violation(spec.constraints, values)
        if violation > 0:
            return Rank(INFEASIBLE, violation)
        loss = objective.direction.sign * values[objective.name]
        for _ in range(_PRECEDENCE.get(origin, 0)):
            loss = math.nextafter(loss, -math.inf)
        return Rank(COMPLETED, loss)
    if state is TrialState.PRUNED:
        return Rank(PRUNED, math.inf if last_value is None else objective.direction.sign * last_value)
    return Rank(RANK_CLASSES[state], 0.0)
