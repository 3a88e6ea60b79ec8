from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tuner.data.first_rows import MAX_ROWS, Cell, first_rows
from tuner.data.frames import plain_frame
from tuner.data.profiling import profile_table
from tuner.data.upload import examine_file


def rows_of(columns: dict[str, Any]) -> list[list[Cell]]:
    frame = plain_frame(pd.DataFrame(columns))
    return first_rows(frame, profile_table(frame).columns)


def test_cells_keep_their_types() -> None:
    shown = rows_of({"n": [1.0, None, 3.0], "x": [0.1, 2.0, None], "t": ["a", None, "007"]})
    assert shown == [[1, 0.1, "a"], [None, 2.0, None], [3, None, "007"]]
    assert [type(cell) for cell in shown[0]] == [int, float, str]


def test_no_more_than_the_first_hundred_rows_are_kept() -> None:
    shown = rows_of({"n": range(1_000), "m": range(1_000)})
    assert shown == [[number, number] for number in range(MAX_ROWS)]


def test_a_long_text_is_cut_and_says_so() -> None:
    ((short, cut), *_) = rows_of({"short": ["x" * 200, "y"], "long": ["x" * 201, "y"]})
    assert short == "x" * 200
    assert cut == "x" * 199 + "\N{HORIZONTAL ELLIPSIS}"


def test_of_a_wide_table_fewer_rows_are_kept_but_one_at_least() -> None:
    wide = rows_of({f"c{number}": ["x" * 150] * 100 for number in range(200)})
    assert 1 < len(wide) < 100
    assert len(json.dumps(wide)) < 1_000_000
    widest = rows_of({f"c{number}": ["x" * 150] * 3 for number in range(5_000)})
    assert [len(row) for row in widest] == [5_000]


def test_whole_numbers_too_large_for_a_float_stay_floats() -> None:
    ((large, huge), *_) = rows_of({"large": [2.0**53, 1.0], "huge": [1e300, 1.0]})
    assert (large, huge) == (2**53, 1e300)
    assert (type(large), type(huge)) == (int, float)


def test_of_pictures_and_sequences_the_shape_is_told() -> None:
    shown = rows_of({"picture": list(np.zeros((2, 8, 6, 3))), "y": ["a", "b"]})
    assert shown == [["8 x 6 x 3", "a"], ["8 x 6 x 3", "b"]]


def test_a_file_is_read_in_the_child_as_it_is_profiled(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a;b\n1,5;x\n;y\n")
    examined = examine_file(path)
    assert examined.first_rows == [[1.5, "x"], [None, "y"]]
    assert [column.name for column in examined.profile.columns] == ["a", "b"]
