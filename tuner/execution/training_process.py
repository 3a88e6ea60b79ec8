"""A training process as its worker sees it, fresh or forked."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tuner.execution.child_environment import child_environment
from tuner.execution.forked_process import ForkedProcess
from tuner.wire.artifacts import LOG

_END_SECONDS = 10.0


class Process(Protocol):
    """The leader of a session of its own; the part of ``subprocess.Popen`` that is used of it."""

    @property
    def pid(self) -> int:
        """Its number, which is also its group's."""

    def poll(self) -> int | None:
        """Its exit status, negative for a signal, once it has ended."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: It has not ended in time.
        """


@dataclass(frozen=True)
class TrainingProcess:
    """A process that waits for a job, or runs one.

    Args:
        process: The process.
        connection: Our end of the socket to it; when it closes, the process ends itself.
        folder: Its working directory.
        is_forked: Whether it comes from a fork server.
    """

    process: Process
    connection: socket.socket
    folder: Path
    is_forked: bool

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it and to all that it started."""
        pid = self.process.pid
        if pid > 0:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, number)

    def end(self, patience_seconds: float = 0.0) -> None:
        """Kill what is left of it and of what it started after ``patience_seconds``, and remove its folder."""
        # One that has not been forked yet has nothing to end, and ends when it finds its socket closed.
        if self.process.pid > 0:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience_seconds)
        self.signal(signal.SIGKILL)
        self.connection.close()
        if self.process.pid > 0:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_END_SECONDS)
        if isinstance(self.process, ForkedProcess):
            self.process.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def start_fresh(folder: Path, train: str, memory_bytes: int, threads: int, modules: Sequence[str]) -> TrainingProcess:
    """Start a fresh Python process.

    Args:
        folder: An empty folder for it.
        train: What it runs, ``module:function``.
        memory_bytes: Memory it may allocate; 0 for no limit.
        threads: Processor threads it may use.
        modules: What it imports before its job comes.
    """
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-P", "-m", "tuner.execution.child", str(theirs.fileno()), train, str(memory_bytes)]
    try:
        with theirs, (folder / LOG).open("wb") as log:
            process = subprocess.Popen(
                [*command, *modules],
                cwd=folder,
                env=child_environment(folder, threads),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except BaseException:
        ours.close()
        raise
    return TrainingProcess(process, ours, folder, is_forked=False)
