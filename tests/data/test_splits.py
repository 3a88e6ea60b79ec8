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
from tuner.data.splits import folds, holdout
from tuner.data.table import Table, build_table


def table_of(target: Any, task: Task | None = None) -> Table:
    frame = plain_frame(pd.DataFrame({"x": np.arange(len(target)) / 3, "y": target}))
    profile = profile_table(frame)
    return build_table(frame, profile, target_profile(profile, "y", task))


@given(
    counts=st.lists(st.integers(2, 40), min_size=2, max_size=6),
    seed=st.integers(0, 2**64),
    fraction=st.one_of(st.none(), st.floats(0.01, 0.99)),
)
@settings(max_examples=60, deadline=None)
def test_parts_are_disjoint_complete_and_hold_every_class(counts: list[int], seed: int, fraction: float | None) -> None:
    table = table_of(np.repeat([f"c{index}" for index in range(len(counts))], counts))
    split = holdout(table, seed, fraction)

    assert sorted([*split.train, *split.validation]) == list(range(table.num_rows))
    assert set(table.target[split.train]) == set(table.target[split.validation]) == set(range(len(counts)))


def test_each_class_has_its_share() -> None:
    table = table_of(np.repeat(["a", "b"], [900, 100]))
    split = holdout(table, 1, 0.2)

    assert np.bincount(table.target[split.validation]).tolist() == [180, 20]


def test_quantities_are_divided_too() -> None:
    split = holdout(table_of(np.arange(100) / 7), 1)

    assert len(split.validation) == 25
    assert sorted([*split.train, *split.validation]) == list(range(100))


def test_two_rows_are_enough() -> None:
    split = holdout(table_of([0.5, 1.7], Task.REGRESSION), 0)

    assert (len(split.train), len(split.validation)) == (1, 1)


def test_same_seed_gives_the_same_parts() -> None:
    table = table_of(np.repeat(["a", "b"], 50))

    assert holdout(table, 5).validation.tolist() == holdout(table, 5).validation.tolist()
    assert holdout(table, 5).validation.tolist() != holdout(table, 6).validation.tolist()


def test_parts_are_the_same_on_every_machine() -> None:
    assert holdout(table_of(np.repeat(["a", "b"], 6)), 7, 0.3).validation.tolist() == [0, 1, 7, 8]


@pytest.mark.parametrize(("num_rows", "expected"), [(4999, 1250), (5000, 1000)])
def test_small_tables_set_more_aside(num_rows: int, expected: int) -> None:
    assert len(holdout(table_of(np.arange(num_rows) / 7), 0).validation) == expected


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, float("nan")])
def test_fraction_outside_its_range_is_refused(fraction: float) -> None:
    with pytest.raises(ValueError, match="above 0 and below 1"):
        holdout(table_of([0, 1] * 3), 0, fraction)


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
