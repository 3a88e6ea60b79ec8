"""The search space: parameters by name, the order in which they depend on each other, and the one JSON form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from tuner.errors import InvalidInput, InvalidSearchSpace, Place, TooLarge
from tuner.space.constraints import Constraint
from tuner.space.parameters import (
    Constant,
    Float,
    Members,
    Parameter,
    Scalar,
    check_text,
    escape,
    invalid,
    show,
)
from tuner.space.reading import (
    MAX_CONSTRAINTS,
    MAX_PARAMETERS,
    VERSION,
    at_constraint,
    at_parameter,
    read_constraints,
    read_parameters,
)
from tuner.space.rules import Rules

if TYPE_CHECKING:
    import numpy as np

    from tuner.space.repair import Walk

Params = dict[str, Scalar]

MAX_NAME = 200
# Beyond that even the search for one allowed point takes seconds.
MAX_NAMES_IN_CONSTRAINTS = 10_000
# Where fewer draws than one in this many keep the constraints, points are repaired instead.
_MAX_DRAWS = 64


class SearchSpace(Mapping[str, Parameter]):
    """Parameters by name. Immutable; equal when the JSON forms are equal.

    A parameter with ``when`` is active only while each of its parents is active and has one of the listed values.
    Conditions nest to any depth but must not form a circle.

    Args:
        parameters: The parameters; their order is kept. A plain value stands for ``Constant(value)``.
        constraints: Rules between parameters: ``Linear`` and ``Forbid``.

    Raises:
        InvalidSearchSpace: A condition names an unknown parent, a value its parent never takes, or closes a circle; a
            constraint names an unknown parameter or a value that it never takes.
        TooLarge: More than 1,000 parameters or constraints.

    Example:
        >>> space = SearchSpace({"optimizer": Categorical(["adam", "sgd"]),
        ...                      "momentum": Float(0, 0.99, when={"optimizer": ["sgd"]})})
        >>> space.active({"optimizer": "adam"})
        ['optimizer']
    """

    def __init__(self, parameters: Mapping[str, Parameter | Scalar], constraints: Iterable[Constraint] = ()) -> None:
        if len(parameters) > MAX_PARAMETERS:
            raise TooLarge(
                f"The search space has {len(parameters)} parameters; at most {MAX_PARAMETERS} are allowed.",
                hint="Fix the parameters that matter least, or split the study.",
                places=[Place("#/parameters", "too many parameters")],
            )
        self._parameters = {_checked_name(name): _parameter(name, given) for name, given in parameters.items()}
        self._check_conditions()
        self._conditions = {
            name: tuple((parent, Members(values)) for parent, values in parameter.when.items())
            for name, parameter in self._parameters.items()
            if parameter.when
        }
        self._axes = [(name, self._parameters[name], self._conditions.get(name, ())) for name in self.order]
        self.constraints = tuple(constraints)
        self._check_constraints()
        self.rules = Rules(self.constraints, self._parameters)

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
        constraints = f", constraints={list(self.constraints)!r}" if self.constraints else ""
        return f"SearchSpace({self._parameters!r}{constraints})"

    @property
    def is_conditional(self) -> bool:
        """Whether any parameter has a condition."""
        return bool(self._conditions)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Parameter names, parents before children, otherwise in the order given."""
        placed: dict[str, None] = {}
        waiting = list(self._parameters)
        while waiting:
            ready = [name for name in waiting if all(parent in placed for parent in self[name].when or ())]
            if not ready:
                circle = ", ".join(sorted(waiting)[:5])
                raise at_parameter(waiting[0], invalid("/when", f"closes a circle of conditions ({circle})"))
            placed.update(dict.fromkeys(ready))
            waiting = [name for name in waiting if name not in placed]
        return tuple(placed)

    def is_active(self, name: str, params: Mapping[str, object]) -> bool:
        """Whether ``name`` is active beside the values already in ``params`` (parents must have been decided)."""
        return _are_met(self._conditions.get(name, ()), params)

    def active(self, params: Mapping[str, object]) -> list[str]:
        """Names of the parameters that are active under ``params``, parents first."""
        names: list[str] = []
        decided: dict[str, object] = {}
        for name, _, conditions in self._axes:
            if not conditions or _are_met(conditions, decided):
                names.append(name)
                if name in params:
                    decided[name] = params[name]
        return names

    def is_allowed(self, params: Mapping[str, Scalar]) -> bool:
        """Whether a point, valid in all else, keeps every constraint."""
        return not self.constraints or self.rules.are_kept(params)

    def draw(self, rng: np.random.Generator) -> Params:
        """A point drawn uniformly: each active parameter independently, parents first.

        With constraints, uniformly among the points that keep them; where these are rarer than about one in sixty, a
        drawn point is repaired.

        Raises:
            InvalidSearchSpace: No point that keeps the constraints can be found.
        """
        params = self.draw_unconstrained(rng)
        if not self.constraints:
            return params
        for _ in range(_MAX_DRAWS):
            if self.is_allowed(params):
                return params
            params = self.draw_unconstrained(rng)
        return self.repair(params, rng)

    def draw_unconstrained(self, rng: np.random.Generator) -> Params:
        """A point drawn like by ``draw``, but as if there were no constraints."""
        params: Params = {}
        for name, parameter, conditions in self._axes:
            if not conditions or _are_met(conditions, params):
                params[name] = parameter.draw(rng)
        return params

    def repair(self, params: Mapping[str, Scalar], rng: np.random.Generator) -> Params:
        """The point itself if it keeps the constraints, else one near it that does.

        Args:
            params: A point that is valid but for the constraints.
            rng: Decides between ways of repair that are equally short.

        Raises:
            InvalidSearchSpace: No point that keeps the constraints can be found.
        """
        if self.is_allowed(params):
            return dict(params)
        found = self.walk.from_point(params, rng) or self.walk.from_nearest(params, rng)
        return found or self.walk.towards(params, self.allowed_point, rng)

    @property
    def allowed_point(self) -> Params:
        """One point that keeps the constraints: the proof that there is one, always the same for the same space.

        Raises:
            InvalidSearchSpace: None can be found. Its places point at constraints that exclude each other, in a form
                that has the space under ``#/space``.
        """
        return dict(self._witness)

    @cached_property
    def walk(self) -> Walk:
        """The moves that repair points of this space."""
        from tuner.space.repair import Walk

        return Walk(self)

    def check(self, params: Mapping[str, object], pointer: str = "#/params") -> Params:
        """The point with its parameters in order, if it is valid.

        Raises:
            InvalidInput: A parameter is unknown, inactive, missing or outside its range, or a constraint is broken.
        """
        places: list[Place] = []
        checked: Params = {}
        for name, parameter, conditions in self._axes:
            if conditions and not _are_met(conditions, checked):
                if name in params:
                    places.append(Place(f"{pointer}/{escape(name)}", f"is only allowed while {_in_words(parameter)}"))
            elif name not in params:
                places.append(Place(f"{pointer}/{escape(name)}", f"is missing; expected {parameter.describe()}"))
            else:
                value = params[name]
                if not parameter.contains(value):
                    detail = f"must be {parameter.describe()}, got {show(value)}"
                    places.append(Place(f"{pointer}/{escape(name)}", detail))
                elif isinstance(parameter, Float):
                    checked[name] = float(value)  # type: ignore[arg-type]  # contains() has seen a number
                else:
                    checked[name] = value  # type: ignore[assignment]  # contains() has seen a plain value
        places += [
            Place(f"{pointer}/{escape(name)}", "is not in the search space")
            for name in params
            if name not in self._parameters
        ]
        if not places and self.constraints:
            places = [
                Place(pointer, f"breaks constraint {position}: {self.constraints[position].describe()}")
                for position, _ in self.rules.broken(checked)
            ]
        if places:
            raise InvalidInput(
                "The parameter values do not fit the search space.",
                hint="Give every active parameter a value from its range, and no others; keep the constraints."
                if self.constraints
                else "Give every active parameter a value from its range, and no others.",
                places=places,
            )
        return checked

    def to_json(self) -> dict[str, object]:
        """The one JSON form, version 1."""
        form: dict[str, object] = {
            "version": VERSION,
            "parameters": {name: parameter.to_json() for name, parameter in self._parameters.items()},
        }
        if self.constraints:
            form["constraints"] = [constraint.to_json() for constraint in self.constraints]
        return form

    @classmethod
    def from_json(cls, form: object, pointer: str = "#/space") -> SearchSpace:
        """Read the JSON form; every fault is reported with its JSON pointer below ``pointer``."""
        with _below(pointer):
            return cls(read_parameters(form), read_constraints(form))

    @staticmethod
    def parameters_from_json(form: object, pointer: str = "#/space") -> dict[str, Parameter]:
        """Read the JSON form of parameters that are to replace others, whose conditions may name parents elsewhere."""
        with _below(pointer):
            return read_parameters(form)

    @staticmethod
    def constraints_from_json(form: object, pointer: str = "#/space") -> tuple[Constraint, ...]:
        """Read the constraints of the JSON form by themselves, for parameters that are known elsewhere."""
        with _below(pointer):
            return read_constraints(form)

    @cached_property
    def _witness(self) -> Params:
        from tuner.space.witness import find_allowed_point

        return find_allowed_point(self)

    def _check_conditions(self) -> None:
        for name, parameter in self._parameters.items():
            for parent, values in (parameter.when or {}).items():
                spot = f"/when/{escape(parent)}"
                if parent not in self._parameters:
                    raise at_parameter(
                        name, invalid(spot, f"names {show(parent)}, which is not a parameter of this space")
                    )
                owner = self._parameters[parent]
                if isinstance(owner, Float):
                    raise at_parameter(name, invalid(spot, "a condition needs a categorical or whole-number parent"))
                for value in values:
                    if not owner.contains(value):
                        detail = f"{show(value)} is not a value of {show(parent)} ({owner.describe()})"
                        raise at_parameter(name, invalid(spot, detail))
        self.order  # noqa: B018  (computing the order finds circles)

    def _check_constraints(self) -> None:
        for position, constraint in enumerate(self.constraints):
            if not isinstance(constraint, Constraint):
                raise at_constraint(position, invalid("", f"must be Linear or Forbid, got {type(constraint).__name__}"))
        num_names = sum(len(constraint.names) for constraint in self.constraints)
        if len(self.constraints) > MAX_CONSTRAINTS or num_names > MAX_NAMES_IN_CONSTRAINTS:
            raise TooLarge(
                f"The search space has {len(self.constraints)} constraints, which name {num_names} parameters; at most "
                f"{MAX_CONSTRAINTS} and {MAX_NAMES_IN_CONSTRAINTS} are allowed.",
                hint="Replace forbidden combinations by conditions (when).",
                places=[Place("#/constraints", "too many constraints")],
            )
        for position, constraint in enumerate(self.constraints):
            try:
                constraint.check_parameters(self._parameters)
            except InvalidSearchSpace as error:
                raise at_constraint(position, error) from None


def _are_met(conditions: Sequence[tuple[str, Members]], params: Mapping[str, object]) -> bool:
    for parent, members in conditions:  # noqa: SIM110  (a generator takes twice the time, and this is asked often)
        if parent not in params or params[parent] not in members:
            return False
    return True


def _in_words(parameter: Parameter) -> str:
    return " and ".join(f"{parent} is one of {list(values)}" for parent, values in (parameter.when or {}).items())


@contextmanager
def _below(pointer: str) -> Iterator[None]:
    """Complete the pointers of errors raised inside."""
    try:
        yield
    except (InvalidSearchSpace, TooLarge) as error:
        error.places = tuple(Place(pointer + place.pointer.removeprefix("#"), place.detail) for place in error.places)
        raise


def _parameter(name: object, given: object) -> Parameter:
    if isinstance(given, Parameter):
        return given
    if given is None or isinstance(given, str | bool | int | float):
        try:
            return Constant(given)
        except InvalidSearchSpace as error:
            raise at_parameter(name, error) from None
    detail = f"must be Float, Int, Categorical or a plain value, got {type(given).__name__}"
    raise at_parameter(name, invalid("", detail))


def _checked_name(name: object) -> str:
    if not isinstance(name, str) or not name or len(name) > MAX_NAME:
        raise at_parameter(
            name, invalid("", f"has the name {show(name)}; a name is text of 1 to {MAX_NAME} characters")
        )
    try:
        check_text(name, "")
    except InvalidSearchSpace as error:
        raise at_parameter(name, error) from None
    return name
