"""What a system's processes take: processor time and memory, looked at twice a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from benchmarks.usage import cpu_seconds

SAMPLE_SECONDS = 0.5
_FORK_SERVER = "tuner.execution.fork_server"


@dataclass(frozen=True)
class Sample:
    """One look.

    Args:
        at: When, in seconds since the epoch.
        cpu_seconds: Processor time of all processes so far, ended ones included.
        lasting_bytes: Resident memory of what stays between trials.
        all_bytes: Proportional memory of all processes, in which shared pages count once.
    """

    at: float
    cpu_seconds: float
    lasting_bytes: int
    all_bytes: int


class Watch:
    """Looks at a process and its descendants from a thread, until ``end``.

    Args:
        pid: The process.
        lasting: Which of the processes stay between trials.
    """

    def __init__(self, pid: int, lasting: Callable[[psutil.Process], Sequence[psutil.Process]]) -> None:
        self.samples: list[Sample] = []
        self._root = psutil.Process(pid)
        self._lasting = lasting
        self._seen: dict[int, psutil.Process] = {pid: self._root}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_again_and_again, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop looking, and kill what is left of the processes."""
        self._ended.set()
        self._thread.join()
        left = [process for process in self._seen.values() if process.is_running()]
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=10)

    def _look_again_and_again(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            # Processes end while they are looked at; the next look will do.
            with suppress(psutil.Error):
                self._look()

    def _look(self) -> None:
        alive = [self._root, *self._root.children(recursive=True)]
        self._seen |= {process.pid: process for process in alive}
        all_bytes = 0
        for process in alive:
            with suppress(psutil.Error):
                all_bytes += int(process.memory_full_info().pss)
        lasting_bytes = sum(int(process.memory_info().rss) for process in self._lasting(self._root))
        self.samples.append(Sample(time.time(), cpu_seconds([self._root.pid]), lasting_bytes, all_bytes))


def itself(root: psutil.Process) -> Sequence[psutil.Process]:
    """The process alone: whoever trains in it keeps what trainings leave behind."""
    return [root]


def worker_and_fork_servers(root: psutil.Process) -> Sequence[psutil.Process]:
    """Our worker, and the processes from which it splits off trainings; not the trainings, nor the API."""
    workers = [process for process in root.children() if _runs(process, "worker")]
    servers = [child for worker in workers for child in worker.children() if _runs(child, _FORK_SERVER)]
    return [*workers, *servers]


def _runs(process: psutil.Process, module: str) -> bool:
    words = process.cmdline()
    return "-m" in words and words[words.index("-m") + 1 : words.index("-m") + 2] == [module]
