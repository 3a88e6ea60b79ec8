"""Keeping the leases of asked trials alive while user code works."""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from typing import Protocol

logger = logging.getLogger(__name__)

LONGEST_SLEEP_SECONDS = 5.0


class Leased(Protocol):
    """Something with a lease."""

    @property
    def renewal_due(self) -> float | None:
        """When to renew, on the monotonic clock; None when there is nothing to renew any more, for good."""

    def renew(self) -> None:
        """Renew the lease once."""


class LeaseRenewer:
    """Renews leases in one background thread, which lives as long as there is one to renew.

    It holds the trials weakly: when nobody has a trial any more, its lease is left to expire and the trial is handed
    out again.
    """

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._reset()

    def add(self, leased: Leased) -> None:
        """Renew from now on."""
        if self._pid != os.getpid():
            # A forked child has neither the thread nor a lock in a known state; what it holds belongs to its parent.
            self._reset()
        with self._changed:
            self._leased.add(leased)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tuner-leases", daemon=True)
                self._thread.start()
            elif (leased.renewal_due or 0.0) < self._sleeps_until:
                self._changed.notify()

    def wake(self, due: float) -> None:
        """See to it that whoever is due at ``due`` is not overslept."""
        with self._changed:
            if due < self._sleeps_until:
                self._changed.notify()

    def close(self) -> None:
        """Renew nothing any more."""
        with self._changed:
            self._leased.clear()
            self._changed.notify()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._changed = threading.Condition()
        self._leased: weakref.WeakSet[Leased] = weakref.WeakSet()
        self._thread = None
        self._sleeps_until = 0.0

    def _run(self) -> None:
        while True:
            leased = self._next_due()
            if leased is None:
                return
            try:
                leased.renew()
            except Exception:
                logger.exception("lease renewal failed", extra={"action": "renew"})
                time.sleep(1.0)
            del leased

    def _next_due(self) -> Leased | None:
        """Wait until a lease is due; None when there is none left and the thread is to end."""
        while True:
            with self._changed:
                due = [(when, leased) for leased in self._leased if (when := leased.renewal_due) is not None]
                self._leased = weakref.WeakSet(leased for _, leased in due)
                if not due:
                    self._thread = None
                    return None
                when, leased = min(due, key=lambda pair: pair[0])
                now = time.monotonic()
                if when <= now:
                    return leased
                # Without these names the trials would live as long as the wait.
                del due, leased
                # Trials that end are noticed only here: look again at least that often.
                self._sleeps_until = min(when, now + LONGEST_SLEEP_SECONDS)
                self._changed.wait(self._sleeps_until - now)
                self._sleeps_until = 0.0
