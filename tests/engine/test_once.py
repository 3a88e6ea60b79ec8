"""Values that are made once for a state of a study."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tuner.engine.once import OncePerSeq


def test_many_who_ask_at_once_share_one_computation() -> None:
    once: OncePerSeq[int] = OncePerSeq(4)
    made: list[int] = []
    barrier = threading.Barrier(8)

    def ask(_: int) -> int:
        barrier.wait()
        return once.get("study", 1, lambda: made.append(1) or len(made))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [1] * 8
    assert made == [1]


def test_a_change_has_the_value_made_again() -> None:
    once: OncePerSeq[str] = OncePerSeq(4)
    assert [once.get("study", seq, lambda seq=seq: f"at {seq}") for seq in (1, 1, 2)] == ["at 1", "at 1", "at 2"]


def test_who_has_an_older_view_gets_the_newer_value() -> None:
    once: OncePerSeq[str] = OncePerSeq(4)
    once.get("study", 2, lambda: "new")
    assert once.get("study", 1, lambda: "old") == "new"


def test_the_key_used_least_recently_is_forgotten() -> None:
    once: OncePerSeq[str] = OncePerSeq(2)
    for key in ("a", "b", "a", "c"):
        once.get(key, 1, lambda: "first")
    assert [once.get(key, 1, lambda: "again") for key in ("a", "b")] == ["first", "again"]


def test_a_failure_is_not_remembered() -> None:
    once: OncePerSeq[str] = OncePerSeq(2)
    with pytest.raises(ZeroDivisionError):
        once.get("study", 1, lambda: str(1 // 0))
    assert once.get("study", 1, lambda: "fine") == "fine"
