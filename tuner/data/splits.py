"""Dividing a table into a part to learn from and a part to check with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.data.table import Table

# Below this many rows a score on a fifth of them is too noisy to choose models by.
_SMALL_TABLE_ROWS = 5000
# Rows of a regression are divided within so many ranges of the target, each with as many rows.
_MAX_TARGET_BINS = 20


@dataclass(frozen=True)
class Split:
    """Row positions in a table, ascending: every row is in exactly one part.

    Args:
        train: Rows to fit on, shape (n_train,).
        validation: Rows to score on, shape (n_validation,).
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]


def holdout(table: Table, seed: int, fraction: float | None = None) -> Split:
    """Set a random part of a table aside.

    In classification each class is divided by itself, so that both parts have its share of every class, and at least
    one row of every class that has two. The same table and seed give the same parts, on every machine.

    Args:
        table: The rows, at least two.
        seed: Not negative; usually the study's.
        fraction: Share for validation, above 0 and below 1; by default 0.25 below 5000 rows and 0.2 from there.
    """
    if fraction is None:
        fraction = 0.25 if table.num_rows < _SMALL_TABLE_ROWS else 0.2
    if not 0 < fraction < 1:
        raise ValueError(f"fraction must be above 0 and below 1, not {fraction}.")
    rng = np.random.Generator(np.random.Philox(seed))
    is_validation = np.zeros(table.num_rows, dtype=bool)
    for group in _groups(table):
        is_validation[rng.permutation(group)[: _num_aside(len(group), fraction)]] = True
    return Split(train=np.flatnonzero(~is_validation), validation=np.flatnonzero(is_validation))


def folds(table: Table, seed: int, count: int) -> tuple[Split, ...]:
    """Divide a table into ``count`` parts of equal size, each the validation part of one split.

    Every row is in exactly one validation part. The rows of a class are spread evenly over the parts (a class with
    fewer rows than parts over some of them), so a class of two rows or more is in every train part. The rows of a
    regression are spread evenly within each range of the target. The same table, seed and count give the same parts,
    on every machine.

    Args:
        table: The rows, at least ``count``.
        seed: Not negative; usually the study's.
        count: Number of splits, at least two.
    """
    if not 2 <= count <= table.num_rows:
        raise ValueError(f"count must be from 2 to the number of rows ({table.num_rows}), not {count}.")
    rng = np.random.Generator(np.random.Philox(seed))
    groups = _groups(table) if table.task.is_classification else _target_bins(table.target, count)
    dealt = np.concatenate([rng.permutation(group) for group in groups])
    # Dealt like cards, each group where the last one ended: the parts differ by one row at most.
    part = np.empty(table.num_rows, dtype=np.int64)
    part[dealt] = np.arange(table.num_rows) % count
    return tuple(
        Split(train=np.flatnonzero(part != index), validation=np.flatnonzero(part == index)) for index in range(count)
    )


def _target_bins(target: NDArray[np.float64] | NDArray[np.int64], count: int) -> list[NDArray[np.int64]]:
    """Rows with neighbouring targets, in groups of at least ``count``."""
    num_bins = max(1, min(_MAX_TARGET_BINS, len(target) // count))
    return np.array_split(np.argsort(target, kind="stable"), num_bins)


def _groups(table: Table) -> list[NDArray[np.int64]]:
    """Rows that are divided together: those of one class, or all."""
    if not table.task.is_classification:
        return [np.arange(table.num_rows)]
    order = np.argsort(table.target, kind="stable")
    counts = np.bincount(table.target.astype(np.int64), minlength=len(table.target_profile.classes))
    return np.split(order, np.cumsum(counts)[:-1])


def _num_aside(num_rows: int, fraction: float) -> int:
    if num_rows < 2:
        return 0
    return min(max(round(num_rows * fraction), 1), num_rows - 1)
