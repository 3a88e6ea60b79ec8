"""Options of pruners: what a form says, checked against the arguments of the class."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from functools import cache
from types import NoneType
from typing import cast, get_args, get_type_hints

from tuner.errors import InvalidInput, Place
from tuner.space.parameters import escape

Option = int | float | None
_LARGEST = 2**63 - 1


@cache
def default_options(kind: type) -> dict[str, Option]:
    """Every option of the class with its default, in the order of its constructor's arguments."""
    arguments = inspect.signature(kind).parameters
    return {name: argument.default for name, argument in arguments.items()}


def checked_options(name: str, kind: type, given: Mapping[str, object], pointer: str) -> dict[str, Option]:
    """What was given, as arguments of the class.

    Only names and types are checked here; which values make sense is for the class to say.

    Args:
        name: The pruner's name, for the message.
        kind: Its class.
        given: Options by name.
        pointer: Where they stood in the request.

    Raises:
        InvalidInput: An option is not known, or its value has the wrong type.
    """
    known = _types(kind)
    options: dict[str, Option] = {}
    places = []
    for option, value in given.items():
        place = f"{pointer}/{escape(str(option))}"
        if option not in known:
            choices = ", ".join(known) or "no options at all"
            places.append(Place(place, f"is not an option of {name}; expected {choices}"))
        elif not _fits(value, known[option]):
            wanted = "a whole number" if int in known[option] else "a finite number"
            places.append(Place(place, f"must be {wanted}, got {value!r:.80}"))
        else:
            # Numbers and None are all that passes the check.
            number = cast(Option, value)
            options[option] = float(number) if float in known[option] and number is not None else number
    if places:
        first = places[0]
        raise InvalidInput(f"{first.pointer} {first.detail}.", hint=f"See the options of {name}.", places=places)
    return options


@cache
def _types(kind: type) -> dict[str, tuple[type, ...]]:
    hints = get_type_hints(inspect.getattr_static(kind, "__init__"))
    return {name: get_args(hints[name]) or (hints[name],) for name in default_options(kind)}


def _fits(value: object, types: tuple[type, ...]) -> bool:
    if value is None:
        return NoneType in types
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if isinstance(value, int):
        return -_LARGEST <= value <= _LARGEST
    return float in types and math.isfinite(value)
