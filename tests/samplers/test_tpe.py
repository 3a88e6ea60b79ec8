import math
from dataclasses import replace
from statistics import mean

import numpy as np
import pytest

from tests.samplers.functions import BRANCHES, best_branches_loss
from tuner.errors import InvalidInput
from tuner.records import Direction, FailureReason, OutcomeConstraint, StudyView, Trial, TrialState
from tuner.samplers.tpe import TPESampler
from tuner.space import Categorical, Float, Int, Linear, Params, SearchSpace
from tuner.testing.facts import make_trial, make_view, run_study
from tuner.testing.sampler import points_of

SQUARE = SearchSpace({"x": Float(0, 1), "y": Float(0, 1)})


def suggest(view: StudyView, count: int = 1, seed: int = 0) -> list[Params]:
    return points_of(TPESampler().suggest(view, count, np.random.default_rng(seed)))


def completed(num_trials: int, seed: int = 0) -> list[Trial]:
    rng = np.random.default_rng(seed)
    points = [SQUARE.draw(rng) for _ in range(num_trials)]
    return [make_trial(n, point, (point["x"] - 0.3) ** 2 + point["y"]) for n, point in enumerate(points)]


@pytest.mark.parametrize("direction", Direction)
def test_gets_half_the_regret_of_random_search_on_a_conditional_function(direction: Direction) -> None:
    def best(name: str, seed: int) -> float:
        return best_branches_loss(name, 60, seed, direction)

    seeds = range(8)
    assert mean(best("tpe", seed) for seed in seeds) < 0.5 * mean(best("random", seed) for seed in seeds)


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


def test_pruned_trials_count_by_where_their_curves_lead() -> None:
    def curve(end: float, num_steps: int) -> dict[int, float]:
        return {step: end + 0.3 * (10 - step) for step in range(1, num_steps + 1)}

    # Those on the left were stopped at values far above the results on the right.
    rng = np.random.default_rng(0)
    xs = [*rng.uniform(0.5, 1.0, 20), *rng.uniform(0.0, 0.45, 20)]
    points = [{"x": float(x), "y": float(rng.random())} for x in xs]
    ended = [make_trial(number, points[number], points[number]["x"]) for number in range(20)]
    stopped = [
        make_trial(number, points[number], state=TrialState.PRUNED, last_step=2, last_value=points[number]["x"] + 2.4)
        for number in range(20, 40)
    ]
    curves = {number: curve(point["x"], 10 if number < 20 else 2) for number, point in enumerate(points)}
    view = make_view(SQUARE, [*ended, *stopped], curves=curves)
    assert mean(point["x"] for point in suggest(view, 20)) < 0.5


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


def test_grid_is_walked_without_repetition_until_it_is_used_up() -> None:
    space = SearchSpace({"a": Int(0, 4), "b": Categorical(["u", "v", "w"]), "c": Float(0, 1, step=0.5)})
    view = run_study(TPESampler(), space, lambda params: params["a"], 45, seed=0)
    assert len({repr(trial.params) for trial in view.trials}) == 45


def test_used_up_space_is_searched_again() -> None:
    space = SearchSpace({"a": Int(0, 2)})
    view = run_study(TPESampler(), space, lambda params: params["a"], 20, seed=0)
    assert {trial.params["a"] for trial in view.trials[:3]} == {0, 1, 2}
    assert len(view.trials) == 20


def test_batch_in_a_small_space_has_no_repetition() -> None:
    space = SearchSpace({"a": Int(0, 3), "b": Categorical(["u", "v", "w"])})
    trials = [make_trial(number, {"a": number % 4, "b": "u"}, number % 4) for number in range(10)]
    points = points_of(TPESampler().suggest(make_view(space, trials), 8, np.random.default_rng(0)))
    assert len({repr(point) for point in points}) == 8
    assert {"u"}.isdisjoint(point["b"] for point in points)


def test_space_constraint_is_kept_while_the_optimum_lies_on_it() -> None:
    space = SearchSpace({"x": Float(0, 1), "y": Float(0, 1)}, [Linear({"x": 1, "y": 1}, at_most=1)])
    view = run_study(TPESampler(), space, lambda params: -params["x"] - params["y"], 60, seed=0)
    assert all(space.is_allowed(dict(trial.params)) for trial in view.trials)
    assert min((trial.values or {})["loss"] for trial in view.trials) < -0.97


def test_outcome_constraint_draws_points_to_where_it_is_kept() -> None:
    def share(bounds: tuple[OutcomeConstraint, ...]) -> float:
        rng = np.random.default_rng(0)
        points = [SQUARE.draw(rng) for _ in range(60)]
        trials = [
            make_trial(number, point, {"loss": -point["x"], "cost": point["x"]}) for number, point in enumerate(points)
        ]
        view = replace(make_view(SQUARE, trials), constraints=bounds)
        return mean(suggest(view, seed=seed)[0]["x"] <= 0.5 for seed in range(60))

    assert share(()) < 0.1
    assert share((OutcomeConstraint("cost", at_most=0.5),)) > 0.8


def test_says_how_many_trials_it_goes_by() -> None:
    sampler = TPESampler()
    assert sampler.describe(make_view(SQUARE, completed(4))) == "tpe: 2 parameters, 4 trials, random until 10"
    assert sampler.describe(make_view(SQUARE, completed(60))) == "tpe: 2 parameters, 60 trials (6 good)"
