"""A process and all its descendants: how much memory they hold together, and their end."""

from __future__ import annotations

import threading
from contextlib import suppress

import psutil

# Looking costs some 5 ms of processor time: 2 % of one core.
SAMPLE_SECONDS = 0.25


class ProcessTree:
    """Watches a process and its descendants from a thread, until ``end``.

    Args:
        pid: The process.

    Memory is the proportional set size: pages that forked processes share count once, where the sum of their resident
    set sizes would count them for each.
    """

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._seen: dict[int, psutil.Process] = {pid: self._root}
        self.peak_bytes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop watching, and kill what is left."""
        self._ended.set()
        self._thread.join()
        self._sample()
        left = [process for process in self._seen.values() if process.is_running()]
        for process in left:
            _kill(process)
        psutil.wait_procs(left, timeout=10)

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            self._sample()

    def _sample(self) -> None:
        try:
            self._seen |= {child.pid: child for child in self._root.children(recursive=True)}
        except psutil.NoSuchProcess:
            return
        self.peak_bytes = max(self.peak_bytes, sum(map(_bytes, self._seen.values())))


def _bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()
