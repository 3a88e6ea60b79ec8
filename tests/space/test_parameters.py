import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.errors import InvalidSearchSpace
from tuner.space import Categorical, Constant, Float, Int, Parameter, Scalar
from tuner.testing.spaces import corner_spaces, parameters

LARGEST = 1.7976931348623157e308
TOO_MANY = " more than 1,000,000,000 grid points"
TOO_FINE = " too fine to tell numbers of this size apart"


def draws(parameter: Parameter, num_draws: int = 4000) -> list[Scalar]:
    rng = np.random.default_rng(0)
    return [parameter.draw(rng) for _ in range(num_draws)]


@settings(max_examples=200, deadline=None)
@given(parameter=parameters(), seed=st.integers(0, 2**32 - 1))
def test_every_draw_is_contained(parameter: Parameter, seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert all(parameter.contains(parameter.draw(rng)) for _ in range(20))


@settings(max_examples=200, deadline=None)
@given(parameter=parameters(), seed=st.integers(0, 2**32 - 1))
def test_values_come_back_from_their_coordinates(parameter: Parameter, seed: int) -> None:
    value = parameter.draw(np.random.default_rng(seed))
    again = parameter.decode(parameter.encode(value))
    assert parameter.contains(again)
    if isinstance(parameter, Float) and parameter.step is None:
        assert parameter.encode(again) == pytest.approx(parameter.encode(value), abs=1e-9)
    else:
        assert again == value


@settings(max_examples=200, deadline=None)
@given(parameter=parameters(), coordinate=st.floats(-1e18, 1e18))
def test_every_coordinate_leads_to_a_value(parameter: Parameter, coordinate: float) -> None:
    assert parameter.contains(parameter.decode(coordinate))


@pytest.mark.parametrize("corner", corner_spaces())
def test_draws_at_the_limits_of_arithmetic_are_contained(corner: str) -> None:
    for parameter in corner_spaces()[corner].values():
        assert all(parameter.contains(value) for value in draws(parameter, 200))


@settings(max_examples=100, deadline=None)
@given(parameter=parameters())
def test_exactly_parameters_with_one_value_are_single(parameter: Parameter) -> None:
    assert parameter.is_single == (parameter.decode(-1e18) == parameter.decode(1e18))


class TestFloat:
    def test_both_bounds_are_included(self) -> None:
        parameter = Float(0.1, 0.9)
        assert parameter.contains(0.1)
        assert parameter.contains(0.9)
        assert not parameter.contains(math.nextafter(0.9, 1))

    @pytest.mark.parametrize("value", [True, "0.5", None, math.nan, math.inf, [0.5], 10**400])
    def test_only_finite_numbers_are_contained(self, value: object) -> None:
        assert not Float(-LARGEST, LARGEST).contains(value)

    def test_whole_numbers_are_contained(self) -> None:
        assert Float(0, 3).contains(2)

    @pytest.mark.parametrize("log", [False, True])
    def test_bounds_are_the_ends_of_the_axis(self, log: bool) -> None:
        parameter = Float(0.1, 0.7, log=log)
        assert [parameter.decode(0.0), parameter.decode(1.0)] == [0.1, 0.7]
        assert [parameter.encode(0.1), parameter.encode(0.7)] == [0.0, 1.0]

    def test_plain_draws_are_even(self) -> None:
        assert np.histogram(draws(Float(-3, 5)), bins=4, range=(-3, 5))[0] == pytest.approx([1000] * 4, rel=0.15)

    def test_log_draws_are_even_over_the_magnitudes(self) -> None:
        magnitudes = np.log10(np.array(draws(Float(1e-4, 1, log=True)), dtype=float))
        assert np.histogram(magnitudes, bins=4, range=(-4, 0))[0] == pytest.approx([1000] * 4, rel=0.15)

    def test_step_draws_reach_every_grid_point_evenly(self) -> None:
        counts = Counter(draws(Float(0, 0.3, step=0.1)))
        assert sorted(counts) == pytest.approx([0, 0.1, 0.2, 0.3])
        assert list(counts.values()) == pytest.approx([1000] * 4, rel=0.15)

    def test_high_beside_the_grid_is_not_drawn(self) -> None:
        assert set(draws(Float(0, 1, step=0.4), 200)) == {0, 0.4, 0.8}
        assert not Float(0, 1, step=0.4).contains(1.0)

    @pytest.mark.parametrize("value", [0.3, 0.1 + 0.2, 3 * 0.1])
    def test_grid_points_are_contained_however_they_were_computed(self, value: float) -> None:
        assert Float(0, 1, step=0.1).contains(value)

    def test_values_beside_the_grid_are_not_contained(self) -> None:
        assert not Float(0, 1, step=0.1).contains(0.31)

    def test_grid_far_from_zero_contains_its_own_points(self) -> None:
        parameter = Float(1e6, 1e6 + 1, step=1e-4)
        assert all(parameter.contains(value) for value in draws(parameter, 500))

    @pytest.mark.parametrize(
        ("arguments", "pointer", "detail"),
        [
            ({"low": 1, "high": 0}, "/low", "(1.0) must not be above high (0.0)"),
            ({"low": "0", "high": 1}, "/low", "must be a number, got str"),
            ({"low": False, "high": 1}, "/low", "must be a number, got bool"),
            ({"low": 0, "high": None}, "/high", "must be a number, got NoneType"),
            ({"low": 0, "high": math.inf}, "/high", "must be finite, got inf"),
            ({"low": math.nan, "high": 1}, "/low", "must be finite, got nan"),
            ({"low": 0, "high": 10**5000}, "/high", "must be finite, got an integer beyond 64 bits"),
            ({"low": 0, "high": 1, "log": True}, "/low", "must be above 0 on a log scale, got 0.0"),
            ({"low": 0, "high": 1, "log": 1}, "/log", "must be true or false, got 1"),
            ({"low": 0, "high": 1, "step": 0}, "/step", "must be above 0, got 0.0"),
            ({"low": 0, "high": 1, "step": -1}, "/step", "must be above 0, got -1.0"),
            ({"low": 1, "high": 2, "log": True, "step": 0.1}, "/step", "cannot be combined with log"),
            ({"low": 0, "high": 1, "step": 1e-12}, "/step", "(1e-12) makes" + TOO_MANY),
            ({"low": -1e308, "high": 1e308, "step": 1e300}, "/step", "(1e+300) makes" + TOO_MANY),
            ({"low": 0, "high": 1, "step": 5e-324}, "/step", "(4.94066e-324) makes" + TOO_MANY),
            ({"low": 1e16, "high": 1e16 + 64, "step": 4}, "/step", "(4) is" + TOO_FINE),
        ],
    )  # fmt: skip
    def test_contradictions_are_refused(self, arguments: dict[str, object], pointer: str, detail: str) -> None:
        with pytest.raises(InvalidSearchSpace) as caught:
            Float(**arguments)
        assert [(place.pointer, place.detail) for place in caught.value.places] == [(pointer, detail)]


class TestInt:
    @pytest.mark.parametrize("value", [True, 2.0, "2", None])
    def test_only_whole_numbers_are_contained(self, value: object) -> None:
        assert not Int(0, 3).contains(value)

    def test_values_beside_the_grid_are_not_contained(self) -> None:
        assert [value for value in range(15) if Int(1, 12, step=5).contains(value)] == [1, 6, 11]

    def test_plain_draws_are_even(self) -> None:
        assert Counter(draws(Int(-1, 2))) == pytest.approx(dict.fromkeys(range(-1, 3), 1000), rel=0.15)

    def test_step_draws_reach_every_grid_point(self) -> None:
        assert set(draws(Int(1, 12, step=5), 200)) == {1, 6, 11}

    def test_log_draws_are_even_over_the_magnitudes(self) -> None:
        values = draws(Int(1, 10_000, log=True))
        counts = [sum(10**k <= int(str(value)) < 10 ** (k + 1) for value in values) for k in range(4)]
        assert counts[1:] == pytest.approx([counts[1]] * 3, rel=0.15)

    def test_log_draws_reach_both_bounds(self) -> None:
        assert {1, 4} <= set(draws(Int(1, 4, log=True), 500))

    @pytest.mark.parametrize(
        ("arguments", "pointer", "detail"),
        [
            ({"low": 2, "high": 1}, "/low", "(2) must not be above high (1)"),
            ({"low": 0.0, "high": 1}, "/low", "must be a whole number, got 0.0"),
            ({"low": True, "high": 1}, "/low", "must be a whole number, got True"),
            ({"low": 0, "high": [1]}, "/high", "must be a whole number, got list"),
            ({"low": 0, "high": 2**53 + 1}, "/high", "must lie within plus or minus 2**53"),
            ({"low": -(10**5000), "high": 1}, "/low", "must lie within plus or minus 2**53"),
            ({"low": 0, "high": 1, "log": True}, "/low", "must be at least 1 on a log scale, got 0"),
            ({"low": 0, "high": 1, "log": "yes"}, "/log", "must be true or false, got 'yes'"),
            ({"low": 0, "high": 1, "step": 0}, "/step", "must be at least 1, got 0"),
            ({"low": 1, "high": 2, "log": True, "step": 2}, "/step", "cannot be combined with log"),
        ],
    )
    def test_contradictions_are_refused(self, arguments: dict[str, object], pointer: str, detail: str) -> None:
        with pytest.raises(InvalidSearchSpace) as caught:
            Int(**arguments)
        assert [(place.pointer, place.detail) for place in caught.value.places] == [(pointer, detail)]


class TestCategorical:
    def test_booleans_and_numbers_are_not_confused(self) -> None:
        assert not Categorical([True, "x"]).contains(1)
        assert not Categorical([1, "x"]).contains(True)

    @pytest.mark.parametrize("value", [[], {}, math.nan, "A", object()])
    def test_other_values_are_not_contained(self, value: object) -> None:
        assert not Categorical(["a", None]).contains(value)

    def test_draws_are_even(self) -> None:
        assert Counter(draws(Categorical(["a", None, 0, 2.5]))) == pytest.approx(
            dict.fromkeys(["a", None, 0, 2.5], 1000), rel=0.15
        )

    @pytest.mark.parametrize(
        ("choices", "pointer", "detail"),
        [
            ([], "/choices", "must be a list with at least one value"),
            ("abc", "/choices", "must be a list with at least one value"),
            (b"abc", "/choices", "must be a list with at least one value"),
            ({"a": 1}, "/choices", "must be a list with at least one value"),
            (["a", "b", "a"], "/choices/2", "'a' equals choice 0"),
            ([1, True], "/choices/1", "True equals choice 0"),
            ([0, 0.0], "/choices/1", "0.0 equals choice 0"),
            ([["a"]], "/choices/0", "must be text, a number, a boolean or null, got list"),
            (["a", math.nan], "/choices/1", "must be finite, got nan"),
            ([2**63], "/choices/0", "must fit into 64 bits"),
            ([10**5000], "/choices/0", "must fit into 64 bits"),
            (["a" * 1001], "/choices/0", "is longer than 1000 characters"),
            (["a\0"], "/choices/0", "contains a NUL or an unpaired surrogate"),
            (["\ud800"], "/choices/0", "contains a NUL or an unpaired surrogate"),
            (range(1001), "/choices", "has 1001 values; at most 1000 are allowed"),
        ],
    )
    def test_lists_that_are_no_choices_are_refused(self, choices: object, pointer: str, detail: str) -> None:
        with pytest.raises(InvalidSearchSpace) as caught:
            Categorical(choices)
        assert [(place.pointer, place.detail) for place in caught.value.places] == [(pointer, detail)]

    def test_order_must_be_true_or_false(self) -> None:
        with pytest.raises(InvalidSearchSpace, match="ordered must be true or false, got 'yes'"):
            Categorical(["a"], ordered="yes")


class TestConstant:
    @pytest.mark.parametrize("value", ["a", 3, 2.5, True, None])
    def test_its_value_is_the_only_one(self, value: Scalar) -> None:
        constant = Constant(value)
        assert draws(constant, 3) == [value] * 3
        assert constant.contains(value)
        assert not constant.contains("b")
        assert constant.is_single

    def test_booleans_and_numbers_are_not_confused(self) -> None:
        assert not Constant(True).contains(1)
        assert not Constant(1).contains(True)

    @pytest.mark.parametrize("value", [[3], {}, math.nan, 2**63, "\0"])
    def test_what_is_no_plain_value_is_refused(self, value: object) -> None:
        with pytest.raises(InvalidSearchSpace) as caught:
            Constant(value)
        assert [place.pointer for place in caught.value.places] == ["/value"]


class TestSameness:
    @pytest.mark.parametrize(
        ("parameter", "one", "other", "is_same"),
        [
            (Float(0, 1, step=0.1), 0.3, 0.1 + 0.2, True),
            (Float(0, 1, step=0.1), 0.3, 0.4, False),
            (Float(0, 1), 0.3, 0.1 + 0.2, False),
            (Float(0, 3), 2, 2.0, True),
            (Int(0, 3), 2, 3, False),
            (Categorical(["a", None]), None, "a", False),
        ],
    )
    def test_grid_points_are_the_same_however_they_were_computed(
        self, parameter: Parameter, one: Scalar, other: Scalar, is_same: bool
    ) -> None:
        assert parameter.is_same(one, other) == is_same


class TestCondition:
    @pytest.mark.parametrize(
        ("when", "pointer", "detail"),
        [
            ({}, "/when", "must map parent names to lists of values"),
            ("parent", "/when", "must map parent names to lists of values"),
            (["parent"], "/when", "must map parent names to lists of values"),
            ({"a/b~c": []}, "/when/a~1b~0c", "must list at least one value"),
            ({"p": [["x"]]}, "/when/p", "must be text, a number, a boolean or null, got list"),
            ({"p": {"x": 1}}, "/when/p", "must be text, a number, a boolean or null, got dict"),
            ({"p": [math.inf]}, "/when/p", "must be finite, got inf"),
            ({"p": ["\0"]}, "/when/p", "contains a NUL or an unpaired surrogate"),
        ],
    )
    def test_what_is_no_condition_is_refused(self, when: object, pointer: str, detail: str) -> None:
        for make in (lambda w: Float(0, 1, when=w), lambda w: Int(0, 1, when=w), lambda w: Categorical(["a"], when=w)):
            with pytest.raises(InvalidSearchSpace) as caught:
                make(when)
            assert [(place.pointer, place.detail) for place in caught.value.places] == [(pointer, detail)]

    def test_one_value_stands_for_a_list_of_one(self) -> None:
        assert Float(0, 1, when={"p": "x"}) == Float(0, 1, when={"p": ["x"]})

    def test_later_changes_of_the_callers_dict_do_not_matter(self) -> None:
        when: dict[str, list[Scalar]] = {"p": ["x"]}
        parameter = Float(0, 1, when=when)
        when["p"].append("y")
        assert parameter.when == {"p": ("x",)}
