import time
from collections.abc import Callable
from dataclasses import replace
from statistics import mean

import numpy as np
import pytest

from tuner.errors import InvalidInput
from tuner.records import Direction, FailureReason, OutcomeConstraint, StudyView, Trial, TrialState
from tuner.samplers.base import Sampler
from tuner.samplers.nsga2 import NSGA2Sampler
from tuner.samplers.random import RandomSampler
from tuner.space import Categorical, Float, Int, Params, SearchSpace
from tuner.testing.facts import make_trial, make_view, random_view, run_study
from tuner.testing.sampler import points_of

TWO = {"error": Direction.MINIMIZE, "speed": Direction.MAXIMIZE}
SQUARE = SearchSpace({"x": Float(0, 1), "y": Float(0, 1)})
MODELS = SearchSpace(
    {
        "model": Categorical(["linear", "tree", "net"]),
        "depth": Int(1, 20, when={"model": ["tree"]}),
        "layers": Int(1, 4, when={"model": ["net"]}),
        "rate": Float(1e-5, 1, log=True, when={"model": ["net"]}),
        "width": Int(8, 512, log=True, when={"model": ["net"]}),
        "reg": Float(1e-4, 10, log=True),
    }
)


def error_and_speed(params: Params) -> dict[str, float]:
    """Nets are most accurate and slow, linear models fast; each wants a regularisation of 0.1."""
    off = abs(np.log10(float(str(params["reg"]))) + 1) / 3
    if params["model"] == "linear":
        return {"error": 1 + off, "speed": -0.05}
    if params["model"] == "tree":
        depth = int(str(params["depth"]))
        return {"error": 0.5 + abs(depth - 8) / 12 + off, "speed": -0.1 - depth / 40}
    layers, width = int(str(params["layers"])), int(str(params["width"]))
    badly_set = abs(np.log10(float(str(params["rate"]))) + 2.5) / 2
    return {"error": 0.1 + 1.5 / (layers * np.log(width)) + badly_set + off, "speed": -0.1 - layers * width / 1500}


def play(sampler: Sampler, space: SearchSpace, function: Callable[[Params], dict[str, float]], seed: int) -> StudyView:
    trials: list[Trial] = []
    for number in range(120):
        rng = np.random.Generator(np.random.Philox(key=[seed, number]))
        point = points_of(sampler.suggest(make_view(space, trials, directions=TWO), 1, rng))[0]
        trials.append(make_trial(number, point, function(point)))
    return make_view(space, trials, directions=TWO)


def volume(view: StudyView, worst_error: float = 2.0, worst_speed: float = -2.0) -> float:
    """Area that the trials dominate, up to the worst of both objectives."""
    values = sorted((trial.values["error"], -trial.values["speed"]) for trial in view.trials if trial.values)
    area, lowest = 0.0, -worst_speed
    for error, slowness in values:
        if error < worst_error and slowness < lowest:
            area += (worst_error - error) * (lowest - slowness)
            lowest = slowness
    return area


def test_leaves_half_of_the_volume_missing_that_random_search_leaves() -> None:
    def missing(make: Callable[[], Sampler], seed: int) -> float:
        return 3.52 - volume(play(make(), MODELS, error_and_speed, seed))

    seeds = range(5)
    assert mean(missing(NSGA2Sampler, seed) for seed in seeds) < 0.5 * mean(missing(RandomSampler, s) for s in seeds)


def test_one_objective_is_searched_with_half_the_regret_of_random_search() -> None:
    space = SearchSpace({name: Float(-1, 1) for name in "abcdef"})

    def best(sampler: Sampler, seed: int) -> float:
        def objective(params: Params) -> float:
            return sum((float(str(value)) - 0.3) ** 2 for value in params.values())

        return min(
            trial.values["loss"] for trial in run_study(sampler, space, objective, 120, seed).trials if trial.values
        )

    seeds = range(5)
    assert mean(best(NSGA2Sampler(), seed) for seed in seeds) < 0.5 * mean(best(RandomSampler(), s) for s in seeds)


def test_points_are_random_until_there_is_a_population() -> None:
    trials = [make_trial(n, {"x": 0.5, "y": 0.5}, {"error": 0.0, "speed": 0.0}) for n in range(23)]
    trials += [make_trial(n, {"x": 0.5, "y": 0.5}, failure=FailureReason.NAN) for n in range(23, 40)]
    view = make_view(SQUARE, trials, directions=TWO)
    found = points_of(NSGA2Sampler().suggest(view, 3, np.random.default_rng(0)))
    rng = np.random.default_rng(0)
    assert found == [SQUARE.draw(rng) for _ in range(3)]


def test_children_descend_from_the_best() -> None:
    rng = np.random.default_rng(0)
    good = [make_trial(n, {"x": rng.uniform(0.2, 0.3), "y": 0.25}, 1.0) for n in range(24)]
    bad = [make_trial(n, {"x": rng.uniform(0.7, 0.8), "y": 0.75}, 9.0) for n in range(24, 96)]
    points = points_of(NSGA2Sampler().suggest(make_view(SQUARE, good + bad), 40, rng))
    assert mean(abs(float(str(point["x"])) - 0.25) < 0.2 for point in points) > 0.8


def test_children_descend_from_those_that_keep_the_outcome_constraints() -> None:
    rng = np.random.default_rng(0)
    values = {"loss": 9.0, "latency": 10.0}, {"loss": 1.0, "latency": 40.0}
    kept = [make_trial(n, {"x": rng.uniform(0.2, 0.3), "y": 0.25}, values[0]) for n in range(24)]
    broken = [make_trial(n, {"x": rng.uniform(0.7, 0.8), "y": 0.75}, values[1]) for n in range(24, 96)]
    pruned = [
        make_trial(n, {"x": rng.uniform(0.7, 0.8), "y": 0.75}, state=TrialState.PRUNED, last_step=3, last_value=0.0)
        for n in range(96, 120)
    ]
    curves = {trial.number: dict.fromkeys(range(4), 0.0) for trial in pruned}
    limits = (OutcomeConstraint("latency", at_most=20),)
    view = replace(make_view(SQUARE, kept + broken + pruned, curves=curves), constraints=limits)
    points = points_of(NSGA2Sampler().suggest(view, 40, rng))
    assert mean(abs(float(str(point["x"])) - 0.25) < 0.2 for point in points) > 0.8


def test_no_point_of_a_finite_space_comes_twice_while_others_are_left() -> None:
    space = SearchSpace({"a": Int(0, 9), "b": Int(0, 9)})
    view = run_study(NSGA2Sampler(12), space, lambda params: float(str(params["a"])), 80, 0)
    points = [repr(trial.params) for trial in view.trials[12:]]
    assert len(set(points)) == len(points)


def test_the_same_trials_give_the_same_population_in_any_order_of_views() -> None:
    def view(num_trials: int) -> StudyView:
        return random_view(MODELS, num_trials, np.random.default_rng(1), TWO)

    used = NSGA2Sampler(8)
    for num_trials in (30, 90, 60, 120):
        fresh = NSGA2Sampler(8).suggest(view(num_trials), 3, np.random.default_rng(0))
        assert used.suggest(view(num_trials), 3, np.random.default_rng(0)) == fresh


@pytest.mark.parametrize("num_objectives", [1, 3])
def test_ten_thousand_trials_cost_little(num_objectives: int) -> None:
    directions = {f"loss{index}": Direction.MINIMIZE for index in range(num_objectives)}
    rng = np.random.default_rng(0)
    trials = [
        make_trial(number, MODELS.draw(rng), {name: float(rng.random()) for name in directions})
        for number in range(10_000)
    ]
    sampler = NSGA2Sampler()
    sampler.suggest(make_view(MODELS, trials[:-1], directions=directions), 1, rng)
    view = make_view(MODELS, trials, directions=directions)
    started_at = time.process_time()
    sampler.suggest(view, 1, rng)
    assert time.process_time() - started_at < 0.05


def test_a_population_of_three_is_refused() -> None:
    with pytest.raises(InvalidInput, match="population_size must be at least 4") as caught:
        NSGA2Sampler(3)
    assert caught.value.places[0].pointer == "#/population_size"
