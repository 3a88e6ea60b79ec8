from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.automl.splitting import divide
from benchmarks.automl.table import MAX_ROWS, MIN_CLASS_ROWS, Table, TableSet, Task
from benchmarks.automl.tables import all_tables

SMALL = ("iris", "breast_cancer", "diabetes", "wine", "digits", "linnerud_weight", "linnerud_waist", "linnerud_pulse")


def _table(frame: pd.DataFrame, task: Task, drop: tuple[str, ...] = ()) -> Table:
    return Table("made", task, "y", TableSet.DEVELOPMENT, frame.copy, drop)


@pytest.mark.parametrize("name", SMALL)
def test_bundled_tables_divide_into_rows_to_learn_and_rows_to_predict(name):
    table = all_tables()[name]
    division = divide(table, seed=0)
    assert table.target in division.train
    assert table.target not in division.test
    assert len(division.test) == len(division.truth) == pytest.approx(len(division.train) / 3, abs=1)
    if table.task is not Task.REGRESSION:
        assert set(division.truth) <= set(division.train[table.target])


def test_the_seed_alone_decides_the_division():
    table = all_tables()["iris"]
    first, again, other = divide(table, 1), divide(table, 1), divide(table, 2)
    pd.testing.assert_frame_equal(first.train, again.train)
    pd.testing.assert_series_equal(first.truth, again.truth)
    assert not first.test.equals(other.test)


def test_classes_are_divided_in_equal_shares():
    frame = pd.DataFrame({"x": range(400), "y": ["rare"] * 40 + ["usual"] * 360})
    division = divide(_table(frame, Task.BINARY), seed=3)
    assert Counter(division.truth) == {"rare": 10, "usual": 90}


def test_classes_are_words_and_rare_ones_are_left_out():
    frame = pd.DataFrame({"x": range(101), "y": [0.0] * 50 + [1.0] * 50 + [2.0]})
    assert set(_table(frame, Task.MULTICLASS).frame()["y"]) == {"class_0", "class_1"}
    assert MIN_CLASS_ROWS > 1


def test_rows_without_a_target_and_columns_that_tell_it_are_left_out():
    frame = pd.DataFrame({"x": [1, 2, 3], "copy": [1, 2, 3], "y": [1, None, 3]})
    cleaned = _table(frame, Task.REGRESSION, drop=("copy",)).frame()
    assert cleaned.to_dict("list") == {"x": [1, 3], "y": [1.0, 3.0]}


def test_long_tables_are_cut_and_always_alike():
    table = _table(pd.DataFrame({"x": range(MAX_ROWS + 10), "y": 1.0}), Task.REGRESSION)
    assert len(table.frame()) == MAX_ROWS
    pd.testing.assert_frame_equal(table.frame(), table.frame())


def test_made_tables_are_the_same_each_time():
    table = all_tables()["shops"]
    pd.testing.assert_frame_equal(table.frame(), table.frame())


def test_both_sets_have_every_task_and_no_table_is_in_both(tmp_path: Path):
    pd.DataFrame({"survived": [0, 1]}).to_csv(tmp_path / "titanic.csv", index=False)
    tables = all_tables(tmp_path)
    assert "titanic" in tables
    assert len(tables) == len(all_tables()) + 1
    for name in (TableSet.DEVELOPMENT, TableSet.HELD_OUT):
        of_set = [table for table in tables.values() if table.set is name]
        assert len(of_set) >= 12
        assert {table.task for table in of_set} == set(Task)
