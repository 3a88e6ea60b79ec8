from __future__ import annotations

import datetime
import decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tuner.data.frames import plain_frame, write_table
from tuner.data.reading import ReadLimits, read_table
from tuner.errors import InvalidDataset, TooLarge


def read(columns: dict[str, Any], folder: Path, **options: Any) -> pd.DataFrame:
    path = folder / "table.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return read_table(path)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (pa.array([1, 2, 3], pa.int8()), [1, 2, 3]),
        (pa.array([1, None, 3]), [1.0, np.nan, 3.0]),
        (pa.array([2**63, 1, 2], pa.uint64()), ["9223372036854775808", "1", "2"]),
        (pa.array([0.5, None, 2], pa.float32()), [0.5, np.nan, 2.0]),
        (pa.array([decimal.Decimal("1.50"), None, decimal.Decimal("-3")]), [1.5, np.nan, -3.0]),
        (pa.array([True, None, False]), ["True", None, "False"]),
        (pa.array([" a ", "NA", "ü 🎈"]), ["a", None, "ü 🎈"]),
        (pa.array(["1", "2.5", None]), [1.0, 2.5, np.nan]),
        (pa.array(["007", "008", "009"]), ["007", "008", "009"]),
        (pa.array([b"a", b"b", None]), ["a", "b", None]),
        (pa.array(["x", "y", None]).dictionary_encode(), ["x", "y", None]),
        (pa.array([3, 3, 5]).dictionary_encode(), [3, 3, 5]),
        (pa.array([datetime.date(2024, 2, 29), None, datetime.date(1, 1, 1)]), ["2024-02-29", None, "0001-01-01"]),
        (pa.array([0, None, 1], pa.timestamp("s")), ["1970-01-01T00:00:00", None, "1970-01-01T00:00:01"]),
        (pa.array([0, None, 0], pa.timestamp("ms", tz="Asia/Tokyo")), ["1970-01-01T09:00:00+09:00", None] * 2),
        (pa.array([None, None, None]), [np.nan] * 3),
    ],
)
def test_each_type_becomes_plain(cells: pa.Array, expected: list[Any], tmp_path: Path) -> None:
    column = read({"x": cells, "y": [1, 2, 3]}, tmp_path)["x"]

    pd.testing.assert_series_equal(column, pd.Series(expected[:3], name="x", dtype=column.dtype))
    assert column.dtype == (object if any(isinstance(cell, str) for cell in expected) else np.array(expected).dtype)


def test_row_groups_are_joined(tmp_path: Path) -> None:
    frame = read({"x": ["a", "b", "a", "c", None] * 20, "y": range(100)}, tmp_path, row_group_size=7)

    assert frame["x"].tolist() == ["a", "b", "a", "c", None] * 20
    assert frame["y"].tolist() == list(range(100))


def test_frame_written_by_pandas_is_the_frame(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"n": [1, 2, 3], "t": ["a", None, "c"], "d": pd.to_datetime(["2024-01-01", None, "2024-03-01"])},
        index=[5, 7, 9],
    )
    path = tmp_path / "table.parquet"
    frame.to_parquet(path)

    pd.testing.assert_frame_equal(read_table(path), plain_frame(frame))


@pytest.mark.parametrize("ending", ["parquet", "csv.gz"])
def test_written_frame_is_read_as_it_was(ending: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "whole": rng.integers(-5, 5, 300),
            "fraction": rng.normal(size=300),
            "gaps": np.where(rng.random(300) < 0.5, np.nan, rng.normal(size=300)),
            "code": [f"{row % 7:03d}" for row in range(300)],
            "text": ["a\nb", "ü,\"c\"", None] * 100,
            "flag": rng.random(300) < 0.5,
            "nothing": [None] * 300,
        }
    )  # fmt: skip
    path = tmp_path / f"table.{ending}"
    write_table(frame, path)
    first = path.read_bytes()
    write_table(frame, path)

    pd.testing.assert_frame_equal(read_table(path), plain_frame(frame))
    assert path.read_bytes() == first


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([[1], [2]]),
        pa.array([{"a": 1}, {"a": 2}]),
        pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())),
        pa.array([1, 2], pa.duration("s")),
    ],
)
def test_nested_columns_are_refused_by_name(cells: pa.Array, tmp_path: Path) -> None:
    with pytest.raises(InvalidDataset, match=r"1 columns hold neither .*'x'") as refusal:
        read({"x": cells, "y": [1, 2]}, tmp_path)
    assert "explode" in (refusal.value.hint or "")


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (pa.array([b"\xff", b"a"]), "bytes that are no text"),
        (pa.array(["c", "a\0b", "c", "a\0b"]), "Row 1, column .x.: .* NUL character"),
        (pa.array([float("inf"), 1.0]), "not a finite number"),
    ],
)
def test_cells_that_no_table_can_hold_are_refused(cells: pa.Array, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidDataset, match=message):
        read({"x": cells, "y": range(len(cells))}, tmp_path)


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1, 2]), pa.array([3, 4])], names=["a", "a"]), path)

    with pytest.raises(InvalidDataset, match="same name"):
        read_table(path)


def test_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"x": np.random.default_rng(0).normal(size=1000), "y": np.arange(1000)}), path)
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(InvalidDataset, match="damaged"):
        read_table(path)


def test_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    zeros = pa.array(np.zeros(2_000_000))
    pq.write_table(pa.table({"x": zeros, "y": zeros}), path, compression="zstd", use_dictionary=False)

    with pytest.raises(TooLarge, match="too much for a file of its size"):
        read_table(path, ReadLimits(harmless_bytes=1024**2))
    with pytest.raises(TooLarge, match="at most"):
        read_table(path, ReadLimits(max_bytes=10 * 1024**2))
    with pytest.raises(TooLarge, match="more than 1,000 rows"):
        read_table(path, ReadLimits(max_rows=1000))


def test_long_label_in_every_row_is_held_once(tmp_path: Path) -> None:
    labels = pa.DictionaryArray.from_arrays(np.zeros(5_000, dtype=np.int32), ["x" * 100_000])
    frame = read({"x": labels, "y": range(5_000)}, tmp_path)

    assert len({id(cell) for cell in frame["x"]}) == 1
