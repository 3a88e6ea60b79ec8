"""Samplers compute in one thread, and leave the threads of others as they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pytest
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]  # ships without types

from tests.engine.acting import ActingStudy
from tuner.engine.one_thread import one_blas_thread
from tuner.samplers import registry
from tuner.samplers.random import RandomSampler


def num_threads() -> set[int]:
    """Of all BLAS libraries."""
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture
def usual() -> set[int]:
    """The number of threads when nobody has set it."""
    np.ones((2, 2)) @ np.ones((2, 2))
    if num_threads() == {1}:
        pytest.skip("There is one processor, or the environment allows one thread.")
    return num_threads()


def test_threads_are_as_before_afterwards(usual: set[int]) -> None:
    with one_blas_thread():
        assert num_threads() == {1}
        with one_blas_thread():
            assert num_threads() == {1}
        assert num_threads() == {1}
    assert num_threads() == usual


def test_a_failure_inside_sets_the_threads_free(usual: set[int]) -> None:
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        raise ZeroDivisionError
    assert num_threads() == usual


class Counting(RandomSampler):
    """Notes how many threads it may use."""

    learns = True
    seen: ClassVar[list[set[int]]] = []

    def suggest(self, view: Any, count: int, rng: Any) -> Any:
        self.seen.append(num_threads())
        return super().suggest(view, count, rng)

    def recommend(self, view: Any) -> None:
        self.seen.append(num_threads())


def test_samplers_compute_in_one_thread(
    new_study: Callable[..., ActingStudy], monkeypatch: pytest.MonkeyPatch, usual: set[int]
) -> None:
    monkeypatch.setitem(registry._CLASSES, "counting", (__name__, "Counting"))
    Counting.seen.clear()
    study = new_study(sampler="counting", budget={"trials": 1})
    study.complete(study.ask_one())
    study.engine.rankings.recommendation(study.id)
    assert Counting.seen == [{1}, {1}]
    assert num_threads() == usual
