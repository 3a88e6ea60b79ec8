"""What may stand as an argument of a layer: which plain values, and which search parameters in their place."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from tuner.architecture.dimensions import Length
from tuner.space import Categorical, Float, Int, Parameter, Scalar
from tuner.space.parameters import show

MAX_UNITS = 4_096
"""The widest layer."""
MAX_WINDOW = 64
"""The largest kernel, pool or stride."""


@dataclass(frozen=True)
class Search:
    """A search parameter in the place of a value.

    Args:
        name: Its name in the space.
        parameter: Its range.
    """

    name: str
    parameter: Parameter

    @property
    def values(self) -> tuple[Scalar, ...]:
        """The values of a closed set, or the two ends of a range."""
        if isinstance(self.parameter, Categorical):
            return tuple(self.parameter.choices)
        assert isinstance(self.parameter, Int | Float)
        return (self.parameter.low, self.parameter.high)


Value: TypeAlias = Scalar | Search | tuple["Value", ...]
"""A plain value, a search parameter, or a list of these."""


def possible(value: Value) -> tuple[Scalar, ...]:
    """All values of a word or a flag."""
    assert not isinstance(value, tuple)
    return value.values if isinstance(value, Search) else (value,)


def length_of(value: Value) -> Length:
    """A whole number as a length."""
    if isinstance(value, Search):
        whole = [int(number) for number in value.values if isinstance(number, int)]
        return Length.between(min(whole), max(whole), ("parameter", value.name))
    assert isinstance(value, int)
    return Length.of(value)


def lengths_of(value: Value, axes: int) -> tuple[Length, ...]:
    """A window as one length for each axis."""
    return tuple(map(length_of, value)) if isinstance(value, tuple) else (length_of(value),) * axes


class Argument(ABC):
    """One argument of a layer.

    Args:
        default: What it is if it is left out.
        is_required: Whether it may not be left out.
    """

    default: Scalar
    is_required: bool

    @abstractmethod
    def fault(self, value: object) -> str | None:
        """What is wrong with a plain value, as the end of a sentence; None if nothing is."""

    @property
    @abstractmethod
    def expected(self) -> str:
        """What it must be, in words."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """JSON Schema of the plain values."""

    @property
    @abstractmethod
    def search_schemas(self) -> Sequence[str]:
        """Names of the schemas of search parameters that may take its place."""

    def takes(self, parameter: Parameter) -> bool:
        """Whether a range of this kind makes sense; its ends are checked like plain values."""
        return isinstance(parameter, Categorical)


@dataclass(frozen=True)
class Whole(Argument):
    """A whole number from ``low`` to ``high``."""

    low: int
    high: int
    default: int | None = None
    is_required: bool = False

    def fault(self, value: object) -> str | None:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return None if is_whole and self.low <= value <= self.high else self._wrong(value)  # type: ignore[operator]  # was seen to be a number

    def _wrong(self, value: object) -> str:
        return f"must be {self.expected}, got {show(value)}"

    @property
    def expected(self) -> str:
        return f"a whole number from {self.low:,} to {self.high:,}"

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}

    @property
    def search_schemas(self) -> Sequence[str]:
        return ("int", "choices")

    def takes(self, parameter: Parameter) -> bool:
        return isinstance(parameter, Int | Categorical)


@dataclass(frozen=True)
class Real(Argument):
    """A number from ``low`` to ``high``."""

    low: float
    high: float
    default: float | None = None
    is_required: bool = False

    def fault(self, value: object) -> str | None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if is_number and self.low <= value <= self.high:  # type: ignore[operator]  # a number, as was just seen
            return None
        return f"must be {self.expected}, got {show(value)}"

    @property
    def expected(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}"

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": self.low, "maximum": self.high}

    @property
    def search_schemas(self) -> Sequence[str]:
        return ("float", "int", "choices")

    def takes(self, parameter: Parameter) -> bool:
        return isinstance(parameter, Int | Float | Categorical)


@dataclass(frozen=True)
class Flag(Argument):
    """True or false."""

    default: bool | None
    is_required: bool = False

    def fault(self, value: object) -> str | None:
        return None if isinstance(value, bool) else f"must be true or false, got {show(value)}"

    @property
    def expected(self) -> str:
        return "true or false"

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    @property
    def search_schemas(self) -> Sequence[str]:
        return ("choices",)


@dataclass(frozen=True)
class Word(Argument):
    """One of some words, or null where that is the default."""

    words: tuple[str, ...]
    default: str | None = None
    is_required: bool = False

    def fault(self, value: object) -> str | None:
        if value in self.words or (value is None and self._may_be_null):
            return None
        return f"must be {self.expected}, got {show(value)}"

    @property
    def _may_be_null(self) -> bool:
        return self.default is None and not self.is_required

    @property
    def expected(self) -> str:
        return "one of " + ", ".join(self.words) + (" or null" if self._may_be_null else "")

    def schema(self) -> dict[str, Any]:
        return {"enum": [*self.words, None] if self._may_be_null else list(self.words)}

    @property
    def search_schemas(self) -> Sequence[str]:
        return ("choices",)


@dataclass(frozen=True)
class Window(Whole):
    """A size in steps or pixels: one number, or a list with one for each axis."""

    axes: int = 2

    @property
    def expected(self) -> str:
        several = f", or a list of {self.axes}" if self.axes > 1 else ""
        return super().expected + several

    def schema(self) -> dict[str, Any]:
        one = {"anyOf": [super().schema(), *({"$ref": f"#/$defs/{name}"} for name in self.search_schemas)]}
        several = {"type": "array", "minItems": self.axes, "maxItems": self.axes, "items": one}
        return {"anyOf": [super().schema(), several]}


Arguments: TypeAlias = Mapping[str, Value]
"""Arguments by name, with the defaults of those that were left out."""
