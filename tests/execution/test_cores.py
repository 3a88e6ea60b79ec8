import os
from pathlib import Path

import pytest

from tuner.execution.cores import available_cores, default_slots, threads_per_slot


@pytest.mark.parametrize(("quota", "expected"), [("max 100000", 10_000), ("50000 100000", 1), ("100000 100000", 1)])
def test_container_quota_limits_the_cores(tmp_path: Path, quota: str, expected: int) -> None:
    path = tmp_path / "cpu.max"
    path.write_text(quota)
    assert available_cores(path) == min(expected, len(os.sched_getaffinity(0)))


def test_without_a_quota_all_cores_are_available(tmp_path: Path) -> None:
    assert available_cores(tmp_path / "missing") == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(("cores", "slots", "threads"), [(1, 1, 1), (2, 2, 1), (8, 8, 1), (32, 8, 4)])
def test_slots_and_their_threads_use_the_cores(cores: int, slots: int, threads: int) -> None:
    assert default_slots(cores) == slots
    assert threads_per_slot(cores, slots) == threads


def test_more_slots_than_cores_get_a_thread_each() -> None:
    assert threads_per_slot(2, 5) == 1
