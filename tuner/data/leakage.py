"""Columns that alone tell the target nearly without error: usually they are made from it, or written down later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.profile import ColumnKind
from tuner.data.table import Table

MIN_ROWS = 50
SUSPECT_AUC = 0.995
SUSPECT_RECALL = 0.99
SUSPECT_CORRELATION = 0.999
SUSPECT_R2 = 0.995

_MAX_CELLS = 5_000_000
_MIN_SAMPLE, _MAX_SAMPLE = 1_000, 10_000
_MAX_BINS = 50
# A class is judged by its recall if so many rows are there to check with.
_MIN_ROWS_OF_CLASS = 5
_KNOWN_SHARE = 0.8


def foretelling_columns(table: Table) -> Iterator[tuple[str, str]]:
    """Columns that tell the target nearly without error, each with what was measured, as a phrase for people.

    Looks at a sample of rows, the same every time. A column's values are grouped (numbers by rank), the target of each
    group is learned on one half of the sample and checked on the other, so an identifier, which has no value twice,
    tells nothing. Tables of fewer than 50 rows are not judged: there a good column can be without error by chance.
    """
    if table.num_rows < MIN_ROWS:
        return
    size = min(_MAX_SAMPLE, max(_MIN_SAMPLE, _MAX_CELLS // max(1, len(table.columns))), table.num_rows)
    rows = np.sort(np.random.Generator(np.random.Philox(0)).permutation(table.num_rows)[:size])
    sample = table.take(rows)
    is_learned = np.random.Generator(np.random.Philox(1)).permutation(size) < size // 2
    numeric = (ColumnKind.NUMBER, ColumnKind.BOOLEAN, ColumnKind.DATE)
    numbers = sample.features[[column.name for column in sample.columns if column.kind in numeric]]
    # All columns at once: one by one, ranking thousands of them would take most of the time.
    ranks, order = (numbers.rank(method=method).to_numpy().T for method in ("average", "first"))
    places = {str(name): place for place, name in enumerate(numbers.columns)}
    for column in sample.columns:
        if column.kind.is_array:
            continue
        place = places.get(column.name)
        found = None if place is None else _by_rank(ranks[place], sample)
        if found is None:
            groups = (
                _equal_cells(sample.features[column.name].to_numpy())
                if place is None
                else _neighbours(ranks[place], order[place])
            )
            found = (_recall if table.task.is_classification else _explained)(groups, sample, is_learned)
        if found is not None:
            yield column.name, found


def _by_rank(ranks: NDArray[np.float64], sample: Table) -> str | None:
    """Whether the order of a column's numbers is the order of the target."""
    present = ~np.isnan(ranks)
    if present.mean() < 0.5 or len(sample.target_profile.classes) > 2:
        return None
    target = sample.target[present]
    ranks = ranks[present]
    if sample.task.is_classification:
        positive = target == 1
        num_positive = int(positive.sum())
        num_negative = len(target) - num_positive
        if min(num_positive, num_negative) < _MIN_ROWS_OF_CLASS:
            return None
        auc = (ranks[positive].sum() - num_positive * (num_positive + 1) / 2) / (num_positive * num_negative)
        auc = max(auc, 1 - auc)
        return f"its order alone has a ROC AUC of {auc:.4f}" if auc > SUSPECT_AUC else None
    others = pd.Series(target).rank().to_numpy()
    if ranks.std() == 0 or others.std() == 0:
        return None
    correlation = float(np.corrcoef(ranks, others)[0, 1])
    return f"rank correlation {correlation:.4f}" if abs(correlation) > SUSPECT_CORRELATION else None


def _equal_cells(cells: NDArray[Any]) -> NDArray[np.int64]:
    """A group for each row, from 0: equal values; missing ones are the last group."""
    codes = pd.factorize(cells)[0].astype(np.int64)
    codes[codes < 0] = int(codes.max()) + 1
    return codes


def _neighbours(ranks: NDArray[np.float64], order: NDArray[np.float64]) -> NDArray[np.int64]:
    """A group for each row, from 0: equal numbers, or neighbouring ones where many differ; missing ones are the last.

    Args:
        ranks: The rank of each number, equal for equal ones, NaN for a missing one, shape (n,).
        order: Its rank where equal ones follow each other.
    """
    distinct = np.unique(ranks[~np.isnan(ranks)])
    if len(distinct) <= _MAX_BINS:
        # NaN stands behind all numbers.
        return distinct.searchsorted(ranks).astype(np.int64)
    groups = np.full(len(ranks), _MAX_BINS, dtype=np.int64)
    present = ~np.isnan(order)
    groups[present] = (order[present] - 1) * _MAX_BINS // len(order)
    return groups


def _recall(groups: NDArray[np.int64], sample: Table, is_learned: NDArray[np.bool_]) -> str | None:
    num_classes = len(sample.target_profile.classes)
    target = sample.target.astype(np.int64)
    pairs = groups[is_learned] * num_classes + target[is_learned]
    counts = np.bincount(pairs, minlength=(int(groups.max()) + 1) * num_classes).reshape(-1, num_classes)
    # Each class weighs the same, or a common one would be told from any column.
    counts = counts / np.maximum(1, counts.sum(axis=0))
    is_known = counts.sum(axis=1) > 0
    checked = ~is_learned
    is_right = (counts.argmax(axis=1)[groups] == target) & is_known[groups]
    num_rows = np.bincount(target[checked], minlength=num_classes)
    num_right = np.bincount(target[checked & is_right], minlength=num_classes)
    judged = num_rows >= _MIN_ROWS_OF_CLASS
    if judged.sum() < 2:
        return None
    recall = float((num_right[judged] / num_rows[judged]).mean())
    return f"its values alone find {recall:.1%} of each class" if recall >= SUSPECT_RECALL else None


def _explained(groups: NDArray[np.int64], sample: Table, is_learned: NDArray[np.bool_]) -> str | None:
    target = sample.target.astype(np.float64)
    sums = np.bincount(groups[is_learned], target[is_learned], minlength=int(groups.max()) + 1)
    counts = np.bincount(groups[is_learned], minlength=len(sums))
    means = sums / np.maximum(1, counts)
    # Values that were not learned say nothing of the others, as long as they are few.
    checked = ~is_learned & (counts[groups] > 0)
    if checked.sum() < _KNOWN_SHARE * np.count_nonzero(~is_learned):
        return None
    spread = float(target[checked].var())
    if spread == 0:
        return None
    r2 = 1 - float(np.mean((target[checked] - means[groups[checked]]) ** 2)) / spread
    return f"its values alone explain {r2:.1%} of the variance" if r2 > SUSPECT_R2 else None
