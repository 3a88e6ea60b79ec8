"""The search parameters of a document: what they are called, and when they are active."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tuner.architecture.arguments import Search
from tuner.architecture.faults import invalid
from tuner.errors import InvalidSearchSpace
from tuner.space import Categorical, Constant, Float, Int, Parameter, Scalar
from tuner.space.parameters import escape, show
from tuner.space.reading import VERSION, read_parameters
from tuner.space.search_space import MAX_NAME

Conditions = Mapping[str, tuple[Scalar, ...]]
"""Values of parents under which a place of the document is reached; all of them must hold."""


@dataclass(frozen=True)
class Known:
    """A parameter that was met.

    Args:
        parameter: Its range.
        conditions: When it is active.
        pointer: Where it stands first.
    """

    parameter: Parameter
    conditions: Conditions
    pointer: str


class Parameters:
    """All parameters of a document by name, in the order in which they are met."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}

    def add(self, name: str, parameter: Parameter, conditions: Conditions, pointer: str) -> Search:
        """Meet a parameter at one place of the document.

        At several places it is one shared parameter, active wherever one of them is reached. What a space cannot say
        of that (this choice or that one) is left out of its conditions: then it has a value too often, never too
        seldom.

        Raises:
            InvalidArchitecture: The name is taken by another range, or too long.
        """
        if len(name) > MAX_NAME // 2:
            raise invalid(pointer, f"would be called {name[:40]}..., which is too long", hint="Give it a name.")
        own = {parent: values for parent, values in conditions.items() if parent != name}
        known = self._known.get(name)
        if known is None:
            self._known[name] = Known(parameter, own, pointer)
        elif known.parameter != parameter:
            raise invalid(
                pointer,
                f"has the name {show(name)} of another parameter ({known.parameter.describe()}, at #{known.pointer})",
                hint="Write both alike to share one parameter, or give one of them another name.",
            )
        else:
            self._known[name] = replace(known, conditions=_either(known.conditions, own))
        return Search(name, parameter)

    def pointer(self, name: str) -> str:
        """Where a parameter stands first."""
        return self._known[name].pointer

    def to_space(self) -> dict[str, Parameter]:
        """The parameters with their conditions."""
        return {name: conditioned(known.parameter, known.conditions) for name, known in self._known.items()}


def conditioned(parameter: Parameter, conditions: Conditions) -> Parameter:
    """The parameter under conditions."""
    assert isinstance(parameter, Float | Int | Categorical | Constant)
    return replace(parameter, when=dict(conditions) or None)


def read_parameter(form: Mapping[str, object], pointer: str) -> Parameter:
    """The range that stands in the place of a value.

    Raises:
        InvalidArchitecture: It is no range.
    """
    body = {"type": "categorical", **form} if "type" not in form else dict(form)
    body.pop("name", None)
    if "when" in body:
        raise invalid(f"{pointer}/when", "does not go with an architecture", hint='Use {"choice": ..., "of": ...}.')
    if body["type"] not in ("int", "float", "categorical"):
        raise invalid(f"{pointer}/type", f"must be int, float or categorical, got {show(body['type'])}")
    try:
        return read_parameters({"version": VERSION, "parameters": {"it": body}})["it"]
    except InvalidSearchSpace as error:
        place = error.places[0]
        raise invalid(pointer + place.pointer.removeprefix("#/parameters/it"), place.detail, error.hint) from None


def within(conditions: Conditions, parent: str, values: tuple[Scalar, ...], pointer: str) -> Conditions:
    """The conditions of a place that is reached only under these values of a parent.

    Raises:
        InvalidArchitecture: It cannot be reached at all.
    """
    left = tuple(value for value in values if value in conditions.get(parent, values))
    if not left:
        raise invalid(
            pointer,
            f"can never be reached: {escape(parent)} is decided otherwise by then",
            hint="Take it out, or let the inner choice have another name.",
        )
    return {**conditions, parent: left}


def _either(one: Conditions, other: Conditions) -> Conditions:
    return {
        parent: tuple(dict.fromkeys((*values, *other[parent]))) for parent, values in one.items() if parent in other
    }
