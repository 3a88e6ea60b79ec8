"""Who owns an SQLite file.

One process at a time may open it for writing. It holds a lock on a file beside it, never on the database file itself
(closing any descriptor of that one would drop SQLite's own locks), and writes its pid and, for a server, its URL there,
so that others know whom to talk to.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

from tuner.errors import DatabaseInUse


@dataclass(frozen=True)
class Owner:
    """The process that owns a database; ``url`` is set when it is a server."""

    pid: int
    url: str | None


class Ownership:
    """The right to open an SQLite file, held from construction to ``release``.

    Args:
        database: Path of the SQLite file.

    Raises:
        DatabaseInUse: Another process, or another engine of this one, owns it.
    """

    def __init__(self, database: Path) -> None:
        self._path = lock_path(database)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise _in_use(database, read_owner(database)) from None
        self.announce(None)

    def announce(self, url: str | None) -> None:
        """Write down who the owner is, and where it answers."""
        body = json.dumps({"pid": os.getpid(), "url": url}).encode()
        os.pwrite(self._descriptor, body, 0)
        os.ftruncate(self._descriptor, len(body))

    def release(self) -> None:
        """Give the right up."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def lock_path(database: Path) -> Path:
    """The file beside ``database`` that carries the lock."""
    return database.with_name(database.name + ".lock")


def read_owner(database: Path) -> Owner | None:
    """What the owner wrote down, if anything. Whether it is alive only the lock can tell."""
    try:
        body = json.loads(lock_path(database).read_text())
        return Owner(pid=int(body["pid"]), url=body["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _in_use(database: Path, owner: Owner | None) -> DatabaseInUse:
    pid = f"process {owner.pid}" if owner else "another process"
    hint = (
        f"Talk to it at {owner.url}."
        if owner and owner.url
        else ("Wait until it ends, or run `tuner serve` and use the database from several processes through it.")
    )
    return DatabaseInUse(f"The database {database} is in use by {pid}.", hint=hint)
