"""Processor time and memory of processes."""

from __future__ import annotations

import os
from collections.abc import Iterable

import psutil


def child_pids() -> set[int]:
    """Children of this process, to find out later which are new."""
    return {process.pid for process in psutil.Process(os.getpid()).children()}


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time, user's and kernel's, of processes and all their children, those that have ended included."""
    total = 0.0
    for pid in pids:
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue  # its time has just moved to its parent's children
            # A child that was waited for is in its parent's figure; one that lives is counted by itself.
            total += times.user + times.system + times.children_user + times.children_system
    return total


def resident_megabytes(pid: int) -> float:
    """Resident memory of one process, in 10**6 bytes."""
    return float(psutil.Process(pid).memory_info().rss) / 1e6
