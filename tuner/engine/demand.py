"""How many points a study will soon be asked for."""

from __future__ import annotations

# The freshness rule lets a point be eight results old in a small study: more of them would grow old before their turn.
_MAX_AHEAD = 8


class Demand:
    """Expects that a study is asked as it was asked before.

    Asks between two results are a burst, and the next burst is expected to be as large as the last one. Where nobody
    else was at work at the last ask, the next one comes when all trials have ended, as from a single worker or one that
    takes batches; points made earlier would be too old for it.

    Calls from several threads may get mixed up: the worst that can come of it is a point too many or too few.
    """

    def __init__(self) -> None:
        self._last_burst = 1
        self._burst = 0
        self.is_shared = False
        """Whether others were at work when points were handed out last."""

    def handed_out(self, count: int, num_running: int) -> None:
        """Points were handed out.

        Args:
            count: How many.
            num_running: How many trials were running before.
        """
        self._burst += count
        self.is_shared = num_running > 0

    def result(self) -> None:
        """A trial has ended."""
        if self._burst:
            self._last_burst, self._burst = self._burst, 0

    def num_ahead(self, num_running: int) -> int:
        """How many points to have ready.

        Args:
            num_running: How many trials are running.
        """
        if num_running and not self.is_shared:
            return 0
        return min(max(self._last_burst - self._burst, 1), _MAX_AHEAD)
