"""The published JSON Schema of the one JSON form of a search space."""

from __future__ import annotations

from tuner.space.parameters import MAX_CHOICES, MAX_EXACT_INTEGER, MAX_TEXT
from tuner.space.reading import MAX_CONSTRAINTS, MAX_PARAMETERS, VERSION
from tuner.space.search_space import MAX_NAME

_NO_NUL = "^[^\\u0000]*$"


def json_schema() -> dict[str, object]:
    """A JSON Schema (draft 2020-12) for editors, other languages and the API's description.

    It accepts everything that ``SearchSpace.from_json`` accepts. What no schema can say is left to that reader: low
    must not be above high, a grid must not be too fine, conditions must name parents and values that exist and close
    no circle, constraints must name parameters and values that exist and be possible together, 1 and true are one
    choice. Some places are laxer than what ``to_json`` writes: an optional field may be
    null, and one value may stand for a list of one in ``when``.

    Returns:
        The schema, a new object each time.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Search space",
        "description": "What may be tuned: parameters by name, each with its range and the condition it depends on; "
        "constraints between them.",
        "type": "object",
        "required": ["version", "parameters"],
        "additionalProperties": False,
        "properties": {
            "version": {"const": VERSION},
            "parameters": {
                "type": "object",
                "maxProperties": MAX_PARAMETERS,
                "propertyNames": {"minLength": 1, "maxLength": MAX_NAME, "pattern": _NO_NUL},
                "additionalProperties": {
                    "oneOf": [
                        {"$ref": "#/$defs/float"},
                        {"$ref": "#/$defs/int"},
                        {"$ref": "#/$defs/categorical"},
                        {"$ref": "#/$defs/constant"},
                    ]
                },
            },
            "constraints": {
                "description": "Rules between parameters; only active parameters count.",
                "type": ["array", "null"],
                "maxItems": MAX_CONSTRAINTS,
                "items": {"oneOf": [{"$ref": "#/$defs/linear"}, {"$ref": "#/$defs/forbid"}]},
            },
        },
        "$defs": {
            "float": _float(),
            "int": _int(),
            "categorical": _categorical(),
            "constant": {
                "description": "A value that is not searched but belongs into every point.",
                **_fields("constant", required=["value"], value={"$ref": "#/$defs/scalar"}),
            },
            "linear": _linear(),
            "forbid": {
                "description": "A combination of values that must not occur together.",
                "type": "object",
                "required": ["forbid"],
                "additionalProperties": False,
                "properties": {
                    "forbid": {
                        "description": "Value by parameter.",
                        "type": "object",
                        "minProperties": 1,
                        "additionalProperties": {"$ref": "#/$defs/scalar"},
                    }
                },
            },
            "when": {
                "description": "Active only while every parent named here is active and has one of these values.",
                "type": ["object", "null"],
                "minProperties": 1,
                "additionalProperties": {
                    "anyOf": [
                        {"$ref": "#/$defs/scalar"},
                        {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/scalar"}},
                    ]
                },
            },
            "scalar": {
                "description": "A plain value; integers must fit into 64 bits.",
                "type": ["string", "number", "boolean", "null"],
                "maxLength": MAX_TEXT,
                "pattern": _NO_NUL,
            },
        },
    }


def _float() -> dict[str, object]:
    return {
        "description": "A real number between low and high, both included.",
        **_fields(
            "float",
            required=["low", "high"],
            low={"type": "number"},
            high={"type": "number"},
            log={"description": "Search on a logarithmic scale.", "type": "boolean", "default": False},
            step={"description": "Grid width.", "type": ["number", "null"], "exclusiveMinimum": 0},
        ),
        **_when_log({"low": {"exclusiveMinimum": 0}, "step": {"type": "null"}}),
    }


def _int() -> dict[str, object]:
    whole: dict[str, object] = {"type": "integer", "minimum": -MAX_EXACT_INTEGER, "maximum": MAX_EXACT_INTEGER}
    return {
        "description": "A whole number between low and high, both included.",
        **_fields(
            "int",
            required=["low", "high"],
            low=whole,
            high=whole,
            log={"description": "Search on a logarithmic scale.", "type": "boolean", "default": False},
            step={**whole, "description": "Grid width.", "minimum": 1, "default": 1},
        ),
        **_when_log({"low": {"minimum": 1}, "step": {"const": 1}}),
    }


def _categorical() -> dict[str, object]:
    return {
        "description": "One of a list of values, all different.",
        **_fields(
            "categorical",
            required=["choices"],
            choices={
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_CHOICES,
                "uniqueItems": True,
                "items": {"$ref": "#/$defs/scalar"},
            },
            ordered={"description": "The order means something.", "type": "boolean", "default": False},
        ),
    }


def _linear() -> dict[str, object]:
    bounds = ("at_most", "at_least")
    return {
        "description": "Bounds on a weighted sum of numbers.",
        "type": "object",
        "required": ["linear"],
        "additionalProperties": False,
        "properties": {
            "linear": {
                "description": "Weight by parameter.",
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"type": "number"},
            },
            **{bound: {"type": ["number", "null"]} for bound in bounds},
        },
        "anyOf": [{"required": [bound], "properties": {bound: {"type": "number"}}} for bound in bounds],
    }


def _fields(kind: str, *, required: list[str], **properties: dict[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "required": ["type", *required],
        "additionalProperties": False,
        "properties": {"type": {"const": kind}, **properties, "when": {"$ref": "#/$defs/when"}},
    }


def _when_log(properties: dict[str, object]) -> dict[str, object]:
    return {
        "if": {"required": ["log"], "properties": {"log": {"const": True}}},
        "then": {"properties": properties},
    }
