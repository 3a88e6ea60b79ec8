from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tuner.data.frames import plain_frame
from tuner.data.profile import ColumnKind, DatasetProfile, Task, target_profile
from tuner.data.profiling import profile_table
from tuner.errors import InvalidDataset, UnknownName


def profile_of(target: Any, **others: Any) -> DatasetProfile:
    """A table with a numeric feature and the target ``y``."""
    cells = list(target)
    return profile_table(
        plain_frame(pd.DataFrame({"x": [index / 3 for index in range(len(cells))], **others, "y": cells}))
    )


@pytest.mark.parametrize(
    ("cells", "task", "reason"),
    [
        ([0, 1] * 3, "binary", "binary: the column has two distinct values (0, 1)."),
        ([1.0, 0.0, None] * 3, "binary", "binary: the column has two distinct values (0, 1)."),
        (["yes", "no"] * 3, "binary", "binary: the column has two distinct values (no, yes)."),
        ([True, False] * 3, "binary", "binary: the column has two distinct values (False, True)."),
        ([2.5, 1.5] * 3, "binary", "binary: the column has two distinct values (1.5, 2.5)."),
        (["a", "b", "c"] * 3, "multiclass", "multiclass: the column has 3 distinct texts."),
        ([3, 1, 2] * 3, "multiclass", "multiclass: the column has 3 distinct whole numbers, at most 20."),
        (list(range(20)) * 2, "multiclass", "multiclass: the column has 20 distinct whole numbers, at most 20."),
        (list(range(21)) * 2, "regression", "regression: the column has 21 distinct whole numbers, more than 20."),
        ([5, 9, 7, 7], "regression", "fewer than two rows for each."),
        ([0.5, 1.5, 2.5] * 3, "regression", "regression: the column has 3 distinct numbers, with fractions."),
    ],
)
def test_task_follows_from_the_values(cells: Any, task: str, reason: str) -> None:
    target = target_profile(profile_of(cells), "y")

    assert target.task == task
    assert reason in target.task_reason


def test_task_can_be_chosen() -> None:
    target = target_profile(profile_of([3, 1, 2] * 3), "y", "regression")

    assert target.task is Task.REGRESSION
    assert target.task_reason == "regression: asked for; the column has 3 distinct whole numbers."
    assert target.classes == ()


def test_numeric_labels_are_in_the_order_of_numbers() -> None:
    assert target_profile(profile_of([10, 9, 2, 2, 9, 10]), "y").classes == ("2", "9", "10")


def test_text_labels_are_in_alphabetical_order_with_their_counts() -> None:
    target = target_profile(profile_of(["b", "c", "a", "a", "b", "c", "a", None]), "y")

    assert target.classes == ("a", "b", "c")
    assert target.class_counts == (3, 2, 2)
    assert (target.num_rows, target.num_missing) == (7, 1)


@pytest.mark.parametrize(
    ("cells", "task", "message"),
    [
        ([None, None], None, "every cell is missing"),
        ([4, 4], None, "it has one value only ('4')"),
        (["a", None], None, "it has one value only ('a')"),
        (["a", "a", "b", "b", "c"], None, "1 class has a single row ('c')"),
        ([0, 0, 0, 1, 1, 2], None, "1 class has a single row ('2')"),
        ([1, 1, 2, 2, 3, 4], "multiclass", "2 classes have a single row ('3', '4')"),
        ([f"c{i % 1001}" for i in range(3000)], None, "1,001 distinct values in 3,000 rows, too many for classes"),
        ([i + 0.5 for i in range(50)], "multiclass", "50 distinct values in 50 rows, too many for classes"),
        (["a b c d e f g", "h i j k l m n", "o p q r s t u"], None, "it is text"),
        (["a1", "b2", "c3"], None, "it is an identifier"),
        (range(30), None, "it is an identifier"),
        (["a", "b", "a"], "regression", "its cells are not all numbers"),
        ([1, 2, 3] * 3, "binary", "A binary task needs two classes; column 'y' has 3 distinct values."),
        ([1, 2] * 3, "multiclass", "A multiclass task needs three or more classes; column 'y' has 2"),
    ],
)
def test_column_that_cannot_be_predicted_is_refused(cells: Any, task: str | None, message: str) -> None:
    with pytest.raises(InvalidDataset) as refusal:
        target_profile(profile_of(cells), "y", task)

    assert message in refusal.value.message
    assert refusal.value.hint
    assert refusal.value.places[0].pointer in ("#/target", "#/task")


def test_whole_numbers_in_a_row_can_be_predicted_when_asked_for() -> None:
    assert target_profile(profile_of(range(30)), "y", "regression").task is Task.REGRESSION


def test_unknown_task_names_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="binary, multiclass, regression"):
        target_profile(profile_of([0, 1]), "y", "classification")


def test_unknown_target_names_similar_columns() -> None:
    with pytest.raises(InvalidDataset) as refusal:
        target_profile(profile_of([0, 1], Survived=[1, 2]), "surived")

    assert refusal.value.hint == "Did you mean 'Survived'?"
    assert refusal.value.places[0].pointer == "#/target"


def test_unknown_column_without_similar_ones_lists_all() -> None:
    with pytest.raises(InvalidDataset, match="The columns are: 'x', 'y'"):
        profile_of([0, 1]).column("zebra")


def test_table_without_features_is_refused_with_the_reasons() -> None:
    frame = plain_frame(pd.DataFrame({"key": [f"k{i}" for i in range(4)], "same": 1, "y": [0, 1, 0, 1]}))

    with pytest.raises(
        InvalidDataset, match="'key' is left out: texts that all differ; 'same' is left out: every cell"
    ):
        target_profile(profile_table(frame), "y")


def test_features_are_numbers_categories_and_booleans_but_not_the_target() -> None:
    profile = profile_of(
        [0, 1] * 10, key=[f"k{i}" for i in range(20)], same=1, flag=[True, False] * 10, c=["a", "b"] * 10
    )

    assert [column.name for column in profile.features("y")] == ["x", "flag", "c"]
    assert {column.kind for column in profile.columns} >= {ColumnKind.IDENTIFIER, ColumnKind.CONSTANT}


def test_profile_of_another_version_is_refused() -> None:
    document = profile_of([0, 1]).to_json() | {"version": 99}

    with pytest.raises(InvalidDataset, match="version 99"):
        DatasetProfile.from_json(document)


def test_profile_of_the_first_version_is_read() -> None:
    profile = profile_of([0, 1])
    document = profile.to_json() | {"version": 1}
    del document["warnings"]
    for column in document["columns"]:
        del column["day_first"], column["has_time"], column["found_kind"]

    assert DatasetProfile.from_json(document) == profile
