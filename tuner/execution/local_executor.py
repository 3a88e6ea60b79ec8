"""Trainings as child processes on this machine."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

from tuner.execution.child_environment import child_environment
from tuner.execution.executor import Event, Execution, Failed, Finished, Reported, Started
from tuner.execution.out_of_memory import tells_out_of_memory
from tuner.execution.scratch import ScratchFolder
from tuner.records import FailureReason
from tuner.training.candidate import TrainingJob
from tuner.wire.artifacts import LOG

logger = logging.getLogger(__name__)

_SEND_SECONDS = 60.0
_LOOK_SECONDS = 1.0
_LOG_TAIL_BYTES = 16_000


class LocalExecutor:
    """Runs each training in a fresh Python process with its own folder, session, threads and memory limit.

    The next process is started while the one before trains, so that a trial need not wait for an interpreter and its
    imports. This process itself imports no training library.

    Args:
        folder: Where the trainings' folders are made.
        threads: Processor threads for each training.
        memory_bytes: Memory each training may allocate; a larger request ends it as ``out_of_memory``. None: no limit.
        terminate_seconds: How long a process may take to end after SIGTERM before it gets SIGKILL.
    """

    child_module: ClassVar[str] = "tuner.execution.child"

    def __init__(
        self, folder: Path, *, threads: int = 1, memory_bytes: int | None = None, terminate_seconds: float = 5.0
    ) -> None:
        self._scratch = ScratchFolder(folder)
        self._threads = threads
        self._memory_bytes = memory_bytes
        self._terminate_seconds = terminate_seconds
        self._lock = threading.Lock()
        self._spare: LocalExecution | None = self._spawn()

    @property
    def threads(self) -> int:
        return self._threads

    def start(self, job: TrainingJob) -> Execution:
        with self._lock:
            execution, self._spare = self._spare, None
        if execution is None or not execution.is_alive:
            if execution is not None:
                execution.close()
            execution = self._spawn()
        execution.begin(job)
        with self._lock, contextlib.suppress(OSError):
            # Not being able to start a process ahead is no fault of this trial; the next start will say so.
            self._spare = self._spare or self._spawn()
        return execution

    def close(self) -> None:
        with self._lock:
            if self._spare is not None:
                self._spare.close()
                self._spare = None
        self._scratch.close()

    def _spawn(self) -> LocalExecution:
        folder = self._scratch.new()
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-m", self.child_module, str(theirs.fileno())]
        if self._memory_bytes is not None:
            command.append(str(self._memory_bytes))
        with contextlib.ExitStack() as on_error, theirs, (folder / LOG).open("wb") as log:
            on_error.enter_context(ours)
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=child_environment(folder, self._threads),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            on_error.pop_all()
        return LocalExecution(process, ours, folder, self._terminate_seconds)


class LocalExecution:
    """One child process and the socket to it. See ``Execution``.

    Args:
        process: The child, leader of its own session.
        connection: Our end of the socket; closed with the execution, which the child takes as the order to die.
        folder: The child's working directory.
        terminate_seconds: See ``LocalExecutor``.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], connection: socket.socket, folder: Path, terminate_seconds: float
    ) -> None:
        self._process = process
        self._connection = connection
        # Only sending can take long: a child that does not read is stuck. Receiving waits in `select` first.
        self._connection.settimeout(_SEND_SECONDS)
        self._sending = threading.Lock()
        self._received = b""
        self._folder = folder
        self._terminate_seconds = terminate_seconds
        self._kernel_kills = _kernel_kills()
        self._has_hung_up = False
        self._killed_at: float | None = None
        self._end: Finished | Failed | None = None

    @property
    def folder(self) -> Path:
        return self._folder

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def begin(self, job: TrainingJob) -> None:
        """Give the child its job. A child that has died says so in the next event."""
        self._send(job.to_json())

    def next_event(self, timeout: float) -> Event | None:
        deadline = time.monotonic() + timeout
        while self._end is None:
            if b"\n" in self._received:
                return self._read_event()
            remaining = max(0.0, deadline - time.monotonic())
            # Looked at before the socket: what a dead child has written is all there. Its silence alone says nothing,
            # since a process that it forked may hold the socket open.
            is_dead = not self.is_alive
            if self._receive(0.0 if is_dead else min(remaining, _LOOK_SECONDS)):
                continue
            if is_dead:
                self._end = self._describe_death()
            elif self._killed_at is not None and time.monotonic() >= self._killed_at + self._terminate_seconds:
                self._signal(signal.SIGKILL)
            if remaining == 0.0:
                break
        return self._end

    def answer(self) -> None:
        self._send({"stop": False})

    def stop(self) -> None:
        self._send({"stop": True})

    def kill(self) -> None:
        if self._killed_at is None:
            self._killed_at = time.monotonic()
            self._signal(signal.SIGTERM)

    def close(self) -> None:
        if self._end is None:
            self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(self._terminate_seconds)
        # To the whole group: whatever the child started must not outlive it.
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _receive(self, timeout: float) -> bool:
        """Take in what the child has written; whether there was something."""
        if self._has_hung_up:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout)
            return False
        readable, _, _ = select.select([self._connection], [], [], timeout)
        if not readable:
            return False
        chunk = b""
        with contextlib.suppress(ConnectionResetError):
            chunk = self._connection.recv(65_536)
        self._has_hung_up = not chunk
        self._received += chunk
        return bool(chunk)

    def _read_event(self) -> Event:
        line, _, self._received = self._received.partition(b"\n")
        event = _parse_event(json.loads(line))
        if isinstance(event, Finished | Failed):
            self._end = event
        return event

    def _send(self, message: dict[str, Any]) -> None:
        try:
            with self._sending:
                self._connection.sendall((json.dumps(message) + "\n").encode())
        except TimeoutError:
            logger.warning("training process does not listen", extra={"action": "kill", "pid": self._process.pid})
            self.kill()
        except OSError:
            # It is dead, or being closed. The next event says so.
            pass

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _describe_death(self) -> Failed:
        returncode = self._process.returncode
        log = self._log_tail()
        how = _describe_end(returncode)
        if self._killed_at is not None:
            return Failed(FailureReason.ERROR, f"The training process was killed by its worker ({how}).")
        if returncode == -signal.SIGKILL and _kernel_kills() > self._kernel_kills:
            how += ", because the machine ran out of memory"
            reason = FailureReason.OUT_OF_MEMORY
        elif tells_out_of_memory(log):
            reason = FailureReason.OUT_OF_MEMORY
        else:
            reason = FailureReason.ERROR
        message = f"The training process {how}."
        return Failed(reason, f"{message} Its log ends with:\n{log}" if log else message)

    def _log_tail(self) -> str:
        with (self._folder / LOG).open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _LOG_TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
        # A crash report ends with the names of all libraries that are loaded, longer than all the rest.
        return "\n".join(line for line in lines if not line.startswith("Extension modules:")).strip()


def _parse_event(message: dict[str, Any]) -> Event:
    match message["type"]:
        case "started":
            return Started()
        case "report":
            return Reported(message["step"], message["value"])
        case "finished":
            return Finished(message["value"], message["metrics"], message["stopped"])
        case "failed":
            return Failed(FailureReason(message["reason"]), message["message"])
        case other:
            raise ValueError(f"a training process sent a message of unknown type {other!r}")


def _describe_end(returncode: int) -> str:
    if returncode >= 0:
        return f"ended with status {returncode} and without a result"
    try:
        return f"was killed by {signal.Signals(-returncode).name}"
    except ValueError:
        return f"was killed by signal {-returncode}"


def _kernel_kills() -> int:
    """How many processes the kernel has killed on this machine for want of memory; 0 where it does not say."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
