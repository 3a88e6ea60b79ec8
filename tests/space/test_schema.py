import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tuner.errors import InvalidSearchSpace, TooLarge
from tuner.space import SearchSpace
from tuner.space.schema import json_schema
from tuner.testing.spaces import search_spaces

VALIDATOR = Draft202012Validator(json_schema())
FLOAT = {"type": "float", "low": 0.1, "high": 1}
INT = {"type": "int", "low": 1, "high": 9}
CHOICE = {"type": "categorical", "choices": ["a", "b"]}
CONSTANT = {"type": "constant", "value": 3}
LINEAR = {"linear": {"x": 1}, "at_most": 5}
FORBID = {"forbid": {"x": 1, "parent": "p"}}
PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "search-space.schema.json"

# What both the schema and the reader refuse; the first entry of a pair says why.
REFUSED = {
    "not an object": [],
    "no version": {"parameters": {}},
    "other version": {"version": 2, "parameters": {}},
    "true for a version": {"version": True, "parameters": {}},
    "no parameters": {"version": 1},
    "parameters in a list": {"version": 1, "parameters": []},
    "unknown field": {"version": 1, "parameters": {}, "constraint": []},
    "constraints by name": {"version": 1, "parameters": {}, "constraints": {}},
    "too many constraints": {"version": 1, "parameters": {"x": INT}, "constraints": [{"forbid": {"x": 1}}] * 1001},
    "empty name": {"version": 1, "parameters": {"": FLOAT}},
    "long name": {"version": 1, "parameters": {"n" * 201: FLOAT}},
    "NUL in a name": {"version": 1, "parameters": {"a\0": FLOAT}},
    "too many parameters": {"version": 1, "parameters": {str(number): FLOAT for number in range(1001)}},
}
REFUSED_PARAMETERS = {
    "not an object": 3,
    "no type": {"low": 0, "high": 1},
    "unknown type": {"type": "real", "low": 0, "high": 1},
    "type in a list": {"type": ["float"], "low": 0, "high": 1},
    "no low": {"type": "float", "high": 1},
    "no high": {"type": "int", "low": 1},
    "no choices": {"type": "categorical"},
    "text for a bound": FLOAT | {"low": "0"},
    "true for a bound": FLOAT | {"low": False},
    "null for a bound": FLOAT | {"high": None},
    "fraction for a whole number": INT | {"low": 0.5},
    "beyond exact integers": INT | {"high": 2**53 + 1},
    "one for true": FLOAT | {"log": 1},
    "null for false": FLOAT | {"log": None},
    "log from zero": FLOAT | {"low": 0, "log": True},
    "log from zero, whole": INT | {"low": 0, "log": True},
    "log with step": FLOAT | {"log": True, "step": 0.1},
    "log with step, whole": INT | {"log": True, "step": 2},
    "no step": FLOAT | {"step": 0},
    "no step, whole": INT | {"step": 0},
    "step backwards": FLOAT | {"step": -0.1},
    "null for a whole step": INT | {"step": None},
    "field of another kind": FLOAT | {"choices": [1]},
    "bound of a choice": CHOICE | {"low": 0},
    "choices as text": CHOICE | {"choices": "ab"},
    "no choice": CHOICE | {"choices": []},
    "choice twice": CHOICE | {"choices": ["a", "a"]},
    "choice of lists": CHOICE | {"choices": [["a"]]},
    "long choice": CHOICE | {"choices": ["a" * 1001]},
    "NUL in a choice": CHOICE | {"choices": ["\0"]},
    "too many choices": CHOICE | {"choices": list(range(1001))},
    "order in words": CHOICE | {"ordered": "yes"},
    "constant without a value": {"type": "constant"},
    "constant of a list": CONSTANT | {"value": [3]},
    "constant with a range": CONSTANT | {"low": 3},
    "empty condition": FLOAT | {"when": {}},
    "condition as text": FLOAT | {"when": "parent"},
    "condition without values": FLOAT | {"when": {"parent": []}},
    "condition on an object": FLOAT | {"when": {"parent": [{}]}},
}
ACCEPTED_PARAMETERS = {
    "whole bounds of a real number": FLOAT | {"low": -1, "high": 1},
    "explicit defaults": INT | {"log": False, "step": 1, "when": None},
    "null for no step": FLOAT | {"step": None},
    "log with null for no step": FLOAT | {"log": True, "step": None},
    "log with the step of whole numbers": INT | {"log": True, "step": 1},
    "one value for a list of one": FLOAT | {"when": {"parent": "p"}},
    "constant": CONSTANT,
    "constant null": CONSTANT | {"value": None, "when": {"parent": ["p"]}},
    "choices of every type": CHOICE | {"choices": ["", 1, 2.5, False, None, 1e300, -(2**63) + 1]},
}
REFUSED_CONSTRAINTS = {
    "not an object": 3,
    "neither kind": {"at_most": 5},
    "both kinds": LINEAR | FORBID,
    "unknown field": LINEAR | {"below": 5},
    "bound of a combination": FORBID | {"at_most": 5},
    "no weights": LINEAR | {"linear": {}},
    "weights in a list": LINEAR | {"linear": ["x"]},
    "text for a weight": LINEAR | {"linear": {"x": "1"}},
    "true for a weight": LINEAR | {"linear": {"x": True}},
    "no bound": {"linear": {"x": 1}},
    "null for the only bound": LINEAR | {"at_most": None},
    "text for a bound": LINEAR | {"at_most": "5"},
    "empty combination": {"forbid": {}},
    "list of values": {"forbid": {"x": [1]}},
}
ACCEPTED_CONSTRAINTS = {
    "at most": LINEAR,
    "at least": {"linear": {"x": -1.5}, "at_least": -5},
    "both bounds": LINEAR | {"at_least": 5},
    "null for the other bound": LINEAR | {"at_least": None},
    "combination": FORBID,
}
PARENT = {"type": "categorical", "choices": ["p", "q"]}


def is_read(form: object) -> bool:
    try:
        SearchSpace.from_json(form)
    except (InvalidSearchSpace, TooLarge):
        return False
    return True


def with_parameter(body: object) -> dict[str, object]:
    return {"version": 1, "parameters": {"parent": PARENT, "x": body}}


def with_constraint(body: object) -> dict[str, object]:
    return with_parameter(INT) | {"constraints": [body]}


def test_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_schema_is_json() -> None:
    assert json.loads(json.dumps(json_schema())) == json_schema()


@settings(max_examples=100, deadline=None)
@given(space=search_spaces())
def test_every_written_space_is_valid(space: SearchSpace) -> None:
    VALIDATOR.validate(space.to_json())


@pytest.mark.parametrize("why", REFUSED)
def test_schema_and_reader_refuse_the_same_spaces(why: str) -> None:
    assert not VALIDATOR.is_valid(REFUSED[why])
    assert not is_read(REFUSED[why])


@pytest.mark.parametrize("why", REFUSED_PARAMETERS)
def test_schema_and_reader_refuse_the_same_parameters(why: str) -> None:
    form = with_parameter(REFUSED_PARAMETERS[why])
    assert not VALIDATOR.is_valid(form)
    assert not is_read(form)


@pytest.mark.parametrize("why", ACCEPTED_PARAMETERS)
def test_schema_and_reader_accept_the_same_parameters(why: str) -> None:
    form = with_parameter(ACCEPTED_PARAMETERS[why])
    assert VALIDATOR.is_valid(form)
    assert is_read(form)


@pytest.mark.parametrize("why", REFUSED_CONSTRAINTS)
def test_schema_and_reader_refuse_the_same_constraints(why: str) -> None:
    form = with_constraint(REFUSED_CONSTRAINTS[why])
    assert not VALIDATOR.is_valid(form)
    assert not is_read(form)


@pytest.mark.parametrize("why", ACCEPTED_CONSTRAINTS)
def test_schema_and_reader_accept_the_same_constraints(why: str) -> None:
    form = with_constraint(ACCEPTED_CONSTRAINTS[why])
    assert VALIDATOR.is_valid(form)
    assert is_read(form)


@pytest.mark.parametrize("constraints", [None, []])
def test_schema_and_reader_accept_the_absence_of_constraints(constraints: object) -> None:
    form = with_parameter(INT) | {"constraints": constraints}
    assert VALIDATOR.is_valid(form)
    assert is_read(form)


def test_published_schema_is_this_one() -> None:
    # After a change, write json.dumps(json_schema(), indent=2) there.
    assert json.loads(PUBLISHED.read_text()) == json_schema()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**54) | st.floats(-2, 2) | st.sampled_from(["", "a", "float", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["parent", "x", ""]), inner, max_size=2)
    ),
    max_leaves=4,
)
KEYS = st.sampled_from(["type", "low", "high", "log", "step", "choices", "ordered", "value", "when", "extra"])
CONSTRAINT_KEYS = st.sampled_from(["linear", "at_most", "at_least", "forbid", "extra"])


@settings(max_examples=300, deadline=None)
@given(base=st.sampled_from([FLOAT, INT, CHOICE, CONSTANT]), key=KEYS, value=ANYTHING)
def test_whatever_the_reader_accepts_is_valid(base: dict[str, object], key: str, value: object) -> None:
    form = with_parameter(base | {key: value})
    assert VALIDATOR.is_valid(form) or not is_read(form)


@settings(max_examples=300, deadline=None)
@given(base=st.sampled_from([LINEAR, FORBID]), key=CONSTRAINT_KEYS, value=ANYTHING)
def test_whatever_constraint_the_reader_accepts_is_valid(base: dict[str, object], key: str, value: object) -> None:
    form = with_constraint(base | {key: value})
    assert VALIDATOR.is_valid(form) or not is_read(form)
