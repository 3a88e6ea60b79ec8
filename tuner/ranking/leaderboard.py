"""The order of a study's trials."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tuner.records import Direction, Trial, TrialState
from tuner.records.pareto import crowding_distances, pareto_fronts

_GROUPS = (
    (TrialState.COMPLETED,),
    (TrialState.PRUNED,),
    (TrialState.RUNNING, TrialState.WAITING),
    (TrialState.FAILED, TrialState.CANCELLED),
)


def rank_trials(
    trials: Sequence[Trial], directions: Sequence[Direction], objective_names: Sequence[str]
) -> list[Trial]:
    """All trials, best first.

    Completed trials lead: with one objective by its value, with several by Pareto front and, on a front, by crowding
    distance, roomiest first. Then pruned trials by their last reported value, then running and waiting ones, then
    failed and cancelled ones. Ties go to the lower number. A missing value or NaN is worse than any number.

    Args:
        trials: Trials of one study, in any order.
        directions: One for each objective.
        objective_names: Names of the objectives, in the same order.
    """
    by_number = sorted(trials, key=lambda trial: trial.number)
    completed, pruned, unfinished, lost = ([t for t in by_number if t.state in states] for states in _GROUPS)
    sign = directions[0].sign
    return [
        *_rank_completed(completed, directions, objective_names),
        *sorted(pruned, key=lambda trial: _loss(trial.last_value, sign)),
        *unfinished,
        *lost,
    ]


def best_trial(
    trials: Sequence[Trial], directions: Sequence[Direction], objective_names: Sequence[str]
) -> Trial | None:
    """The completed trial that ranks first, if any is completed."""
    completed = [trial for trial in trials if trial.state is TrialState.COMPLETED]
    return next(iter(rank_trials(completed, directions, objective_names)), None)


def _rank_completed(
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
