"""A network with every parameter decided: steps one after the other, ready to be built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from tuner.architecture.dimensions import Length, Shape, exact
from tuner.space import Scalar

PlainValue: TypeAlias = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True)
class DataInput:
    """One thing that a network reads: an image, a sequence, a text, or the other columns as one vector.

    Args:
        shape: Without the axis of the rows. A range where the training rows decide, such as for the width of a vector.
        num_words: For a text: how many words it may be made of, so that its numbers are their codes.
    """

    shape: Shape
    num_words: int | None = None

    @classmethod
    def of(cls, *shape: int, num_words: int | None = None) -> DataInput:
        """An input of exactly this shape."""
        return cls(exact(shape), num_words)

    @classmethod
    def text(cls, low: int, high: int, num_words: int) -> DataInput:
        """A text whose length is known roughly."""
        return cls((Length.between(low, high, "words"),), num_words)

    @classmethod
    def vector(cls, low: int, high: int) -> DataInput:
        """A vector whose width is known roughly."""
        return cls((Length.between(low, high, "width"),))


@dataclass(frozen=True)
class Step:
    """One layer of a network.

    Args:
        name: Names it and its output.
        layer: Name of the layer's class, or of the way to join several outputs.
        arguments: All that its constructor is given.
        inputs: Names of the steps and inputs that it is applied to.
        shape: What comes out, without the axis of the rows.
        num_weights: Its weights.
    """

    name: str
    layer: str
    arguments: Mapping[str, PlainValue]
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    num_weights: int


@dataclass(frozen=True)
class Size:
    """How large a network is, or is at most.

    Args:
        num_weights: Its weights.
        num_operations: Multiplications for one row, roughly.
        num_outputs: Numbers that all its layers hold for one row.
        num_layers: Its layers.
    """

    num_weights: int = 0
    num_operations: int = 0
    num_outputs: int = 0
    num_layers: int = 0

    def plus(self, other: Size) -> Size:
        """The size of both together."""
        return Size(
            self.num_weights + other.num_weights,
            self.num_operations + other.num_operations,
            self.num_outputs + other.num_outputs,
            self.num_layers + other.num_layers,
        )

    def or_larger(self, other: Size) -> Size:
        """What neither of them exceeds."""
        return Size(
            max(self.num_weights, other.num_weights),
            max(self.num_operations, other.num_operations),
            max(self.num_outputs, other.num_outputs),
            max(self.num_layers, other.num_layers),
        )


@dataclass(frozen=True)
class Network:
    """Steps in the order in which they are built, the layers between that nobody had to write included.

    Args:
        steps: They.
        output: The name of the step or the input whose vector the head is put on.
        size: How large it is, without the head.
    """

    steps: tuple[Step, ...]
    output: str
    size: Size
