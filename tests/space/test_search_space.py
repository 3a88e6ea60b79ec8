import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.errors import InvalidInput, InvalidSearchSpace, Place, TooLarge
from tuner.space import Categorical, Constant, Float, Int, Parameter, Scalar, SearchSpace
from tuner.testing.spaces import search_spaces

OPTIMIZER = SearchSpace(
    {
        "optimizer": Categorical(["adam", "sgd"]),
        "momentum": Float(0, 0.99, when={"optimizer": ["sgd"]}),
        "rate": Float(1e-5, 0.1, log=True),
    }
)


def chain(length: int) -> dict[str, Parameter]:
    """Every parameter depends on the one before it."""
    space: dict[str, Parameter] = {"p0": Int(0, 1)}
    space |= {f"p{depth}": Int(0, 1, when={f"p{depth - 1}": [1]}) for depth in range(1, length)}
    return space


def places(error: InvalidInput | TooLarge) -> list[tuple[str, str]]:
    return [(place.pointer, place.detail) for place in error.places]


class TestConstruction:
    def test_parameters_keep_their_order(self) -> None:
        assert list(SearchSpace({"b": Int(0, 1), "a": Int(0, 1)})) == ["b", "a"]

    def test_parents_come_before_their_children(self) -> None:
        space = SearchSpace(dict(reversed(chain(5).items())))
        assert space.order == ("p0", "p1", "p2", "p3", "p4")

    def test_a_space_may_be_empty(self) -> None:
        space = SearchSpace({})
        assert space.draw(np.random.default_rng(0)) == {}
        assert space.check({}) == {}

    @pytest.mark.parametrize(
        ("child", "pointer", "detail"),
        [
            (Float(0, 1, when={"absent": [1]}), "#/parameters/c~1d/when/absent",
             "names 'absent', which is not a parameter of this space"),
            (Float(0, 1, when={"real": [0.5]}), "#/parameters/c~1d/when/real",
             "a condition needs a categorical or whole-number parent"),
            (Float(0, 1, when={"choice": ["x"]}), "#/parameters/c~1d/when/choice",
             "'x' is not a value of 'choice' (one of 'a', 'b')"),
            (Float(0, 1, when={"whole": [11]}), "#/parameters/c~1d/when/whole",
             "11 is not a value of 'whole' (a whole number from 0 to 10 in steps of 2)"),
            (Float(0, 1, when={"whole": [3]}), "#/parameters/c~1d/when/whole",
             "3 is not a value of 'whole' (a whole number from 0 to 10 in steps of 2)"),
            (Float(0, 1, when={"whole": [True]}), "#/parameters/c~1d/when/whole",
             "True is not a value of 'whole' (a whole number from 0 to 10 in steps of 2)"),
            (Float(0, 1, when={"\ud800": [1]}), "#/parameters/c~1d/when/\\ud800",
             "names '\\ud800', which is not a parameter of this space"),
            ([0, 1], "#/parameters/c~1d", "must be Float, Int, Categorical or a plain value, got list"),
        ],
    )  # fmt: skip
    def test_faults_are_reported_with_their_place(self, child: Parameter, pointer: str, detail: str) -> None:
        parents = {"real": Float(0, 1), "choice": Categorical(["a", "b"]), "whole": Int(0, 10, step=2)}
        with pytest.raises(InvalidSearchSpace) as caught:
            SearchSpace({**parents, "c/d": child})
        assert places(caught.value) == [(pointer, detail)]

    @pytest.mark.parametrize("value", ["adam", 3, 2.5, True, None])
    def test_a_plain_value_is_a_constant(self, value: Scalar) -> None:
        space = SearchSpace({"x": Float(0, 1), "fixed": value})
        assert space["fixed"] == Constant(value)
        assert space.draw(np.random.default_rng(0))["fixed"] == value

    def test_a_plain_value_that_cannot_be_sent_is_told_with_its_place(self) -> None:
        with pytest.raises(InvalidSearchSpace) as caught:
            SearchSpace({"a/b": float("nan")})
        assert places(caught.value) == [("#/parameters/a~1b/value", "must be finite, got nan")]

    @pytest.mark.parametrize("length", [1, 2, 5])
    def test_conditions_that_close_a_circle_are_refused(self, length: int) -> None:
        ring = {f"p{n}": Int(0, 1, when={f"p{(n + 1) % length}": [1]}) for n in range(length)}
        with pytest.raises(InvalidSearchSpace, match="closes a circle of conditions") as caught:
            SearchSpace({"free": Int(0, 1), **ring})
        assert caught.value.places[0].pointer == "#/parameters/p0/when"

    @pytest.mark.parametrize("name", ["", "n" * 201, "a\0b", "\udfff"])
    def test_names_that_cannot_be_stored_are_refused(self, name: str) -> None:
        with pytest.raises(InvalidSearchSpace) as caught:
            SearchSpace({name: Int(0, 1)})
        json.dumps(str(caught.value), ensure_ascii=False).encode()

    @pytest.mark.parametrize("num_parameters", [1_001, 10_000])
    def test_more_than_a_thousand_parameters_are_too_large(self, num_parameters: int) -> None:
        with pytest.raises(TooLarge, match=f"has {num_parameters} parameters; at most 1000 are allowed") as caught:
            SearchSpace({f"p{number}": Int(0, 1) for number in range(num_parameters)})
        assert places(caught.value) == [("#/parameters", "too many parameters")]

    def test_a_thousand_nested_conditions_take_little_time(self) -> None:
        started_at = time.process_time()
        space = SearchSpace(dict(reversed(chain(1000).items())))
        space.draw(np.random.default_rng(0))
        assert time.process_time() - started_at < 2

    def test_equal_spaces_have_equal_hashes(self) -> None:
        one = SearchSpace({"a": Int(0, 1), "b": Float(0, 1)})
        other = SearchSpace({"b": Float(0, 1), "a": Int(0, 1)})
        assert one == other
        assert hash(one) == hash(other)

    def test_spaces_with_other_ranges_differ(self) -> None:
        assert SearchSpace({"a": Int(0, 1)}) != SearchSpace({"a": Int(0, 2)})


class TestConditions:
    def test_child_is_active_while_its_parent_has_a_listed_value(self) -> None:
        assert OPTIMIZER.active({"optimizer": "sgd"}) == ["optimizer", "rate", "momentum"]
        assert OPTIMIZER.active({"optimizer": "adam"}) == ["optimizer", "rate"]

    @pytest.mark.parametrize("depth", [1, 2, 50])
    def test_grandchild_is_active_only_while_every_ancestor_is(self, depth: int) -> None:
        space = SearchSpace(chain(60))
        params = {f"p{n}": 0 if n == depth else 1 for n in range(60)}
        assert space.active(params) == [f"p{n}" for n in range(depth + 1)]

    def test_a_constant_may_be_a_parent(self) -> None:
        space = SearchSpace(
            {
                "mode": Constant(2.5),
                "x": Float(0, 1, when={"mode": [2.5]}),
                "y": Int(0, 1, when={"x_is": [1]}),
                "x_is": 1,
            }
        )
        assert space.active({"mode": 2.5, "x_is": 1}) == ["mode", "x_is", "x", "y"]

    @pytest.mark.parametrize("value", [[1], {}, {1}])
    def test_values_that_cannot_be_hashed_activate_nothing(self, value: object) -> None:
        assert SearchSpace({"a": Int(0, 1), "b": Int(0, 1, when={"a": [1]})}).active({"a": value}) == ["a"]

    def test_all_parents_must_agree(self) -> None:
        space = SearchSpace(
            {"a": Int(0, 1), "b": Int(0, 1), "both": Float(0, 1, when={"a": [1], "b": [1]})},
        )
        assert "both" in space.active({"a": 1, "b": 1})
        assert "both" not in space.active({"a": 1, "b": 0})

    def test_a_value_listed_twice_counts_once(self) -> None:
        space = SearchSpace({"a": Int(0, 1), "b": Float(0, 1, when={"a": [1, 1]})})
        assert space.active({"a": 1}) == ["a", "b"]

    def test_a_condition_may_list_more_values_than_a_categorical_may_have(self) -> None:
        space = SearchSpace({"a": Int(0, 5000), "b": Float(0, 1, when={"a": list(range(2000))})})
        assert space.active({"a": 1500}) == ["a", "b"]

    def test_true_is_not_one(self) -> None:
        space = SearchSpace({"a": Categorical([True, "x"]), "b": Float(0, 1, when={"a": [True]})})
        assert space.active({"a": True}) == ["a", "b"]
        assert space.active({"a": 1}) == ["a"]


@settings(max_examples=150, deadline=None)
@given(space=search_spaces(), seed=st.integers(0, 2**32 - 1))
def test_every_draw_is_a_valid_point(space: SearchSpace, seed: int) -> None:
    point = space.draw(np.random.default_rng(seed))
    assert space.check(point) == point
    assert list(point) == space.active(point)


class TestCheck:
    def test_point_comes_back_parents_first(self) -> None:
        point = {"momentum": 0.5, "rate": 0.01, "optimizer": "sgd"}
        assert list(OPTIMIZER.check(point)) == ["optimizer", "rate", "momentum"]

    def test_whole_number_becomes_real_where_the_parameter_is(self) -> None:
        value = SearchSpace({"x": Float(0, 3)}).check({"x": 2})["x"]
        assert isinstance(value, float)

    @pytest.mark.parametrize(
        ("change", "place"),
        [
            ({"optimizer": "adam"}, Place("#/params/momentum", "is only allowed while optimizer is one of ['sgd']")),
            ({"momentum": 1.0}, Place("#/params/momentum", "must be a number from 0 to 0.99, got 1.0")),
            ({"momentum": [0.5]}, Place("#/params/momentum", "must be a number from 0 to 0.99, got list")),
            ({"rate": None}, Place("#/params/rate", "must be a number from 1e-05 to 0.1, got None")),
            ({"rate": 10**5000},
             Place("#/params/rate", "must be a number from 1e-05 to 0.1, got an integer beyond 64 bits")),
            ({"a/b": 1}, Place("#/params/a~1b", "is not in the search space")),
        ],
    )  # fmt: skip
    def test_faults_are_reported_with_their_place(self, change: dict[str, object], place: Place) -> None:
        with pytest.raises(InvalidInput) as caught:
            OPTIMIZER.check({"optimizer": "sgd", "momentum": 0.5, "rate": 0.01} | change)
        assert caught.value.places == (place,)

    def test_missing_parameter_is_reported_with_what_was_expected(self) -> None:
        with pytest.raises(InvalidInput) as caught:
            OPTIMIZER.check({"optimizer": "adam"}, pointer="#/points/3")
        assert places(caught.value) == [("#/points/3/rate", "is missing; expected a number from 1e-05 to 0.1")]

    def test_all_faults_are_reported_at_once(self) -> None:
        with pytest.raises(InvalidInput) as caught:
            OPTIMIZER.check({"optimizer": "sgd", "rate": 1.0, "rat": 0.1})
        assert [place.pointer for place in caught.value.places] == [
            "#/params/rate",
            "#/params/momentum",
            "#/params/rat",
        ]


class TestJSON:
    @settings(max_examples=150, deadline=None)
    @given(space=search_spaces())
    def test_space_survives_the_way_through_text(self, space: SearchSpace) -> None:
        again = SearchSpace.from_json(json.loads(json.dumps(space.to_json(), allow_nan=False)))
        assert again == space
        assert list(again) == list(space)
        assert again.order == space.order

    def test_form_is_the_published_one(self) -> None:
        space = SearchSpace(
            {
                "optimizer": Categorical(["adam", "sgd"]),
                "lr": Float(1e-5, 0.1, log=True),
                "momentum": Float(0.0, 0.99, when={"optimizer": ["sgd"]}),
                "units": Int(16, 512, step=16),
                "size": Categorical(["s", "m"], ordered=True),
                "epochs": Constant(30, when={"size": ["m"]}),
            }
        )
        assert space.to_json() == {
            "version": 1,
            "parameters": {
                "optimizer": {"type": "categorical", "choices": ["adam", "sgd"]},
                "lr": {"type": "float", "low": 1e-5, "high": 0.1, "log": True},
                "momentum": {"type": "float", "low": 0.0, "high": 0.99, "when": {"optimizer": ["sgd"]}},
                "units": {"type": "int", "low": 16, "high": 512, "step": 16},
                "size": {"type": "categorical", "choices": ["s", "m"], "ordered": True},
                "epochs": {"type": "constant", "value": 30, "when": {"size": ["m"]}},
            },
        }

    @pytest.mark.parametrize(
        ("form", "pointer", "detail"),
        [
            ([], "#/space", "must be an object with version and parameters"),
            (None, "#/space", "must be an object with version and parameters"),
            ({"parameters": {}}, "#/space/version", "must be 1, got None"),
            ({"version": 2, "parameters": {}}, "#/space/version", "must be 1, got 2"),
            ({"version": True, "parameters": {}}, "#/space/version", "must be 1, got True"),
            ({"version": 10**5000, "parameters": {}}, "#/space/version", "must be 1, got an integer beyond 64 bits"),
            ({"version": 1}, "#/space/parameters", "must be an object that maps names to parameters"),
            ({"version": 1, "parameters": {}, "extra/": 1}, "#/space/extra~1",
             "is not a field of a search space; expected version, parameters and constraints"),
        ],
    )  # fmt: skip
    def test_faulty_forms_are_refused_with_their_place(self, form: object, pointer: str, detail: str) -> None:
        with pytest.raises(InvalidSearchSpace) as caught:
            SearchSpace.from_json(form)
        assert places(caught.value) == [(pointer, detail)]

    @pytest.mark.parametrize(
        ("body", "pointer", "detail"),
        [
            (3, "", 'must be an object such as {"type": "float", "low": 0, "high": 1}'),
            ({"low": 0}, "/type", "must be one of float, int, categorical, constant, got None"),
            ({"type": "real"}, "/type", "must be one of float, int, categorical, constant, got 'real'"),
            ({"type": []}, "/type", "must be one of float, int, categorical, constant, got list"),
            ({"type": "float", "low": 0}, "/high", "is missing"),
            ({"type": "categorical"}, "/choices", "is missing"),
            ({"type": "categorical", "choices": "ab"}, "/choices", "must be a list"),
            ({"type": "int", "low": 0, "high": 1, "choices": []}, "/choices",
             "is not a field of a int parameter; expected high, log, low, step, when"),
            ({"type": "constant"}, "/value", "is missing"),
            ({"type": "constant", "value": [3]}, "/value", "must be text, a number, a boolean or null, got list"),
            ({"type": "constant", "value": 3, "low": 0}, "/low",
             "is not a field of a constant parameter; expected value, when"),
            ({"type": "float", "low": 1, "high": 0}, "/low", "(1.0) must not be above high (0.0)"),
            ({"type": "float", "low": 1, "high": 0, "\ud800": 1}, "/\\ud800",
             "is not a field of a float parameter; expected high, log, low, step, when"),
        ],
    )  # fmt: skip
    def test_faulty_parameters_are_refused_with_their_place(self, body: object, pointer: str, detail: str) -> None:
        with pytest.raises(InvalidSearchSpace) as caught:
            SearchSpace.from_json({"version": 1, "parameters": {"a/b": body}})
        assert places(caught.value) == [("#/space/parameters/a~1b" + pointer, detail)]

    def test_pointer_may_begin_elsewhere(self) -> None:
        with pytest.raises(InvalidSearchSpace) as caught:
            SearchSpace.from_json({"version": 1, "parameters": {"a": 1}}, pointer="#/study/space")
        assert caught.value.places[0].pointer == "#/study/space/parameters/a"

    def test_message_names_the_parameter(self) -> None:
        form = {"version": 1, "parameters": {"rate": {"type": "float", "low": 1, "high": 0}}}
        with pytest.raises(InvalidSearchSpace, match=r"^rate: low \(1\.0\) must not be above high \(0\.0\)\."):
            SearchSpace.from_json(form)

    def test_ten_thousand_parameters_are_refused_quickly(self) -> None:
        body = {"type": "categorical", "choices": list(range(1000))}
        form = {"version": 1, "parameters": dict.fromkeys(map(str, range(10_000)), body)}
        started_at = time.process_time()
        with pytest.raises(TooLarge) as caught:
            SearchSpace.from_json(form)
        assert time.process_time() - started_at < 0.5
        assert places(caught.value) == [("#/space/parameters", "too many parameters")]

    @pytest.mark.parametrize("name", ["\ud800", "n" * 100_000, "a\0"])
    def test_errors_about_strange_names_can_be_sent(self, name: str) -> None:
        with pytest.raises(InvalidSearchSpace) as caught:
            SearchSpace.from_json({"version": 1, "parameters": {name: {"type": "float"}}})
        assert len(str(caught.value).encode()) < 5_000
