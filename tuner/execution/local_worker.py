"""A worker inside the user's own process."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tuner.client.home import cache_folder
from tuner.client.transport import Transport
from tuner.execution.artifact_cache import ArtifactCache
from tuner.execution.backends import usable_backends
from tuner.execution.claim_loop import ClaimLoop
from tuner.execution.cores import available_cores, default_slots, threads_per_slot
from tuner.execution.dataset_cache import DatasetCache
from tuner.execution.local_execution import ProcessLimits
from tuner.execution.local_executor import LocalExecutor
from tuner.execution.process_source import DEFAULT_START, ProcessStart
from tuner.execution.trial_run import RunLimits
from tuner.models.registry import families


class LocalWorker:
    """Trains trials in child processes on this machine, from threads in the background of this process.

    The children know nothing of the program that started them, so a notebook, a script without a main guard and
    standard input all work.

    Args:
        transport: Where to claim trials and deliver results.
        folder: Keeps downloaded tables and, while they run, the trainings' files; by default the user's cache folder.
        slots: Trainings at a time; by default one for each core, up to eight.
        name: The worker's name, for people; by default host and process.
        processes: What each training's process may take.
        backends: Backends of Keras that networks may be trained on, the preferred one first; by default all that are
            installed.
        gpus: Devices that trainings use, one each by turns, by the names that ``CUDA_VISIBLE_DEVICES`` takes; by
            default all that there are.
        start: How the trainings' processes begin.
        wait_seconds: How long the server may hold a claim while there is no work, and so how long ``stop`` may take.
        lease_seconds: How long the server waits for a silent worker before it gives a trial to another one.
        limits: How long parts of a run may take.

    Raises:
        UnknownName: One of ``backends`` is none.
        MissingExtra: One of them is not installed.

    Example:
        >>> with LocalWorker(transport) as worker:
        ...     worker.wait_idle()
    """

    def __init__(
        self,
        transport: Transport,
        *,
        folder: Path | None = None,
        slots: int | None = None,
        name: str | None = None,
        processes: ProcessLimits | None = None,
        backends: Sequence[str] | None = None,
        gpus: Sequence[str] | None = None,
        start: ProcessStart = DEFAULT_START,
        wait_seconds: float = 0.5,
        lease_seconds: float = 60.0,
        limits: RunLimits | None = None,
    ) -> None:
        known_backends = usable_backends(backends)
        cores = available_cores()
        slots = slots or default_slots(cores)
        folder = folder or cache_folder()
        self.name = name or f"{socket.gethostname()}-{os.getpid()}"
        self._executor = LocalExecutor(
            folder / "runs",
            threads=threads_per_slot(cores, slots),
            gpus=gpus,
            limits=processes,
            start=start,
        )
        self._loop = ClaimLoop(
            transport,
            self._executor,
            DatasetCache(folder / "datasets"),
            ArtifactCache(folder / "artifacts"),
            worker=self.name,
            slots=slots,
            families=[family.name for family in families().values() if family.is_available()],
            backends=known_backends,
            wait_seconds=wait_seconds,
            lease_seconds=lease_seconds,
            limits=limits,
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def connected(self) -> threading.Event:
        """Set once the server has answered."""
        return self._loop.connected

    def start(self) -> None:
        """Begin to claim."""
        self._loop.start()

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs here and there is no more work; whether that came true within ``timeout`` seconds.

        Raises:
            TunerError: The server refuses this worker for good.
        """
        return self._loop.wait_idle(timeout)

    def wait_ended(self, timeout: float | None = None) -> bool:
        """Wait until the worker claims no more, because it was stopped or refused; whether that came true in time.

        Raises:
            TunerError: The server refuses this worker for good.
        """
        return self._loop.wait_ended(timeout)

    def stop(self, grace_seconds: float = 0.0) -> None:
        """Claim no more, let running trials end within ``grace_seconds``, hand back the others, and clean up."""
        self._loop.stop(grace_seconds)
        self._executor.close()

    def stop_now(self) -> None:
        """Cut short a ``stop`` that waits in another thread: trainings are killed, and the server is not waited for."""
        self._loop.stop_now()
