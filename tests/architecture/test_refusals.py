"""Every document that must not be built is refused with its place and a way out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tuner.architecture import Architecture, DataInput
from tuner.architecture.schema import json_schema
from tuner.errors import InvalidArchitecture

VALIDATOR = Draft202012Validator(json_schema())
IMAGE = {"photo": DataInput.of(8, 8, 1)}
DENSE = {"layer": "Dense", "units": 4}


def refusal(form: object, inputs: dict[str, DataInput] | None = None) -> tuple[str, str]:
    """Where and why a document is refused."""
    with pytest.raises(InvalidArchitecture) as caught:
        Architecture.from_json(form).check(inputs or IMAGE, num_outputs=10)
    return caught.value.places[0].pointer, str(caught.value)


def document(*layers: object) -> dict[str, Any]:
    return {"version": 1, "layers": list(layers)}


# What a schema can see, an editor shows while the document is written.
SEEN_BY_THE_SCHEMA = {
    "no object": ([DENSE], "", "must be an object"),
    "no version": ({"layers": []}, "/version", "must be 1"),
    "another version": ({"version": 2, "layers": []}, "/version", "must be 1"),
    "true as version": ({"version": True, "layers": []}, "/version", "must be 1"),
    "no layers": ({"version": 1}, "/layers", "is missing"),
    "unknown field": ({"version": 1, "layers": [], "layer": 1}, "/layer", "Did you mean layers"),
    "layers not in a list": ({"version": 1, "layers": DENSE}, "/layers", "must be a list"),
    "text as layer": (document("Dense"), "/layers/0", "must be an object"),
    "no kind of block": (document({"units": 4}), "/layers/0", "exactly one of"),
    "two kinds of block": (document({**DENSE, "repeat": 2}), "/layers/0", "exactly one of"),
    "unknown layer": (document({"layer": "Desne", "units": 4}), "/layers/0/layer", "Did you mean Dense"),
    "Lambda": (document({"layer": "Lambda", "function": "x"}), "/layers/0/function", "code could be run"),
    "Lambda alone": (document({"layer": "Lambda"}), "/layers/0/layer", "never done"),
    "TFSMLayer": (document({"layer": "TFSMLayer", "filepath": "/"}), "/layers/0/layer", "never done"),
    "module": (document({**DENSE, "module": "os"}), "/layers/0/module", "code could be run"),
    "registered name": (document({**DENSE, "registered_name": "x>y"}), "/layers/0/registered_name", "code"),
    "module in an argument": (
        document({**DENSE, "activation": {"module": "os", "class_name": "system"}}),
        "/layers/0/activation/module",
        "code could be run",
    ),
    "misspelt argument": (document({**DENSE, "activaton": "relu"}), "/layers/0/activaton", "Did you mean activation"),
    "missing argument": (document({"layer": "Dense"}), "/layers/0/units", "is missing"),
    "unknown activation": (document({**DENSE, "activation": "rleu"}), "/layers/0/activation", "must be one of"),
    "a billion units": (document({"layer": "Dense", "units": 10**9}), "/layers/0/units", "from 1 to 4,096"),
    "no units": (document({"layer": "Dense", "units": 0}), "/layers/0/units", "from 1 to 4,096"),
    "units with a fraction": (document({"layer": "Dense", "units": 4.5}), "/layers/0/units", "whole number"),
    "units as truth": (document({"layer": "Dense", "units": True}), "/layers/0/units", "whole number"),
    "a kernel for three axes": (
        document({"layer": "Conv2D", "filters": 4, "kernel_size": [3, 3, 3]}),
        "/layers/0/kernel_size",
        "or a list of 2",
    ),
    "a rate of one": (document({"layer": "Dropout", "rate": 1.0}), "/layers/0/rate", "from 0 to 0.95"),
    "an argument as an object": (document({"layer": "Dense", "units": {}}), "/layers/0/units", "or a search parameter"),
    "unknown type": (
        document({"layer": "Dense", "units": {"type": "integer", "low": 1, "high": 2}}),
        "/layers/0/units/type",
        "must be int, float or categorical",
    ),
    "a condition": (
        document({"layer": "Dense", "units": {"type": "int", "low": 1, "high": 2, "when": {"x": [1]}}}),
        "/layers/0/units/when",
        "choice",
    ),
    "a number where a word is": (
        document({**DENSE, "activation": {"type": "int", "low": 1, "high": 2}}),
        "/layers/0/activation/type",
        "must fit",
    ),
    "a choice of nothing": (document({"choice": "head", "of": {}}), "/layers/0/of", "must be an object"),
    "a choice without options": (document({"choice": "head"}), "/layers/0/of", "must be an object"),
    "a name with a dot": (document({"choice": "a.b", "of": {"x": []}}), "/layers/0/choice", "must be a name"),
    "an option with a slash": (document({"choice": "a", "of": {"x/y": []}}), "/layers/0/of/x~1y", "must be a name"),
    "repeated never": (document({"repeat": 0, "layers": [DENSE]}), "/layers/0/repeat", "never be reached"),
    "repeated too often": (document({"repeat": 10**9, "layers": [DENSE]}), "/layers/0/repeat", "from 0 to 32"),
    "repeated by half": (
        document({"repeat": {"type": "float", "low": 1, "high": 2}, "layers": []}),
        "/layers/0/repeat/type",
        "must fit",
    ),
    "nothing repeated": (document({"repeat": 2}), "/layers/0/layers", "is missing"),
    "no branches": (document({"branches": {}}), "/layers/0/branches", "must be an object"),
    "unknown merge": (document({"branches": {"a": []}, "merge": "sum"}), "/layers/0/merge", "must be one of"),
    "a field of a branch": (
        document({"branches": {"a": {"form": "photo"}}}),
        "/layers/0/branches/a/form",
        "Did you mean from",
    ),
}

SEEN_BY_THE_READER = {
    "a range beyond the limit": (
        document({"layer": "Dense", "units": {"type": "int", "low": 16, "high": 10**9}}),
        "/layers/0/units/high",
        "from 1 to 4,096",
    ),
    "a choice beyond the limit": (
        document({"layer": "Dense", "units": {"choices": [16, 8192]}}),
        "/layers/0/units/choices/1",
        "from 1 to 4,096",
    ),
    "swapped bounds": (
        document({"layer": "Dense", "units": {"type": "int", "low": 20, "high": 10}}),
        "/layers/0/units/low",
        "must not be above high",
    ),
    "one name for two ranges": (
        document(
            {"layer": "Dense", "units": {"type": "int", "low": 1, "high": 8, "name": "width"}},
            {"layer": "Dense", "units": {"type": "int", "low": 1, "high": 9, "name": "width"}},
        ),
        "/layers/1/units",
        "at #/layers/0/units",
    ),
    "one name for a choice and a range": (
        document(
            {"layer": "Dense", "units": {"type": "int", "low": 1, "high": 8, "name": "head"}},
            {"choice": "head", "of": {"a": []}},
        ),
        "/layers/1/choice",
        "another parameter",
    ),
    "a choice within itself": (
        document({"choice": "c", "of": {"a": [{"choice": "c", "of": {"a": [], "b": [DENSE]}}], "b": []}}),
        "/layers/0/of/a/0/of/b",
        "never be reached",
    ),
    "a block that starts from itself": (
        document({"branches": {"a": [], "b": {"from": "loop", "layers": [DENSE]}}, "name": "loop"}),
        "/layers/0/branches/b/from",
        "closes a circle",
    ),
    "a block that starts from a later one": (
        document({"branches": {"a": {"from": "end"}, "b": []}}, {**DENSE, "name": "end"}),
        "/layers/0/branches/a/from",
        "comes later",
    ),
    "a block inside of another option": (
        document(
            {"choice": "c", "of": {"a": [{**DENSE, "name": "inner"}], "b": []}},
            {"branches": {"x": {"from": "inner"}, "y": []}},
        ),
        "/layers/1/branches/x/from",
        "out of reach",
    ),
    "one name for two blocks": (document({**DENSE, "name": "a"}, {**DENSE, "name": "a"}), "/layers/1/name", "earlier"),
    "strides with dilation": (
        document({"layer": "Conv2D", "filters": 2, "kernel_size": 3, "strides": 2, "dilation_rate": 2}),
        "/layers/0/dilation_rate",
        "does not go with strides",
    ),
}

SEEN_BESIDE_THE_DATA = {
    "an input that is not there": ({"version": 1, "from": "foto", "layers": [DENSE]}, "/from", "Did you mean photo"),
    "an image where there is none": (
        document({"layer": "Flatten"}, {"layer": "Conv2D", "filters": 2, "kernel_size": 2}),
        "/layers/1",
        "needs an image, but gets a vector (64)",
    ),
    "a sequence where there is an image": (document({"layer": "LSTM", "units": 2}), "/layers/0", "needs a sequence"),
    "words where there are none": (document({"layer": "Embedding", "output_dim": 2}), "/layers/0", "needs the tokens"),
    "pooled away": (
        document({"repeat": {"type": "int", "low": 1, "high": 4}, "layers": [{"layer": "MaxPooling2D"}]}),
        "/layers/0/layers/0",
        "too small for its window",
    ),
    "too many layers": (document({"repeat": 22, "layers": [DENSE, DENSE, DENSE]}), "/layers", "at most 64"),
    "too many layers in repetitions": (
        document({"repeat": 31, "layers": [{"repeat": 31, "layers": [DENSE]}]}),
        "",
        "at most 1,000",
    ),
    "too many weights": (
        document(DENSE, {"repeat": 3, "layers": [{"layer": "Dense", "units": 4096}]}),
        "/layers/1/layers/0",
        "at most 20,000,000",
    ),
    "too many weights at one end of a range": (
        document({"repeat": 9, "layers": [{"layer": "Dense", "units": {"type": "int", "low": 16, "high": 2048}}]}),
        "/layers/0/layers/0",
        "up to 33,",
    ),
    "too many numbers for one row": (
        document(
            {"layer": "UpSampling2D", "size": 16},
            {"layer": "Conv2D", "filters": 512, "kernel_size": 3, "padding": "same"},
        ),
        "/layers/1",
        "numbers for one row",
    ),
    "branches of different lengths": (
        document(
            {
                "branches": {
                    "a": [{"layer": "Conv2D", "filters": 4, "kernel_size": 3}],
                    "b": [{"layer": "Conv2D", "filters": 4, "kernel_size": 3, "padding": "same"}],
                },
                "merge": "add",
            }
        ),
        "/layers/0",
        "not always equal",
    ),
}


@pytest.mark.parametrize(("form", "pointer", "words"), SEEN_BY_THE_SCHEMA.values(), ids=SEEN_BY_THE_SCHEMA)
def test_schema_and_reader_refuse(form: object, pointer: str, words: str) -> None:
    place, message = refusal(form)
    assert place == f"#/architecture{pointer}"
    assert words in message
    assert not VALIDATOR.is_valid(form)


@pytest.mark.parametrize(("form", "pointer", "words"), SEEN_BY_THE_READER.values(), ids=SEEN_BY_THE_READER)
def test_reader_refuses(form: object, pointer: str, words: str) -> None:
    with pytest.raises(InvalidArchitecture) as caught:
        Architecture.from_json(form)
    assert caught.value.places[0].pointer == f"#/architecture{pointer}"
    assert words in str(caught.value)


@pytest.mark.parametrize(("form", "pointer", "words"), SEEN_BESIDE_THE_DATA.values(), ids=SEEN_BESIDE_THE_DATA)
def test_what_does_not_fit_the_data_is_refused(form: object, pointer: str, words: str) -> None:
    place, message = refusal(form)
    assert place == f"#/architecture{pointer}"
    assert words in message


def nested(depth: int) -> list[Any]:
    return [{"choice": f"c{depth}", "of": {"a": nested(depth - 1)}}] if depth else [DENSE]


def test_document_that_is_too_deep_is_refused() -> None:
    assert "nested more than 8 chains deep" in refusal(document(*nested(12)))[1]
    deep: list[Any] = []
    for _ in range(50_000):
        deep = [deep]
    assert "levels deep" in refusal(document(deep))[1]


def test_document_that_is_too_large_is_refused() -> None:
    assert "values" in refusal(document(*[DENSE] * 20_000))[1]
    assert "characters" in refusal(document({**DENSE, "x" * 300_000: 1}))[1]


def test_numbers_beyond_all_limits_are_refused_in_words() -> None:
    assert "64 bits" in refusal(document({"layer": "Dense", "units": 10**5000}))[1]
    assert "64 bits" in refusal(document({"repeat": 10**5000, "layers": [DENSE]}))[1]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "0.1", None, [0.1]])
def test_rates_are_finite_numbers(value: object) -> None:
    assert refusal(document({"layer": "Dropout", "rate": value}))[0] == "#/architecture/layers/0/rate"


def test_point_that_a_wider_space_would_allow_is_refused() -> None:
    architecture = Architecture.from_json(document({"layer": "Dense", "units": {"type": "int", "low": 1, "high": 8}}))
    with pytest.raises(InvalidArchitecture, match="from 1 to 4,096"):
        architecture.resolve({"dense.units": 10**9}, IMAGE)


def test_published_schema_is_plain_json() -> None:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema


def test_schema_in_the_documentation_is_the_one_of_this_version() -> None:
    # After a change, write json.dumps(json_schema(), indent=2) there.
    published = Path(__file__).parents[2] / "docs" / "reference" / "architecture.schema.json"
    assert json.loads(published.read_text()) == json_schema()
