from __future__ import annotations

import csv
import gzip
import random
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.data.reading import ReadLimits, read_table
from tuner.errors import InvalidDataset, TooLarge

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def test_numbers_and_text_are_told_apart(write: Write) -> None:
    frame = read_table(write("whole,decimal,text\n1,0.5,a\n2,-1e3,b\n"))

    assert [str(dtype) for dtype in frame.dtypes] == ["int64", "float64", "object"]
    assert frame["decimal"].tolist() == [0.5, -1000.0]


def test_whole_numbers_with_gaps_become_floats(write: Write) -> None:
    frame = read_table(write("a,b\n1,x\n,y\n3,z\n"))

    assert frame["a"].dtype == np.float64
    assert frame["a"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    "marker", ["", " ", "NA", "na", "NaN", "nan", "null", "NULL", "None", "none", "?", "N/A", '""']
)
def test_missing_marker_is_missing_among_numbers_and_text(write: Write, marker: str) -> None:
    frame = read_table(write(f"a,b\n1.5,x\n{marker},{marker}\n"))

    assert frame["a"].dtype == np.float64
    assert frame["b"].tolist() == ["x", None]
    assert frame.iloc[1].isna().all()


def test_column_without_values_is_all_missing(write: Write) -> None:
    frame = read_table(write("a,b\n,1\n,2\n"))

    assert frame["a"].isna().all()


@pytest.mark.parametrize("token", ["007", "1_000", "0x10", "1,234", "12 345", "٣", "123456789012345678901"])
def test_what_is_not_a_plain_number_stays_text(write: Write, token: str) -> None:
    frame = read_table(write(f"a;b\n1;x\n{token};y\n"))

    assert frame["a"].tolist() == ["1", token]


def test_truth_values_stay_as_written(write: Write) -> None:
    frame = read_table(write("a,b\nTRUE,yes\nfalse,no\n"))

    assert frame["a"].tolist() == ["TRUE", "false"]


def test_whole_numbers_stay_exact(write: Write) -> None:
    frame = read_table(write("a,b\n9007199254740992,x\n-9007199254740992,y\n"))

    assert frame["a"].tolist() == [2**53, -(2**53)]


def test_surrounding_space_is_not_part_of_names_or_cells(write: Write) -> None:
    frame = read_table(write('a , "b"\n 1, x \n 2, "y, z"\n'))

    assert frame.columns.tolist() == ["a", "b"]
    assert frame["a"].tolist() == [1, 2]
    assert frame["b"].tolist() == ["x", "y, z"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(write: Write, delimiter: str) -> None:
    frame = read_table(write(f"name{delimiter}note\n1{delimiter}x\n2{delimiter}y\n"))

    assert frame.columns.tolist() == ["name", "note"]
    assert frame["note"].tolist() == ["x", "y"]


def test_decimal_commas_do_not_hide_semicolons(write: Write) -> None:
    frame = read_table(write("a;b\n1,5;2,5\n3,5;4,5\n"))

    assert frame["a"].tolist() == [1.5, 3.5]


def test_delimiter_of_every_line_beats_one_inside_cells(write: Write) -> None:
    frame = read_table(write("a,b\nx;y;z,1\nx;y,2\n"))

    assert frame["a"].tolist() == ["x;y;z", "x;y"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_line_ending_is_read(write: Write, ending: str) -> None:
    frame = read_table(write(ending.join(["a,b", "1,x", "2,y"])))

    assert frame["b"].tolist() == ["x", "y"]


def test_byte_order_mark_is_not_part_of_the_first_name(write: Write) -> None:
    frame = read_table(write(b"\xef\xbb\xbfa,b\n1,2\n3,4\n"))

    assert frame.columns.tolist() == ["a", "b"]


def test_gzip_is_seen_from_the_content_not_the_name(write: Write) -> None:
    frame = read_table(write(gzip.compress(b"a,b\n1,2\n3,4\n")))

    assert frame["b"].tolist() == [2, 4]


def test_blank_lines_are_skipped(write: Write) -> None:
    frame = read_table(write("\na,b\n\n1,2\n  \n3,4\n\n"))

    assert frame["a"].tolist() == [1, 3]


def test_quoted_cells_may_hold_line_breaks(write: Write) -> None:
    frame = read_table(write('a,b\n"one\n\ntwo",1\n"say ""hi""",2\n'))

    assert frame["a"].tolist() == ["one\n\ntwo", 'say "hi"']


def test_text_late_in_a_long_file_makes_the_whole_column_text(write: Write) -> None:
    num_rows = 50_001  # one more than fits the first batch
    frame = read_table(write("a,b\n" + "1.0,2\n" * num_rows + "x,2\n"))

    assert frame["a"].iloc[[0, -1]].tolist() == ["1.0", "x"]
    assert frame["b"].dtype == np.int64


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty."),
        (b"\n \n", "The file holds blank lines only."),
        (b"a,b\n", "no rows below its header"),
        (b"a,b\n1,2\n", "one row below its header"),
        (b"a\n1\n2\n", "one column ('a')"),
        (b"a,b,a\n1,2,3\n1,2,3\n", "Columns 1 and 3 have the same name, 'a'."),
        (b"a, a\n1,2\n1,2\n", "Columns 1 and 2 have the same name, 'a'."),
        (b"a,,c\n1,2,3\n1,2,3\n", "Column 2 of 3 has no name."),
        (b",a\n0,2\n1,2\n", "Column 1 of 2 has no name."),
        (b"a,b\n1,2\n3\n", "Line 3 has 1 cells; the header has 2."),
        (b"a,b\n1,2\n3,4,5\n", "Line 3 has 3 cells; the header has 2."),
        (b'a,b\n"x\ny",2\n3,4,5\n', "Line 4 has 3 cells; the header has 2."),
        (b'a,b\n1,2\n"3,4\n', "Line 3 cannot be read: unexpected end of data."),
        (b"a,b\n1,2\n3," + b"x" * 4_100_000 + b"\n", "Line 3 cannot be read: field larger than field limit"),
        (b"a,b\n1,2\n3,\x00\n", "Line 3 contains a NUL byte"),
        (b"a,b\n1,2\n3,caf\xe9\n", "Line 3 is not UTF-8: byte 0xe9 at position 6."),
        ("a,b\n1,2\n3,4\n".encode("utf-16"), "The file is UTF-16 text, neither CSV nor Parquet."),
        (b"PK\x03\x04rest", "The zip file is damaged or cut short"),
        (b"PAR1rest", "The Parquet file is damaged"),
        (gzip.compress(random.Random(0).randbytes(5000))[:-2000], "The gzip data is damaged or cut short"),
        (b"\x1f\x8bnonsense", "The gzip data is damaged or cut short"),
        (b"a,b\n1,2\ninf,3\n", "Line 3, column 'a': 'inf' is not a finite number."),
        (b"a,b\n1,2\n1,-1e999\n", "Line 3, column 'b': '-1e999' is not a finite number."),
        (b"a," + b"n" * 1001 + b"\n1,2\n1,2\n", "The name of column 2 has 1,001 characters"),
    ],
)
def test_bad_file_is_refused_with_its_place_and_a_hint(write: Write, content: bytes, message: str) -> None:
    with pytest.raises(InvalidDataset, match=re.escape(message)) as refusal:
        read_table(write(content))

    assert refusal.value.hint


def test_index_column_of_pandas_is_explained(write: Write) -> None:
    with pytest.raises(InvalidDataset) as refusal:
        read_table(write(pd.DataFrame({"a": [1, 2]}).to_csv()))

    assert "index=False" in (refusal.value.hint or "")


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (ReadLimits(max_bytes=10), "larger than 10 bytes"),
        (ReadLimits(max_columns=2), "3 columns; at most 2"),
        (ReadLimits(max_rows=2), "more than 2 rows"),
    ],
)
def test_table_over_a_limit_is_too_large(write: Write, limits: ReadLimits, message: str) -> None:
    with pytest.raises(TooLarge, match=message) as refusal:
        read_table(write("a,b,c\n1,2,3\n1,2,3\n1,2,3\n"), limits)

    assert refusal.value.hint


def test_size_limit_counts_what_gzip_unpacks_to(write: Write) -> None:
    packed = gzip.compress(b"a,b\n" + b"1,2\n" * 100_000)

    with pytest.raises(TooLarge, match="larger than 100,000 bytes"):
        read_table(write(packed), ReadLimits(max_bytes=100_000))


def test_gzip_bomb_is_refused_by_its_ratio(write: Write) -> None:
    packed = gzip.compress(b"a,b\n" + b"1,2\n" * 500_000)

    with pytest.raises(TooLarge, match="too much for a table of its size"):
        read_table(write(packed), ReadLimits(max_ratio=50, harmless_bytes=100_000))


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NAMES = st.lists(CELL.map(str.strip).filter(bool), min_size=2, max_size=4, unique=True)


@given(data=st.data(), names=NAMES)
@settings(max_examples=60, deadline=None)
def test_any_unicode_text_survives_reading(data: st.DataObject, names: list[str]) -> None:
    rows = data.draw(st.lists(st.tuples(*(CELL for _ in names)), min_size=2, max_size=5))
    # A letter in front keeps the cells from being numbers, gaps or blank.
    cells = [[("t" + cell).strip() for cell in row] for row in rows]
    frame = pd.DataFrame(cells, columns=names)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table.csv")
        path.write_bytes(frame.to_csv(index=False, quoting=1).encode())
        read = read_table(path)

    assert read.columns.tolist() == names
    assert read.to_numpy().tolist() == cells


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=20))
@settings(max_examples=60, deadline=None)
def test_any_finite_number_survives_reading(values: list[float]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table.csv")
        path.write_text("a,b\n" + "".join(f"{value!r},x\n" for value in values))
        read = read_table(path)

    assert read["a"].tolist() == values


def test_long_texts_are_read_and_the_usual_limit_is_put_back(tmp_path: Path) -> None:
    usual = csv.field_size_limit()
    text = "long, but " * 100_000
    (tmp_path / "long.csv").write_text(f'text,y\n"{text}",1\nshort,2\n', encoding="utf-8")
    frame = read_table(tmp_path / "long.csv", ReadLimits(min_rows=1))
    assert frame["text"].tolist() == [text.strip(), "short"]
    assert csv.field_size_limit() == usual
