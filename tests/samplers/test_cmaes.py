import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from statistics import mean, median

import numpy as np
import pytest

from tuner.errors import InvalidInput
from tuner.records import FailureReason, Origin, OutcomeConstraint, StudyView, Trial, TrialState
from tuner.samplers import create_sampler
from tuner.samplers.cmaes import CMAESSampler
from tuner.samplers.mixed_distribution import MixedDistribution
from tuner.space import Categorical, Float, Int, Linear, Params, SearchSpace
from tuner.space.encoding import Encoding
from tuner.testing.facts import make_trial, make_view, run_study
from tuner.testing.sampler import points_of

TEN = SearchSpace({f"x{index}": Float(0, 1) for index in range(10)})
MIXED = SearchSpace(
    {
        "rate": Float(1e-5, 1, log=True),
        "momentum": Float(0, 1),
        "layers": Int(1, 8),
        "width": Int(8, 1024, log=True),
        "kind": Categorical(["a", "b", "c", "d"]),
        "size": Categorical(["s", "m", "l"], ordered=True),
        "flag": Categorical([True, False]),
    }
)


def numbers(params: Params) -> list[float]:
    return [float(str(value)) for value in params.values()]


def ellipsoid(params: Params, seed: int) -> float:
    """Axes whose weights differ by a factor of 10,000, the optimum somewhere inside."""
    optimum = np.random.default_rng(seed).uniform(0.25, 0.75, 10)
    return float(np.sum(10 ** (4 * np.arange(10) / 9) * (np.array(numbers(params)) - optimum) ** 2))


def valley(params: Params, seed: int) -> float:
    """Rosenbrock's function, the optimum somewhere inside."""
    x = (np.array(numbers(params)) - np.random.default_rng(seed).uniform(0.25, 0.75, 10)) * 4 + 1
    return float(np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))


def mixed_loss(params: Params, seed: int) -> float:
    """Numbers, grids and choices that all matter."""
    value = {name: float(params[name]) for name in ("rate", "momentum", "layers", "width")}
    loss = (np.log10(value["rate"]) + 2.3) ** 2 + 5 * (value["momentum"] - 0.3 - value["layers"] / 20) ** 2
    loss += abs(value["layers"] - 5) / 8 + (np.log2(value["width"]) - 6) ** 2 / 4
    loss += {"a": 0.4, "b": 0.0, "c": 0.6, "d": 0.8}[str(params["kind"])] + {"s": 0.4, "m": 0.2, "l": 0.0}[
        str(params["size"])
    ]
    return float(loss + (0.0 if params["flag"] else 0.3))


def best_losses(
    name: str, space: SearchSpace, loss: Callable[[Params, int], float], seeds: Sequence[int]
) -> list[float]:
    def best(seed: int) -> float:
        view = run_study(create_sampler(name), space, lambda params: loss(params, seed), 300, seed)
        return min(trial.values["loss"] for trial in view.trials if trial.values)

    return [best(seed) for seed in seeds]


def suggest(view: StudyView, count: int = 1, seed: int = 0) -> list[Params]:
    return points_of(CMAESSampler().suggest(view, count, np.random.default_rng(seed)))


@pytest.mark.parametrize("loss", [ellipsoid, valley])
def test_gets_a_fifth_of_the_regret_of_random_search_on_ill_conditioned_functions(
    loss: Callable[[Params, int], float],
) -> None:
    seeds = range(3)
    assert median(best_losses("cmaes", TEN, loss, seeds)) < 0.2 * median(best_losses("random", TEN, loss, seeds))


def test_gets_half_the_regret_of_random_search_on_a_mixed_function() -> None:
    seeds = range(4)
    found, random = (best_losses(name, MIXED, mixed_loss, seeds) for name in ("cmaes", "random"))
    assert mean(found) < 0.5 * mean(random)


def test_a_restart_in_the_middle_changes_nothing() -> None:
    trials, moved = list[Trial](), list[Trial]()
    first, second = CMAESSampler(), CMAESSampler()
    for number in range(60):
        if number in (7, 33):
            second = CMAESSampler()
        for sampler, told in ((first, trials), (second, moved)):
            point = points_of(sampler.suggest(make_view(MIXED, told), 1, np.random.default_rng(number)))[0]
            told.append(make_trial(number, point, mixed_loss(point, 0)))
    assert trials == moved


def test_what_is_learned_depends_on_the_order_of_ends_alone() -> None:
    rng = np.random.default_rng(0)
    points = [TEN.draw(rng) for _ in range(40)]
    trials = [replace(make_trial(n, point, ellipsoid(point, 0)), seq=100 - n) for n, point in enumerate(points)]
    used = CMAESSampler()
    for finished in (10, 25, 40, 17):
        told = [each if n >= 40 - finished else make_trial(n, each.params) for n, each in enumerate(trials)]
        view = make_view(TEN, told)
        assert points_of(used.suggest(view, 2, np.random.default_rng(1))) == suggest(view, 2, seed=1)


def test_points_of_a_generation_come_from_one_distribution_whatever_is_pending() -> None:
    rng = np.random.default_rng(0)
    told = [make_trial(n, point, ellipsoid(point, 0)) for n in range(20) if (point := TEN.draw(rng))]
    pending = [make_trial(n, TEN.draw(rng)) for n in range(20, 60)]
    assert suggest(make_view(TEN, told + pending), 5) == suggest(make_view(TEN, told), 5)


def test_begins_at_the_best_of_what_was_enqueued() -> None:
    good, poor = {f"x{index}": 0.9 for index in range(10)}, {f"x{index}": 0.1 for index in range(10)}
    known = [
        replace(make_trial(number, point, loss), origin=origin)
        for number, point, loss, origin in [(0, poor, 5.0, Origin.ENQUEUED), (1, good, 1.0, Origin.IMPORTED)]
    ]
    own = make_trial(2, TEN.draw(np.random.default_rng(0)), 0.0)
    for view in (make_view(TEN, known), make_view(TEN, [*known, own])):
        assert 0.75 < np.mean([numbers(point) for point in suggest(view, 50)]) < 0.95
    assert 0.45 < np.mean([numbers(point) for point in suggest(make_view(TEN, []), 50)]) < 0.55


def moved_to(trials: list[Trial], constraints: tuple[OutcomeConstraint, ...] = ()) -> float:
    """The mean of all coordinates after these trials."""
    view = replace(make_view(TEN, trials), constraints=constraints)
    return float(np.mean([numbers(point) for point in suggest(view, 100)]))


def halves(good: Callable[[int, Params], Trial], bad: Callable[[int, Params], Trial]) -> list[Trial]:
    """A few generations in which low points end one way and high points another."""
    rng = np.random.default_rng(0)
    made = []
    for number in range(40):
        offset, make = (0.1, good) if number % 2 else (0.6, bad)
        made.append(make(number, {name: offset + 0.3 * float(rng.random()) for name in TEN}))
    return made


@pytest.mark.parametrize("failure", [FailureReason.INFEASIBLE, FailureReason.NAN])
def test_points_that_fail_are_left(failure: FailureReason) -> None:
    trials = halves(lambda n, p: make_trial(n, p, 1.0), lambda n, p: make_trial(n, p, failure=failure))
    assert moved_to(trials) < 0.4


def test_points_that_break_an_outcome_constraint_are_left() -> None:
    trials = halves(
        lambda n, p: make_trial(n, p, {"loss": 9.0, "latency": 1.0}),
        lambda n, p: make_trial(n, p, {"loss": 1.0, "latency": 40.0}),
    )
    assert moved_to(trials, (OutcomeConstraint("latency", at_most=20),)) < 0.4
    assert moved_to(trials) > 0.6


@pytest.mark.parametrize("failure", [FailureReason.ERROR, FailureReason.LOST_WORKER])
def test_failures_that_are_not_the_points_fault_teach_nothing(failure: FailureReason) -> None:
    trials = halves(lambda n, p: make_trial(n, p, failure=failure), lambda n, p: make_trial(n, p, failure=failure))
    trials += [make_trial(40, dict(trials[0].params), state=TrialState.CANCELLED)]
    assert suggest(make_view(TEN, trials), 3) == suggest(make_view(TEN, []), 3)


def test_starts_anew_once_there_is_nothing_left_to_find() -> None:
    space = SearchSpace({"x": Float(0, 1), "y": Float(0, 1)})
    sampler = CMAESSampler()

    def loss(params: Params) -> float:
        return sum((value - 0.3) ** 2 for value in numbers(params))

    view = run_study(sampler, space, loss, 500, 0)
    late = [loss(dict(trial.params)) for trial in view.trials[-250:]]
    assert min(loss(dict(trial.params)) for trial in view.trials) < 1e-9
    assert max(late) > 0.01


def test_a_finite_space_is_searched_without_repetition_while_anything_is_left_nearby() -> None:
    space = SearchSpace({f"n{index}": Int(0, 4) for index in range(6)})
    view = run_study(CMAESSampler(), space, lambda params: sum(abs(value - 3) for value in numbers(params)), 150, 0)
    assert len({repr(trial.params) for trial in view.trials}) > 145
    assert min(trial.values["loss"] for trial in view.trials if trial.values) == 0


def test_points_that_break_a_constraint_are_drawn_again() -> None:
    space = SearchSpace(dict(TEN), constraints=[Linear(dict.fromkeys(TEN, 1.0), at_most=4.0)])
    points = suggest(make_view(space, []), 50)
    assert all(space.is_allowed(point) for point in points)
    assert np.median([sum(numbers(point)) for point in points]) < 3.99


@pytest.mark.slow
def test_ten_thousand_trials_cost_little() -> None:
    rng = np.random.default_rng(0)
    trials = [make_trial(n, point, ellipsoid(point, 0)) for n in range(10_000) if (point := TEN.draw(rng))]
    sampler = CMAESSampler()
    sampler.suggest(make_view(TEN, trials[:-1]), 1, rng)
    view = make_view(TEN, trials)
    started_at = time.process_time()
    sampler.suggest(view, 1, rng)
    assert time.process_time() - started_at < 0.05


@pytest.mark.parametrize(
    ("space", "num_objectives", "says"),
    [
        (SearchSpace({"a": Int(0, 1), "b": Float(0, 1, when={"a": [1]})}), 1, "conditions"),
        (TEN, 2, "several objectives"),
    ],
)
def test_what_it_cannot_search_is_refused_with_what_can(space: SearchSpace, num_objectives: int, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        CMAESSampler().check(space, num_objectives)
    assert caught.value.places[0].pointer == "#/sampler"
    for name in ("auto", "nsga2", "tpe"):
        assert name in (caught.value.hint or "")


def test_rounded_samples_are_learned_as_the_distribution_drew_them() -> None:
    encoding = Encoding(SearchSpace({"a": Int(0, 4), "b": Float(0, 1)}))
    distribution = MixedDistribution(encoding.columns, np.array([0.5, 0.5]))
    rng = np.random.default_rng(0)
    rounded = np.array([row for row, _ in islice(distribution.draws(rng), 3000)])[:, [0]]
    again = distribution._unrounded(rounded, rng)
    assert np.abs(again - rounded).max() < 0.5
    assert abs(float(again.mean()) - 0.5) < 0.03
    assert abs(float(again.std()) - 0.2) < 0.03
