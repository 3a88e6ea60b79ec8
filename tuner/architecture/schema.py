"""The published JSON Schema of the one JSON form of a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tuner.architecture.arguments import Argument
from tuner.architecture.catalogue import CATALOGUE, MERGES
from tuner.architecture.layer_kind import LayerKind
from tuner.architecture.limits import MAX_REPEAT
from tuner.architecture.reading import NAME, VERSION
from tuner.space.schema import json_schema as space_schema

_CHAIN = {"$ref": "#/$defs/chain"}
_NAME = {"$ref": "#/$defs/name"}


def json_schema() -> dict[str, Any]:
    """A JSON Schema (draft 2020-12) for editors, other languages and the API's description.

    It accepts everything that ``Architecture.from_json`` accepts. What no schema can say is left to that reader: the
    values of a search parameter must be allowed where it stands, one name must not mean two things, branches must start
    from what is before them. What does not fit the data, or grows too large, shows when a study is created.

    Returns:
        The schema, a new object each time.
    """
    kinds = [{"$ref": f"#/$defs/{name}"} for name in CATALOGUE]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Architecture",
        "description": "A network: layers one after the other, with search parameters in any place. Input and output "
        "layers come from the dataset.",
        "type": "object",
        "required": ["version", "layers"],
        "additionalProperties": False,
        "properties": {"version": {"const": VERSION}, "from": {"$ref": "#/$defs/source"}, "layers": _CHAIN},
        "$defs": {
            "chain": {
                "description": "Blocks one after the other.",
                "type": "array",
                "items": {"$ref": "#/$defs/block"},
            },
            "block": {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in ("layer", "choice", "repetition", "branches")]},
            "layer": {"oneOf": kinds},
            "choice": _object(
                "One of several chains, chosen by a parameter of this name.",
                required=["choice", "of"],
                choice=_NAME,
                of={"type": "object", "minProperties": 1, "propertyNames": _NAME, "additionalProperties": _CHAIN},
                name=_NAME,
            ),
            "repetition": _object(
                "A chain several times in a row. Parameters in it without a name are drawn for each copy.",
                required=["repeat", "layers"],
                repeat=_or_search({"type": "integer", "minimum": 1, "maximum": MAX_REPEAT}, ("int", "choices")),
                layers=_CHAIN,
                name=_NAME,
            ),
            "branches": _object(
                "Several chains side by side, joined at the end. A residual connection is an empty one.",
                required=["branches"],
                branches={
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": _NAME,
                    "additionalProperties": {"anyOf": [_CHAIN, {"$ref": "#/$defs/branch"}]},
                },
                merge={**_or_search({"enum": list(MERGES)}, ("choices",)), "default": MERGES[0]},
                name=_NAME,
            ),
            "branch": _object(
                "A branch that starts from a block before it or from an input of the data.",
                required=[],
                layers=_CHAIN,
                **{"from": {"$ref": "#/$defs/source"}},
            ),
            "source": {
                "description": "A named block, or an input of the data.",
                "type": ["string", "null"],
                "minLength": 1,
            },
            "name": {"type": "string", "pattern": f"^{NAME.pattern}$"},
            **_search_parameters(),
            **{name: _layer(kind) for name, kind in CATALOGUE.items()},
        },
    }


def _layer(kind: LayerKind) -> dict[str, Any]:
    required = [name for name, argument in kind.arguments.items() if argument.is_required]
    arguments = {name: _argument(argument) for name, argument in kind.arguments.items()}
    return _object(kind.about, ["layer", *required], layer={"const": kind.name}, **arguments, name=_NAME)


def _argument(argument: Argument) -> dict[str, Any]:
    plain = argument.schema()
    if argument.default is None and not argument.is_required:
        plain = {"anyOf": [plain, {"type": "null"}]}
    form = _or_search(plain, argument.search_schemas)
    return form if argument.is_required else {**form, "default": argument.default}


def _or_search(plain: dict[str, Any], searches: Sequence[str]) -> dict[str, Any]:
    return {"anyOf": [plain, *({"$ref": f"#/$defs/{name}"} for name in searches)]}


def _search_parameters() -> dict[str, Any]:
    """Those of a space, with a name and without conditions."""
    known: Any = space_schema()["$defs"]
    forms = {}
    for name, kind in {"int": "int", "float": "float", "choices": "categorical"}.items():
        form = known[kind]
        own = {key: value for key, value in form["properties"].items() if key != "when"}
        required = [key for key in form["required"] if key != "type"] if name == "choices" else form["required"]
        forms[name] = {
            **form,
            "required": required,
            "properties": {**own, "name": {"anyOf": [_NAME, {"type": "null"}]}},
        }
    return {**forms, "scalar": known["scalar"]}


def _object(about: str, required: list[str], **properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": about,
        "type": "object",
        "required": required,
        "additionalProperties": False,
        "properties": properties,
    }
