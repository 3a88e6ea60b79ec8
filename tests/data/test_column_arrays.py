from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tuner.data.column_arrays import MAX_COPIED_ROWS, arrays_of, float_arrays, frame_of


@pytest.mark.parametrize("num_rows", [0, 3, MAX_COPIED_ROWS + 1])
@pytest.mark.parametrize("copy", [True, False])
def test_arrays_become_a_frame_and_arrays_again(num_rows: int, copy: bool) -> None:
    rng = np.random.default_rng(0)
    columns = {
        "fraction": rng.normal(size=num_rows),
        "text": np.array(["a", None] * num_rows, dtype=object)[:num_rows],
        "whole": np.arange(num_rows),
        "self": rng.normal(size=num_rows),
    }
    frame = frame_of(columns, num_rows, copy=copy)

    assert frame.columns.tolist() == list(columns)
    assert frame.index.equals(pd.RangeIndex(num_rows))
    for given, found in zip(columns.values(), arrays_of(frame), strict=True):
        assert found.dtype == given.dtype
        np.testing.assert_array_equal(found, given)


def test_rows_without_columns_are_counted() -> None:
    assert len(frame_of({}, 5)) == 5


def test_of_any_frame_the_floats_are_found_by_place() -> None:
    frame = pd.DataFrame([[1, 2.5, "a", 3.5]], columns=["x", "x", "y", 0]).astype({"y": "category"})

    assert {place: values.tolist() for place, values in float_arrays(frame).items()} == {1: [2.5], 3: [3.5]}
