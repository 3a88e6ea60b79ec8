"""What a training can say to, and ask of, whoever runs it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


class Channel(Protocol):
    """The line between a training and the worker that runs it."""

    def report(self, step: int, value: float) -> bool:
        """Report a step; whether the training must stop, as decided from the steps before this one."""

    def should_stop(self) -> bool:
        """Whether the training must stop, without anything to report."""

    def fetch(self, files: Sequence[tuple[int, str]]) -> list[Path]:
        """Files of other trials of the study, given as trial number and name; waits until they are here.

        They are read-only and lie in the training's working directory, in the order in which they were asked for.
        """
