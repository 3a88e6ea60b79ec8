"""The one source of time for leases, budgets and records: the storage's clock, never a worker's."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import Connection, func, select

from tuner.storage.prepared import Prepared

_NOW = Prepared(select(func.clock_timestamp().label("now")))


class Clock(Protocol):
    """Tells the time."""

    def now(self, connection: Connection) -> datetime:
        """The present instant, UTC."""


class ProcessClock:
    """The clock of the process that owns an SQLite file. Never runs backwards, whatever is done to the system's."""

    def __init__(self) -> None:
        self._latest = 0.0
        self._lock = threading.Lock()

    def now(self, connection: Connection) -> datetime:
        with self._lock:
            self._latest = max(self._latest, time.time())
            return datetime.fromtimestamp(self._latest, UTC)


class PostgresClock:
    """PostgreSQL's clock, the same for all replicas. Not ``now()``, which stands still within a transaction."""

    def now(self, connection: Connection) -> datetime:
        instant: datetime = _NOW.all(connection)[0].now
        return instant.astimezone(UTC)
