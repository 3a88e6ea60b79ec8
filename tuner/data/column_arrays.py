"""DataFrames as arrays by column, and back.

A pandas Series for each of thousands of columns takes longer than what is done with its numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# Copying so short a column is faster than pandas' way to hand it out.
MAX_COPIED_ROWS = 10_000


def frame_of(columns: Mapping[str, NDArray[Any]], num_rows: int, *, copy: bool = True) -> pd.DataFrame:
    """Arrays, each of shape (num_rows,), as the columns of a frame; text stays ``object``.

    Args:
        columns: The arrays by name.
        num_rows: How many rows there are, also where there is no column.
        copy: Whether to lay them side by side, which later steps over all columns are faster with.
    """
    index = pd.RangeIndex(num_rows)
    # Left to itself, pandas would make text of another kind out of objects.
    held = {
        name: pd.Series(values, index=index, dtype=object, copy=False) if values.dtype == object else values
        for name, values in columns.items()
    }
    return pd.DataFrame(held, index=index, copy=copy)


def arrays_of(frame: pd.DataFrame) -> list[NDArray[Any]]:
    """Each column of a plain or typed frame, shape (rows,), in the order of the frame. Not to be written to."""
    floats = float_arrays(frame)
    return [floats[place] if place in floats else frame.iloc[:, place].to_numpy() for place in range(frame.shape[1])]


def float_arrays(frame: pd.DataFrame) -> dict[int, NDArray[np.float64]]:
    """The columns of any frame that are float64, by their places. Not to be written to."""
    is_float = (frame.dtypes == np.float64).to_numpy()
    places = np.flatnonzero(is_float).tolist()
    if len(frame) > MAX_COPIED_ROWS:
        return {place: frame.iloc[:, place].to_numpy() for place in places}
    values = (frame if is_float.all() else frame.loc[:, is_float]).to_numpy(dtype=np.float64)
    return dict(zip(places, values.T, strict=True))
