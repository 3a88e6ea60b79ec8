"""From the JSON form to parameters and constraints. Faults are told with pointers relative to the form."""

from __future__ import annotations

from collections.abc import Mapping

from tuner.errors import InvalidSearchSpace, Place
from tuner.space.constraints import Constraint, Forbid, Linear
from tuner.space.parameters import Categorical, Constant, Float, Int, Parameter, escape, invalid, show

VERSION = 1
MAX_PARAMETERS = 1_000
MAX_CONSTRAINTS = 1_000

_KINDS: dict[str, type[Parameter]] = {cls.kind: cls for cls in (Float, Int, Categorical, Constant)}
_FIELDS = {
    "float": {"low", "high", "log", "step"},
    "int": {"low", "high", "log", "step"},
    "categorical": {"choices", "ordered"},
    "constant": {"value"},
}
_REQUIRED = {"float": ("low", "high"), "int": ("low", "high"), "categorical": ("choices",), "constant": ("value",)}


def read_parameters(form: object) -> dict[str, Parameter]:
    """The parameters of a form, each checked by itself.

    Raises:
        InvalidSearchSpace: The form or a parameter is wrong.
    """
    parameters = _fields(form).get("parameters")
    if not isinstance(parameters, Mapping):
        raise invalid("/parameters", "must be an object that maps names to parameters")
    if len(parameters) > MAX_PARAMETERS:
        # Let the constructor refuse it before ten thousand parameters are read.
        return dict.fromkeys(map(str, parameters), Int(0, 1))
    result: dict[str, Parameter] = {}
    for name, body in parameters.items():
        try:
            result[str(name)] = _read_parameter(body)
        except InvalidSearchSpace as error:
            raise at_parameter(str(name), error) from None
    return result


def read_constraints(form: object) -> tuple[Constraint, ...]:
    """The constraints of a form, each checked by itself.

    Raises:
        InvalidSearchSpace: The form or a constraint is wrong.
    """
    constraints = _fields(form).get("constraints")
    if constraints is None:
        return ()
    if not isinstance(constraints, list | tuple):
        raise invalid("/constraints", "must be a list", hint='Write [{"linear": {"units": 1.0}, "at_most": 400}].')
    if len(constraints) > MAX_CONSTRAINTS:
        # Again the constructor's to refuse.
        return (Forbid({"": None}),) * len(constraints)
    result: list[Constraint] = []
    for position, body in enumerate(constraints):
        try:
            result.append(_read_constraint(body))
        except InvalidSearchSpace as error:
            raise at_constraint(position, error) from None
    return tuple(result)


def at_parameter(name: object, error: InvalidSearchSpace) -> InvalidSearchSpace:
    """The same error, told of the parameter ``name``."""
    shown = str(name)[:60].encode("utf-8", "backslashreplace").decode()
    return _at(f"#/parameters/{escape(name)}", shown, error)


def at_constraint(position: int, error: InvalidSearchSpace) -> InvalidSearchSpace:
    """The same error, told of the constraint at ``position``."""
    return _at(f"#/constraints/{position}", f"constraint {position}", error)


def _at(prefix: str, subject: str, error: InvalidSearchSpace) -> InvalidSearchSpace:
    places = [Place(prefix + place.pointer, place.detail) for place in error.places]
    return InvalidSearchSpace(f"{subject}: {error.message}", hint=error.hint, places=places)


def _fields(form: object) -> Mapping[str, object]:
    if not isinstance(form, Mapping):
        raise invalid("", "must be an object with version and parameters")
    if form.get("version") != VERSION or isinstance(form.get("version"), bool):
        raise invalid("/version", f"must be {VERSION}, got {show(form.get('version'))}")
    for key in form:
        if key not in {"version", "parameters", "constraints"}:
            raise invalid(
                f"/{escape(key)}", "is not a field of a search space; expected version, parameters and constraints"
            )
    return form


def _read_parameter(body: object) -> Parameter:
    if isinstance(body, Parameter):
        return body
    if not isinstance(body, Mapping):
        raise invalid("", 'must be an object such as {"type": "float", "low": 0, "high": 1}')
    kind = body.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise invalid("/type", f"must be one of {', '.join(_KINDS)}, got {show(kind)}")
    _check_keys(body, _FIELDS[kind] | {"type", "when"}, f"a {kind} parameter", _FIELDS[kind] | {"when"})
    for key in _REQUIRED[kind]:
        if key not in body:
            raise invalid(f"/{key}", "is missing")
    arguments = {key: value for key, value in body.items() if key != "type"}
    if "choices" in arguments and not isinstance(arguments["choices"], list | tuple):
        raise invalid("/choices", "must be a list")
    return _KINDS[kind](**arguments)


def _read_constraint(body: object) -> Constraint:
    if isinstance(body, Constraint):
        return body
    if not isinstance(body, Mapping) or ("linear" in body) == ("forbid" in body):
        raise invalid(
            "", 'must be an object with either linear or forbid, such as {"linear": {"units": 1.0}, "at_most": 400}'
        )
    if "forbid" in body:
        _check_keys(body, {"forbid"}, "a forbidden combination")
        return Forbid(body["forbid"])
    _check_keys(body, {"linear", "at_most", "at_least"}, "a linear constraint")
    return Linear(body["linear"], body.get("at_most"), body.get("at_least"))


def _check_keys(body: Mapping[str, object], known: set[str], what: str, shown: set[str] | None = None) -> None:
    for key in body:
        if key not in known:
            allowed = ", ".join(sorted(shown or known))
            raise invalid(f"/{escape(key)}", f"is not a field of {what}; expected {allowed}")
