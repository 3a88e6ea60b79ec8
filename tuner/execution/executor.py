"""The contract between the claim loop and whatever runs a training: a child process here, later a task on a cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from tuner.records import FailureReason
from tuner.training import TrainingJob


@dataclass(frozen=True)
class Started:
    """The training has what it needs and begins."""


@dataclass(frozen=True)
class Reported:
    """A step is done. The training waits for ``Execution.answer`` before it goes far beyond the next one."""

    step: int
    value: float


@dataclass(frozen=True)
class Needed:
    """The training waits for ``Execution.provide``.

    Args:
        files: Trial numbers of the study and names of their artifacts.
    """

    files: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Finished:
    """The training ended with a result; its files lie in the execution's folder.

    Args:
        value: Metric of the best step on the validation rows.
        metrics: Further finite numbers by name.
        stopped: Whether it ended early because ``Execution.stop`` asked it to, or its time was over.
        is_partial: Whether ``value`` is not comparable with that of others, for want of folds.
    """

    value: float
    metrics: Mapping[str, float]
    stopped: bool
    is_partial: bool = False


@dataclass(frozen=True)
class Failed:
    """The training ended without a result: an error in it, or the death of its process.

    Args:
        reason: What kind of end it was.
        message: What is known of it.
        was_killed: Whether something outside ended it, so that another attempt may fare better.
    """

    reason: FailureReason
    message: str
    was_killed: bool = False


Event: TypeAlias = Started | Reported | Needed | Finished | Failed


class Execution(Protocol):
    """One training under way. ``answer``, ``provide``, ``stop`` and ``kill`` may be called from any thread."""

    @property
    def folder(self) -> Path:
        """Where its files are, by the names in ``tuner.wire.artifacts``. Gone after ``close``."""

    def next_event(self, timeout: float) -> Event | None:
        """Wait up to ``timeout`` seconds for what happens next; the last event is ``Finished`` or ``Failed``."""

    def answer(self) -> None:
        """Say that the oldest unanswered report has been dealt with."""

    def provide(self, paths: Sequence[Path]) -> None:
        """Hand over the files of the ``Needed`` event, in its order. The training must not change them."""

    def stop(self) -> None:
        """Ask it to end at the next step and to keep the best one so far. It ends with ``Finished``."""

    def kill(self) -> None:
        """End it at once, with all processes it started. It ends with ``Failed``."""

    def close(self) -> None:
        """Kill what still runs and remove the folder."""


class Executor(Protocol):
    """Starts trainings."""

    @property
    def threads(self) -> int:
        """Processor threads that each training may use."""

    def start(self, job: TrainingJob) -> Execution:
        """Begin a training in a folder of its own, which is also its working directory."""

    def close(self) -> None:
        """Release what the executor holds, once all executions are closed."""
