import math

import numpy as np
import pytest

from tuner.records.pareto import pareto_fronts
from tuner.samplers.survival import Selection, by_crowding, by_reference_points, reference_points

SELECTIONS = pytest.mark.parametrize("select", [by_crowding, by_reference_points])


@SELECTIONS
@pytest.mark.parametrize("num_objectives", [1, 2, 3, 5])
@pytest.mark.parametrize("count", [1, 10, 30])
def test_better_fronts_survive_before_worse_ones(select: Selection, num_objectives: int, count: int) -> None:
    losses = np.random.default_rng(0).random((30, num_objectives))
    fronts = pareto_fronts(losses)
    survivors = select(losses, np.zeros(30), count)
    assert sorted(fronts[survivors.places]) == sorted(fronts)[:count]
    assert len(set(survivors.places.tolist())) == len(survivors.levels) == count


@SELECTIONS
def test_those_beyond_a_constraint_come_last_the_nearest_first(select: Selection) -> None:
    losses = np.array([[0.0, 0.0], [5.0, 5.0], [1.0, 1.0], [9.0, 0.5], [0.1, 0.1]])
    survivors = select(losses, np.array([0.2, 0.0, math.inf, 0.0, 0.1]), 5)
    assert set(survivors.places[:2].tolist()) == {1, 3}
    assert survivors.places[2:].tolist() == [4, 0, 2]
    assert survivors.levels[1] < survivors.levels[2] < survivors.levels[3] < survivors.levels[4]


@SELECTIONS
def test_nobody_need_keep_the_constraints(select: Selection) -> None:
    survivors = select(np.ones((3, 2)), np.array([3.0, 1.0, 2.0]), 2)
    assert survivors.places.tolist() == [1, 2]


@SELECTIONS
@pytest.mark.parametrize("value", [1e300, 1.7e308, -1.7e308, 0.0, 1e-320])
def test_extreme_losses_are_no_obstacle(select: Selection, value: float) -> None:
    losses = np.array([[value, 1.0], [1.0, value], [0.5, 0.5], [value, value], [-value, 2.0]])
    assert len(select(losses, np.zeros(5), 3).places) == 3


def test_crowding_keeps_the_ends_and_drops_the_crowded() -> None:
    losses = np.array([[0.0, 1.0], [0.5, 0.5], [0.51, 0.49], [0.52, 0.48], [1.0, 0.0]])
    assert set(by_crowding(losses, np.zeros(5), 4).places.tolist()) == {0, 4, 1, 3}


def test_reference_points_lie_evenly_on_the_plane() -> None:
    assert reference_points(2, 5).tolist() == [[0, 1], [0.25, 0.75], [0.5, 0.5], [0.75, 0.25], [1, 0]]
    assert len(reference_points(3, 24)) == 21
    assert len(reference_points(8, 4)) == 8
    assert reference_points(4, 60).sum(axis=1) == pytest.approx(1)


def test_every_direction_keeps_somebody() -> None:
    rng = np.random.default_rng(1)
    crowd = np.abs(rng.normal(0, 0.01, (60, 3))) + np.array([1, 0, 0])
    others = np.array([[0.0, 1, 0], [0, 0, 1], [0.5, 0.5, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [1 / 3, 1 / 3, 1 / 3]])
    crowd /= crowd.sum(axis=1, keepdims=True)
    survivors = by_reference_points(np.vstack([crowd, others]), np.zeros(66), 10)
    assert set(range(60, 66)) <= set(survivors.places.tolist())
