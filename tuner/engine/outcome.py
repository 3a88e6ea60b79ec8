"""The result of an operation that creates a thing or finds it there already."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What the operation answers, and whether it made it."""

    value: T
    created: bool
