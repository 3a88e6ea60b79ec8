"""A child of a fork server, which is nobody's child here."""

from __future__ import annotations

import select
import socket
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

NOT_YET = -1
# What a process left that nobody could wait for.
UNKNOWN_STATUS = 255

_LOOK_SECONDS = 0.1


class ForkedProcess:
    """The part of ``subprocess.Popen`` that is used here, for a process whose parent is a fork server.

    Should the server die first, its children live on, and their end is seen in the system's list of processes.

    Args:
        status: Where the server writes the process's number and later its exit status.
    """

    def __init__(self, status: socket.socket) -> None:
        status.setblocking(False)
        self._status = status
        self._lock = threading.Lock()
        self._received = b""
        self._pid = NOT_YET
        self._returncode: int | None = None
        self._is_orphaned = False

    @property
    def pid(self) -> int:
        """Its number, and its group's; ``NOT_YET`` before the server has forked it."""
        self.poll()
        return self._pid

    def poll(self) -> int | None:
        with self._lock:
            if self._returncode is None and not self._is_orphaned:
                self._read_status()
            if self._returncode is None and self._is_orphaned and not _lives(self._pid):
                self._returncode = UNKNOWN_STATUS
            return self._returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while (returncode := self.poll()) is None:
            remaining = _LOOK_SECONDS if deadline is None else deadline - time.monotonic()
            if remaining <= 0:
                raise subprocess.TimeoutExpired("forked training", timeout or 0.0)
            if self._is_orphaned:
                time.sleep(min(remaining, _LOOK_SECONDS))
            else:
                select.select([self._status], [], [], remaining)
        return returncode

    def close(self) -> None:
        """Hear no more from the server."""
        with self._lock:
            self._is_orphaned = True
            self._status.close()

    def _read_status(self) -> None:
        chunk = b""
        try:
            chunk = self._status.recv(1024)
        except BlockingIOError:
            return
        except ConnectionResetError:
            pass
        if not chunk:
            self._is_orphaned = True
            self._status.close()
            return
        *lines, self._received = (self._received + chunk).split(b"\n")
        for line in lines:
            word, number = line.split()
            if word == b"pid":
                self._pid = int(number)
            else:
                self._returncode = int(number)
                self._status.close()


def _lives(pid: int) -> bool:
    """Whether the process exists and is more than an entry in its parent's books."""
    if pid == NOT_YET:
        return False
    with suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] not in ("Z", "X")
    return False
