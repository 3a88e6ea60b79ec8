import json
import math
import subprocess
import sys

import numpy as np
import pytest

from tuner.errors import InvalidInput, InvalidSearchSpace, TooLarge
from tuner.space import Categorical, Constant, Constraint, Float, Forbid, Int, Linear, Params, SearchSpace

LARGEST = 1.7976931348623157e308
LAYERS = {
    "optimizer": Categorical(["adam", "sgd"]),
    "momentum": Float(0, 0.99, when={"optimizer": ["sgd"]}),
    "first": Int(16, 512, step=16),
    "second": Int(16, 512, step=16),
    "epochs": Constant(30),
    "grid": Float(0, 1, step=0.1),
}


def layers(*constraints: Constraint) -> SearchSpace:
    return SearchSpace(LAYERS, constraints)


def point(**changes: object) -> Params:
    found: Params = {"optimizer": "adam", "first": 16, "second": 16, "epochs": 30, "grid": 0.5}
    return {**found, **changes}


class TestLinear:
    @pytest.mark.parametrize(("second", "is_kept"), [(384, True), (400, False)])
    def test_sum_is_at_most_the_bound(self, second: int, is_kept: bool) -> None:
        space = layers(Linear({"first": 1, "second": 1}, at_most=400))
        assert space.is_allowed(point(second=second)) == is_kept

    @pytest.mark.parametrize(("second", "is_kept"), [(32, True), (16, False)])
    def test_sum_is_at_least_the_bound(self, second: int, is_kept: bool) -> None:
        space = layers(Linear({"first": -1, "second": 2}, at_least=48))
        assert space.is_allowed(point(second=second)) == is_kept

    def test_inactive_parameters_do_not_count(self) -> None:
        space = layers(Linear({"momentum": 100, "first": 1}, at_most=50))
        assert space.is_allowed(point())
        assert not space.is_allowed(point(optimizer="sgd", momentum=0.9))

    def test_constraint_without_any_active_parameter_is_silent(self) -> None:
        space = layers(Linear({"momentum": 1}, at_least=0.5))
        assert space.is_allowed(point())
        assert not space.is_allowed(point(optimizer="sgd", momentum=0.4))

    def test_numeric_constants_count(self) -> None:
        assert not layers(Linear({"epochs": 1, "first": 1}, at_most=45)).is_allowed(point())

    @pytest.mark.parametrize(("bound", "is_kept"), [(0.3, True), (0.3 * (1 - 1e-8), False)])
    def test_rounding_does_not_decide(self, bound: float, is_kept: bool) -> None:
        space = SearchSpace({"x": Float(0, 1), "y": Float(0, 1)}, [Linear({"x": 1, "y": 1}, at_most=bound)])
        assert 0.1 + 0.2 > 0.3
        assert space.is_allowed({"x": 0.1, "y": 0.2}) == is_kept

    @pytest.mark.parametrize(
        ("weights", "values", "excess"),
        [
            ({"x": 1e308, "y": -1e308}, (10.0, 10.0), 0.0),
            ({"x": 1e308, "y": -1e308}, (10.0, 9.0), LARGEST / 1.7976931348623157),
            ({"x": 1e308, "y": 1e308}, (10.0, 10.0), LARGEST),
            ({"x": 1e308, "y": 1e308}, (-10.0, -10.0), 0.0),
            ({"x": 1, "y": 1}, (LARGEST, LARGEST), LARGEST),
            ({"x": 1, "y": -1}, (LARGEST, LARGEST), 0.0),
            ({"x": 5e-324, "y": 0}, (5e-324, 1.0), 0.0),
        ],
    )
    def test_sums_beyond_the_largest_float_are_judged_rightly(
        self, weights: dict[str, float], values: tuple[float, float], excess: float
    ) -> None:
        found = Linear(weights, at_most=0).excess(dict(zip("xy", values, strict=True)))
        assert found == pytest.approx(excess)

    def test_excess_below_is_negative(self) -> None:
        assert Linear({"x": 2}, at_least=5, at_most=5).excess({"x": 1}) == -3
        assert Linear({"x": 2}, at_least=5, at_most=5).excess({"x": 3}) == 1

    @pytest.mark.parametrize(
        ("arguments", "pointer", "detail"),
        [
            ({"weights": {}, "at_most": 1}, "/linear", "must map parameter names to weights"),
            ({"weights": ["units"], "at_most": 1}, "/linear", "must map parameter names to weights"),
            ({"weights": {1: 1}, "at_most": 1}, "/linear", "must have parameter names as keys, got 1"),
            ({"weights": {"a/b": "1"}, "at_most": 1}, "/linear/a~1b", "must be a number, got str"),
            ({"weights": {"u": True}, "at_most": 1}, "/linear/u", "must be a number, got bool"),
            ({"weights": {"u": math.nan}, "at_most": 1}, "/linear/u", "must be finite, got nan"),
            ({"weights": {"u": 1}}, "", "has no bound"),
            ({"weights": {"u": 1}, "at_most": math.inf}, "/at_most", "must be finite, got inf"),
            ({"weights": {"u": 1}, "at_least": "low"}, "/at_least", "must be a number, got str"),
            ({"weights": {"u": 1}, "at_least": 2, "at_most": 1}, "/at_least", "(2) must not be above at_most (1)"),
        ],
    )
    def test_what_is_no_bound_is_refused(self, arguments: dict[str, object], pointer: str, detail: str) -> None:
        with pytest.raises(InvalidSearchSpace) as caught:
            Linear(**arguments)
        assert [(place.pointer, place.detail) for place in caught.value.places] == [(pointer, detail)]


class TestForbid:
    def test_only_the_whole_combination_is_forbidden(self) -> None:
        space = layers(Forbid({"optimizer": "sgd", "first": 16}))
        assert not space.is_allowed(point(optimizer="sgd", momentum=0.5))
        assert space.is_allowed(point(optimizer="sgd", momentum=0.5, first=32))
        assert space.is_allowed(point())

    def test_combination_with_an_inactive_parameter_does_not_occur(self) -> None:
        assert layers(Forbid({"momentum": 0.5, "first": 16})).is_allowed(point())

    @pytest.mark.parametrize("value", [0.3, 0.1 + 0.2, 3 * 0.1])
    def test_grid_points_are_known_however_they_were_computed(self, value: float) -> None:
        assert not layers(Forbid({"grid": 0.3})).is_allowed(point(grid=value))

    @pytest.mark.parametrize(
        ("values", "pointer", "detail"),
        [
            ({}, "/forbid", "must map parameter names to values"),
            ("sgd", "/forbid", "must map parameter names to values"),
            ({"a": ["x"]}, "/forbid/a", "must be text, a number, a boolean or null, got list"),
            ({"a": math.nan}, "/forbid/a", "must be finite, got nan"),
        ],
    )
    def test_what_is_no_combination_is_refused(self, values: object, pointer: str, detail: str) -> None:
        with pytest.raises(InvalidSearchSpace) as caught:
            Forbid(values)
        assert [(place.pointer, place.detail) for place in caught.value.places] == [(pointer, detail)]


class TestInASpace:
    @pytest.mark.parametrize(
        ("constraint", "pointer", "detail"),
        [
            (Linear({"frist": 1}, at_most=1), "/linear/frist", "names 'frist', which is not a parameter of this space"),
            (Linear({"optimizer": 1}, at_most=1), "/linear/optimizer",
             "is a categorical parameter; only numbers can be added up"),
            (Forbid({"third": 1}), "/forbid/third", "names 'third', which is not a parameter of this space"),
            (Forbid({"first": 17}), "/forbid/first",
             "17 is not a value of 'first' (a whole number from 16 to 512 in steps of 16)"),
            (Forbid({"optimizer": "adamw"}), "/forbid/optimizer",
             "'adamw' is not a value of 'optimizer' (one of 'adam', 'sgd')"),
            (Forbid({"epochs": 31}), "/forbid/epochs", "31 is not a value of 'epochs' (30)"),
            ({"forbid": {"first": 16}}, "", "must be Linear or Forbid, got dict"),
        ],
    )  # fmt: skip
    def test_faults_are_reported_with_their_place(self, constraint: Constraint, pointer: str, detail: str) -> None:
        with pytest.raises(InvalidSearchSpace) as caught:
            layers(Forbid({"first": 16}), constraint)
        assert [(p.pointer, p.detail) for p in caught.value.places] == [("#/constraints/1" + pointer, detail)]

    def test_misspelt_name_is_told_near_names(self) -> None:
        with pytest.raises(InvalidSearchSpace, match=r"constraint 0: linear/frist .*\n.*\n.*Did you mean first"):
            layers(Linear({"frist": 1}, at_most=1))

    def test_constants_that_are_no_numbers_cannot_be_added_up(self) -> None:
        with pytest.raises(InvalidSearchSpace, match="is a constant parameter; only numbers"):
            SearchSpace({"x": Constant(True)}, [Linear({"x": 1}, at_most=1)])

    @pytest.mark.parametrize(
        "constraints", [[Forbid({"first": 16})] * 1_001, [Linear({"first": 1, "second": 1}, at_most=50)] * 5_001]
    )
    def test_too_many_are_too_large(self, constraints: list[Constraint]) -> None:
        with pytest.raises(TooLarge) as caught:
            layers(*constraints)
        assert [place.pointer for place in caught.value.places] == ["#/constraints"]

    def test_check_refuses_a_point_that_breaks_some(self) -> None:
        space = layers(
            Linear({"first": 1}, at_least=16), Linear({"first": 1, "second": 1}, at_most=20), Forbid({"first": 16})
        )
        with pytest.raises(InvalidInput) as caught:
            space.check(point(), pointer="#/trials/0/params")
        assert [(place.pointer, place.detail) for place in caught.value.places] == [
            ("#/trials/0/params", "breaks constraint 1: 1 * first + 1 * second at most 20"),
            ("#/trials/0/params", "breaks constraint 2: not first = 16"),
        ]

    def test_check_accepts_a_point_that_keeps_all(self) -> None:
        assert layers(Linear({"first": 1}, at_most=20)).check(point()) == point()


class TestJSON:
    SPACE = layers(
        Linear({"first": 1, "second": 2.5}, at_most=400, at_least=20), Forbid({"optimizer": "sgd", "first": 16})
    )

    def test_form_is_the_published_one(self) -> None:
        assert self.SPACE.to_json()["constraints"] == [
            {"linear": {"first": 1.0, "second": 2.5}, "at_most": 400.0, "at_least": 20.0},
            {"forbid": {"optimizer": "sgd", "first": 16}},
        ]
        assert self.SPACE.to_json()["parameters"]["epochs"] == {"type": "constant", "value": 30}

    def test_space_survives_the_way_through_text(self) -> None:
        again = SearchSpace.from_json(json.loads(json.dumps(self.SPACE.to_json())))
        assert again == self.SPACE
        assert again.constraints == self.SPACE.constraints
        assert hash(again.constraints) == hash(self.SPACE.constraints)

    def test_constraints_are_part_of_what_makes_spaces_equal(self) -> None:
        assert layers() != self.SPACE
        assert layers(Forbid({"first": 16})) != layers(Forbid({"first": 32}))

    def test_form_of_a_space_without_constraints_does_not_mention_them(self) -> None:
        assert "constraints" not in layers().to_json()
        assert SearchSpace.from_json(layers().to_json() | {"constraints": []}) == layers()

    def test_repr_can_be_evaluated(self) -> None:
        assert eval(repr(self.SPACE)) == self.SPACE

    @pytest.mark.parametrize(
        ("constraints", "pointer", "detail"),
        [
            ({}, "", "must be a list"),
            ([3], "/0", "must be an object with either linear or forbid"),
            ([{"forbid": {"first": 16}}, {"linear": {}, "forbid": {}}], "/1",
             "must be an object with either linear or forbid"),
            ([{"at_most": 3}], "/0", "must be an object with either linear or forbid"),
            ([{"linear": {"first": 1}, "at_most": 3, "below": 3}], "/0/below", "is not a field of a linear constraint"),
            ([{"forbid": {"first": 16}, "at_most": 3}], "/0/at_most", "is not a field of a forbidden combination"),
            ([{"linear": {"units": 1}, "at_most": 3}], "/0/linear/units", "names 'units', which is not a parameter"),
            ([{"linear": {"first": "1"}, "at_most": 3}], "/0/linear/first", "must be a number, got str"),
        ],
    )  # fmt: skip
    def test_faulty_forms_are_refused_with_their_place(self, constraints: object, pointer: str, detail: str) -> None:
        with pytest.raises(InvalidSearchSpace) as caught:
            SearchSpace.from_json(layers().to_json() | {"constraints": constraints})
        place = caught.value.places[0]
        assert place.pointer == "#/space/constraints" + pointer
        assert place.detail.startswith(detail)

    @pytest.mark.parametrize("number", [1_001, 100_000])
    def test_too_many_are_refused_quickly(self, number: int) -> None:
        with pytest.raises(TooLarge) as caught:
            SearchSpace.from_json(layers().to_json() | {"constraints": [{"forbid": {"first": 16}}] * number})
        assert caught.value.places[0].pointer == "#/space/constraints"


def test_draws_keep_the_constraints() -> None:
    space = layers(Linear({"first": 1, "second": 1}, at_most=48), Forbid({"optimizer": "sgd", "first": 16}))
    rng = np.random.default_rng(0)
    for _ in range(200):
        drawn = space.draw(rng)
        assert space.check(drawn) == drawn


def test_spaces_with_constraints_are_written_and_read_without_numpy() -> None:
    script = (
        "import sys; sys.modules['numpy'] = sys.modules['scipy'] = None\n"
        "from tuner.space import *\n"
        "space = SearchSpace({'x': Int(0, 9), 'y': 3}, [Linear({'x': 1, 'y': 1}, at_most=5), Forbid({'x': 1})])\n"
        "assert SearchSpace.from_json(space.to_json()) == space\n"
        "assert space.check({'x': 2, 'y': 3})\n"
        "assert not space.is_allowed({'x': 1, 'y': 3})\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
