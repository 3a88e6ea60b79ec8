"""How many processor threads a library may use on an array."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

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
    # Only pools of libraries that are loaded already can be limited.
    import sklearn.ensemble  # noqa: F401
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(limits=worthwhile_threads(threads, encoded)):
        yield
