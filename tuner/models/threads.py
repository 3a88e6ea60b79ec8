"""How many processor threads a library may use on an array."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Below this, OpenMP threads wait for each other longer than they work; on a busy machine a hundred times longer.
_CELLS_WORTH_THREADS = 200_000


def worthwhile_threads(threads: int, encoded: NDArray[np.floating]) -> int:
    """How many of the allowed threads to use on an array."""
    return threads if encoded.size >= _CELLS_WORTH_THREADS else 1


@contextmanager
def limited_threads(threads: int, encoded: NDArray[np.floating]) -> Iterator[None]:
    """Hold the pools that scikit-learn uses (OpenMP, BLAS) to the threads that are allowed and worthwhile."""
    with thread_pools().limit(limits=worthwhile_threads(threads, encoded)):
        yield


@functools.cache
def thread_pools() -> Any:  # Any: it ships without type information
    """The thread pools of this process. Looking for them takes milliseconds, which is longer than some predictions."""
    # Only pools of libraries that are loaded already are found.
    import sklearn.ensemble  # noqa: F401
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()
