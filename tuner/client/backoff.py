"""Waiting longer and longer for a server that does not answer."""

from __future__ import annotations

from tuner.errors import ConnectionFailed, IncompatibleServer, ServerError, TunerError, Unavailable
from tuner.jitter import JITTER

# What may be over in a moment: restarts, overload, and an upgrade during which two versions answer in turn.
PASSING_ERRORS = (ConnectionFailed, IncompatibleServer, ServerError, Unavailable)


class Backoff:
    """Pauses with full jitter: random, below a bound that doubles, so that many who wait do not return at once.

    Args:
        first_seconds: Bound of the first pause.
        most_seconds: Bound of the longest.
    """

    def __init__(self, first_seconds: float = 0.5, most_seconds: float = 10.0) -> None:
        self._first_seconds = first_seconds
        self._most_seconds = most_seconds
        self._bound = first_seconds

    def next_seconds(self, failure: TunerError | None = None) -> float:
        """How long to pause now: at least as long as the server asks for, if ``failure`` says so."""
        pause = JITTER.uniform(0, self._bound)
        self._bound = min(2 * self._bound, self._most_seconds)
        return pause + (failure.retry_after_seconds if isinstance(failure, Unavailable) else 0.0)

    def reset(self) -> None:
        """Start again from the first bound, after an answer."""
        self._bound = self._first_seconds
