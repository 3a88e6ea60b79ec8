"""Who owns an SQLite file.

One process at a time may open it for writing. It holds a lock on a file beside it, never on the database file itself
(closing any descriptor of that one would drop SQLite's own locks), and writes its pid and, for a server, its URL there,
so that others know whom to talk to.
"""

from __future__ import annotations

import fcntl
import json
import os
import weakref
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
        _held.add(self)
        self.announce(None)

    def announce(self, url: str | None) -> None:
        """Write down who the owner is, and where it answers."""
        body = json.dumps({"pid": os.getpid(), "url": url}).encode()
        os.pwrite(self._descriptor, body, 0)
        os.ftruncate(self._descriptor, len(body))

    def release(self) -> None:
        """Give the right up."""
        _held.discard(self)
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def let_go(self) -> None:
        """Close a forked child's copy of the lock, which would else outlive its owner. The owner keeps its own."""
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


def _let_go_of_all() -> None:
    while _held:
        _held.pop().let_go()


_held: weakref.WeakSet[Ownership] = weakref.WeakSet()
os.register_at_fork(after_in_child=_let_go_of_all)
