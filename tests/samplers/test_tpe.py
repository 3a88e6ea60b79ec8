import math
from dataclasses import replace
from statistics import mean

import numpy as np
import optuna
import pytest

from tuner.errors import InvalidInput
from tuner.records import Direction, FailureReason, StudyView, Trial, TrialState
from tuner.samplers import create_sampler
from tuner.samplers.tpe import TPESampler
from tuner.space import Categorical, Float, Int, Params, SearchSpace
from tuner.testing.facts import make_trial, make_view, run_study
from tuner.testing.sampler import points_of

SQUARE = SearchSpace({"x": Float(0, 1), "y": Float(0, 1)})
BRANCHES = SearchSpace(
    {
        "model": Categorical(["linear", "tree", "net"]),
        "tree.depth": Int(1, 20, when={"model": ["tree"]}),
        "net.rate": Float(1e-5, 1, log=True, when={"model": ["net"]}),
        "net.momentum": Float(0, 0.99, when={"model": ["net"]}),
        "noise": Float(0, 1),
    }
)


def suggest(view: StudyView, count: int = 1, seed: int = 0) -> list[Params]:
    return points_of(TPESampler().suggest(view, count, np.random.default_rng(seed)))


def completed(num_trials: int, seed: int = 0) -> list[Trial]:
    rng = np.random.default_rng(seed)
    points = [SQUARE.draw(rng) for _ in range(num_trials)]
    return [make_trial(n, point, (point["x"] - 0.3) ** 2 + point["y"]) for n, point in enumerate(points)]


def branches_loss(params: Params) -> float:
    """Best is a net with a rate of 0.01 and high momentum: 0. The best tree reaches 0.5, the linear model 1."""
    if params["model"] == "linear":
        return 1.0
    if params["model"] == "tree":
        return 0.5 + abs(params["tree.depth"] - 7) / 10
    return abs(math.log10(params["net.rate"]) + 2) / 3 + (0.99 - params["net.momentum"])


@pytest.mark.parametrize("direction", Direction)
def test_gets_half_the_regret_of_random_search_on_a_conditional_function(direction: Direction) -> None:
    def best(name: str, seed: int) -> float:
        def objective(params: Params) -> float:
            return direction.sign * branches_loss(params)

        view = run_study(create_sampler(name), BRANCHES, objective, 60, seed, direction=direction)
        return min(branches_loss(dict(trial.params)) for trial in view.trials)

    seeds = range(8)
    assert mean(best("tpe", seed) for seed in seeds) < 0.5 * mean(best("random", seed) for seed in seeds)


def test_proposes_the_points_of_optunas_own_sampler() -> None:
    space = SearchSpace({"a": Float(0, 1), "b": Int(0, 10), "c": Categorical([0, 1, 2])})
    distributions: dict[str, optuna.distributions.BaseDistribution] = {
        "a": optuna.distributions.FloatDistribution(0, 1),
        "b": optuna.distributions.IntDistribution(0, 10),
        "c": optuna.distributions.CategoricalDistribution([0, 1, 2]),
    }
    rng = np.random.default_rng(3)
    trials = [make_trial(number, space.draw(rng), float(rng.normal())) for number in range(50)]
    seed = int(np.random.default_rng(9).integers(2**32))
    sampler = optuna.samplers.TPESampler(seed=seed)
    study = optuna.create_study(sampler=sampler)
    for trial in trials:
        assert trial.values is not None
        study.add_trial(
            optuna.trial.create_trial(
                params=dict(trial.params), distributions=distributions, value=trial.values["loss"]
            )
        )
    assert suggest(make_view(space, trials), seed=9) == [study.ask(distributions).params]


def test_starts_at_random_until_ten_trials_have_a_result() -> None:
    trials = [*completed(9), *(make_trial(n, {"x": 0.5, "y": 0.5}) for n in range(9, 40))]
    assert suggest(make_view(SQUARE, trials)) == [SQUARE.draw(np.random.default_rng(0))]


def test_each_point_of_a_batch_sees_those_before_it_as_running() -> None:
    view = make_view(SQUARE, completed(20))
    rng = np.random.default_rng(0)
    first = points_of(TPESampler().suggest(view, 1, rng))
    second = points_of(TPESampler().suggest(make_view(SQUARE, [*view.trials, make_trial(20, first[0])]), 1, rng))
    assert suggest(view, 2) == first + second


def test_waiting_trials_count_like_running_ones() -> None:
    trials, point = completed(20), {"x": 0.3, "y": 0.0}
    running = make_view(SQUARE, [*trials, make_trial(20, point)])
    waiting = make_view(SQUARE, [*trials, make_trial(20, point, state=TrialState.WAITING)])
    assert suggest(waiting) == suggest(running) != suggest(make_view(SQUARE, trials))


def test_many_running_trials_at_the_optimum_push_proposals_away() -> None:
    trials = completed(30)
    crowd = [make_trial(number, {"x": 0.3, "y": 0.02}) for number in range(30, 90)]
    alone = suggest(make_view(SQUARE, trials), 10)
    crowded = suggest(make_view(SQUARE, [*trials, *crowd]), 10)

    def distance(points: list[Params]) -> float:
        return mean(math.hypot(point["x"] - 0.3, point["y"] - 0.02) for point in points)

    assert distance(crowded) > distance(alone)


@pytest.mark.parametrize("failure", [FailureReason.ERROR, FailureReason.LOST_WORKER])
def test_failures_that_are_not_the_points_fault_teach_nothing(failure: FailureReason) -> None:
    trials = completed(20)
    lost = make_trial(20, {"x": 0.3, "y": 0.0}, failure=failure)
    assert suggest(make_view(SQUARE, [*trials, lost])) == suggest(make_view(SQUARE, trials))


@pytest.mark.parametrize("failure", [FailureReason.INFEASIBLE, FailureReason.NAN, FailureReason.OUT_OF_MEMORY])
def test_failures_that_are_the_points_fault_count_as_bad(failure: FailureReason) -> None:
    trials, point = completed(20), {"x": 0.3, "y": 0.0}
    failed = make_view(SQUARE, [*trials, make_trial(20, point, failure=failure)])
    assert suggest(failed) == suggest(make_view(SQUARE, [*trials, make_trial(20, point)]))


def test_values_at_different_steps_are_never_compared() -> None:
    def view(offset: float) -> StudyView:
        pruned = [
            make_trial(
                trial.number,
                trial.params,
                state=TrialState.PRUNED,
                last_step=3 if trial.number % 2 else 12,
                last_value=trial.number + (offset if trial.number % 2 else 0.0),
            )
            for trial in completed(30)
        ]
        return make_view(SQUARE, pruned)

    assert suggest(view(offset=0.0), 3) == suggest(view(offset=-1000.0), 3)


def test_pruned_trial_is_never_better_than_a_completed_one() -> None:
    def view(pruned_value: float) -> StudyView:
        pruned = make_trial(30, {"x": 0.9, "y": 0.9}, state=TrialState.PRUNED, last_step=100, last_value=pruned_value)
        return make_view(SQUARE, [*completed(30), pruned])

    assert suggest(view(-1000.0), 3) == suggest(view(1000.0), 3)


def test_several_objectives_approach_the_whole_front() -> None:
    directions = {"left": Direction.MINIMIZE, "right": Direction.MINIMIZE}
    trials: list[Trial] = []
    for number in range(60):
        view = make_view(SQUARE, trials, directions=directions)
        point = TPESampler().suggest(view, 1, np.random.default_rng(number))[0].params
        values = {"left": point["x"] + point["y"], "right": 1 - point["x"] + point["y"]}
        trials.append(make_trial(number, point, values))
    assert mean(trial.params["y"] for trial in trials[40:]) < 0.25
    assert {round(trial.params["x"] * 3) for trial in trials[40:]} == {0, 1, 2, 3}


def test_sampler_can_go_from_one_study_to_another() -> None:
    used = TPESampler()
    branches = make_view(BRANCHES, [make_trial(n, {"model": "linear", "noise": 0.5}, n) for n in range(20)])
    used.suggest(branches, 1, np.random.default_rng(0))
    other = replace(make_view(SQUARE, completed(20)), study_id="other")
    assert points_of(used.suggest(other, 2, np.random.default_rng(0))) == suggest(other, 2)


def test_startup_below_one_trial_is_refused() -> None:
    with pytest.raises(InvalidInput, match="num_startup_trials must be at least 1, got 0"):
        TPESampler(num_startup_trials=0)
