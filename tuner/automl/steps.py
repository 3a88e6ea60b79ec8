"""What a worker that is free may be told to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tuner.records import Origin
from tuner.space import Params


@dataclass(frozen=True)
class Search:
    """Train candidates: those that wait, or new ones.

    Args:
        seconds: How long one may take; None without a limit.
    """

    seconds: float | None = None


@dataclass(frozen=True)
class Hold:
    """Begin no candidate; what the engine has made may be trained."""


@dataclass(frozen=True)
class Make:
    """Add a trial that is no candidate, and train it next.

    Args:
        origin: Which kind.
        params: What it shows as parameters.
        members: Numbers of the trials that it is made from.
        folds: Folds that a bagged trial is to be trained for.
        is_last: Whether candidates that still wait are given up.
    """

    origin: Origin
    params: Params
    members: tuple[int, ...]
    folds: int | None = None
    is_last: bool = False


@dataclass(frozen=True)
class Finish:
    """There is nothing left to do."""


@dataclass(frozen=True)
class GiveUp:
    """Cancel waiting candidates for which there is no time.

    Args:
        numbers: Which.
    """

    numbers: tuple[int, ...]


Step: TypeAlias = Search | Hold | Make | GiveUp | Finish
