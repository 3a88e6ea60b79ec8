"""How much of its time a training has left."""

from __future__ import annotations

import math
import time


class Clock:
    """Counts down from the moment it is made.

    Args:
        seconds: Time that the training may take; None: as long as it needs.
    """

    def __init__(self, seconds: float | None) -> None:
        self._started_at = time.monotonic()
        self._seconds = math.inf if seconds is None else seconds

    @property
    def left(self) -> float:
        """Seconds left; negative when the time is over."""
        return self._seconds - (time.monotonic() - self._started_at)

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return self.left <= 0
