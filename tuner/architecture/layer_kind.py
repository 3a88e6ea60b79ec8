"""What a kind of layer is: its arguments, what it takes, and the shape and size of what it makes of that."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from tuner.architecture.arguments import Argument, Arguments, length_of, possible
from tuner.architecture.dimensions import Length, Shape


class Takes(StrEnum):
    """What a layer can be applied to. Tokens are the codes of the words of a text."""

    ANYTHING = "anything"
    VECTOR = "a vector"
    SEQUENCE = "a sequence"
    IMAGE = "an image"
    TOKENS = "the tokens of a text"

    @property
    def num_axes(self) -> int | None:
        """Axes of it, not counting the rows; None where that does not matter."""
        return {Takes.VECTOR: 1, Takes.SEQUENCE: 2, Takes.IMAGE: 3, Takes.TOKENS: 1}.get(self)


KINDS_OF_DATA = {1: Takes.VECTOR, 2: Takes.SEQUENCE, 3: Takes.IMAGE}
"""What a tensor is by its number of axes."""

ShapeRule: TypeAlias = Callable[[Arguments, Shape], Shape]
WeightRule: TypeAlias = Callable[[Arguments, Shape, Shape], int]


def _same_shape(arguments: Arguments, shape: Shape) -> Shape:
    return shape


def _no_weights(arguments: Arguments, entering: Shape, leaving: Shape) -> int:
    return 0


@dataclass(frozen=True)
class LayerKind:
    """One kind of layer, built by the class of Keras that has its name.

    Args:
        name: That of the class.
        about: What it is for, as a sentence.
        arguments: All that may be given.
        takes: What it can be applied to.
        shape: The shape that comes out, from the arguments and the shape that goes in.
        weights: At most how many weights it has, from the arguments and both shapes.
        scores: At most how many numbers it holds beside its outputs, from the arguments and the shape that goes in.
        is_recurrent: Whether it goes along a sequence and may return its end alone.
    """

    name: str
    about: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    takes: Takes = Takes.ANYTHING
    shape: ShapeRule = _same_shape
    weights: WeightRule = _no_weights
    scores: Callable[[Arguments, Shape], int] = lambda arguments, shape: 0
    is_recurrent: bool = False

    def num_operations(self, arguments: Arguments, entering: Shape, leaving: Shape) -> int:
        """About how many multiplications one row takes: each weight once for each step or pixel."""
        places = max(highest(entering[:-1]), highest(leaving[:-1]))
        weights = self.weights(arguments, entering, leaving)
        return (0 if self.takes is Takes.TOKENS else weights * places) + self.scores(arguments, entering)


def highest(lengths: Shape) -> int:
    """The largest product of the lengths."""
    return math.prod(length.high for length in lengths)


def bias(arguments: Arguments, width: int) -> int:
    """The weights of a bias."""
    return width if True in possible(arguments.get("use_bias", True)) else 0


def most(arguments: Arguments, name: str) -> int:
    """The largest value of a whole number."""
    return length_of(arguments[name]).high


def last(arguments: Arguments, name: str) -> Length:
    """A whole number as the length of the last axis."""
    return length_of(arguments[name])
