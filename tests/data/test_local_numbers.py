from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tuner.data.frames import plain_frame
from tuner.data.profile import ColumnKind
from tuner.data.profiling import profile_table
from tuner.data.reading import read_table
from tuner.data.table import features_frame
from tuner.errors import InvalidDataset


def read(cells: list[str], folder: Path, delimiter: str = ";") -> pd.Series:
    path = folder / "table.csv"
    path.write_text("\n".join([f"x{delimiter}y", *(f"{cell}{delimiter}1" for cell in cells)]), encoding="utf-8")
    column = read_table(path)["x"]
    pd.testing.assert_series_equal(plain_frame(pd.DataFrame({"x": cells}))["x"], column)
    return column


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1,5", "-2,25", "3"], [1.5, -2.25, 3.0]),
        (["1.234,5", "0,5", ""], [1234.5, 0.5, np.nan]),
        (["1 234,5", "12"], [1234.5, 12.0]),
        (["1\u202f234,5", "12"], [1234.5, 12.0]),
        (["1,234.5", "12"], [1234.5, 12.0]),
        (["1,234,567", "-12"], [1234567, -12]),
        (["1'234.5", "7.25"], [1234.5, 7.25]),
        (["1,234", "0,5"], [1.234, 0.5]),
        (["1,234", "0.5"], [1234.0, 0.5]),
    ],
)
def test_numbers_of_other_countries_are_numbers(cells: list[str], numbers: list[float], tmp_path: Path) -> None:
    column = read(cells, tmp_path)

    np.testing.assert_array_equal(column.to_numpy(), np.array(numbers))
    assert column.dtype == np.array(numbers).dtype


@pytest.mark.parametrize(
    "cells",
    [
        ["1,234", "5,678"],
        ["1.234,5", "1,234.5"],
        ["007,5", "008,5"],
        ["1,5", "a"],
        ["1.2.3", "4.5.6"],
        ["1,5,2", "1"],
        ["12,34,567", "1"],
        ["1 23", "4 56"],
        ["1.234 567,8", "1"],
        [",5", "5,"],
    ],
)
def test_what_leaves_doubt_stays_text(cells: list[str], tmp_path: Path) -> None:
    assert read(cells, tmp_path).tolist() == cells


def test_open_comma_is_said() -> None:
    column = profile_table(plain_frame(pd.DataFrame({"x": ["1,234", "5,678", "1,234"] * 10, "y": range(30)}))).columns[
        0
    ]

    assert column.kind is ColumnKind.CATEGORY
    assert "whose comma may part thousands or fractions" in column.reason


def test_new_rows_may_be_written_so_too() -> None:
    columns = profile_table(plain_frame(pd.DataFrame({"x": np.arange(30) / 7}))).columns

    assert features_frame(pd.DataFrame({"x": ["1,5"]}), columns)["x"].tolist() == [1.5]
    with pytest.raises(InvalidDataset, match="'1,234' is not a number"):
        features_frame(pd.DataFrame({"x": ["1,234"]}), columns)
