"""From what a user writes for a space to its JSON form."""

import pytest

import tuner
from tuner.client.bodies import space_form
from tuner.errors import InvalidSearchSpace

UNITS = {"type": "int", "low": 1, "high": 9}
LIMIT = {"linear": {"units": 1.0}, "at_most": 5.0}


@pytest.mark.parametrize(
    "space",
    [
        {"units": tuner.Int(1, 9), "epochs": tuner.Constant(30)},
        {"units": UNITS, "epochs": 30},
        tuner.SearchSpace({"units": tuner.Int(1, 9), "epochs": 30}),
        {"parameters": {"units": tuner.Int(1, 9), "epochs": 30}},
        {"version": 1, "parameters": {"units": UNITS, "epochs": {"type": "constant", "value": 30}}},
    ],
)
def test_all_ways_to_write_parameters_mean_the_same(space: object) -> None:
    assert space_form(space) == {
        "version": 1,
        "parameters": {"units": UNITS, "epochs": {"type": "constant", "value": 30}},
    }


@pytest.mark.parametrize(
    "space",
    [
        tuner.SearchSpace({"units": tuner.Int(1, 9)}, constraints=[tuner.Linear({"units": 1}, at_most=5)]),
        {"parameters": {"units": tuner.Int(1, 9)}, "constraints": [tuner.Linear({"units": 1}, at_most=5)]},
        {"version": 1, "parameters": {"units": UNITS}, "constraints": [LIMIT]},
    ],
)
def test_all_ways_to_write_constraints_mean_the_same(space: object) -> None:
    assert space_form(space) == {"version": 1, "parameters": {"units": UNITS}, "constraints": [LIMIT]}


def test_constraints_may_name_parameters_that_only_the_engine_knows() -> None:
    form = space_form({"parameters": {}, "constraints": [tuner.Forbid({"model": "linear", "linear.l2": 1.0})]})
    assert form["constraints"] == [{"forbid": {"model": "linear", "linear.l2": 1.0}}]


@pytest.mark.parametrize("name", ["parameters", "constraints", "version"])
def test_a_parameter_may_have_the_name_of_a_field(name: str) -> None:
    assert space_form({name: tuner.Int(1, 9)}) == {"version": 1, "parameters": {name: UNITS}}
    assert space_form({name: 3})["parameters"] == {name: {"type": "constant", "value": 3}}


def test_what_is_no_parameter_is_told_with_its_place() -> None:
    with pytest.raises(InvalidSearchSpace, match="must be Float, Int, Categorical or a plain value") as caught:
        space_form({"a/b": [1, 2]})
    assert [place.pointer for place in caught.value.places] == ["#/space/parameters/a~1b"]
