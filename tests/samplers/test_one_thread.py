import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info  # ships without types

from tuner.samplers.one_thread import one_thread


def num_threads() -> set[int]:
    """Of all BLAS libraries."""
    np.ones((2, 2)) @ np.ones((2, 2))
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_threads_are_as_before_afterwards() -> None:
    usual = num_threads()
    with one_thread():
        assert num_threads() == {1}
        with one_thread():
            assert num_threads() == {1}
        assert num_threads() == {1}
    assert num_threads() == usual


def test_a_failure_inside_sets_the_threads_free() -> None:
    usual = num_threads()
    with pytest.raises(ZeroDivisionError), one_thread():
        raise ZeroDivisionError
    assert num_threads() == usual


def test_number_stays_while_others_come_and_go() -> None:
    usual, start = num_threads(), threading.Barrier(4)

    def work(_: int) -> set[int]:
        start.wait()
        found: set[int] = set()
        for _ in range(30):
            with one_thread():
                found |= num_threads()
        return found

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [{1}] * 4
    assert num_threads() == usual
