"""Lengths of the axes of a tensor, exact or as a range, for arithmetic before anything is built."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Length:
    """The length of one axis: a range, while search parameters are open.

    Args:
        low: The smallest it can be.
        high: The largest.
        key: The expression that it comes from. Lengths with one key are equal whatever the parameters turn out to be,
            even if they are ranges: a residual branch keeps the size of its picture.
    """

    low: int
    high: int
    key: Hashable

    @classmethod
    def of(cls, length: int) -> Length:
        """An exact length."""
        return cls(length, length, length)

    @classmethod
    def between(cls, low: int, high: int, key: Hashable) -> Length:
        """A range; its key is the length itself where it has but one."""
        return cls(low, high, low if low == high else key)

    def __str__(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"


Shape = tuple[Length, ...]


def exact(shape: Iterable[int]) -> Shape:
    """The shape of these lengths."""
    return tuple(map(Length.of, shape))


def show(shape: Shape) -> str:
    """A shape in words, for messages: ``28 x 28 x 1``."""
    return " x ".join(map(str, shape))


def either(shapes: Sequence[Shape]) -> Shape:
    """The shape that covers all of these, which have the same number of axes."""
    if len(shapes) == 1:
        return shapes[0]
    return tuple(_either(lengths) for lengths in zip(*shapes, strict=True))


def product(shape: Iterable[Length]) -> Length:
    """The length of the axes as one."""
    lengths = tuple(shape)
    if len(lengths) == 1:
        return lengths[0]
    low, high = (math.prod(getattr(length, end) for length in lengths) for end in ("low", "high"))
    return Length.between(low, high, ("product", *(length.key for length in lengths)))


def total(lengths: Sequence[Length]) -> Length:
    """The length of several axes in a row."""
    if len(lengths) == 1:
        return lengths[0]
    low, high = (sum(getattr(length, end) for length in lengths) for end in ("low", "high"))
    return Length.between(low, high, ("sum", *(length.key for length in lengths)))


def windows_within(length: Length, window: Length, stride: Length, dilation: Length) -> Length:
    """How many places a window has that must not stick out; zero or less where it does not fit at all."""
    low = (length.low - dilation.high * (window.high - 1) - 1) // stride.high + 1
    high = (length.high - dilation.low * (window.low - 1) - 1) // stride.low + 1
    if window.high == stride.high == 1:
        return length
    return Length.between(low, high, ("within", length.key, window.key, stride.key, dilation.key))


def windows_padded(length: Length, stride: Length) -> Length:
    """How many places a window has that may stick out as far as it must."""
    if stride.high == 1:
        return length
    return Length.between(
        -(-length.low // stride.high), -(-length.high // stride.low), ("padded", length.key, stride.key)
    )


def _either(lengths: Sequence[Length]) -> Length:
    if all(length.key == lengths[0].key for length in lengths):
        return lengths[0]
    low, high = min(length.low for length in lengths), max(length.high for length in lengths)
    # Its parts cannot be told apart any more: equal to itself alone, which `object` is.
    return Length.between(low, high, object())
