"""What every system is driven by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from tuner.space import Params


@dataclass(frozen=True)
class Asked:
    """A point to try.

    Args:
        number: What the tuning calls the trial.
        params: Values of the active parameters.
        source: Which method found it, where the system says so.
    """

    number: int
    params: Params
    source: str | None = None


class Tuning(ABC):
    """One study of one system under way. Values are minimised."""

    @abstractmethod
    def ask(self) -> Asked:
        """The next point, however many are still running."""

    @abstractmethod
    def tell(self, number: int, value: float) -> None:
        """The final value of a trial that ran to its end."""

    def report(self, number: int, epoch: int, value: float) -> bool:
        """The value after an epoch, counted from 1; whether the trial is to be stopped."""
        return False

    def stopped(self, number: int, value: float) -> None:
        """The trial has been stopped; its latest value."""
        raise NotImplementedError

    def recommended(self) -> Params | None:
        """The point that the system itself would take; None if it only knows what was observed."""
        return None

    def close(self) -> None:  # noqa: B027  (optional: most keep nothing open)
        """Let go of files and threads."""
