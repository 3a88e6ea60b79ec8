from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tuner.ranking.hypervolume import _MAX_POINTS, hypervolume, is_affordable


def counted(losses: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    """The volume as the sum of all cells of the grid through the points that some point dominates."""
    axes = [np.unique([*losses[:, column], reference[column]]) for column in range(len(reference))]
    axes = [axis[axis <= bound] for axis, bound in zip(axes, reference, strict=True)]
    total = 0.0
    for cell in itertools.product(*(range(len(axis) - 1) for axis in axes)):
        corner = np.array([axis[place] for axis, place in zip(axes, cell, strict=True)])
        if (losses <= corner).all(axis=1).any():
            total += float(np.prod([axis[p + 1] - axis[p] for axis, p in zip(axes, cell, strict=True)]))
    return total


def front(num_points: int, num_objectives: int) -> NDArray[np.float64]:
    """Points none of which dominates another."""
    points = np.abs(np.random.default_rng(0).normal(size=(num_points, num_objectives)))
    return 1 - points / np.linalg.norm(points, axis=1, keepdims=True)


points = st.integers(1, 5).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(-3, 3).map(float), min_size=size, max_size=size), min_size=0, max_size=7
    ).map(lambda rows: np.array(rows, dtype=float).reshape(-1, size))
)


@settings(max_examples=200, deadline=None)
@given(losses=points, reference=st.integers(-1, 4))
def test_it_is_the_volume_of_all_dominated_cells(losses: NDArray[np.float64], reference: int) -> None:
    at = np.full(losses.shape[1], float(reference))
    assert hypervolume(losses, at) == pytest.approx(counted(losses, at))


@pytest.mark.parametrize("num_objectives", [2, 3, 4, 5])
def test_it_is_the_share_of_random_points_that_are_dominated(num_objectives: int) -> None:
    losses = front(20, num_objectives)
    drawn = np.random.default_rng(1).random((100_000, num_objectives))
    share = np.mean([(losses <= block[:, None]).all(axis=2).any(axis=1).mean() for block in np.split(drawn, 100)])
    assert hypervolume(losses, np.ones(num_objectives)) == pytest.approx(share, abs=0.01)


def test_a_known_area() -> None:
    losses = np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 1.0], [3.0, 3.0]])
    assert hypervolume(losses, np.array([4.0, 4.0])) == 6.0


def test_of_one_objective_it_is_the_distance_to_the_best() -> None:
    assert hypervolume(np.array([[3.0], [1.0], [9.0]]), np.array([5.0])) == 4.0


def test_no_points_have_no_volume() -> None:
    assert hypervolume(np.empty((0, 3)), np.ones(3)) == 0.0


def test_points_that_do_not_reach_the_reference_add_nothing() -> None:
    assert hypervolume(np.array([[0.0, 1.0], [2.0, 0.0]]), np.ones(2)) == 0.0


@pytest.mark.parametrize("losses", [[[np.nan, 0.0]], [[np.inf, 0.0]]])
def test_values_without_a_number_add_nothing(losses: list[list[float]]) -> None:
    assert hypervolume(np.array([*losses, [0.5, 0.5]]), np.ones(2)) == 0.25


def test_a_volume_beyond_floats_is_infinite() -> None:
    assert hypervolume(np.full((2, 3), -1e308), np.full(3, 1e308)) == np.inf


@pytest.mark.slow
def test_what_counts_as_affordable_takes_little_time() -> None:
    for num_objectives, num_points in [(2, 20_000), *((m, _MAX_POINTS[m]) for m in (3, 4, 5, 6, 7)), (12, 16)]:
        assert is_affordable(num_points, num_objectives)
        losses = front(num_points, num_objectives)
        started = time.process_time()
        assert hypervolume(losses, np.ones(num_objectives)) > 0
        assert time.process_time() - started < 20, (num_objectives, num_points)
