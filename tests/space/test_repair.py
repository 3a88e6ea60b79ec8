"""Points that keep constraints: drawn, repaired, and proved to exist."""

import itertools
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.errors import InvalidSearchSpace
from tuner.space import (
    Categorical,
    Constant,
    Constraint,
    Float,
    Forbid,
    Int,
    Linear,
    Parameter,
    Params,
    Scalar,
    SearchSpace,
)
from tuner.space.mixed_integer import Program
from tuner.testing.spaces import corner_spaces, impossible_spaces, satisfiable_spaces, search_spaces

SEEDS = st.integers(0, 2**32 - 1)
CONSTRAINED = [name for name, space in corner_spaces().items() if space.constraints]
SHARES = SearchSpace({name: Float(0, 1) for name in "abcd"}, [Linear(dict.fromkeys("abcd", 1.0), at_most=1)])


@settings(max_examples=100, deadline=None)
@given(space=search_spaces(), seed=SEEDS)
def test_repaired_points_are_valid_and_allowed_ones_stay(space: SearchSpace, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(3):
        point = space.draw_unconstrained(rng)
        repaired = space.repair(point, rng)
        assert space.check(repaired) == repaired
        assert list(repaired) == space.active(repaired)
        if space.is_allowed(point):
            assert repaired == point


@settings(max_examples=100, deadline=None)
@given(space=satisfiable_spaces(), seed=SEEDS)
def test_a_point_is_found_wherever_there_is_one(space: SearchSpace, seed: int) -> None:
    assert space.check(space.allowed_point) == space.allowed_point
    drawn = space.draw(np.random.default_rng(seed))
    assert space.check(drawn) == drawn


@settings(max_examples=30, deadline=None)
@given(case=impossible_spaces())
def test_spaces_without_an_allowed_point_are_refused_with_the_conflict(case: tuple[SearchSpace, list[int]]) -> None:
    space, conflict = case
    with pytest.raises(InvalidSearchSpace) as caught:
        space.allowed_point  # noqa: B018  (is refused)
    assert [place.pointer for place in caught.value.places] == [
        f"#/space/constraints/{position}" for position in conflict
    ][:20]
    assert caught.value.hint


@pytest.mark.parametrize("corner", CONSTRAINED)
def test_draws_in_corners_are_valid(corner: str) -> None:
    space = corner_spaces()[corner]
    rng = np.random.default_rng(0)
    for _ in range(30):
        drawn = space.draw(rng)
        assert space.check(drawn) == drawn


@pytest.mark.parametrize("corner", CONSTRAINED)
def test_draws_in_corners_differ_where_they_can(corner: str) -> None:
    space = corner_spaces()[corner]
    rng = np.random.default_rng(0)
    assert len({repr(space.draw(rng)) for _ in range(20)}) == 20


@pytest.mark.parametrize("corner", CONSTRAINED)
def test_repairing_in_corners_takes_little_time(corner: str) -> None:
    space = corner_spaces()[corner]
    rng = np.random.default_rng(0)
    space.repair(space.draw_unconstrained(rng), rng)
    started_at = time.process_time()
    for _ in range(10):
        space.repair(space.draw_unconstrained(rng), rng)
    assert time.process_time() - started_at < 1.0


@pytest.mark.parametrize("corner", CONSTRAINED)
def test_the_allowed_point_is_the_same_everywhere(corner: str) -> None:
    assert corner_spaces()[corner].allowed_point == corner_spaces()[corner].allowed_point


def test_the_allowed_point_belongs_to_the_caller() -> None:
    space = corner_spaces()["thin simplex"]
    space.allowed_point.clear()
    assert space.check(space.allowed_point)


def test_same_seed_gives_the_same_repair() -> None:
    point: Params = dict.fromkeys("abcd", 0.9)
    repairs = [SHARES.repair(point, np.random.default_rng(7)) for _ in range(2)]
    assert repairs[0] == repairs[1]


class TestDraw:
    def test_draws_are_even_over_the_allowed_part(self) -> None:
        space = SearchSpace({"x": Float(0, 1), "y": Float(0, 1)}, [Linear({"x": 1, "y": 1}, at_most=1)])
        rng = np.random.default_rng(0)
        xs = np.array([space.draw(rng)["x"] for _ in range(4000)], dtype=float)
        assert xs.mean() == pytest.approx(1 / 3, abs=0.02)
        assert (xs < 0.5).mean() == pytest.approx(0.75, abs=0.03)

    def test_draws_from_a_thin_part_reach_all_of_it(self) -> None:
        space = SearchSpace({name: Float(0, 1) for name in "abcde"}, [Linear(dict.fromkeys("abcde", 1.0), at_most=0.1)])
        rng = np.random.default_rng(0)
        points = np.array([list(space.draw(rng).values()) for _ in range(200)], dtype=float)
        assert (points.max(axis=0) > 0.04).all()
        assert (points.min(axis=0) < 0.005).all()

    def test_draws_differ_in_what_no_constraint_names(self) -> None:
        space = corner_spaces()["one combination"]
        rng = np.random.default_rng(0)
        rates = np.array([space.draw(rng)["rate"] for _ in range(200)], dtype=float)
        assert np.histogram(rates, bins=4, range=(0, 1))[0] == pytest.approx([50] * 4, abs=25)


class TestRepair:
    def test_numbers_move_no_further_than_needed(self) -> None:
        repaired = SHARES.repair({"a": 0.5, "b": 0.5, "c": 0.2, "d": 0.0}, np.random.default_rng(0))
        assert sum(map(float, repaired.values())) == pytest.approx(1)
        assert repaired["a"] == pytest.approx(0.5 / 1.2)
        assert repaired["d"] == 0.0

    def test_parameters_that_no_constraint_names_keep_their_values(self) -> None:
        space = SearchSpace({**SHARES, "e": Float(0, 1), "f": Categorical(["x", "y"])}, SHARES.constraints)
        repaired = space.repair({**dict.fromkeys("abcd", 0.9), "e": 0.3, "f": "y"}, np.random.default_rng(0))
        assert (repaired["e"], repaired["f"]) == (0.3, "y")

    def test_one_value_of_a_forbidden_combination_changes(self) -> None:
        space = SearchSpace({name: Int(0, 9) for name in "xyz"}, [Forbid({"x": 3, "y": 4})])
        repaired = space.repair({"x": 3, "y": 4, "z": 5}, np.random.default_rng(0))
        assert sum(repaired[name] != value for name, value in {"x": 3, "y": 4, "z": 5}.items()) == 1

    def test_logarithmic_ranges_are_walked_on_their_logarithm(self) -> None:
        space = SearchSpace(
            {"x": Float(1e-6, 1, log=True), "y": Float(1e-6, 1, log=True)}, [Linear({"x": 1, "y": 1}, at_most=1e-3)]
        )
        repaired = space.repair({"x": 0.1, "y": 0.1}, np.random.default_rng(0))
        assert repaired["x"] == pytest.approx(5e-4, rel=1e-6)

    def test_a_branch_is_left_where_it_has_no_allowed_point(self) -> None:
        space = corner_spaces()["band of one branch"]
        for branch in "abcd":
            repaired = space.repair({"branch": branch, "y": 0.5, f"x{branch}": 0.5}, np.random.default_rng(0))
            assert repaired["branch"] == "e"

    def test_an_ancestor_may_switch_off_what_breaks_a_constraint(self) -> None:
        space = SearchSpace(
            {
                "a": Categorical([0, 1]),
                "b": Int(0, 5, when={"a": [1]}),
                "x": Float(1, 2, when={"b": [1, 2, 3, 4, 5]}),
                "y": Constant(3),
            },
            [Linear({"x": 1, "y": 1}, at_most=3.5)],
        )
        repaired = space.repair({"a": 1, "b": 3, "x": 1.5, "y": 3}, np.random.default_rng(0))
        assert "x" not in repaired
        assert space.check(repaired) == repaired

    def test_equations_over_whole_numbers_are_kept(self) -> None:
        space = SearchSpace(
            {f"i{place}": Int(0, 10) for place in range(4)},
            [Linear({"i0": 7, "i1": 5, "i2": 3, "i3": 2}, at_least=101, at_most=101)],
        )
        rng = np.random.default_rng(0)
        for _ in range(20):
            repaired = space.repair(space.draw_unconstrained(rng), rng)
            assert space.check(repaired) == repaired

    def test_sums_that_tie_all_numbers_to_each_other_are_kept_by_points_that_differ(self) -> None:
        names = [f"x{place}" for place in range(5)]
        space = SearchSpace(
            {name: Float(0, 1) for name in names} | {"kind": Categorical(["a", "b"])},
            [
                Linear(dict.fromkeys(names, 1.0), at_least=1, at_most=1),
                Linear(dict(zip(names, [0.1, 0.3, 0.5, 0.9, 1.4], strict=True)), at_least=0.45, at_most=0.5),
                Linear({"x0": 1, "x1": -1}, at_least=0),
            ],
        )
        rng = np.random.default_rng(0)
        repairs = [space.repair(space.draw_unconstrained(rng), rng) for _ in range(20)]
        assert all(space.check(repaired) == repaired for repaired in repairs)
        assert len({repr(repaired) for repaired in repairs}) >= 18


class TestRefusal:
    def test_message_names_only_the_constraints_in_conflict(self) -> None:
        space = SearchSpace(
            {"width": Int(1, 512), "depth": Int(1, 9), "rate": Float(0, 1)},
            [
                Linear({"rate": 1}, at_most=0.5),
                Linear({"width": 1, "depth": 64}, at_most=500),
                Forbid({"depth": 1}),
                Linear({"depth": 1}, at_least=8),
            ],
        )
        with pytest.raises(InvalidSearchSpace) as caught:
            space.allowed_point  # noqa: B018  (is refused)
        assert caught.value.message == (
            "No point of the search space keeps these constraints together: "
            "1 * width + 64 * depth at most 500; 1 * depth at least 8."
        )
        assert [place.pointer for place in caught.value.places] == ["#/space/constraints/1", "#/space/constraints/3"]
        assert caught.value.hint == ("Drop or loosen one of them, or widen the ranges of the parameters they name.")

    def test_constraint_that_is_impossible_alone_is_told_so(self) -> None:
        space = SearchSpace({"x": Int(0, 5), "y": Int(0, 5)}, [Linear({"x": 1, "y": 1}, at_least=11)])
        with pytest.raises(InvalidSearchSpace, match=r"keeps the constraint 1 \* x \+ 1 \* y at least 11\."):
            space.allowed_point  # noqa: B018  (is refused)

    def test_what_is_not_proved_is_not_told_as_a_fact(self) -> None:
        weights = np.random.default_rng(0).integers(10**6, 10**9, 38)
        total = 5 * 10**9 + 1
        space = SearchSpace(
            {f"i{place}": Int(0, 1) for place in range(38)},
            [Linear({f"i{place}": float(w) for place, w in enumerate(weights)}, at_least=total, at_most=total)],
        )
        with pytest.raises(InvalidSearchSpace, match="No point of the search space was found that keeps the constr"):
            space.allowed_point  # noqa: B018  (is refused)

    def test_a_thousand_constraints_are_refused_in_bounded_time(self) -> None:
        names = [f"c{place}" for place in range(4)]
        combinations = itertools.islice(itertools.product(range(6), repeat=4), 1000)
        forbidden: list[Constraint] = [Forbid(dict(zip(names, values, strict=True))) for values in combinations]
        space = SearchSpace({name: Categorical(range(6)) for name in names}, [*forbidden[:-1], Forbid({"c0": 5})])
        assert space.check(space.allowed_point)
        impossible = SearchSpace(
            {name: Categorical(range(6)) for name in names}, [*forbidden[:-6], *(Forbid({"c0": c}) for c in range(6))]
        )
        started_at = time.process_time()
        with pytest.raises(InvalidSearchSpace):
            impossible.allowed_point  # noqa: B018  (is refused)
        assert time.process_time() - started_at < 20


@st.composite
def small_spaces(draw: st.DrawFn) -> SearchSpace:
    """Spaces of a few hundred points, with constraints that may be impossible together."""
    parameters: dict[str, Parameter] = {}
    for name in "abcd"[: draw(st.integers(2, 4))]:
        when = None
        if parameters and draw(st.booleans()):
            parent = draw(st.sampled_from(list(parameters)))
            when = {parent: draw(st.lists(st.sampled_from(values(parameters[parent])), min_size=1, max_size=2))}
        parameters[name] = draw(
            st.sampled_from(
                [
                    Int(0, 3, when=when),
                    Int(2, 6, step=2, when=when),
                    Int(1, 4, log=True, when=when),
                    Float(-0.5, 0.5, step=0.25, when=when) if name == "d" else Int(-1, 1, when=when),
                    Categorical(["x", "y", "z"], when=when),
                    Categorical([True, None], ordered=True, when=when),
                    Constant(2, when=when),
                ]
            )
        )
    numbers = [name for name, each in parameters.items() if not isinstance(each, Categorical)]
    constraints: list[Constraint] = []
    for _ in range(draw(st.integers(1, 5))):
        if numbers and draw(st.booleans()):
            weights = draw(st.dictionaries(st.sampled_from(numbers), st.integers(-3, 3), min_size=1))
            bound = draw(st.integers(-8, 8))
            sides = draw(
                st.sampled_from([{"at_most": bound}, {"at_least": bound}, {"at_most": bound + 1, "at_least": bound}])
            )
            constraints.append(Linear(weights, **sides))
        else:
            named = draw(st.lists(st.sampled_from(list(parameters)), min_size=1, max_size=2, unique=True))
            constraints.append(Forbid({name: draw(st.sampled_from(values(parameters[name]))) for name in named}))
    return SearchSpace(parameters, constraints)


def values(parameter: Parameter) -> list[Scalar]:
    low, high = (parameter.encode(parameter.decode(end)) for end in (-1e18, 1e18))
    return [parameter.decode(coordinate) for coordinate in range(int(low), int(high) + 1)]


def all_points(space: SearchSpace, chosen: Params | None = None, depth: int = 0) -> Iterator[Params]:
    chosen = chosen or {}
    if depth == len(space.order):
        yield chosen
    elif space.is_active(space.order[depth], chosen):
        for value in values(space[space.order[depth]]):
            yield from all_points(space, {**chosen, space.order[depth]: value}, depth + 1)
    else:
        yield from all_points(space, chosen, depth + 1)


class TestMixedIntegerProgram:
    @settings(max_examples=150, deadline=None)
    @given(space=small_spaces())
    def test_it_agrees_with_trying_every_point(self, space: SearchSpace) -> None:
        exists = any(space.is_allowed(point) for point in all_points(space))
        outcome = Program(space, space.constraints).solve(np.random.default_rng(0))
        assert outcome.is_impossible != exists
        if exists:
            assert outcome.point is not None
            assert space.check(outcome.point) == outcome.point
            assert space.check(space.allowed_point) == space.allowed_point

    @settings(max_examples=50, deadline=None)
    @given(space=small_spaces(), seed=SEEDS)
    def test_the_nearest_point_to_an_allowed_one_is_itself(self, space: SearchSpace, seed: int) -> None:
        rng = np.random.default_rng(seed)
        point = space.draw_unconstrained(rng)
        if space.is_allowed(point):
            assert Program(space, space.constraints).solve(rng, near=point).point == point

    def test_the_nearest_point_differs_in_one_choice_if_that_is_enough(self) -> None:
        space = SearchSpace(
            {name: Categorical(["a", "b", "c"]) for name in "xyz"} | {"f": Float(1e-9, 1, log=True)},
            [Forbid({"x": "a", "y": "a"}), Forbid({"y": "a", "z": "a"}), Linear({"f": 1}, at_most=0.5)],
        )
        point: Params = {"x": "a", "y": "a", "z": "a", "f": 0.25}
        found = Program(space, space.constraints).solve(np.random.default_rng(0), near=point).point
        assert found is not None
        assert {name for name in "xyz" if found[name] != "a"} == {"y"}
        assert found["f"] == pytest.approx(0.25)

    def test_products_below_the_smallest_float_are_no_obstacle(self) -> None:
        space = SearchSpace({"x": Float(5e-324, 5e-324)}, [Linear({"x": 2.5}, at_most=1e-323)])
        assert space.is_allowed({"x": 5e-324})
        assert not Program(space, space.constraints).solve(np.random.default_rng(0)).is_impossible

    def test_ranges_beyond_the_largest_float_are_no_obstacle(self) -> None:
        space = SearchSpace(
            {"x": Float(-1.7e308, 1.7e308), "y": Float(-1.7e308, 1.7e308), "z": Int(-(2**53), 2**53)},
            [Linear({"x": 1e308, "y": 1e308, "z": 1e300}, at_least=1.7e308)],
        )
        outcome = Program(space, space.constraints).solve(np.random.default_rng(0))
        assert outcome.point is not None
        assert space.is_allowed(outcome.point)
