"""Where training processes come from."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Sequence
from enum import StrEnum

from tuner.execution.fork_client import ForkClient
from tuner.execution.forked_process import NOT_YET
from tuner.execution.scratch import ScratchFolder
from tuner.execution.training_process import TrainingProcess, start_fresh

logger = logging.getLogger(__name__)

# What nearly every training needs.
FOUNDATIONS = ("tuner.training.preload",)
# What the fork server of a backend loads beside these, for networks; all others come from that of no backend.
_NETWORK_MODULES = ("keras", "tuner.models.networks.estimator")

# Of one server after another, with no training begun in between.
_MAX_FAILURES = 2


class ProcessStart(StrEnum):
    """How training processes begin."""

    FORK = "fork"
    """As copies of a process that has the libraries loaded: some milliseconds each."""
    FRESH = "fresh"
    """As interpreters that load their libraries: a second or more each, but never with an inherited lock."""


DEFAULT_START = ProcessStart.FORK if sys.platform == "linux" else ProcessStart.FRESH


class ProcessSource:
    """Makes training processes, each in a new folder, and keeps one ready for the next training.

    There is one fork server for each backend of Keras and one for all that needs none, started when its first process
    is asked for. A server that has died is started anew; where none can be, fresh processes take its place.

    Args:
        scratch: Where the folders are made.
        train: What the processes run, ``module:function``.
        modules: What each training needs, whatever its backend.
        memory_bytes: Memory each may allocate; 0 for no limit.
        threads: Processor threads each may use.
        start: How they begin.
    """

    def __init__(
        self,
        scratch: ScratchFolder,
        *,
        train: str,
        modules: Sequence[str],
        memory_bytes: int,
        threads: int,
        start: ProcessStart,
    ) -> None:
        self._scratch = scratch
        self._train = train
        self._modules = tuple(modules)
        self._memory_bytes = memory_bytes
        self._threads = threads
        self._start = start
        self._lock = threading.RLock()
        self._servers: dict[str | None, ForkClient] = {}
        self._num_failures: dict[str | None, int] = {}
        self._spares: dict[str | None, TrainingProcess] = {}

    def take(self, backend: str | None) -> TrainingProcess:
        """A process for a training now."""
        with self._lock:
            spare = self._spares.pop(backend, None)
            if spare is not None:
                if spare.process.poll() is None:
                    return spare
                spare.end()
            return self._make(backend)

    def replace(self, broken: TrainingProcess, backend: str | None, *, fresh: bool) -> TrainingProcess:
        """A process instead of one that has not begun its training in time.

        Args:
            broken: That process; it is ended.
            backend: As before.
            fresh: Whether to start the new one as an interpreter of its own.
        """
        with self._lock:
            if broken.is_forked and broken.process.pid == NOT_YET:
                self._bury(backend)
            broken.end()
            return self._make_fresh() if fresh else self._make(backend)

    def prepare(self, backend: str | None) -> None:
        """Have a process ready for the next training, so that it need not wait for one."""
        # Not being able to start a process ahead is no fault of any trial; the next start will say so.
        with self._lock, contextlib.suppress(OSError):
            if backend not in self._spares:
                self._spares[backend] = self._make(backend)

    def note_begun(self, backend: str | None) -> None:
        """Take note that a process has begun its training: its server is sound."""
        with self._lock:
            self._num_failures.pop(backend, None)

    def close(self) -> None:
        """End the processes that wait, and the servers."""
        with self._lock:
            while self._spares:
                self._spares.popitem()[1].end()
            while self._servers:
                self._servers.popitem()[1].close()

    def _make(self, backend: str | None) -> TrainingProcess:
        while self._start is ProcessStart.FORK and self._num_failures.get(backend, 0) < _MAX_FAILURES:
            if backend not in self._servers:
                self._servers[backend] = self._make_server(backend)
            server = self._servers[backend]
            with contextlib.suppress(OSError):
                if server.is_alive:
                    return server.fork(self._scratch.new())
            self._bury(backend)
        return self._make_fresh()

    def _make_server(self, backend: str | None) -> ForkClient:
        modules = self._modules if backend is None else (*self._modules, *_NETWORK_MODULES)
        return ForkClient(self._scratch.new(), self._train, self._memory_bytes, self._threads, modules, backend)

    def _make_fresh(self) -> TrainingProcess:
        return start_fresh(self._scratch.new(), self._train, self._memory_bytes, self._threads, self._modules)

    def _bury(self, backend: str | None) -> None:
        """Give up a server that is dead or does not answer; the next process has a new one."""
        server = self._servers.pop(backend, None)
        if server is not None:
            self._num_failures[backend] = self._num_failures.get(backend, 0) + 1
            facts = {"action": "fork", "backend": backend, "complaint": server.complaint}
            logger.warning("fork server replaced", extra=facts)
            server.close()
