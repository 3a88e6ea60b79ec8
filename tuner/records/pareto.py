"""Pareto fronts: the order of points that are judged by several losses."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray


def pareto_fronts(losses: NDArray[np.float64]) -> NDArray[np.intp]:
    """Number of each point's non-dominated front, from 0, the best.

    A point dominates another if it is nowhere worse and somewhere better. Points that no point dominates form front 0,
    those that only front 0 dominates front 1, and so on. Equal points share a front. NaN counts as the worst loss.

    One objective takes O(n log n) time, two O(n log n), more O(n²) in n vectorised steps.

    Args:
        losses: One row for each point, one column for each objective, lower is better, shape (n, m).

    Returns:
        Front numbers, shape (n,). Source: Jensen (2003) for two objectives.
    """
    points, inverse = np.unique(np.where(np.isnan(losses), np.inf, losses), axis=0, return_inverse=True)
    # Rows come sorted, so a point can only be dominated by those before it.
    match points.shape[1]:
        case 1:
            fronts = np.arange(len(points))
        case 2:
            fronts = _fronts_of_two(points)
        case _:
            fronts = _fronts_of_many(points)
    return fronts[inverse.reshape(-1)]


def crowding_distances(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much room a point has on its front: the sum over objectives of the gap between its two neighbours.

    Gaps are relative to the front's extent; the ends of the front have infinite room.

    Args:
        losses: Points of one front, shape (n, m).

    Returns:
        Distances, shape (n,). Source: Deb et al., NSGA-II (2002).
    """
    distances = np.zeros(len(losses))
    # Infinite losses, and ranges too wide for a float, leave gaps without a number: no room.
    with np.errstate(invalid="ignore", over="ignore"):
        for column in losses.T:
            order = np.argsort(column, kind="stable")
            ordered = column[order]
            finite = ordered[np.isfinite(ordered)]
            extent = finite[-1] - finite[0] if len(finite) else 0.0
            distances[order[[0, -1]]] = np.inf
            if extent > 0:
                distances[order[1:-1]] += np.nan_to_num((ordered[2:] - ordered[:-2]) / extent, nan=0.0, posinf=np.inf)
    return distances


def _fronts_of_two(points: NDArray[np.float64]) -> NDArray[np.intp]:
    fronts = np.empty(len(points), dtype=np.intp)
    # Lowest second loss on each front so far. It rises from front to front, so the first front that does not
    # dominate the next point is found by bisection.
    lowest: list[float] = []
    for index, loss in enumerate(points[:, 1].tolist()):
        front = bisect_right(lowest, loss)
        if front == len(lowest):
            lowest.append(loss)
        else:
            lowest[front] = loss
        fronts[index] = front
    return fronts


def _fronts_of_many(points: NDArray[np.float64]) -> NDArray[np.intp]:
    fronts = np.zeros(len(points), dtype=np.intp)
    columns = points.T[1:].copy()
    for index in range(1, len(points)):
        dominating = (columns[:, :index] <= columns[:, index, None]).all(axis=0)
        fronts[index] = np.max(fronts[:index][dominating], initial=-1) + 1
    return fronts
