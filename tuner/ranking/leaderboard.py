"""The order of a study's trials."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tuner.records import Direction, OutcomeConstraint, Trial, TrialState
from tuner.records.pareto import crowding_distances, pareto_fronts
from tuner.records.study import total_violation

_GROUPS = (
    (TrialState.COMPLETED,),
    (TrialState.PRUNED,),
    (TrialState.RUNNING, TrialState.WAITING),
    (TrialState.FAILED, TrialState.CANCELLED),
)


def rank_trials(
    trials: Sequence[Trial],
    directions: Sequence[Direction],
    objective_names: Sequence[str],
    constraints: Sequence[OutcomeConstraint] = (),
) -> list[Trial]:
    """All trials, best first.

    Completed trials that keep the outcome constraints lead: with one objective by its value, with several by Pareto
    front and, on a front, by crowding distance, roomiest first. Then pruned trials by their last reported value, then
    running and waiting ones, then completed ones by how far they are beyond the constraints, then failed and cancelled
    ones. Ties go to the lower number. A missing value or NaN is worse than any number.

    Args:
        trials: Trials of one study, in any order.
        directions: One for each objective.
        objective_names: Names of the objectives, in the same order.
        constraints: Bounds on the outcome.
    """
    by_number = sorted(trials, key=lambda trial: trial.number)
    violations = {
        trial.number: total_violation(constraints, trial.values or {})
        for trial in by_number
        if trial.state is TrialState.COMPLETED
    }
    completed, pruned, unfinished, lost = ([t for t in by_number if t.state in states] for states in _GROUPS)
    sign = directions[0].sign
    return [
        *_rank_feasible([t for t in completed if not violations[t.number]], directions, objective_names),
        *sorted(pruned, key=lambda trial: _loss(trial.last_value, sign)),
        *unfinished,
        *sorted([t for t in completed if violations[t.number]], key=lambda trial: violations[trial.number]),
        *lost,
    ]


def best_trial(
    trials: Sequence[Trial],
    directions: Sequence[Direction],
    objective_names: Sequence[str],
    constraints: Sequence[OutcomeConstraint] = (),
) -> Trial | None:
    """The completed trial that ranks first, if there is one that keeps the outcome constraints."""
    feasible = [
        trial
        for trial in trials
        if trial.state is TrialState.COMPLETED and not total_violation(constraints, trial.values or {})
    ]
    return next(iter(rank_trials(feasible, directions, objective_names)), None)


def _rank_feasible(
    trials: Sequence[Trial], directions: Sequence[Direction], objective_names: Sequence[str]
) -> list[Trial]:
    losses = np.array(
        [
            [
                _loss((trial.values or {}).get(name), direction.sign)
                for name, direction in zip(objective_names, directions, strict=True)
            ]
            for trial in trials
        ]
    ).reshape(len(trials), len(directions))
    if len(directions) == 1:
        return [trials[index] for index in np.argsort(losses[:, 0], kind="stable")]
    fronts = pareto_fronts(losses)
    room = _room(losses, fronts)
    return [trials[index] for index in np.lexsort((-room, fronts))]


def _room(losses: NDArray[np.float64], fronts: NDArray[np.intp]) -> NDArray[np.float64]:
    room = np.empty(len(losses))
    order = np.argsort(fronts, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(fronts[order])) + 1):
        if len(members):
            room[members] = crowding_distances(losses[members])
    return room


def _loss(value: float | None, sign: float) -> float:
    return math.inf if value is None or math.isnan(value) else sign * value
