import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tuner.records.pareto import crowding_distances, pareto_fronts

LOSSES = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(0, 4).map(float) | st.sampled_from([math.inf, -math.inf]), min_size=width, max_size=width),
        min_size=1,
        max_size=25,
    )
)


def fronts_by_definition(losses: NDArray[np.float64]) -> list[int]:
    fronts = [-1] * len(losses)
    front = 0
    while -1 in fronts:
        left = [index for index, number in enumerate(fronts) if number == -1]
        for index in left:
            beaten = any((losses[o] <= losses[index]).all() and (losses[o] < losses[index]).any() for o in left)
            fronts[index] = -2 if beaten else front
        fronts = [-1 if number == -2 else number for number in fronts]
        front += 1
    return fronts


@settings(deadline=None)
@given(rows=LOSSES)
def test_fronts_are_those_of_the_definition(rows: list[list[float]]) -> None:
    losses = np.array(rows)
    assert pareto_fronts(losses).tolist() == fronts_by_definition(losses)


def test_nan_is_the_worst_loss() -> None:
    assert pareto_fronts(np.array([[math.nan, 1.0], [5.0, 1.0]])).tolist() == [1, 0]


@pytest.mark.parametrize("num_objectives", [1, 2, 3])
def test_no_points_have_no_fronts(num_objectives: int) -> None:
    assert pareto_fronts(np.empty((0, num_objectives))).tolist() == []


@pytest.mark.parametrize(("num_objectives", "seconds"), [(2, 0.5), (3, 5.0)])
def test_ten_thousand_points_take_little_time(num_objectives: int, seconds: float) -> None:
    losses = np.random.default_rng(0).random((10_000, num_objectives))
    started_at = time.process_time()
    pareto_fronts(losses)
    assert time.process_time() - started_at < seconds


def test_room_is_the_gap_between_the_neighbours_relative_to_the_front() -> None:
    losses = np.array([[0.0, 4.0], [1.0, 2.0], [3.0, 1.0], [4.0, 0.0]])
    assert crowding_distances(losses).tolist() == [math.inf, 3 / 4 + 3 / 4, 3 / 4 + 2 / 4, math.inf]


def test_equal_points_have_no_room_between_them() -> None:
    losses = np.array([[0.0, 1.0], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [1.0, 0.0]])
    assert sorted(crowding_distances(losses))[0] == 0.0


@settings(deadline=None)
@given(rows=LOSSES)
def test_room_is_never_negative_or_unknown(rows: list[list[float]]) -> None:
    assert (crowding_distances(np.array(rows)) >= 0).all()


def test_widest_ranges_are_no_obstacle() -> None:
    losses = np.array([[-1.7e308, 1.7e308], [0.0, 0.0], [1.7e308, -1.7e308]])
    assert (crowding_distances(losses) >= 0).all()
