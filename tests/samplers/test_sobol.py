import time
from dataclasses import replace
from statistics import median

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import qmc

from tuner.samplers.random import RandomSampler
from tuner.samplers.sobol import SobolSampler
from tuner.space import Categorical, Float, Int, Linear, Params, SearchSpace
from tuner.testing.facts import make_trial, make_view
from tuner.testing.sampler import points_of

CUBE = SearchSpace({name: Float(0, 1) for name in "abcd"})


def suggest(space: SearchSpace, first: int, count: int, seed: int = 0) -> list[Params]:
    view = replace(make_view(space, []), seed=seed, first_number=first)
    return points_of(SobolSampler().suggest(view, count, np.random.default_rng(0)))


def rows(points: list[Params]) -> NDArray[np.float64]:
    return np.array([list(point.values()) for point in points], dtype=float)


@pytest.mark.parametrize("num_points", [16, 50, 200])
def test_fills_the_cube_with_half_the_discrepancy_of_random_points(num_points: int) -> None:
    def typical(make: type[SobolSampler | RandomSampler]) -> float:
        return median(
            float(qmc.discrepancy(rows(points_of(make().suggest(view, num_points, np.random.default_rng(view.seed))))))
            for view in (replace(make_view(CUBE, []), seed=seed) for seed in range(8))
        )

    assert typical(SobolSampler) < 0.5 * typical(RandomSampler)


def test_each_axis_is_covered_without_a_gap() -> None:
    for column in rows(suggest(CUBE, 0, 64)).T:
        assert np.bincount((column * 64).astype(int), minlength=64).tolist() == [1] * 64


def test_choices_and_grids_come_equally_often() -> None:
    space = SearchSpace({"kind": Categorical(["a", "b", "c", "d"]), "units": Int(1, 8), "step": Float(0, 1, step=1)})
    points = suggest(space, 0, 64)
    for name, num_values in (("kind", 4), ("units", 8), ("step", 2)):
        counts = np.unique([str(point[name]) for point in points], return_counts=True)[1]
        assert counts.tolist() == [64 // num_values] * num_values


def test_the_point_of_a_number_does_not_depend_on_what_was_asked_before() -> None:
    together = suggest(CUBE, 0, 20)
    sampler = SobolSampler()
    for number in (7, 3, 19, 0):
        view = replace(make_view(CUBE, []), first_number=number)
        assert points_of(sampler.suggest(view, 1, np.random.default_rng(number))) == [together[number]]


def test_numbers_go_on_after_the_trials_of_the_view() -> None:
    together = suggest(CUBE, 0, 6)
    view = make_view(CUBE, [make_trial(number, point, 1.0) for number, point in enumerate(together[:4])])
    assert points_of(SobolSampler().suggest(view, 2, np.random.default_rng(0))) == together[4:]


def test_seeds_scramble() -> None:
    first, second = (suggest(CUBE, 0, 8, seed) for seed in (1, 2))
    assert not any(point in first for point in second)


def test_points_that_break_a_constraint_are_moved() -> None:
    space = SearchSpace(dict(CUBE), constraints=[Linear({"a": 1, "b": 1}, at_most=1)])
    free, kept = suggest(CUBE, 0, 64), suggest(space, 0, 64)
    assert all(space.is_allowed(point) for point in kept)
    assert sum(one == other for one, other in zip(free, kept, strict=True)) == sum(map(space.is_allowed, free)) > 16


def test_late_numbers_cost_little() -> None:
    sampler = SobolSampler()
    view = replace(make_view(CUBE, []), first_number=10_000)
    sampler.suggest(view, 1, np.random.default_rng(0))
    started_at = time.process_time()
    for _ in range(20):
        sampler.suggest(view, 1, np.random.default_rng(0))
    assert (time.process_time() - started_at) / 20 < 0.005
