import itertools
import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tuner.errors import InvalidInput
from tuner.records import FailureReason, StudyView, Trial, TrialState
from tuner.samplers.combinations import Combinations, TooEntangled
from tuner.samplers.grid import GridSampler
from tuner.samplers.grid_values import grid_values
from tuner.space import Categorical, Float, Forbid, Int, Linear, Parameter, Params, SearchSpace
from tuner.testing.facts import make_trial, make_view
from tuner.testing.sampler import points_of
from tuner.testing.spaces import search_spaces

BRANCHES = SearchSpace(
    {
        "model": Categorical(["linear", "tree", "net"]),
        "scale": Categorical([True, False]),
        "tree.depth": Int(1, 4, when={"model": ["tree"]}),
        "net.layers": Int(1, 3, when={"model": ["net"]}),
        "net.second": Float(0, 1, step=0.25, when={"model": ["net"], "net.layers": [2, 3]}),
        "net.third": Float(0, 1, step=0.5, when={"net.layers": [3]}),
    }
)
# linear 1, tree 4, net 1 + 5 + 5 * 3; each with and without scaling.
NUM_IN_BRANCHES = 2 * (1 + 4 + 21)


def run(view: StudyView, count: int = 1, seed: int = 0) -> list[Params]:
    return points_of(GridSampler().suggest(view, count, np.random.default_rng(seed)))


def all_points(space: SearchSpace, batch: int = 1) -> list[Params]:
    """What a study that is run to the end gets."""
    sampler, trials = GridSampler(), list[Trial]()
    while points := points_of(sampler.suggest(make_view(space, trials), batch, np.random.default_rng(0))):
        trials += [make_trial(len(trials) + place, point, 1.0) for place, point in enumerate(points)]
    return [dict(trial.params) for trial in trials]


def by_definition(space: SearchSpace) -> list[Params]:
    """The combinations of a small space, listed parameter by parameter."""
    values, found = grid_values(space), list[Params]([{}])
    for name in space.order:
        found = [
            point | {name: value} if space.is_active(name, point) else point
            for point in found
            for value in (values[name] if space.is_active(name, point) else [None])
        ]
    return [point for point in found if space.is_allowed(point)]


def frozen(points: list[Params]) -> Counter[str]:
    return Counter(repr(list(point.items())) for point in points)


@pytest.mark.parametrize("batch", [1, 7])
def test_every_combination_of_a_conditional_space_comes_exactly_once(batch: int) -> None:
    points = all_points(BRANCHES, batch)
    assert len(points) == NUM_IN_BRANCHES
    assert frozen(points) == frozen(by_definition(BRANCHES))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(space=search_spaces(), seed=st.integers(0, 2**63))
def test_combinations_of_any_space_are_those_of_the_definition(space: SearchSpace, seed: int) -> None:
    combinations = Combinations(space, grid_values(space), seed)
    assume(combinations.count < 3_000)
    found = [point for place in range(combinations.count) if space.is_allowed(point := combinations[place])]
    assert frozen(found) == frozen(by_definition(space))


def test_values_along_each_kind_of_parameter() -> None:
    space = SearchSpace(
        {
            "real": Float(0, 9),
            "rate": Float(1e-6, 1e3, log=True),
            "step": Float(0, 1, step=0.25),
            "fine": Float(0, 0.9, step=0.001),
            "few": Int(1, 100),
            "many": Int(0, 900),
            "width": Int(1, 512, log=True),
            "kind": Categorical(["b", None, 1]),
            "seventh": Float(1, 1, when={"many": [7]}),
        }
    )
    values = grid_values(space)
    assert values["real"] == list(range(10))
    assert values["rate"] == pytest.approx([10.0**power for power in range(-6, 4)])
    assert values["step"] == [0, 0.25, 0.5, 0.75, 1]
    assert values["fine"] == pytest.approx([place / 10 for place in range(10)])
    assert values["few"] == list(range(1, 101))
    assert values["many"] == [*range(0, 901, 100), 7]
    assert values["width"] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    assert values["kind"] == ["b", None, 1]


def test_branches_take_turns_until_they_are_used_up() -> None:
    models = [point["model"] for point in all_points(BRANCHES)]
    assert Counter(models[:6]) == {"linear": 2, "tree": 2, "net": 2}
    assert Counter(models[:18]) == {"linear": 2, "tree": 8, "net": 8}
    assert set(models[18:]) == {"net"}


def test_early_combinations_are_a_fair_sample() -> None:
    space = SearchSpace({name: Int(0, 9) for name in "abcde"})
    rows = np.array([list(point.values()) for point in run(make_view(space, []), 500)])
    for column in rows.T:
        assert np.bincount(column.astype(int), minlength=10).min() > 25
    assert np.abs(np.corrcoef(rows.T) - np.eye(5)).max() < 0.2


def test_another_seed_gives_another_order_of_the_same_combinations() -> None:
    space = SearchSpace({"a": Int(0, 9), "b": Int(0, 9)})
    first, second = (Combinations(space, grid_values(space), seed) for seed in (1, 2))
    one, other = ([each[place] for place in range(100)] for each in (first, second))
    assert one != other
    assert frozen(one) == frozen(other)


def test_astronomic_grids_start_at_once() -> None:
    space = SearchSpace({f"x{index}": Float(0, 1) for index in range(300)})
    started_at = time.process_time()
    points = run(make_view(space, []), 5)
    assert time.process_time() - started_at < 1.0
    assert len(frozen(points)) == 5
    assert "10^300" in GridSampler().describe(make_view(space, []))


@pytest.mark.parametrize(
    "trial",
    [
        make_trial(0, {"a": 1, "b": 0.30000000000000004}),
        make_trial(0, {"a": 1, "b": 0.3}, 2.0),
        make_trial(0, {"b": 0.3, "a": 1}, state=TrialState.WAITING),
        make_trial(0, {"a": 1, "b": 0.3}, failure=FailureReason.LOST_WORKER),
        make_trial(0, {"a": 1, "b": 0.3}, state=TrialState.CANCELLED),
    ],
)
def test_a_combination_is_used_whatever_became_of_its_trial(trial: Trial) -> None:
    space = SearchSpace({"a": Int(1, 2), "b": Float(0.2, 0.4, step=0.1)})
    points = run(make_view(space, [trial]), 9)
    assert len(points) == 5
    assert {"a": 1, "b": 0.30000000000000004} not in points


def test_points_beside_the_grid_use_up_nothing() -> None:
    space = SearchSpace({"x": Float(0, 9)})
    view = make_view(space, [make_trial(0, {"x": 0.5}, 1.0), make_trial(1, {"x": 3.0}, 1.0)])
    assert len(run(view, 20)) == 9
    assert GridSampler().describe(view) == "grid: 1 of 10 combinations used"


def test_combinations_that_break_a_constraint_are_left_out() -> None:
    space = SearchSpace(
        {"a": Int(0, 9), "b": Int(0, 9), "c": Categorical(["x", "y"])},
        constraints=[Linear({"a": 1, "b": 1}, at_most=9), Forbid({"a": 0, "c": "x"})],
    )
    points = all_points(space)
    expected = [
        {"a": a, "b": b, "c": c}
        for a, b, c in itertools.product(range(10), range(10), "xy")
        if a + b <= 9 and (a, c) != (0, "x")
    ]
    assert frozen(points) == frozen(expected)


def test_where_constraints_leave_no_grid_points_are_drawn() -> None:
    space = SearchSpace(
        {name: Float(0, 1) for name in "abcdef"},
        constraints=[Linear(dict.fromkeys("abcdef", 1.0), at_least=0.05, at_most=0.06)],
    )
    points = run(make_view(space, []), 3)
    assert len(points) == 3
    assert all(space.is_allowed(point) for point in points)


def test_an_older_view_is_answered_as_it_would_have_been_then() -> None:
    points = all_points(BRANCHES)
    trials = [make_trial(number, point, 1.0) for number, point in enumerate(points)]
    sampler = GridSampler()
    for num_trials in (40, 10, NUM_IN_BRANCHES, 25):
        view = make_view(BRANCHES, trials[:num_trials])
        assert points_of(sampler.suggest(view, 3, np.random.default_rng(0))) == points[num_trials : num_trials + 3]


def test_ten_thousand_trials_cost_little() -> None:
    space = SearchSpace({name: Int(0, 99) for name in "abcd"})
    combinations = Combinations(space, grid_values(space), 0)
    trials = [make_trial(number, combinations[number], 1.0) for number in range(10_000)]
    sampler = GridSampler()
    sampler.suggest(make_view(space, trials[:-1]), 1, np.random.default_rng(0))
    view = make_view(space, trials)
    started_at = time.process_time()
    assert points_of(sampler.suggest(view, 1, np.random.default_rng(0))) == [combinations[10_000]]
    assert time.process_time() - started_at < 0.005


def test_conditions_that_are_too_entangled_are_refused_with_what_can_be_used() -> None:
    switches: dict[str, Parameter] = {f"s{index}": Categorical([0, 1]) for index in range(40)}
    pairs = itertools.combinations(switches, 2)
    both: dict[str, Parameter] = {f"{one}.{two}": Float(0, 1, when={one: [1], two: [1]}) for one, two in pairs}
    space = SearchSpace(switches | both)
    with pytest.raises(TooEntangled):
        Combinations(space, grid_values(space), 0)
    with pytest.raises(InvalidInput, match="too entangled") as caught:
        GridSampler().check(space, 1)
    assert caught.value.places[0].pointer == "#/sampler"
    assert "sobol" in (caught.value.hint or "")


def test_deeply_nested_conditions_are_counted_or_refused() -> None:
    def nested(depth: int) -> SearchSpace:
        chain = {f"x{n}": Categorical([0, 1], when={f"x{n - 1}": [1]} if n else None) for n in range(depth)}
        return SearchSpace(chain)

    assert Combinations(nested(90), grid_values(nested(90)), 0).count == 91
    with pytest.raises(TooEntangled):
        Combinations(nested(900), grid_values(nested(900)), 0)
