"""Constraints between parameters: ``Linear`` bounds a weighted sum, ``Forbid`` rules out a combination of values.

They are data with a JSON form of their own, never text that is evaluated. Both look at active parameters only, so that
a constraint on one branch of a conditional space leaves the others alone.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeGuard

from tuner.errors import InvalidSearchSpace
from tuner.space.parameters import (
    Constant,
    Float,
    Int,
    Parameter,
    Scalar,
    check_scalar,
    escape,
    finite,
    invalid,
    show,
)

TOLERANCE = 1e-9
"""How far a sum may pass its bound, as a share of the largest number in it: 0.1 + 0.2 is not above 0.3."""

# A product of two floats stays far below 2**1024 when each has been halved this often.
_LIFT = 550
_LARGEST = 1.7976931348623157e308


class Constraint(ABC):
    """A rule that a point has to keep. Use ``Linear`` or ``Forbid``."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The parameters it looks at."""

    @abstractmethod
    def check_parameters(self, parameters: Mapping[str, Parameter]) -> None:
        """Refuse a space that lacks a parameter named here, or whose parameter cannot have what is said of it.

        Raises:
            InvalidSearchSpace: With pointers relative to the constraint.
        """

    @abstractmethod
    def describe(self) -> str:
        """The rule in a few words, for error messages."""

    @abstractmethod
    def to_json(self) -> dict[str, object]:
        """The constraint's JSON form."""


@dataclass(frozen=True)
class Linear(Constraint):
    """A bound on a weighted sum of numbers, for example all layers together at most 400 units.

    The sum runs over those of the parameters named that are active; while none of them is, the constraint is silent.
    It may pass a bound by 1e-9 of the largest number in it, so that rounding does not decide.

    Args:
        weights: Factor by parameter; ``Float``, ``Int`` and numeric ``Constant`` parameters only.
        at_most: Largest sum.
        at_least: Smallest sum. One of the two must be given; both equal make an equation.

    Raises:
        InvalidSearchSpace: A weight or bound is not finite, no bound is given, or the two contradict each other.

    Example:
        >>> Linear({"first_units": 1, "second_units": 1}, at_most=400)
        Linear(weights={'first_units': 1.0, 'second_units': 1.0}, at_most=400.0, at_least=None)
    """

    weights: Mapping[str, float]
    at_most: float | None = None
    at_least: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.weights, Mapping) or not self.weights:
            raise invalid("/linear", "must map parameter names to weights", hint='Write {"units": 1.0}.')
        weights = {
            _name(name, "/linear"): finite(weight, f"/linear/{escape(name)}") for name, weight in self.weights.items()
        }
        object.__setattr__(self, "weights", weights)
        for bound in ("at_most", "at_least"):
            if getattr(self, bound) is not None:
                object.__setattr__(self, bound, finite(getattr(self, bound), f"/{bound}"))
        if self.at_most is None and self.at_least is None:
            raise invalid("", "has no bound", hint="Give at_most or at_least.")
        if self.at_most is not None and self.at_least is not None and self.at_least > self.at_most:
            raise invalid("/at_least", f"({self.at_least:g}) must not be above at_most ({self.at_most:g})")

    def __hash__(self) -> int:
        return hash((frozenset(self.weights.items()), self.at_most, self.at_least))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.weights)

    def check_parameters(self, parameters: Mapping[str, Parameter]) -> None:
        for name in self.weights:
            pointer = f"/linear/{escape(name)}"
            if name not in parameters:
                _refuse_unknown(name, pointer, parameters)
            parameter = parameters[name]
            if not isinstance(parameter, Float | Int) and not _is_numeric_constant(parameter):
                raise invalid(
                    pointer,
                    f"is a {parameter.kind} parameter; only numbers can be added up",
                    hint="Make it a Float or Int, or use Forbid.",
                )

    def excess(self, params: Mapping[str, Scalar]) -> float:
        """How far the sum is beyond a bound: positive above ``at_most``, negative below ``at_least``, 0 when kept.

        Never infinite nor NaN: what is beyond the largest float counts as that.
        """
        terms = [weight * _number(params[name]) for name, weight in self.weights.items() if name in params]
        if not terms:
            return 0.0
        total = _sum(terms)
        if math.isfinite(total):
            return self._excess(terms, total, self.at_least, self.at_most)
        # Products or sums beyond 1.8e308: the same in smaller units.
        terms = [
            math.ldexp(weight, -_LIFT) * math.ldexp(_number(params[name]), -_LIFT)
            for name, weight in self.weights.items()
            if name in params
        ]
        low, high = (
            None if bound is None else math.ldexp(bound, -2 * _LIFT) for bound in (self.at_least, self.at_most)
        )
        return _lowered(self._excess(terms, math.fsum(terms), low, high))

    @staticmethod
    def _excess(terms: list[float], total: float, low: float | None, high: float | None) -> float:
        if high is not None and total > high:
            bound = high
        elif low is not None and total < low:
            bound = low
        else:
            return 0.0
        beyond = total - bound
        if abs(beyond) <= TOLERANCE * max(abs(bound), max(map(abs, terms))):
            return 0.0
        return min(max(beyond, -_LARGEST), _LARGEST)

    def describe(self) -> str:
        summed = " + ".join(f"{weight:g} * {name}" for name, weight in list(self.weights.items())[:5])
        summed += " + ..." if len(self.weights) > 5 else ""
        if self.at_least is None:
            return f"{summed} at most {self.at_most:g}"
        if self.at_most is None:
            return f"{summed} at least {self.at_least:g}"
        return f"{summed} between {self.at_least:g} and {self.at_most:g}"

    def to_json(self) -> dict[str, object]:
        form: dict[str, object] = {"linear": dict(self.weights)}
        if self.at_most is not None:
            form["at_most"] = self.at_most
        if self.at_least is not None:
            form["at_least"] = self.at_least
        return form


@dataclass(frozen=True)
class Forbid(Constraint):
    """A combination of values that must not occur together.

    It applies only where every parameter named is active and has exactly the value given.

    Args:
        values: Value by parameter.

    Raises:
        InvalidSearchSpace: Nothing is named, or a value is not a plain one.

    Example:
        >>> Forbid({"optimizer": "sgd", "units": 16})
        Forbid(values={'optimizer': 'sgd', 'units': 16})
    """

    values: Mapping[str, Scalar]

    def __post_init__(self) -> None:
        if not isinstance(self.values, Mapping) or not self.values:
            raise invalid("/forbid", "must map parameter names to values", hint='Write {"optimizer": "sgd"}.')
        for name, value in self.values.items():
            check_scalar(value, f"/forbid/{escape(name)}")
        object.__setattr__(self, "values", {_name(name, "/forbid"): value for name, value in self.values.items()})

    def __hash__(self) -> int:
        return hash(frozenset(self.values.items()))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.values)

    def check_parameters(self, parameters: Mapping[str, Parameter]) -> None:
        for name, value in self.values.items():
            pointer = f"/forbid/{escape(name)}"
            if name not in parameters:
                _refuse_unknown(name, pointer, parameters)
            if not parameters[name].contains(value):
                raise invalid(pointer, f"{show(value)} is not a value of {show(name)} ({parameters[name].describe()})")

    def describe(self) -> str:
        listed = " and ".join(f"{name} = {show(value)}" for name, value in list(self.values.items())[:5])
        return f"not {listed}" + (" and ..." if len(self.values) > 5 else "")

    def to_json(self) -> dict[str, object]:
        return {"forbid": dict(self.values)}


def _number(value: Scalar) -> float:
    assert isinstance(value, int | float)
    return value


def _sum(terms: list[float]) -> float:
    try:
        return math.fsum(terms)
    except (OverflowError, ValueError):  # a sum beyond the largest float; infinity minus infinity
        return math.inf


def _lowered(amount: float) -> float:
    try:
        return math.ldexp(amount, 2 * _LIFT)
    except OverflowError:
        return math.copysign(_LARGEST, amount)


def _is_numeric_constant(parameter: Parameter) -> TypeGuard[Constant]:
    if not isinstance(parameter, Constant):
        return False
    return isinstance(parameter.value, int | float) and not isinstance(parameter.value, bool)


def _name(name: object, pointer: str) -> str:
    if not isinstance(name, str):
        raise invalid(pointer, f"must have parameter names as keys, got {show(name)}")
    return name


def _refuse_unknown(name: str, pointer: str, parameters: Mapping[str, Parameter]) -> NoReturn:
    import difflib

    near = difflib.get_close_matches(name, parameters, n=3)
    hint = f"Did you mean {', '.join(near)}?" if near else None
    error: InvalidSearchSpace = invalid(pointer, f"names {show(name)}, which is not a parameter of this space", hint)
    raise error
