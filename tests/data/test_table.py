from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tuner.data.frames import plain_frame, write_table
from tuner.data.profile import ColumnProfile, target_profile
from tuner.data.profiling import profile_table
from tuner.data.table import Table, build_table, features_frame, load_table
from tuner.errors import InvalidDataset

ROWS = pd.DataFrame(
    {
        "key": [f"k{i}" for i in range(80)],
        "size": [0.5, None, 2.0, 3.5] * 20,
        "flag": [True, False, None, True] * 20,
        "code": [1, 2, 3, None] * 20,
        "zip": ["007", "1.0", "x", None] * 20,
        "y": ["no", "yes", None, "no"] * 20,
    }
)


def make_table(rows: pd.DataFrame = ROWS, target: str = "y") -> Table:
    frame = plain_frame(rows)
    profile = profile_table(frame)
    return build_table(frame, profile, target_profile(profile, target))


@pytest.fixture(scope="module")
def columns() -> tuple[ColumnProfile, ...]:
    return make_table().columns


def one_row(**cells: Any) -> pd.DataFrame:
    return pd.DataFrame([{"size": 1.0, "flag": True, "code": 1, "zip": "x"} | cells])


def test_rows_without_target_are_dropped_and_the_others_keep_their_number() -> None:
    table = make_table()

    assert table.num_rows == 60
    assert table.row_ids[:4].tolist() == [0, 1, 3, 4]
    assert table.features["size"].iloc[2] == 3.5


def test_classes_become_indices() -> None:
    table = make_table()

    assert table.target.dtype == np.int64
    assert [table.target_profile.classes[index] for index in table.target[:3]] == ["no", "yes", "no"]


def test_numeric_classes_become_indices() -> None:
    table = make_table(ROWS.drop(columns="y"), target="code")

    assert table.target_profile.classes == ("1", "2", "3")
    assert table.target[:3].tolist() == [0, 1, 2]


def test_quantity_becomes_floats() -> None:
    table = make_table(pd.DataFrame({"x": [0.1, 0.2, 0.3], "y": [5, None, 7]}).assign(z=[0.5, 1.5, 2.5]), target="z")

    assert table.target.dtype == np.float64
    assert table.target.tolist() == [0.5, 1.5, 2.5]


def test_features_are_typed_by_kind() -> None:
    features = make_table().features

    assert features.columns.tolist() == ["size", "flag", "code", "zip"]
    assert [str(dtype) for dtype in features.dtypes] == ["float64", "float64", "object", "object"]
    assert features["flag"].iloc[:2].tolist() == [1.0, 0.0]
    assert features["code"].iloc[:3].tolist() == ["1", "2", None]
    assert features["zip"].iloc[:3].tolist() == ["007", "1.0", None]


def test_loading_a_file_gives_the_same_table_as_its_frame(tmp_path: Path) -> None:
    path = tmp_path / "table.csv.gz"
    write_table(ROWS, path)
    expected = make_table()
    table = load_table(path, profile_table(plain_frame(ROWS)), expected.target_profile)

    pd.testing.assert_frame_equal(table.features, expected.features)
    assert table.target.tolist() == expected.target.tolist()


def test_file_that_is_not_the_profiled_one_is_refused() -> None:
    frame = plain_frame(ROWS)
    profile = profile_table(frame)

    with pytest.raises(InvalidDataset, match="do not fit its profile"):
        build_table(frame.iloc[1:], profile, target_profile(profile, "y"))


def test_target_value_that_the_profile_does_not_know_is_refused() -> None:
    frame = plain_frame(ROWS)
    profile = profile_table(frame)

    with pytest.raises(InvalidDataset, match="'maybe', which its profile does not know"):
        build_table(frame.assign(y="maybe"), profile, target_profile(profile, "y"))


def test_new_rows_may_be_text_in_any_order_with_more_columns(columns: tuple[ColumnProfile, ...]) -> None:
    typed = features_frame(
        pd.DataFrame([{"zip": "007", "extra": "?", "code": "3.0", "flag": "TRUE", "size": " 2.5 "}]), columns
    )

    assert typed.to_dict("records") == [{"size": 2.5, "flag": 1.0, "code": "3", "zip": "007"}]


@pytest.mark.parametrize("name", ["size", "flag", "code", "zip"])
def test_new_rows_may_lack_any_value(columns: tuple[ColumnProfile, ...], name: str) -> None:
    assert pd.isna(features_frame(one_row(**{name: None}), columns)[name].iloc[0])


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("code", 3, "3"),
        ("code", 99, "99"),
        ("code", "first", "first"),
        ("zip", "1.0", "1.0"),
        ("zip", "new", "new"),
        ("flag", False, 0.0),
        ("flag", 1, 1.0),
        ("flag", "no", 0.0),
    ],
)
def test_new_value_is_brought_into_the_form_of_training(
    columns: tuple[ColumnProfile, ...], name: str, value: Any, expected: Any
) -> None:
    assert features_frame(one_row(**{name: value}), columns)[name].iloc[0] == expected


def test_unknown_truth_value_counts_as_missing(columns: tuple[ColumnProfile, ...]) -> None:
    assert np.isnan(features_frame(one_row(flag="maybe"), columns)["flag"].iloc[0])


def test_rows_without_a_feature_are_refused_with_similar_names(columns: tuple[ColumnProfile, ...]) -> None:
    with pytest.raises(InvalidDataset, match=r"lack 1 of the 4 columns .* 'size'") as refusal:
        features_frame(one_row().rename(columns={"size": "Size "}), columns)

    assert "Did you mean 'Size'?" in str(refusal.value)


@pytest.mark.parametrize("value", ["large", "1_0", "inf"])
def test_text_in_a_numeric_column_is_refused(columns: tuple[ColumnProfile, ...], value: str) -> None:
    with pytest.raises(InvalidDataset, match="column 'size'"):
        features_frame(one_row(size=value), columns)


def test_no_rows_give_an_empty_frame(columns: tuple[ColumnProfile, ...]) -> None:
    assert features_frame(one_row().iloc[:0], columns).shape == (0, 4)
