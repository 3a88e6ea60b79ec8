"""Hypervolume: how much of the space of losses a set of points dominates."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

# Fronts up to these sizes, by number of objectives, take about a second at most; further ones get 16 points.
_MAX_POINTS = {1: 1_000_000, 2: 1_000_000, 3: 1_500, 4: 300, 5: 120, 6: 70, 7: 40}
_MAX_POINTS_OF_MANY = 16


def is_affordable(num_points: int, num_objectives: int) -> bool:
    """Whether the exact hypervolume of a front of that size can be had in about a second."""
    return num_points <= _MAX_POINTS.get(num_objectives, _MAX_POINTS_OF_MANY)


def hypervolume(losses: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    """Volume of the region that lies between the points and the reference point: the more, the better the points.

    It is exact. One objective takes O(n) time, two O(n log n), three O(n²); from four on time grows exponentially with
    the number of objectives, see ``is_affordable``.

    Args:
        losses: One row for each point, one column for each objective, lower is better, shape (n, m).
        reference: What is just not good enough any more, shape (m,). Points that are not better in every objective add
            nothing.

    Returns:
        The volume, never negative, in the product of the objectives' units; infinite where it is too large for a float.
        Source: While, Bradstreet and Barone, A Fast Way of Calculating Exact Hypervolumes (2012), for four objectives
        and more.
    """
    inside = losses[(losses < reference).all(axis=1)]
    if not len(inside):
        return 0.0
    # The distances from the reference, so that the volume is that of a union of boxes at the origin.
    with np.errstate(over="ignore"):
        return float(_volume(_maximal(reference - inside)))


def _volume(boxes: NDArray[np.float64]) -> float:
    """Volume of a union of boxes from the origin, none of which lies in another; highest first edge first."""
    match boxes.shape[1]:
        case 1:
            return float(boxes[0, 0])
        case 2:
            return _area(boxes)
        case 3:
            return _volume_of_three(boxes)
    total = 0.0
    for place, box in enumerate(boxes):
        # What the boxes after this one leave of it.
        total += float(box.prod()) - _volume_of_any(np.minimum(boxes[place + 1 :], box))
    return total


def _volume_of_any(boxes: NDArray[np.float64]) -> float:
    """Volume of a union of any boxes from the origin."""
    match len(boxes):
        case 0:
            return 0.0
        case 1:
            return float(boxes[0].prod())
        case 2:
            return float(boxes[0].prod() + boxes[1].prod() - np.minimum(boxes[0], boxes[1]).prod())
    return _volume(_maximal(boxes))


def _area(boxes: NDArray[np.float64]) -> float:
    heights = np.diff(boxes[:, 1], prepend=0.0)
    return float(boxes[:, 0] @ heights)


def _volume_of_three(boxes: NDArray[np.float64]) -> float:
    """Sum over slices between neighbouring first edges; of each slice the area is that of the boxes that reach it."""
    total = 0.0
    edges = [*boxes[:, 0], 0.0]
    for count, (upper, lower) in enumerate(pairwise(edges), start=1):
        if upper > lower:
            total += (upper - lower) * _area(_maximal(boxes[:count, 1:]))
    return total


def _maximal(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Those boxes that lie in no other one, each once, sorted by falling edges."""
    ordered = np.unique(boxes, axis=0)[::-1]
    if ordered.shape[1] == 1:
        return ordered[:1]
    if ordered.shape[1] == 2:
        # A box adds something if it is higher than all the wider ones.
        highest = np.maximum.accumulate(ordered[:, 1])
        return ordered[np.concatenate(([True], ordered[1:, 1] > highest[:-1]))]
    kept = np.ones(len(ordered), dtype=bool)
    for place in range(1, len(ordered)):
        # Rows come sorted, so a box can only lie in one before it.
        kept[place] = not (kept[:place] & (ordered[:place] >= ordered[place]).all(axis=1)).any()
    return ordered[kept]
