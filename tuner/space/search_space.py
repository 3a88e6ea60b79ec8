"""The search space: parameters by name, the order in which they depend on each other, and the one JSON form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from tuner.errors import InvalidInput, InvalidSearchSpace, Place, TooLarge
from tuner.space.parameters import (
    Categorical,
    Float,
    Int,
    Parameter,
    Scalar,
    check_text,
    escape,
    invalid,
    is_one_of,
    show,
)

if TYPE_CHECKING:
    import numpy as np

Params = dict[str, Scalar]

VERSION = 1
MAX_PARAMETERS = 1_000
MAX_NAME = 200
_KINDS: dict[str, type[Parameter]] = {cls.kind: cls for cls in (Float, Int, Categorical)}
_FIELDS = {
    "float": {"low", "high", "log", "step"},
    "int": {"low", "high", "log", "step"},
    "categorical": {"choices", "ordered"},
}
_REQUIRED = {"float": ("low", "high"), "int": ("low", "high"), "categorical": ("choices",)}


class SearchSpace(Mapping[str, Parameter]):
    """Parameters by name. Immutable; equal when the JSON forms are equal.

    A parameter with ``when`` is active only while each of its parents is active and has one of the listed values.
    Conditions nest to any depth but must not form a circle.

    Args:
        parameters: The parameters; their order is kept.

    Raises:
        InvalidSearchSpace: A condition names an unknown parent, a value its parent never takes, or closes a circle.
        TooLarge: More than 1,000 parameters.

    Example:
        >>> space = SearchSpace({"optimizer": Categorical(["adam", "sgd"]),
        ...                      "momentum": Float(0, 0.99, when={"optimizer": ["sgd"]})})
        >>> space.active({"optimizer": "adam"})
        ['optimizer']
    """

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        if len(parameters) > MAX_PARAMETERS:
            raise TooLarge(
                f"The search space has {len(parameters)} parameters; at most {MAX_PARAMETERS} are allowed.",
                hint="Fix the parameters that matter least, or split the study.",
                places=[Place("#/parameters", "too many parameters")],
            )
        for name, parameter in parameters.items():
            _check_name(name)
            if not isinstance(parameter, Parameter):
                raise _at(name, invalid("", f"must be Float, Int or Categorical, got {type(parameter).__name__}"))
        self._parameters = dict(parameters)
        self._check_conditions()

    def __getitem__(self, name: str) -> Parameter:
        return self._parameters[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SearchSpace) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(frozenset(self._parameters))

    def __repr__(self) -> str:
        return f"SearchSpace({self._parameters!r})"

    @property
    def is_conditional(self) -> bool:
        """Whether any parameter has a condition."""
        return any(parameter.when for parameter in self._parameters.values())

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Parameter names, parents before children, otherwise in the order given."""
        placed: dict[str, None] = {}
        waiting = list(self._parameters)
        while waiting:
            ready = [name for name in waiting if all(parent in placed for parent in self[name].when or ())]
            if not ready:
                circle = ", ".join(sorted(waiting)[:5])
                raise _at(waiting[0], invalid("/when", f"closes a circle of conditions ({circle})"))
            placed.update(dict.fromkeys(ready))
            waiting = [name for name in waiting if name not in placed]
        return tuple(placed)

    def is_active(self, name: str, params: Mapping[str, object]) -> bool:
        """Whether ``name`` is active beside the values already in ``params`` (parents must have been decided)."""
        for parent, values in (self[name].when or {}).items():
            if parent not in params or not is_one_of(params[parent], values):
                return False
        return True

    def active(self, params: Mapping[str, object]) -> list[str]:
        """Names of the parameters that are active under ``params``, parents first."""
        names: list[str] = []
        decided: dict[str, object] = {}
        for name in self.order:
            if self.is_active(name, decided):
                names.append(name)
                if name in params:
                    decided[name] = params[name]
        return names

    def draw(self, rng: np.random.Generator) -> Params:
        """A point drawn uniformly: each active parameter independently, parents first."""
        params: Params = {}
        for name in self.order:
            if self.is_active(name, params):
                params[name] = self[name].draw(rng)
        return params

    def check(self, params: Mapping[str, object], pointer: str = "#/params") -> Params:
        """The point with its parameters in order, if it is valid.

        Raises:
            InvalidInput: A parameter is unknown, inactive, missing or outside its range.
        """
        places: list[Place] = []
        checked: Params = {}
        for name in self.order:
            if not self.is_active(name, checked):
                if name in params:
                    conditions = " and ".join(f"{p} is one of {list(v)}" for p, v in (self[name].when or {}).items())
                    places.append(Place(f"{pointer}/{escape(name)}", f"is only allowed while {conditions}"))
            elif name not in params:
                places.append(Place(f"{pointer}/{escape(name)}", f"is missing; expected {self[name].describe()}"))
            else:
                value = params[name]
                if not self[name].contains(value):
                    places.append(
                        Place(f"{pointer}/{escape(name)}", f"must be {self[name].describe()}, got {show(value)}")
                    )
                elif isinstance(self[name], Float):
                    checked[name] = float(value)  # type: ignore[arg-type]  # contains() has seen a number
                else:
                    checked[name] = value  # type: ignore[assignment]  # contains() has seen a plain value
        places += [
            Place(f"{pointer}/{escape(name)}", "is not in the search space") for name in params if name not in self
        ]
        if places:
            raise InvalidInput(
                "The parameter values do not fit the search space.",
                hint="Give every active parameter a value from its range, and no others.",
                places=places,
            )
        return checked

    def to_json(self) -> dict[str, object]:
        """The one JSON form, version 1."""
        return {"version": VERSION, "parameters": {name: p.to_json() for name, p in self._parameters.items()}}

    @classmethod
    def from_json(cls, form: object, pointer: str = "#/space") -> SearchSpace:
        """Read the JSON form; every fault is reported with its JSON pointer below ``pointer``."""
        with _below(pointer):
            return cls(_read_parameters(form))

    @staticmethod
    def parameters_from_json(form: object, pointer: str = "#/space") -> dict[str, Parameter]:
        """Read the JSON form of parameters that are to replace others, whose conditions may name parents elsewhere."""
        with _below(pointer):
            return _read_parameters(form)

    def _check_conditions(self) -> None:
        for name, parameter in self._parameters.items():
            for parent, values in (parameter.when or {}).items():
                spot = f"/when/{escape(parent)}"
                if parent not in self._parameters:
                    raise _at(name, invalid(spot, f"names {show(parent)}, which is not a parameter of this space"))
                owner = self._parameters[parent]
                if isinstance(owner, Float):
                    raise _at(name, invalid(spot, "a condition needs a categorical or whole-number parent"))
                for value in values:
                    if not owner.contains(value):
                        detail = f"{show(value)} is not a value of {show(parent)} ({owner.describe()})"
                        raise _at(name, invalid(spot, detail))
        self.order  # noqa: B018  (computing the order finds circles)


@contextmanager
def _below(pointer: str) -> Iterator[None]:
    """Complete the pointers of errors raised inside."""
    try:
        yield
    except (InvalidSearchSpace, TooLarge) as error:
        error.places = tuple(Place(pointer + place.pointer.removeprefix("#"), place.detail) for place in error.places)
        raise


def _read_parameters(form: object) -> dict[str, Parameter]:
    if not isinstance(form, Mapping):
        raise invalid("", "must be an object with version and parameters")
    if form.get("version") != VERSION or isinstance(form.get("version"), bool):
        raise invalid("/version", f"must be {VERSION}, got {show(form.get('version'))}")
    for key in form:
        if key not in {"version", "parameters"}:
            raise invalid(f"/{escape(key)}", "is not a field of a search space; expected version and parameters")
    parameters = form.get("parameters")
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
            raise _at(str(name), error) from None
    return result


def _read_parameter(body: object) -> Parameter:
    if isinstance(body, Parameter):
        return body
    if not isinstance(body, Mapping):
        raise invalid("", 'must be an object such as {"type": "float", "low": 0, "high": 1}')
    kind = body.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise invalid("/type", f"must be one of {', '.join(_KINDS)}, got {show(kind)}")
    for key in body:
        if key not in _FIELDS[kind] | {"type", "when"}:
            allowed = ", ".join(sorted(_FIELDS[kind] | {"when"}))
            raise invalid(f"/{escape(key)}", f"is not a field of a {kind} parameter; expected {allowed}")
    for key in _REQUIRED[kind]:
        if key not in body:
            raise invalid(f"/{key}", "is missing")
    arguments = {key: value for key, value in body.items() if key != "type"}
    if "choices" in arguments and not isinstance(arguments["choices"], list | tuple):
        raise invalid("/choices", "must be a list")
    return _KINDS[kind](**arguments)


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not name or len(name) > MAX_NAME:
        raise _at(name, invalid("", f"has the name {show(name)}; a name is text of 1 to {MAX_NAME} characters"))
    try:
        check_text(name, "")
    except InvalidSearchSpace as error:
        raise _at(name, error) from None


def _at(name: object, error: InvalidSearchSpace) -> InvalidSearchSpace:
    """The same error, told of the parameter ``name``."""
    prefix = f"#/parameters/{escape(name)}"
    places = [Place(prefix + place.pointer, place.detail) for place in error.places]
    shown = str(name)[:60].encode("utf-8", "backslashreplace").decode()
    return InvalidSearchSpace(f"{shown}: {error.message}", hint=error.hint, places=places)
