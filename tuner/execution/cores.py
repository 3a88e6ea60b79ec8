"""How much of the machine this process may use, and how to share it out."""

from __future__ import annotations

import os
from pathlib import Path

MAX_DEFAULT_SLOTS = 8
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def available_cores(quota_path: Path = _QUOTA) -> int:
    """Processor cores this process may use: by affinity and by its container's quota, whichever is less."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = quota_path.read_text().split()
    except (OSError, ValueError):
        return cores
    return cores if quota == "max" else max(1, min(cores, int(quota) // int(period)))


def default_slots(cores: int) -> int:
    """Trainings at a time: one for each core, up to eight.

    On tables of usual size a second training gains more than a second thread: much of a trial is the start of its
    process, which has one thread only. Beyond eight, memory runs out before cores do, and each gets more threads.
    """
    return min(cores, MAX_DEFAULT_SLOTS)


def threads_per_slot(cores: int, slots: int) -> int:
    """Threads for each training, so that all of them together use the cores and no more."""
    return max(1, cores // slots)
