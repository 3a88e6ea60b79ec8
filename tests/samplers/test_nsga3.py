from collections.abc import Callable
from statistics import mean

import numpy as np
from numpy.typing import NDArray

from tuner.records import Direction, StudyView, Trial
from tuner.samplers.base import Sampler
from tuner.samplers.nsga3 import NSGA3Sampler
from tuner.samplers.random import RandomSampler
from tuner.space import Float, Params, SearchSpace
from tuner.testing.facts import make_trial, make_view, random_view
from tuner.testing.sampler import points_of

THREE = {"one": Direction.MINIMIZE, "two": Direction.MINIMIZE, "three": Direction.MAXIMIZE}
CUBE = SearchSpace({f"x{index}": Float(0, 1) for index in range(7)})


def sphere_front(params: Params) -> dict[str, float]:
    """DTLZ2: the front is the eighth of a sphere with radius 1, reached where all parameters but two are 0.5."""
    x = [float(str(value)) for value in params.values()]
    radius = 1 + 4 * sum((value - 0.5) ** 2 for value in x[2:])
    first, second = x[0] * np.pi / 2, x[1] * np.pi / 2
    return {
        "one": radius * np.cos(first) * np.cos(second),
        "two": radius * np.cos(first) * np.sin(second),
        "three": -radius * np.sin(first),
    }


def play(sampler: Sampler, num_trials: int, seed: int) -> NDArray[np.float64]:
    trials: list[Trial] = []
    for number in range(num_trials):
        rng = np.random.Generator(np.random.Philox(key=[seed, number]))
        point = points_of(sampler.suggest(make_view(CUBE, trials, directions=THREE), 1, rng))[0]
        trials.append(make_trial(number, point, sphere_front(point)))
    return np.array([list((trial.values or {}).values()) for trial in trials]) * [1, 1, -1]


def distance_to_the_front(losses: NDArray[np.float64]) -> float:
    """Mean distance from directions all over the front to the nearest trial (inverted generational distance)."""
    grid = (np.indices((9, 9)).reshape(2, -1).T + 0.5) / 9 * np.pi / 2
    front = np.column_stack(
        [np.cos(grid[:, 0]) * np.cos(grid[:, 1]), np.cos(grid[:, 0]) * np.sin(grid[:, 1]), np.sin(grid[:, 0])]
    )
    return float(np.linalg.norm(front[:, None] - losses, axis=2).min(axis=1).mean())


def test_comes_nearer_to_all_of_a_front_of_three_objectives_than_random_search() -> None:
    def distance(make: Callable[[], Sampler], seed: int) -> float:
        return distance_to_the_front(play(make(), 200, seed))

    seeds = range(3)
    assert mean(distance(NSGA3Sampler, seed) for seed in seeds) < 0.7 * mean(distance(RandomSampler, s) for s in seeds)


def test_the_same_trials_give_the_same_population_in_any_order_of_views() -> None:
    def view(num_trials: int) -> StudyView:
        return random_view(CUBE, num_trials, np.random.default_rng(1), THREE)

    used = NSGA3Sampler(8)
    for num_trials in (30, 90, 60, 120):
        fresh = NSGA3Sampler(8).suggest(view(num_trials), 3, np.random.default_rng(0))
        assert used.suggest(view(num_trials), 3, np.random.default_rng(0)) == fresh
