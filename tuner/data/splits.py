"""Dividing a table into a part to learn from and a part to check with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.series.forecast import Forecast
from tuner.data.table import Table
from tuner.errors import InvalidDataset, Place

# Rows of a regression are divided within so many ranges of the target, each with as many rows.
_MAX_TARGET_BINS = 20
# What a series needs before a block, so that it has a course.
_LEAST_TIMES = 2


@dataclass(frozen=True)
class Split:
    """Row positions in a table, ascending: every row is in exactly one part.

    For a forecast, what comes later than the validation part is in neither.

    Args:
        train: Rows to fit on, shape (n_train,).
        validation: Rows to score on, shape (n_validation,).
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]


def folds(table: Table, seed: int, count: int) -> tuple[Split, ...]:
    """Divide a table into ``count`` parts of equal size, each the validation part of one split.

    Every row is in exactly one validation part. The rows of a class are spread evenly over the parts (a class with
    fewer rows than parts over some of them), so a class of two rows or more is in every train part. The rows of a
    regression are spread evenly within each range of the target. The same table, seed and count give the same parts,
    on every machine.

    For a forecast the parts follow the time; see ``rolling_origins``.

    Args:
        table: The rows, at least ``count``.
        seed: Not negative; usually the study's.
        count: Number of splits, at least two; for a forecast one.

    Raises:
        InvalidDataset: The series of a forecast are too short.
    """
    if table.target_profile.forecast is not None:
        return rolling_origins(table, table.target_profile.forecast, count)
    if not 2 <= count <= table.num_rows:
        raise ValueError(f"count must be from 2 to the number of rows ({table.num_rows}), not {count}.")
    rng = np.random.Generator(np.random.Philox(seed))
    groups = _classes(table) if table.task.is_classification else _target_bins(table.target, count)
    dealt = np.concatenate([rng.permutation(group) for group in groups])
    # Dealt like cards, each group where the last one ended: the parts differ by one row at most.
    part = np.empty(table.num_rows, dtype=np.int64)
    part[dealt] = np.arange(table.num_rows) % count
    return tuple(
        Split(train=np.flatnonzero(part != index), validation=np.flatnonzero(part == index)) for index in range(count)
    )


def rolling_origins(table: Table, forecast: Forecast, count: int) -> tuple[Split, ...]:
    """Blocks of a horizon's length at the end of every series, the last one first, each after what is learned from.

    The validation part of the first split are the last ``horizon`` rows of every series, that of the second one those
    before, and so on; the training parts are the rows of each series that come before its block. A series that is too
    short for a block has none there. In all training parts but the first, later rows are left out.

    Args:
        table: The rows, in any order.
        forecast: The horizon, and the columns of time and of the series.
        count: Number of splits, at least one. There may be fewer where all series are short.

    Raises:
        InvalidDataset: No series is longer than the horizon.
    """
    times = table.features[forecast.time].to_numpy(dtype=np.float64)
    names = np.zeros(table.num_rows) if forecast.series is None else table.features[forecast.series].to_numpy()
    codes = pd.factorize(names, use_na_sentinel=False)[0]
    timed = np.flatnonzero(~np.isnan(times))
    order = timed[np.lexsort((times[timed], codes[timed]))]
    # Rows of one time must not be on both sides of a cut: what counts are distinct times from the end.
    is_last = np.ones(len(order), bool)
    is_last[:-1] = (codes[order][1:] != codes[order][:-1]) | (times[order][1:] != times[order][:-1])
    counts = np.cumsum(is_last[::-1])[::-1]
    starts = np.flatnonzero(np.diff(codes[order], append=-1))
    after = np.append(counts[starts[:-1] + 1], 0) if len(starts) else np.zeros(0, np.int64)
    sizes = np.diff(np.append(-1, starts))
    from_end = counts - np.repeat(after, sizes)
    num_times = np.repeat(from_end[np.append(0, starts[:-1] + 1)] if len(starts) else after, sizes)
    splits = []
    for index in range(count):
        first, last = (index + 1) * forecast.horizon, index * forecast.horizon
        is_long = num_times >= first + _LEAST_TIMES
        validation = order[is_long & (from_end <= first) & (from_end > last)]
        # A series that is too short to be asked about is still there to learn from, as long as it does not tell more.
        train = order[(is_long & (from_end > first)) | (~is_long & (from_end > last))]
        if not len(validation):
            break
        splits.append(Split(train=np.sort(train), validation=np.sort(validation)))
    if not splits:
        raise InvalidDataset(
            f"No series has more than {int(num_times.max(initial=0)):,} times with a target; a forecast of "
            f"{forecast.horizon:,} needs {forecast.horizon + _LEAST_TIMES:,} to learn from and to check with.",
            hint="Forecast fewer rows ahead, or give a longer history.",
            places=[Place("#/forecast/horizon", "is longer than the history")],
        )
    return tuple(splits)


def _target_bins(target: NDArray[np.float64] | NDArray[np.int64], count: int) -> list[NDArray[np.int64]]:
    """Rows with neighbouring targets, in groups of at least ``count``."""
    num_bins = max(1, min(_MAX_TARGET_BINS, len(target) // count))
    return np.array_split(np.argsort(target, kind="stable"), num_bins)


def _classes(table: Table) -> list[NDArray[np.int64]]:
    """The rows of each class."""
    order = np.argsort(table.target, kind="stable")
    counts = np.bincount(table.target.astype(np.int64), minlength=len(table.target_profile.classes))
    return np.split(order, np.cumsum(counts)[:-1])
