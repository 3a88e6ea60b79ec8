"""Keeping linear algebra from starting threads of its own."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # ships without types

_lock = threading.RLock()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let NumPy and SciPy compute in the calling thread alone.

    The matrices of samplers are small: more threads gain little on an idle machine. On one where trainings keep all
    cores busy they wait for each other instead, and were seen to make a point of ``gp`` take ten times as long.

    The number of threads belongs to the process, and the last digits of a result depend on it. So one caller computes
    at a time, and finds the number unchanged until it is done; may be nested.
    """
    with _lock, _controller(len(sys.modules)).limit(limits=1, user_api="blas"):
        yield


@lru_cache(maxsize=1)
def _controller(num_modules: int) -> ThreadpoolController:
    """Finds the libraries, which takes a millisecond; only an import can bring another one."""
    return ThreadpoolController()
