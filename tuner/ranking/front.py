"""The Pareto front of a study, and how much it covers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.ranking.hypervolume import hypervolume, is_affordable
from tuner.ranking.leaderboard import rank_trials
from tuner.records import StudyView, Trial
from tuner.records.pareto import pareto_fronts


@dataclass(frozen=True)
class Front:
    """The best trials of a study by all its objectives.

    Args:
        trials: Feasible completed trials that no other dominates, the roomiest first.
        reference: The point from which the hypervolume is measured, by objective; None while there are no trials.
        hypervolume: Volume between the front and the reference point; None where it is no finite number, or where the
            exact one would take too long.
    """

    trials: tuple[Trial, ...]
    reference: Mapping[str, float] | None
    hypervolume: float | None


def pareto_front(view: StudyView, reference: Mapping[str, float] | None = None) -> Front:
    """The Pareto front of the study.

    Args:
        view: Facts of the study.
        reference: For each objective the value that is just not good enough any more. Without it the worst value among
            the feasible trials is taken, objective by objective; since that changes as trials come, give one to compare
            hypervolumes.
    """
    feasible = [trial for trial in view.finished() if view.is_feasible(trial)]
    signs = np.array([direction.sign for direction in view.directions], dtype=float)
    losses = signs * np.array(
        [[(trial.values or {}).get(name, math.nan) for name in view.objective_names] for trial in feasible]
    ).reshape(len(feasible), len(signs))
    is_first = pareto_fronts(losses) == 0
    members = [trial for trial, first in zip(feasible, is_first, strict=True) if first]
    point = _reference_losses(view, losses, signs, reference)
    return Front(
        trials=tuple(rank_trials(members, view.directions, view.objective_names)),
        reference=None
        if point is None
        else dict(zip(view.objective_names, (signs * point + 0.0).tolist(), strict=True)),
        hypervolume=None if point is None else _finite_volume(losses[is_first], point),
    )


def _reference_losses(
    view: StudyView, losses: NDArray[np.float64], signs: NDArray[np.float64], reference: Mapping[str, float] | None
) -> NDArray[np.float64] | None:
    if reference is not None:
        losses = signs * np.array([[reference[name] for name in view.objective_names]])
    worst: NDArray[np.float64] | None = losses.max(axis=0) if len(losses) else None
    return worst


def _finite_volume(losses: NDArray[np.float64], reference: NDArray[np.float64]) -> float | None:
    if not is_affordable(len(np.unique(losses, axis=0)), len(reference)):
        return None
    volume = hypervolume(losses, reference)
    return volume if math.isfinite(volume) else None
