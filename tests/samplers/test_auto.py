from collections import Counter
from itertools import pairwise
from statistics import mean

import numpy as np
import pytest

from tests.samplers.functions import BRANCHES, best_branches_loss, branches_loss
from tuner.records import Direction, OutcomeConstraint, StudyView
from tuner.samplers import create_sampler
from tuner.samplers.auto import AutoSampler
from tuner.space import Categorical, Float, Params, SearchSpace
from tuner.testing.facts import make_trial, make_view, random_view, run_study

VALLEY = SearchSpace({f"x{index}": Float(-2, 2) for index in range(3)})


def valley_loss(params: Params) -> float:
    """Rosenbrock's valley in three dimensions, with its floor at 0."""
    x = [params[name] for name in VALLEY]
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))


def sources(view: StudyView) -> Counter[str | None]:
    return Counter(trial.sampled_by for trial in view.trials)


@pytest.mark.parametrize("direction", Direction)
def test_gets_a_tenth_of_the_regret_of_random_search_on_a_conditional_function(direction: Direction) -> None:
    def best(name: str, seed: int) -> float:
        return best_branches_loss(name, 40, seed, direction)

    seeds = range(4)
    assert mean(best("auto", seed) for seed in seeds) < 0.1 * mean(best("random", seed) for seed in seeds)


def test_gets_a_tenth_of_the_regret_of_random_search_in_a_narrow_valley() -> None:
    def best(name: str, seed: int) -> float:
        view = run_study(create_sampler(name), VALLEY, valley_loss, 40, seed)
        return min(valley_loss(dict(trial.params)) for trial in view.trials)

    seeds = range(4)
    assert mean(best("auto", seed) for seed in seeds) < 0.1 * mean(best("random", seed) for seed in seeds)


def test_starts_with_every_branch_and_goes_on_with_a_mixture_of_methods() -> None:
    view = run_study(AutoSampler(), BRANCHES, branches_loss, 50, seed=0)
    found = sources(view)
    assert found["start"] == 8
    assert set(Counter(trial.params["model"] for trial in view.trials[:8]).values()) <= {2, 3}
    assert found["gp"] > found["tpe"] > 0
    assert found["branch"] > 0


def test_leaves_the_work_to_the_parzen_estimator_where_nothing_can_be_predicted() -> None:
    luck = np.random.default_rng(0)
    found = sources(run_study(AutoSampler(), VALLEY, lambda params: float(luck.normal()), 60, seed=0))
    assert found["tpe"] > found["gp"]


def test_looks_elsewhere_once_nothing_more_is_expected_where_it_is() -> None:
    space = SearchSpace({"kind": Categorical(["a", "b", "c"]), "x": Float(0, 1)})
    view = run_study(AutoSampler(), space, lambda params: {"a": 0.0}.get(str(params["kind"]), 1.0), 40, seed=0)
    assert sources(view)["branch"] > 5


def test_many_trials_are_left_to_methods_that_stay_quick() -> None:
    view = random_view(BRANCHES, 1_000, np.random.default_rng(0))
    sampler = AutoSampler()
    found = Counter(sampler.suggest(view, 1, np.random.default_rng(seed))[0].source for seed in range(100))
    assert found["gp"] < 20
    assert found["tpe"] > found["local"] > 0


def test_says_what_it_does() -> None:
    sampler, rng = AutoSampler(), np.random.default_rng(0)
    points = [BRANCHES.draw(rng) for _ in range(300)]
    trials = [make_trial(number, point, branches_loss(point)) for number, point in enumerate(points)]
    assert sampler.describe(make_view(BRANCHES, trials[:3])).startswith("start: 5 conditional parameters, 3 trials")
    assert sampler.describe(make_view(BRANCHES, trials[:60])) == "gp: 5 conditional parameters, 60 trials"
    assert sampler.describe(make_view(BRANCHES, trials)).startswith("tpe and local steps: 5 conditional parameters")


def test_points_of_a_batch_take_different_branches_and_places() -> None:
    view = run_study(AutoSampler(), VALLEY, valley_loss, 30, seed=0)
    rows = np.array([list(each.params.values()) for each in AutoSampler().suggest(view, 8, np.random.default_rng(0))])
    gaps = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    assert gaps[np.triu_indices(8, 1)].min() > 1e-3


@pytest.mark.parametrize("name", ["auto", "gp"])
def test_outcome_constraints_are_kept_by_most_of_the_later_points(name: str) -> None:
    sampler = create_sampler(name)
    bound = (OutcomeConstraint("size", at_most=0.5),)
    trials = []
    for number in range(40):
        view = make_view(VALLEY, trials)
        object.__setattr__(view, "constraints", bound)
        point = sampler.suggest(view, 1, np.random.default_rng(number))[0].params
        values = {"loss": -float(point["x0"]), "size": float(point["x0"]) ** 2}
        trials.append(make_trial(number, point, values))
    late = [trial.values for trial in trials[20:]]
    assert sum(values["size"] <= 0.5 for values in late) > 10
    kept = [values["loss"] for values in late if values["size"] <= 0.5]
    assert min(kept) < -0.65  # the best that is allowed is -0.707


@pytest.mark.parametrize("name", ["auto", "gp"])
def test_noise_is_taken_out_of_a_recommendation(name: str) -> None:
    space = SearchSpace({"x": Float(0, 1)})
    rng = np.random.default_rng(3)
    x = rng.random(60)
    values = (x - 0.3) ** 2 + rng.normal(0, 0.1, 60)
    lucky = int(np.argmax(x))
    values[lucky] = values.min() - 0.1
    trials = [make_trial(n, {"x": float(x[n])}, float(values[n])) for n in range(60)]
    number = create_sampler(name).recommend(make_view(space, trials))
    assert number is not None
    assert number != lucky
    assert abs(x[number] - 0.3) < 0.2


def test_nothing_is_recommended_where_values_are_exact() -> None:
    view = run_study(AutoSampler(), VALLEY, valley_loss, 30, seed=0)
    assert AutoSampler().recommend(view) is None


@pytest.mark.parametrize("name", ["auto", "gp"])
def test_several_objectives_approach_the_whole_front(name: str) -> None:
    space = SearchSpace({"x": Float(0, 1), "y": Float(0, 1)})
    two = {"first": Direction.MINIMIZE, "second": Direction.MINIMIZE}
    sampler, trials = create_sampler(name), []
    for number in range(40):
        point = sampler.suggest(make_view(space, trials, directions=two), 1, np.random.default_rng(number))[0].params
        x, y = float(point["x"]), float(point["y"])
        trials.append(make_trial(number, point, {"first": x + y, "second": 1 - x + y}))
    late = [trial.params for trial in trials[15:]]
    on_front = [params["x"] for params in late if params["y"] < 0.1]
    assert len(on_front) > 8
    assert max(on_front) - min(on_front) > 0.6
