"""Tables that nobody hopes for: each gives a clear answer, or features that a model can be trained on."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tuner.data.encoding import TabularEncoder
from tuner.data.profile import ColumnKind, Task, target_profile
from tuner.data.profiling import profile_table
from tuner.data.reading import ReadLimits, read_table
from tuner.data.splits import folds
from tuner.data.table import Table, build_table
from tuner.data.upload import examine_file
from tuner.errors import InvalidDataset, TooLarge

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def table_of(path: Path, target: str = "y") -> Table:
    frame = read_table(path)
    profile = profile_table(frame)
    return build_table(frame, profile, target_profile(profile, target))


def assert_trainable(table: Table) -> None:
    """All three ways to encode it give finite numbers."""
    for categories in ("one_hot", "ordinal"):
        encoder = TabularEncoder.fit(table.features, table.columns, categories=categories, scale=True)
        assert np.isfinite(encoder.transform(table.features)).all()
    assert np.isfinite(TabularEncoder.fit_to_target(table, scale=True)[1]).all()


@pytest.mark.parametrize(
    "words",
    [
        ("שלום", "مرحبا"),
        ("🎈🎈", "👩‍👩‍👧"),
        ("e\u0301", "\u00e9"),
        ("\u200bx", "x"),
        ("\u202ertl", "ltr"),
        ("ß", "SS"),
        ("日本語", "한국어"),
        ("\U0010ffff", "\ufffd"),
    ],
)
def test_text_of_any_script_stays_as_it_is(words: tuple[str, str], write: Write) -> None:
    table = table_of(write("größe,y\n" + f"{words[0]},a\n{words[1]},b\n" * 20))

    assert set(table.features["größe"]) == set(words)
    assert_trainable(table)


def test_nul_is_refused_with_its_line(write: Write) -> None:
    with pytest.raises(InvalidDataset, match="Line 3 contains a NUL byte"):
        read_table(write(b"x,y\n1,2\n\0,3\n"))


def test_ten_thousand_categories_are_a_few_columns(write: Write) -> None:
    rows = "".join(f"c{row % 10_000},{row % 7 / 2}\n" for row in range(20_000))
    table = table_of(write("x,y\n" + rows))
    _, encoded = TabularEncoder.fit_to_target(table, scale=True)

    assert encoded.shape == (20_000, 1)
    assert len(TabularEncoder.fit(table.features, table.columns, categories="one_hot", scale=True).feature_names) == 101
    assert_trainable(table)


def test_one_row_per_class_is_refused(write: Write) -> None:
    with pytest.raises(InvalidDataset, match="it is an identifier"):
        table_of(write("x,y\n" + "".join(f"{row},c{row}\n" for row in range(30))))
    with pytest.raises(InvalidDataset, match="1 class has a single row"):
        table_of(write("x,y\n1,a\n2,a\n3,b\n4,b\n5,c\n"))


def test_rows_without_a_target_take_no_part(write: Write) -> None:
    table = table_of(write("x,y\n" + "1,a\n2,b\n3,\n4,?\n" * 10))

    assert table.num_rows == 20
    assert table.target_profile.num_missing == 20
    with pytest.raises(InvalidDataset, match="every cell is missing"):
        table_of(write("x,y\n1,\n2,\n"))


def test_dates_in_mixed_formats_are_one_column_of_time(write: Write) -> None:
    dates = ["2024-01-02", "03/01/2024", "4 Jan 2024", "2024-01-05T06:00:00Z", "25/12/2023"]
    table = table_of(write("x,y\n" + "".join(f"{date},{row % 2}\n" for row, date in enumerate(dates * 8))))

    assert table.columns[0].kind is ColumnKind.DATE
    assert "the day comes first" in table.columns[0].reason
    days = (table.features["x"].to_numpy()[:5] - table.features["x"].iloc[0]) / 86_400
    assert days.tolist() == [0.0, 1.0, 2.0, 3.25, -8.0]
    assert_trainable(table)


def test_two_rows_are_a_table(write: Write) -> None:
    frame = read_table(write("x,z,y\n0.5,a,1.5\n1.5,b,2.5\n"))
    profile = profile_table(frame)
    table = build_table(frame, profile, target_profile(profile, "y", Task.REGRESSION))

    assert len(folds(table, 0, 2)) == 2
    assert_trainable(table)
    with pytest.raises(InvalidDataset, match="one row below its header"):
        read_table(write("x,y\n1,2\n"))


def test_five_thousand_columns_are_read_and_profiled(write: Write) -> None:
    values = np.random.default_rng(0).normal(size=(30, 5000))
    frame = pd.DataFrame(values, columns=[f"c{number}" for number in range(5000)]).assign(y=["a", "b"] * 15)
    profile = examine_file(write(frame.to_csv(index=False)), target="y").profile

    assert len(profile.features("y")) == 5000


def test_zip_bomb_is_refused(write: Write) -> None:
    bomb = gzip.compress(b"x,y\n" + b"1,2\n" * 1_000_000, 1)
    with pytest.raises(TooLarge, match="unpacks to"):
        read_table(write(bomb), ReadLimits(harmless_bytes=1024**2, max_ratio=50))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x,x,y\n1,2,3\n4,5,6\n", "Columns 1 and 2 have the same name"),
        ("x, x,y\n1,2,3\n4,5,6\n", "Columns 1 and 2 have the same name"),
        ("x,,y\n1,2,3\n4,5,6\n", "Column 2 of 3 has no name"),
        ("x,y\n1e999,2\n3,4\n", "not a finite number"),
        ('x,y\n"a,2\nb,3\n', "Line 3 cannot be read"),
    ],
)
def test_broken_table_is_refused_with_its_place(content: str, message: str, write: Write) -> None:
    with pytest.raises(InvalidDataset, match=message) as refusal:
        read_table(write(content))
    assert refusal.value.hint


def test_column_without_any_value_is_left_out_with_a_reason(write: Write) -> None:
    profile = profile_table(read_table(write("x,empty,y\n" + "0.5,,1\n1.5,,0\n" * 10)))

    assert profile.column("empty").kind is ColumnKind.CONSTANT
    assert profile.column("empty").reason == "every cell is missing"
    assert [column.name for column in profile.features("y")] == ["x"]


@pytest.mark.parametrize("number", ["1e308", "-1e308", "1e-308", "1.7976931348623157e308"])
def test_huge_and_tiny_numbers_are_features(number: str, write: Write) -> None:
    assert_trainable(table_of(write("x,y\n" + f"{number},a\n-{number.lstrip('-')},b\n0.5,a\n" * 10)))


@pytest.mark.parametrize(
    ("yes", "no"),
    [("True", "FALSE"), ("yes", "No"), ("T", "f"), ("ON", "off"), ("Y", "n"), ("1", "0"), ("1.0", "0.0")],
)
def test_truth_values_of_any_spelling_are_one_and_zero(yes: str, no: str, write: Write) -> None:
    table = table_of(write("x,y\n" + f"{yes},0.5\n{no},1.5\n,2.5\n" * 10))

    assert table.columns[0].kind is ColumnKind.BOOLEAN or yes == "1.0"
    assert table.features["x"].tolist()[:2] == [1.0, 0.0]
    assert_trainable(table)


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffx,y\n1.5,a\n2.5,b\n",
        "x,y\r\n1.5,a\r\n2.5,b\r\n",
        "x,y\r1.5,a\r2.5,b\r",
        "\n\nx,y\n\n1.5,a\n\n2.5,b",
        '"x","y"\n"1.5","a"\n"2.5","b"\n',
    ],
)
def test_marks_and_line_ends_do_not_matter(content: str, write: Write) -> None:
    assert read_table(write(content)).to_dict("list") == {"x": [1.5, 2.5], "y": ["a", "b"]}


def test_line_breaks_within_quotes_belong_to_the_cell(write: Write) -> None:
    frame = read_table(write('x,y\n"one\ntwo",1\n"three\r\nfour, five",2\n'))

    assert frame["x"].tolist() == ["one\ntwo", "three\r\nfour, five"]
