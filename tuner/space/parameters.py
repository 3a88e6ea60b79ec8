"""The kinds of parameter: ``Float``, ``Int``, ``Categorical`` and, for what is fixed, ``Constant``.

Each checks itself when it is made, draws a value from its range, and knows its one JSON form. Models do not work with
values but with coordinates: plain numbers without a unit, whatever the range, so 1e-308 to 1e308 is as good as 0 to 1.

| parameter | coordinate |
|---|---|
| ``Float`` | share of the range, 0 to 1, on the logarithmic scale where ``log`` is set |
| ``Float`` with a step, ``Int`` | index on the grid, 0 to ``num_steps`` |
| ``Int`` with ``log`` | the number itself |
| ``Categorical`` | index of the choice |
| ``Constant`` | 0 |
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, TypeVar

from tuner.errors import InvalidSearchSpace, Place

if TYPE_CHECKING:
    import numpy as np

Scalar = str | bool | int | float | None
_Number = TypeVar("_Number", int, float)

MAX_CHOICES = 1_000
MAX_TEXT = 1_000
# SQL integers and JSON readers elsewhere end at 64 bits.
MAX_INTEGER = 2**63 - 1
# Beyond 2**53 neighbouring integers are one float, so drawing and modelling them would be a pretence.
MAX_EXACT_INTEGER = 2**53
# A finer grid is a continuous range in all but name, and its points would blur into each other.
MAX_GRID_STEPS = 10**9


_MAX_QUICK = 2**32


class Parameter(ABC):
    """One named axis of a search space. Use ``Float``, ``Int``, ``Categorical`` or ``Constant``."""

    kind: ClassVar[str]

    # Conditions by parent name: the parameter exists only while every parent is active with one of the values listed.
    when: Mapping[str, Sequence[Scalar]] | None

    def _check_when(self) -> None:
        if self.when is None:
            return
        if not isinstance(self.when, Mapping) or not self.when:
            raise invalid(
                "/when", "must map parent names to lists of values", hint='Write when={"optimizer": ["sgd"]}.'
            )
        conditions = {}
        for parent, values in self.when.items():
            is_list = isinstance(values, Sequence) and not isinstance(values, str | bytes)
            listed = list(values) if is_list else [values]
            if not listed:
                raise invalid(f"/when/{escape(parent)}", "must list at least one value")
            for value in listed:
                check_scalar(value, f"/when/{escape(parent)}")
            conditions[str(parent)] = tuple(listed)
        object.__setattr__(self, "when", conditions)

    @abstractmethod
    def contains(self, value: object) -> bool:
        """Whether ``value`` is in the range and on the grid."""

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Scalar:
        """A value drawn uniformly (on a log scale where ``log`` is set)."""

    def is_same(self, one: Scalar, other: Scalar) -> bool:
        """Whether two values that the parameter contains are one and the same."""
        return one == other

    @property
    @abstractmethod
    def is_single(self) -> bool:
        """Whether there is only one value to take."""

    @abstractmethod
    def encode(self, value: Scalar) -> float:
        """The coordinate of a value that the parameter contains."""

    @abstractmethod
    def decode(self, coordinate: float) -> Scalar:
        """The value at a coordinate; one beside the axis is taken as its nearest end."""

    @abstractmethod
    def describe(self) -> str:
        """The range in words, for error messages."""

    @abstractmethod
    def to_json(self) -> dict[str, object]:
        """The parameter's JSON form."""

    def _json_tail(self) -> dict[str, object]:
        return {"when": {parent: list(values) for parent, values in self.when.items()}} if self.when else {}


@dataclass(frozen=True)
class Float(Parameter):
    """A real number between ``low`` and ``high``, both included.

    Args:
        low: Smallest value.
        high: Largest value.
        log: Search on a logarithmic scale; choose it when orders of magnitude matter, as for learning rates.
        step: Grid width: values are ``low + k * step``. Not together with ``log``.
        when: Condition, e.g. ``{"optimizer": ["sgd"]}``: active only while the parent has one of these values.

    Raises:
        InvalidSearchSpace: The bounds contradict each other or are not finite.
    """

    kind: ClassVar[str] = "float"

    low: float
    high: float
    log: bool = False
    step: float | None = None
    when: Mapping[str, Sequence[Scalar]] | None = None

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            object.__setattr__(self, name, finite(getattr(self, name), f"/{name}"))
        _check_bounds(self.low, self.high)
        _check_flag(self.log, "/log")
        if self.step is not None:
            object.__setattr__(self, "step", finite(self.step, "/step"))
            if not self.step > 0:
                raise invalid("/step", f"must be above 0, got {self.step}")
            self._check_grid(self.step)
        if self.log:
            if not self.low > 0:
                raise invalid("/low", f"must be above 0 on a log scale, got {self.low}", hint="Raise low or drop log.")
            if self.step is not None:
                raise invalid("/step", "cannot be combined with log", hint="Drop step or log.")
        self._check_when()

    def _check_grid(self, step: float) -> None:
        width = self.high - self.low
        if math.isinf(width) or width / step > MAX_GRID_STEPS:
            raise invalid("/step", f"({step:g}) makes more than {MAX_GRID_STEPS:,} grid points", hint="Drop step.")
        if width and step < 8 * self._blur:
            raise invalid("/step", f"({step:g}) is too fine to tell numbers of this size apart", hint="Drop step.")

    @property
    def _blur(self) -> float:
        """Distance between neighbouring floats at the far end of the range."""
        return math.ulp(max(abs(self.low), abs(self.high)))

    @property
    def num_steps(self) -> int:
        """Number of grid intervals; only for a parameter with a step."""
        assert self.step is not None
        # A tolerance, because 0.3 / 0.1 is 2.9999999999999996.
        return math.floor((self.high - self.low) / self.step + 1e-9)

    def contains(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            return False
        if self.step is None:
            return True
        nearest = self.low + round((value - self.low) / self.step) * self.step
        # Whoever computed the value may have rounded another way.
        return abs(value - nearest) <= max(1e-6 * self.step, 2 * self._blur)

    def is_same(self, one: Scalar, other: Scalar) -> bool:
        # 0.3 and 0.1 + 0.2 are one grid point.
        return one == other or (self.step is not None and self.encode(one) == self.encode(other))

    def draw(self, rng: np.random.Generator) -> float:
        return self.decode(rng.random() if self.step is None else _drawn_index(self.num_steps + 1, rng))

    @property
    def is_single(self) -> bool:
        return self.low == self.high or (self.step is not None and self.num_steps == 0)

    def encode(self, value: Scalar) -> float:
        assert isinstance(value, int | float)
        if self.step is not None:
            return round((value - self.low) / self.step)
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        elif math.isinf(high - low):
            low, high, value = low / 2, high / 2, value / 2
        # Two neighbouring floats can have the same logarithm.
        return min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.0

    def decode(self, coordinate: float) -> float:
        if self.step is not None:
            return min(self.low + _clip(round(coordinate), 0, self.num_steps) * self.step, self.high)
        if not 0 < coordinate < 1:
            return self.low if coordinate <= 0 else self.high
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            # Rounding must not carry the exponent past log(high), where exp may overflow.
            value = math.exp(min(low * (1 - coordinate) + high * coordinate, high))
        else:
            # Not low + coordinate * (high - low): that width overflows for ranges near 1e308.
            value = self.low * (1 - coordinate) + self.high * coordinate
        return _clip(value, self.low, self.high)

    def describe(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}" + (f" in steps of {self.step:g}" if self.step else "")

    def to_json(self) -> dict[str, object]:
        form: dict[str, object] = {"type": self.kind, "low": self.low, "high": self.high}
        if self.log:
            form["log"] = True
        if self.step is not None:
            form["step"] = self.step
        return form | self._json_tail()


@dataclass(frozen=True)
class Int(Parameter):
    """A whole number between ``low`` and ``high``, both included.

    Args:
        low: Smallest value.
        high: Largest value.
        log: Search on a logarithmic scale, as for layer widths. Needs ``low >= 1``.
        step: Grid width: values are ``low + k * step``. Not together with ``log``.
        when: Condition, see ``Float``.

    Raises:
        InvalidSearchSpace: The bounds contradict each other.
    """

    kind: ClassVar[str] = "int"

    low: int
    high: int
    log: bool = False
    step: int = 1
    when: Mapping[str, Sequence[Scalar]] | None = None

    def __post_init__(self) -> None:
        for name in ("low", "high", "step"):
            object.__setattr__(self, name, _whole(getattr(self, name), f"/{name}"))
        _check_bounds(self.low, self.high)
        _check_flag(self.log, "/log")
        if self.step < 1:
            raise invalid("/step", f"must be at least 1, got {self.step}")
        if self.log and self.low < 1:
            raise invalid("/low", f"must be at least 1 on a log scale, got {self.low}", hint="Raise low or drop log.")
        if self.log and self.step != 1:
            raise invalid("/step", "cannot be combined with log", hint="Drop step or log.")
        self._check_when()

    @property
    def num_steps(self) -> int:
        """Number of grid intervals."""
        return (self.high - self.low) // self.step

    def contains(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int):
            return False
        return self.low <= value <= self.high and (value - self.low) % self.step == 0

    def draw(self, rng: np.random.Generator) -> int:
        if self.log:
            # Half a unit on either side gives the two ends the same room as their neighbours.
            low, high = math.log(self.low - 0.5), math.log(self.high + 0.5)
            return self.decode(math.exp(low + rng.random() * (high - low)))
        return self.decode(_drawn_index(self.num_steps + 1, rng))

    @property
    def is_single(self) -> bool:
        return self.num_steps == 0

    def encode(self, value: Scalar) -> int:
        assert isinstance(value, int)
        return value if self.log else (value - self.low) // self.step

    def decode(self, coordinate: float) -> int:
        if self.log:
            return _clip(round(coordinate), self.low, self.high)
        return self.low + _clip(round(coordinate), 0, self.num_steps) * self.step

    def describe(self) -> str:
        return f"a whole number from {self.low} to {self.high}" + (f" in steps of {self.step}" if self.step > 1 else "")

    def to_json(self) -> dict[str, object]:
        form: dict[str, object] = {"type": self.kind, "low": self.low, "high": self.high}
        if self.log:
            form["log"] = True
        if self.step != 1:
            form["step"] = self.step
        return form | self._json_tail()


@dataclass(frozen=True)
class Categorical(Parameter):
    """One of a list of values.

    Args:
        choices: The values: text, numbers, booleans or None, all different.
        ordered: The order of the choices means something, as in small, medium, large.
        when: Condition, see ``Float``.

    Raises:
        InvalidSearchSpace: The list is empty, repeats a value, or holds something other than plain values.
    """

    kind: ClassVar[str] = "categorical"

    choices: Sequence[Scalar]
    ordered: bool = False
    when: Mapping[str, Sequence[Scalar]] | None = None
    _members: Members = field(init=False, repr=False, compare=False)
    _indices: dict[Scalar, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.choices, str | bytes) or not isinstance(self.choices, Sequence) or not self.choices:
            raise invalid("/choices", "must be a list with at least one value")
        if len(self.choices) > MAX_CHOICES:
            raise invalid("/choices", f"has {len(self.choices)} values; at most {MAX_CHOICES} are allowed")
        seen: dict[Scalar, int] = {}
        for position, choice in enumerate(self.choices):
            check_scalar(choice, f"/choices/{position}")
            if choice in seen:
                raise invalid(
                    f"/choices/{position}",
                    f"{show(choice)} equals choice {seen[choice]}",
                    hint="Drop the repetition. 1, 1.0 and true count as equal: write one of them as text.",
                )
            seen[choice] = position
        object.__setattr__(self, "choices", tuple(self.choices))
        object.__setattr__(self, "_members", Members(self.choices))
        object.__setattr__(self, "_indices", seen)
        _check_flag(self.ordered, "/ordered")
        self._check_when()

    def contains(self, value: object) -> bool:
        return value in self._members

    def draw(self, rng: np.random.Generator) -> Scalar:
        return self.choices[_drawn_index(len(self.choices), rng)]

    @property
    def is_single(self) -> bool:
        return len(self.choices) == 1

    def encode(self, value: Scalar) -> int:
        return self._indices[value]

    def decode(self, coordinate: float) -> Scalar:
        return self.choices[_clip(round(coordinate), 0, len(self.choices) - 1)]

    def describe(self) -> str:
        shown = ", ".join(show(choice) for choice in self.choices[:8])
        return f"one of {shown}" + (", ..." if len(self.choices) > 8 else "")

    def to_json(self) -> dict[str, object]:
        form: dict[str, object] = {"type": self.kind, "choices": list(self.choices)}
        if self.ordered:
            form["ordered"] = True
        return form | self._json_tail()


@dataclass(frozen=True)
class Constant(Parameter):
    """A value that is not searched but belongs into every point, such as a number of epochs.

    In Python a plain value in a space means the same: ``{"rate": Float(0, 1), "epochs": 30}``.

    Args:
        value: Text, a number, a boolean or None.
        when: Condition, see ``Float``.

    Raises:
        InvalidSearchSpace: The value is not a plain one.
    """

    kind: ClassVar[str] = "constant"

    value: Scalar
    when: Mapping[str, Sequence[Scalar]] | None = None

    def __post_init__(self) -> None:
        check_scalar(self.value, "/value")
        self._check_when()

    def contains(self, value: object) -> bool:
        return is_one_of(value, (self.value,))

    def draw(self, rng: np.random.Generator) -> Scalar:
        return self.value

    @property
    def is_single(self) -> bool:
        return True

    def encode(self, value: Scalar) -> int:
        return 0

    def decode(self, coordinate: float) -> Scalar:
        return self.value

    def describe(self) -> str:
        return show(self.value)

    def to_json(self) -> dict[str, object]:
        return {"type": self.kind, "value": self.value} | self._json_tail()


def invalid(pointer: str, detail: str, hint: str | None = None) -> InvalidSearchSpace:
    """The error for one fault; ``pointer`` is relative to the parameter and completed by whoever knows its name."""
    return InvalidSearchSpace(f"{pointer.strip('/') or 'space'} {detail}.", hint=hint, places=[Place(pointer, detail)])


class Members:
    """Values of parameters, for fast questions whether one is among them: ``value in members``.

    Args:
        values: The values. No two of them are equal and yet of different kinds, as 1 and True are.
    """

    __slots__ = ("_is_boolean",)

    def __init__(self, values: Iterable[Scalar]) -> None:
        self._is_boolean: dict[object, bool] = {value: isinstance(value, bool) for value in values}

    def __contains__(self, value: object) -> bool:
        # Equal is not enough: True == 1, yet a model that wants a boolean must not get a number.
        try:
            return self._is_boolean.get(value) is isinstance(value, bool)
        except TypeError:  # not hashable, so none of ours
            return False


def is_one_of(value: object, values: Sequence[Scalar]) -> bool:
    """Whether ``value`` is among ``values``."""
    return any(value == other and isinstance(value, bool) == isinstance(other, bool) for other in values)


def escape(token: object) -> str:
    """A key as a token of a JSON pointer (RFC 6901); what no reply could carry is made visible and short."""
    text = str(token)[:MAX_TEXT].encode("utf-8", "backslashreplace").decode()
    return text.replace("~", "~0").replace("/", "~1")


def show(value: object) -> str:
    """A value from outside in a few characters, for error messages."""
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        return "an integer beyond 64 bits"  # Python refuses to print integers of more than 4,300 digits.
    if value is None or isinstance(value, str | bool | int | float):
        return f"{value!r:.60}"
    return type(value).__name__


def check_scalar(value: object, pointer: str) -> None:
    """Refuse what cannot be stored, sent and compared: containers, NaN, huge integers, broken text."""
    if value is not None and not isinstance(value, str | bool | int | float):
        raise invalid(pointer, f"must be text, a number, a boolean or null, got {type(value).__name__}")
    if isinstance(value, float) and not math.isfinite(value):
        raise invalid(pointer, f"must be finite, got {value}")
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise invalid(pointer, "must fit into 64 bits")
    if isinstance(value, str):
        check_text(value, pointer)


def check_text(value: str, pointer: str) -> None:
    """Refuse text that one of the databases cannot hold, or nobody can read."""
    if len(value) > MAX_TEXT:
        raise invalid(pointer, f"is longer than {MAX_TEXT} characters")
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value):
        raise invalid(pointer, "contains a NUL or an unpaired surrogate")


def _drawn_index(count: int, rng: np.random.Generator) -> int:
    # One float is four times faster than `integers`; for wide ranges its 53 bits would not do.
    return min(int(rng.random() * count), count - 1) if count <= _MAX_QUICK else int(rng.integers(0, count))


def _clip(value: _Number, low: _Number, high: _Number) -> _Number:
    return min(max(value, low), high)


def finite(value: object, pointer: str) -> float:
    """A float, refused if it is not a number or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(pointer, f"must be a number, got {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise invalid(pointer, f"must be finite, got {show(value)}")
    return number


def _whole(value: object, pointer: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(pointer, f"must be a whole number, got {show(value)}", hint="Use float for real numbers.")
    if abs(value) > MAX_EXACT_INTEGER:
        raise invalid(pointer, "must lie within plus or minus 2**53")
    return value


def _check_bounds(low: float, high: float) -> None:
    if low > high:
        raise invalid("/low", f"({low}) must not be above high ({high})", hint="Swap the bounds.")


def _check_flag(value: object, pointer: str) -> None:
    if not isinstance(value, bool):
        raise invalid(pointer, f"must be true or false, got {show(value)}")
