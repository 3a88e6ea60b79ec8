from __future__ import annotations

import datetime
import decimal
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.data.frames import plain_frame, write_table
from tuner.data.reading import read_table
from tuner.errors import InvalidDataset


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (pd.Series([1, 2], dtype="int8"), [1, 2]),
        (pd.Series([1, None], dtype="Int64"), [1.0, None]),
        (pd.Series([True, False]), ["True", "False"]),
        (pd.Series([True, None], dtype="boolean"), ["True", None]),
        (pd.Series(["b", "a"], dtype="category"), ["b", "a"]),
        (pd.Series(["1", " 2 "], dtype=object), [1, 2]),
        (pd.Series(["x", None], dtype="string"), ["x", None]),
        (pd.Series([1, "x"], dtype=object), ["1", "x"]),
        (pd.Series([2.0, "x"], dtype=object), ["2", "x"]),
        (pd.Series([decimal.Decimal("1.5"), decimal.Decimal("NaN")], dtype=object), [1.5, None]),
        (pd.Series([datetime.date(2020, 1, 2), None], dtype=object), ["2020-01-02", None]),
        (pd.Series(["2020-01-02", None], dtype="datetime64[s]"), ["2020-01-02T00:00:00", None]),
        (pd.Series([2**60, 1]), [str(2**60), "1"]),
    ],
)
def test_any_kind_of_column_becomes_plain(cells: pd.Series[Any], expected: list[Any]) -> None:
    plain = plain_frame(pd.DataFrame({"a": cells}))["a"]

    assert plain.dtype in (np.int64, np.float64, object)
    assert [None if pd.isna(cell) else cell for cell in plain] == expected


def test_plain_frame_has_text_names_and_no_index() -> None:
    plain = plain_frame(pd.DataFrame([[1, 2], [3, 4]], columns=[0, 1], index=["x", "y"]))

    assert plain.columns.tolist() == ["0", "1"]
    assert plain.index.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([[1], [2]], "Row 0, column 'a' holds a list"),
        (["x", 1j], "Row 1, column 'a' holds a complex"),
        (np.array([1j, 2j]), "Row 0, column 'a' holds a complex number"),
        ([1.0, np.inf], "Row 1, column 'a': inf is not a finite number"),
        (["1", "-inf"], "Row 1, column 'a': -inf is not a finite number"),
        (
            pd.Series(["x", None, "y\ud800"], dtype=object),
            r"Row 2, column 'a': 'y\\ud800' has half of a surrogate pair",
        ),
        (pd.Series([1, "\udfff"], dtype=object), r"Row 1, column 'a': '\\udfff' has half of a surrogate pair"),
        (["x", "\0"], "Row 1, column 'a': .* has a NUL character"),
    ],
)
def test_cell_that_no_table_can_hold_is_refused(cells: Any, message: str) -> None:
    with pytest.raises(InvalidDataset, match=message):
        plain_frame(pd.DataFrame({"a": cells}))


def test_name_that_no_table_can_hold_is_refused() -> None:
    with pytest.raises(InvalidDataset, match=r"The name of column 2: '\\ud800' has half of a surrogate pair"):
        plain_frame(pd.DataFrame([[1, 2]], columns=pd.Index(["a", "\ud800"], dtype=object)))


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidDataset, match="Columns 1 and 2 have the same name"):
        plain_frame(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_same_frame_gives_the_same_bytes(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    write_table(frame, tmp_path / "one.csv.gz")
    write_table(frame, tmp_path / "two.csv.gz")

    assert (tmp_path / "one.csv.gz").read_bytes() == (tmp_path / "two.csv.gz").read_bytes()


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10)
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_infinity=False),
    TEXT.filter(lambda text: text.strip().lower().lstrip("+-") not in ("inf", "infinity")),
    st.dates(),
)
COLUMNS = st.one_of(
    *(st.lists(cells, min_size=3, max_size=3) for cells in (CELLS, st.integers(), st.floats(-9, 9), TEXT))
)


@given(st.lists(COLUMNS.map(lambda cells: pd.Series(cells, dtype=object)), min_size=2, max_size=4))
@settings(max_examples=100, deadline=None)
def test_written_frame_is_read_as_its_plain_form(columns: list[pd.Series[Any]]) -> None:
    frame = pd.concat(columns, axis=1, keys=[f"ü {index}" for index in range(len(columns))])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table.csv.gz")
        write_table(frame, path)
        read = read_table(path)

    pd.testing.assert_frame_equal(read, plain_frame(frame))
