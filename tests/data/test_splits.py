from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.data.frames import plain_frame
from tuner.data.profile import Task, target_profile
from tuner.data.profiling import profile_table
from tuner.data.splits import folds
from tuner.data.table import Table, build_table


def table_of(target: Any, task: Task | None = None) -> Table:
    frame = plain_frame(pd.DataFrame({"x": np.arange(len(target)) / 3, "y": target}))
    profile = profile_table(frame)
    return build_table(frame, profile, target_profile(profile, "y", task))


@given(
    counts=st.lists(st.integers(2, 40), min_size=2, max_size=6),
    seed=st.integers(0, 2**64),
    count=st.integers(2, 4),
)
@settings(max_examples=60, deadline=None)
def test_folds_hold_each_row_once_and_learn_from_every_class(counts: list[int], seed: int, count: int) -> None:
    table = table_of(np.repeat([f"c{index}" for index in range(len(counts))], counts))
    splits = folds(table, seed, count)

    assert sorted(np.concatenate([split.validation for split in splits])) == list(range(table.num_rows))
    for split in splits:
        assert sorted([*split.train, *split.validation]) == list(range(table.num_rows))
        assert set(table.target[split.train]) == set(range(len(counts)))


@given(counts=st.lists(st.integers(2, 40), min_size=2, max_size=6), seed=st.integers(0, 2**64))
@settings(max_examples=60, deadline=None)
def test_folds_share_each_class_evenly(counts: list[int], seed: int) -> None:
    table = table_of(np.repeat([f"c{index}" for index in range(len(counts))], counts))
    splits = folds(table, seed, 4)
    shares = np.array([np.bincount(table.target[split.validation], minlength=len(counts)) for split in splits])

    assert (np.ptp(shares, axis=0) <= 1).all()
    assert np.ptp(shares.sum(axis=1)) <= 1


def test_folds_share_small_and_large_targets_evenly() -> None:
    table = table_of(np.random.default_rng(0).lognormal(size=1000))
    splits = folds(table, 3, 5)
    means = [float(table.target[split.validation].mean()) for split in splits]

    assert {len(split.validation) for split in splits} == {200}
    assert max(means) - min(means) < 0.1 * float(table.target.std())


def test_folds_are_the_same_on_every_machine() -> None:
    splits = folds(table_of(np.repeat(["a", "b"], 4)), 7, 3)

    assert [split.validation.tolist() for split in splits] == [[0, 2, 6], [1, 5, 7], [3, 4]]


def test_as_many_folds_as_rows_leave_one_out() -> None:
    splits = folds(table_of([0.5, 1.7, 2.2], Task.REGRESSION), 0, 3)

    assert sorted(split.validation.tolist() for split in splits) == [[0], [1], [2]]


@pytest.mark.parametrize("count", [1, 0, -1, 7])
def test_folds_that_cannot_be_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="from 2 to the number of rows"):
        folds(table_of([0, 1] * 3), 0, count)
