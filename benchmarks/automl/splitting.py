"""Training and test rows of a table, fixed by a seed."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from sklearn.model_selection import train_test_split

from benchmarks.automl.table import Table, Task

TEST_SHARE = 0.25


@dataclass(frozen=True)
class Division:
    """A table, divided.

    Args:
        train: Rows with the target, for the system.
        test: Rows without the target, for the system.
        truth: The target of the test rows, for the benchmark alone.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    truth: pd.Series[object]


def divide(table: Table, seed: int) -> Division:
    """A quarter of the rows for the test, every class in the same share."""
    frame = table.frame()
    classes = None if table.task is Task.REGRESSION else frame[table.target]
    train, test = train_test_split(frame, test_size=TEST_SHARE, stratify=classes, random_state=seed)
    train, test = train.reset_index(drop=True), test.reset_index(drop=True)
    return Division(train, test.drop(columns=table.target), test[table.target])
