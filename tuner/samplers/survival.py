"""Who survives: the members of a population that the next points descend from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from tuner.records.pareto import crowding_distances, pareto_fronts

Losses = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Survivors:
    """Members that survive, the best first.

    Args:
        places: Where they are among those that were judged, shape (k,).
        levels: Lower is better, equal is as good, shape (k,).
    """

    places: Places
    levels: NDArray[np.intp]


Selection = Callable[[Losses, NDArray[np.float64], int], Survivors]


def by_crowding(losses: Losses, violations: NDArray[np.float64], count: int) -> Survivors:
    """Survival as in NSGA-II: by front, and within a front by room to the neighbours.

    Args:
        losses: Lower is better, shape (n, m).
        violations: How far each is from being acceptable, 0 if it is; others come after all that are, shape (n,).
        count: How many survive, at most n.

    Returns:
        The survivors; each level holds one of them. Source: Deb et al., NSGA-II (2002).
    """
    accepted = np.flatnonzero(violations == 0)
    fronts = pareto_fronts(losses[accepted])
    room = np.zeros(len(accepted))
    for front in range(int(fronts.max(initial=-1)) + 1):
        members = fronts == front
        room[members] = crowding_distances(losses[accepted][members])
    ordered = accepted[np.lexsort((-room, fronts))]
    places = np.concatenate([ordered, _by_violation(violations)])[:count]
    return Survivors(places, np.arange(len(places)))


def by_reference_points(losses: Losses, violations: NDArray[np.float64], count: int) -> Survivors:
    """Survival as in NSGA-III: by front, and within the last front so that all directions are kept.

    The directions are evenly spaced reference points on the plane between the best of each objective. Ties are decided
    by distance, then by age, not by chance.

    Args:
        losses: Lower is better, shape (n, m).
        violations: How far each is from being acceptable, 0 if it is; others come after all that are, shape (n,).
        count: How many survive, at most n.

    Returns:
        The survivors; a front is a level. Source: Deb and Jain, NSGA-III (2014).
    """
    accepted = np.flatnonzero(violations == 0)
    fronts = pareto_fronts(losses[accepted])
    order = np.argsort(fronts, kind="stable")
    chosen = order[:count]
    if len(order) > count:
        last = fronts[order[count - 1]]
        safe = np.flatnonzero(fronts < last)
        rivals = np.flatnonzero(fronts == last)
        chosen = np.concatenate([safe, _niched(losses[accepted], safe, rivals, count - len(safe))])
    rest = _by_violation(violations)[: count - len(chosen)]
    worst = int(fronts.max(initial=0))
    places = np.concatenate([accepted[chosen], rest])
    return Survivors(places, np.concatenate([fronts[chosen], worst + 1 + np.arange(len(rest))]))


def reference_points(num_objectives: int, count: int) -> NDArray[np.float64]:
    """Evenly spaced points whose coordinates add up to 1, at most ``count`` unless the corners alone are more.

    Returns:
        Shape (k, num_objectives). Source: Das and Dennis (1998).
    """
    if num_objectives == 1:
        return np.ones((1, 1))
    divisions = 1
    while comb(divisions + num_objectives, num_objectives - 1) <= count:
        divisions += 1
    # Where the walls between the objectives stand when `divisions` balls are put into their boxes.
    walls = np.array(list(combinations(range(divisions + num_objectives - 1), num_objectives - 1)), dtype=float)
    low, high = np.full((len(walls), 1), -1.0), np.full((len(walls), 1), divisions + num_objectives - 1.0)
    return np.asarray((np.diff(np.hstack([low, walls, high])) - 1) / divisions)


def _by_violation(violations: NDArray[np.float64]) -> Places:
    """Those that are not acceptable, the nearest to it first."""
    order = np.argsort(violations, kind="stable")
    return order[violations[order] > 0]


def _niched(losses: Losses, safe: Places, rivals: Places, count: int) -> Places:
    """Those of the rivals that fill the directions in which the fewest are safe."""
    members = np.concatenate([safe, rivals])
    points = reference_points(losses.shape[1], count + len(safe))
    directions, distances = _associated(_normalised(losses[members]), points)
    niches = np.bincount(directions[: len(safe)], minlength=len(points)).astype(float)
    left = list(range(len(safe), len(members)))
    chosen: list[int] = []
    while len(chosen) < count:
        # The emptiest direction that has a rival; of its rivals, the nearest.
        best = min(left, key=lambda member: (niches[directions[member]], directions[member], distances[member]))
        left.remove(best)
        chosen.append(best)
        niches[directions[best]] += 1
    return members[chosen]


def _normalised(losses: Losses) -> Losses:
    """Losses in units of the distance from the ideal point to where the plane of the extremes cuts each axis."""
    # What is beyond floats must not blur all the rest.
    shifted = np.nan_to_num(losses, nan=np.inf, posinf=1e300, neginf=-1e300) / 4
    shifted = shifted - shifted.min(axis=0)
    num_objectives = shifted.shape[1]
    widest = shifted.max(axis=0)
    widest = np.where(widest > 0, widest, 1.0)
    scaled = shifted / widest
    weights = np.where(np.eye(num_objectives, dtype=bool), 1.0, 1e6)
    extremes = scaled[np.argmin((scaled[:, None, :] * weights).max(axis=2), axis=0)]
    try:
        intercepts = 1 / np.linalg.solve(extremes, np.ones(num_objectives))
    except np.linalg.LinAlgError:
        return np.asarray(scaled)
    if not np.isfinite(intercepts).all() or (intercepts < 1e-6).any():
        return np.asarray(scaled)
    return np.asarray(scaled / intercepts)


def _associated(losses: Losses, points: NDArray[np.float64]) -> tuple[Places, NDArray[np.float64]]:
    """The reference point whose ray from the origin is nearest, and how far it is, each shape (n,)."""
    rays = points / np.linalg.norm(points, axis=1, keepdims=True)
    along = losses @ rays.T
    away = np.sqrt(np.maximum((losses**2).sum(axis=1, keepdims=True) - along**2, 0.0))
    return away.argmin(axis=1), away.min(axis=1)
