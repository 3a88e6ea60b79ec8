"""A network's outputs for many rows, in chunks of few different shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# What a network computes on the way takes many times the memory of the rows.
_MAX_ROWS, _MAX_BYTES = 4096, 4_000_000


def outputs_of(model: Any, arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    """What the network makes of rows, shape (n, outputs).

    Args:
        model: A Keras model.
        arrays: Its entries by name; at least one row.
    """
    import numpy as np

    num_rows = len(next(iter(arrays.values())))
    bytes_per_row = max(1, sum(array.nbytes for array in arrays.values()) // num_rows)
    # A power of two as well: full chunks are not padded.
    size = min(_MAX_ROWS, 1 << max(0, (_MAX_BYTES // bytes_per_row).bit_length() - 1))
    starts = range(0, num_rows, size)
    return np.concatenate(
        [
            _chunk_outputs(model, {name: array[start : start + size] for name, array in arrays.items()})
            for start in starts
        ]
    )


def _chunk_outputs(model: Any, chunk: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    """Padded to a power of two, so that few shapes are compiled."""
    import numpy as np

    num_rows = len(next(iter(chunk.values())))
    padding = (1 << (num_rows - 1).bit_length()) - num_rows
    padded = {name: np.pad(array, ((0, padding), *[(0, 0)] * (array.ndim - 1))) for name, array in chunk.items()}
    return np.asarray(model.predict_on_batch(padded), np.float64)[:num_rows]
