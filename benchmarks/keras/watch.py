"""What a system's processes take: processor time and resident memory, looked at twice a second, and all memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

SAMPLE_SECONDS = 0.5
# Adding up the pages of a process with half a gigabyte takes some ten milliseconds of the core that it works on.
PAGES_SECONDS = 3.0
_FORK_SERVER = "tuner.execution.fork_server"


@dataclass(frozen=True)
class Sample:
    """One look.

    Args:
        at: When, in seconds since the epoch.
        cpu_seconds: Processor time of all processes so far, ended ones included.
        lasting_bytes: Resident memory of what stays between trials.
        all_bytes: Proportional memory of all processes, in which shared pages count once, when last looked at.
    """

    at: float
    cpu_seconds: float
    lasting_bytes: int
    all_bytes: int


class Watch:
    """Looks at a process and its descendants from a thread, until ``end``.

    Args:
        pid: The process.
        lasting: Which of the processes stay between trials; the first one given is the root.
    """

    def __init__(self, pid: int, lasting: Callable[[Sequence[psutil.Process]], Sequence[psutil.Process]]) -> None:
        self.samples: list[Sample] = []
        self._root = psutil.Process(pid)
        self._lasting = lasting
        self._seen: dict[int, psutil.Process] = {pid: self._root}
        self._all_bytes, self._counted_at = 0, 0.0
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
        if time.monotonic() - self._counted_at > PAGES_SECONDS:
            self._all_bytes, self._counted_at = _proportional_bytes(alive), time.monotonic()
        # A child that was waited for is in its parent's figure; one that lives is counted by itself.
        cpu_seconds = sum(sum(process.cpu_times()[:4]) for process in alive)
        lasting_bytes = sum(int(process.memory_info().rss) for process in self._lasting(alive))
        self.samples.append(Sample(time.time(), cpu_seconds, lasting_bytes, self._all_bytes))


def itself(processes: Sequence[psutil.Process]) -> Sequence[psutil.Process]:
    """The root alone: whoever trains in it keeps what trainings leave behind."""
    return processes[:1]


def worker_and_fork_servers(processes: Sequence[psutil.Process]) -> Sequence[psutil.Process]:
    """Our worker, and the processes from which it splits off trainings; not the trainings, nor the API."""
    workers = [process for process in processes if _runs(process, "worker")]
    numbers = {worker.pid for worker in workers}
    # A training has the command line of the one that it was split off from, which is its parent.
    servers = [process for process in processes if _runs(process, _FORK_SERVER) and process.ppid() in numbers]
    return [*workers, *servers]


def _proportional_bytes(processes: Sequence[psutil.Process]) -> int:
    total = 0
    for process in processes:
        with suppress(psutil.Error):
            total += int(process.memory_full_info().pss)
    return total


def _runs(process: psutil.Process, module: str) -> bool:
    words = process.cmdline()
    return "-m" in words and words[words.index("-m") + 1 : words.index("-m") + 2] == [module]
