"""Trainings as child processes on this machine."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from tuner.execution.backends import usable_backends
from tuner.execution.child_environment import backend_environment
from tuner.execution.executor import Execution
from tuner.execution.gpus import visible_gpus
from tuner.execution.local_execution import LocalExecution, ProcessLimits
from tuner.execution.process_source import DEFAULT_START, FOUNDATIONS, ProcessSource, ProcessStart
from tuner.execution.scratch import ScratchFolder
from tuner.models.registry import families
from tuner.training import TrainingJob


class LocalExecutor:
    """Runs each training in a process of its own, with its own folder, session, threads and memory.

    The next process is made while the one before trains, so that a trial need not wait for it. This process itself
    imports no training library.

    Args:
        folder: Where the trainings' folders are made.
        threads: Processor threads for each training.
        gpus: The devices that trainings use, one each by turns, by the names that ``CUDA_VISIBLE_DEVICES`` takes; None:
            all that this process sees.
        limits: What each training may take.
        start: How the processes begin.
    """

    train: ClassVar[str] = "tuner.training:train"
    modules: ClassVar[tuple[str, ...]] = FOUNDATIONS

    def __init__(
        self,
        folder: Path,
        *,
        threads: int = 1,
        gpus: Sequence[str] | None = None,
        limits: ProcessLimits | None = None,
        start: ProcessStart = DEFAULT_START,
    ) -> None:
        self._scratch = ScratchFolder(folder)
        self._threads = threads
        self._gpus = visible_gpus() if gpus is None else tuple(gpus)
        self._limits = limits or ProcessLimits()
        self._lock = threading.Lock()
        self._taken: set[int] = set()
        self._source = ProcessSource(
            self._scratch,
            train=self.train,
            modules=self.modules,
            memory_bytes=self._limits.memory_bytes or 0,
            threads=threads,
            start=start,
        )
        self._source.prepare(None)

    @property
    def threads(self) -> int:
        return self._threads

    def start(self, job: TrainingJob) -> Execution:
        found = families().get(job.family)
        is_network = found is not None and found.is_network
        backend = (job.backend or next(iter(usable_backends()), None)) if is_network else None
        slot = self._take_slot()
        # Even what is no network may have to predict with one.
        environment = self._devices(slot) | backend_environment(job.backend)
        try:
            execution = LocalExecution(
                job, backend, environment, self._source, self._limits, lambda: self._free_slot(slot)
            )
        except BaseException:
            self._free_slot(slot)
            raise
        self._source.prepare(backend)
        return execution

    def close(self) -> None:
        self._source.close()
        self._scratch.close()

    def _take_slot(self) -> int:
        with self._lock:
            slot = next(number for number in range(len(self._taken) + 1) if number not in self._taken)
            self._taken.add(slot)
            return slot

    def _free_slot(self, slot: int) -> None:
        with self._lock:
            self._taken.discard(slot)

    def _devices(self, slot: int) -> dict[str, str]:
        if not self._gpus:
            return {}
        return {"CUDA_VISIBLE_DEVICES": self._gpus[slot % len(self._gpus)]}
