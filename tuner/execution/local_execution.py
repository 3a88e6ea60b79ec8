"""One training as a child process on this machine."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuner.execution.executor import Event, Failed, Finished, Needed, Reported, Started
from tuner.execution.file_cache import link
from tuner.execution.forked_process import NOT_YET, UNKNOWN_STATUS
from tuner.execution.out_of_memory import tells_out_of_memory
from tuner.execution.process_source import ProcessSource
from tuner.execution.usage import folder_bytes, group_memory
from tuner.records import FailureReason
from tuner.training import TrainingJob
from tuner.wire.artifacts import LOG

logger = logging.getLogger(__name__)

_SEND_SECONDS = 60.0
_LOOK_SECONDS = 0.5
_LOG_TAIL_BYTES = 16_000
# A server that is just starting loads its modules first, on a machine that may have much else to do.
_FORK_SECONDS = 60.0
_MAX_REPLACED = 2
# What nothing in a training does to itself, and what a process left whose fork server was killed with it.
_FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP, UNKNOWN_STATUS)


@dataclass(frozen=True)
class ProcessLimits:
    """What a training process may take, and for how long it is waited for.

    Args:
        memory_bytes: Memory that it and its children may hold together. None: no limit.
        disk_bytes: Size of the files in its folder. None: no limit.
        begin_seconds: From being forked to the beginning of its training. One that takes longer is replaced.
        terminate_seconds: How long it may take to end after SIGTERM before it gets SIGKILL.
    """

    memory_bytes: int | None = None
    disk_bytes: int | None = None
    begin_seconds: float = 20.0
    terminate_seconds: float = 5.0


class LocalExecution:
    """A training process, its socket, and the watch over it. See ``Execution``.

    A forked process that does not begin in time is replaced by another one, and after two of them by a fresh process.

    Args:
        job: What to train.
        backend: The backend whose fork server has what the job needs.
        environment: Variables that go with the job.
        source: Makes the process.
        limits: What it may take.
        on_close: Called once when the process is gone.
    """

    def __init__(
        self,
        job: TrainingJob,
        backend: str | None,
        environment: Mapping[str, str],
        source: ProcessSource,
        limits: ProcessLimits,
        on_close: Callable[[], None],
    ) -> None:
        self._backend = backend
        self._source = source
        self._limits = limits
        self._on_close = on_close
        self._order = {"job": job.to_json(), "environment": dict(environment)}
        self._sending = threading.Lock()
        self._killed_at: float | None = None
        self._end: Finished | Failed | None = None
        self._excess: Failed | None = None
        self._num_replaced = 0
        self._num_provided = 0
        self._kernel_kills = _kernel_kills()
        self._is_closed = False
        self._child = source.take(backend)
        self._begin()

    @property
    def folder(self) -> Path:
        return self._child.folder

    def next_event(self, timeout: float) -> Event | None:
        deadline = time.monotonic() + timeout
        while self._end is None:
            if b"\n" in self._received:
                return self._read_event()
            remaining = max(0.0, deadline - time.monotonic())
            # Looked at before the socket: what a dead child has written is all there. Its silence alone says nothing,
            # since a process that it forked may hold the socket open.
            is_dead = self._child.process.poll() is not None
            if self._receive(0.0 if is_dead else min(remaining, _LOOK_SECONDS)):
                continue
            if self._killed_at is not None and self._child.process.pid == NOT_YET:
                self._end = Failed(FailureReason.ERROR, "The training was killed by its worker before it began.")
            elif self._must_be_replaced(is_dead):
                self._replace()
            elif is_dead:
                self._end = self._excess or self._describe_death()
            else:
                self._watch()
            if remaining == 0.0:
                break
        return self._end

    def answer(self) -> None:
        self._send({"type": "answer"})

    def provide(self, paths: Sequence[Path]) -> None:
        folder = self._child.folder / "provided" / str(self._num_provided)
        self._num_provided += 1
        folder.mkdir(parents=True)
        names = []
        for number, path in enumerate(paths):
            place = folder / f"{number}{path.suffix}"
            link(path, place)
            names.append(str(place.relative_to(self._child.folder)))
        self._send({"type": "files", "names": names})

    def stop(self) -> None:
        self._send({"type": "stop"})

    def kill(self) -> None:
        if self._killed_at is None:
            self._killed_at = time.monotonic()
            self._child.signal(signal.SIGTERM)
            if self._child.process.pid == NOT_YET:
                # Should it be forked after all, it finds nobody at the other end, and ends itself.
                with contextlib.suppress(OSError):
                    self._child.connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        if self._end is None:
            self.kill()
        self._child.end(self._limits.terminate_seconds)
        self._on_close()

    def _begin(self) -> None:
        """Give the child its job. A child that has died says so in the next event."""
        self._received = b""
        self._has_hung_up = False
        self._has_begun = False
        self._waits_since = time.monotonic()
        self._was_forked = not self._child.is_forked
        self._watched_at = self._waits_since
        # Only sending can take long: a child that does not read is stuck. Receiving waits in `select` first.
        self._child.connection.settimeout(_SEND_SECONDS)
        self._send(self._order)

    def _must_be_replaced(self, is_dead: bool) -> bool:
        if self._has_begun or self._killed_at is not None or not self._child.is_forked:
            return False
        now = time.monotonic()
        if not self._was_forked and self._child.process.pid != NOT_YET:
            self._was_forked = True
            self._waits_since = now
        patience = self._limits.begin_seconds if self._was_forked else _FORK_SECONDS
        return is_dead or now > self._waits_since + patience

    def _replace(self) -> None:
        facts = {"action": "fork", "pid": self._child.process.pid, "num_replaced": self._num_replaced}
        logger.warning("training process did not begin and is replaced", extra=facts)
        with self._sending:
            is_last = self._num_replaced >= _MAX_REPLACED
            self._child = self._source.replace(self._child, self._backend, fresh=is_last)
            self._num_replaced += 1
        self._begin()

    def _watch(self) -> None:
        now = time.monotonic()
        if self._killed_at is not None and now >= self._killed_at + self._limits.terminate_seconds:
            self._child.signal(signal.SIGKILL)
        elif now >= self._watched_at + _LOOK_SECONDS and self._excess is None:
            self._watched_at = now
            self._excess = self._find_excess()
            if self._excess is not None:
                self._child.signal(signal.SIGKILL)

    def _find_excess(self) -> Failed | None:
        memory, disk = self._limits.memory_bytes, self._limits.disk_bytes
        if memory is not None and (held := group_memory(self._child.process.pid)) > memory:
            message = f"The training held {_gib(held)} of memory, more than the {_gib(memory)} that it may take here."
            return Failed(FailureReason.OUT_OF_MEMORY, message)
        if disk is not None and (written := folder_bytes(self.folder)) > disk:
            message = f"The training wrote {_gib(written)} of files, more than the {_gib(disk)} that it may write here."
            return Failed(FailureReason.ERROR, message)
        return None

    def _receive(self, timeout: float) -> bool:
        """Take in what the child has written; whether there was something."""
        if self._has_hung_up:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.process.wait(timeout)
            return False
        readable, _, _ = select.select([self._child.connection], [], [], timeout)
        if not readable:
            return False
        chunk = b""
        with contextlib.suppress(ConnectionResetError):
            chunk = self._child.connection.recv(65_536)
        self._has_hung_up = not chunk
        self._received += chunk
        return bool(chunk)

    def _read_event(self) -> Event:
        line, _, self._received = self._received.partition(b"\n")
        event = _parse_event(json.loads(line))
        if isinstance(event, Started):
            self._has_begun = True
            self._source.note_begun(self._backend)
        elif isinstance(event, Finished | Failed):
            self._end = event
        return event

    def _send(self, message: dict[str, Any]) -> None:
        try:
            with self._sending:
                self._child.connection.sendall((json.dumps(message) + "\n").encode())
        except TimeoutError:
            logger.warning("training process does not listen", extra={"action": "kill"})
            self.kill()
        except OSError:
            # It is dead, or being closed. The next event says so.
            pass

    def _describe_death(self) -> Failed:
        returncode = self._child.process.wait()
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
        was_killed = reason is FailureReason.ERROR and returncode in _FROM_OUTSIDE
        return Failed(reason, f"{message} Its log ends with:\n{log}" if log else message, was_killed)

    def _log_tail(self) -> str:
        with (self.folder / LOG).open("rb") as log:
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
        case "needed":
            return Needed(tuple((number, name) for number, name in message["files"]))
        case "finished":
            return Finished(message["value"], message["metrics"], message["stopped"], message["is_partial"])
        case "failed":
            return Failed(FailureReason(message["reason"]), message["message"])
        case other:
            raise ValueError(f"a training process sent a message of unknown type {other!r}")


def _gib(size: int) -> str:
    return f"{size / 1024**3:.2f} GiB"


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
