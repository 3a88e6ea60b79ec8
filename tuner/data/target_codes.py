"""Categories as the mean of the target among their rows, learned so that no row's own target is in its code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# A category of few rows is drawn towards the mean of all rows, as if so many rows of that mean were added to it.
SMOOTHING_ROWS = 10.0
MAX_CODED_CLASSES = 10
NUM_INNER_FOLDS = 5

_FEW_ROWS = 100


@dataclass(frozen=True)
class TargetCodes:
    """How one category column of many values is encoded: a number for each response.

    Source: Micci-Barreca (2001); fitting in inner folds as in scikit-learn's TargetEncoder.

    Args:
        name: The column's name.
        values: The categories that were learned.
        codes: Their codes, shape (values, responses).
        missing: The codes of a missing cell.
        unknown: The codes of a category that is new: the means of all rows.
        center: What is taken from the codes, one number for each response.
        spread: What they are divided by then.
    """

    name: str
    values: tuple[str, ...]
    codes: tuple[tuple[float, ...], ...]
    missing: tuple[float, ...]
    unknown: tuple[float, ...]
    center: tuple[float, ...]
    spread: tuple[float, ...]

    @classmethod
    def fit(
        cls, cells: pd.Series[Any], name: str, responses: NDArray[np.float64], *, scale: bool
    ) -> tuple[Self, NDArray[np.float64]]:
        """Learn the codes of a column.

        Args:
            cells: The training rows: text, or None.
            name: The column's name.
            responses: What ``responses_of`` made of their targets, shape (n, responses).
            scale: Whether codes are brought to mean 0 and variance 1.

        Returns:
            The encoding of new rows; and that of the training rows, shape (n, responses), where the code of a row is
            learned from the rows of other folds. Models must learn from these: the codes of new rows would tell them
            each training row's own target.
        """
        places, distinct = pd.factorize(cells.to_numpy(dtype=object))
        places = np.where(places < 0, len(distinct), places)
        all_rows = np.ones(len(places), dtype=bool)
        codes = _smoothed(places, responses, all_rows, len(distinct) + 1)
        learned = np.empty_like(responses)
        fold = np.random.Generator(np.random.Philox(0)).permutation(len(places)) % NUM_INNER_FOLDS
        for number in range(min(NUM_INNER_FOLDS, len(places))):
            others = fold != number
            # With a single row there are no others.
            inner = _smoothed(places, responses, others if others.any() else all_rows, len(distinct) + 1)
            learned[~others] = inner[places[~others]]
        center = learned.mean(axis=0) if scale else np.zeros(responses.shape[1])
        spread = learned.std(axis=0) if scale else np.ones(responses.shape[1])
        spread[spread < 1e-12] = 1.0
        encoder = cls(
            name=name,
            values=tuple(map(str, distinct.tolist())),
            codes=tuple(map(tuple, codes[:-1].tolist())),
            missing=tuple(codes[-1].tolist()),
            unknown=tuple(responses.mean(axis=0).tolist()),
            center=tuple(center.tolist()),
            spread=tuple(spread.tolist()),
        )
        return encoder, (learned - center) / spread

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """The state that ``dataclasses.asdict`` gave, after its way through JSON."""
        return cls(
            name=document["name"],
            values=tuple(document["values"]),
            codes=tuple(map(tuple, document["codes"])),
            **{key: tuple(document[key]) for key in ("missing", "unknown", "center", "spread")},
        )

    def width(self, one_hot: bool) -> int:
        """Columns that the encoding takes."""
        return len(self.unknown)

    def names(self, one_hot: bool) -> list[str]:
        """A name for each of them."""
        if len(self.unknown) == 1:
            return [f"{self.name}: target"]
        return [f"{self.name}: target {place}" for place in range(len(self.unknown))]

    def encode(self, labels: NDArray[Any], one_hot: bool, into: NDArray[Any]) -> None:
        """Write the encoding of new rows, shape (n,), into an array of that width."""
        missing, unknown = len(self.values), len(self.values) + 1
        if len(labels) <= _FEW_ROWS:
            # For a few rows an index takes longer than a dict.
            places = np.array([missing if pd.isna(label) else self._places.get(label, unknown) for label in labels])
        else:
            found = pd.Index(self.values, dtype=object).get_indexer(pd.Index(labels, dtype=object))
            places = np.where(pd.isna(labels), missing, np.where(found < 0, unknown, found))
        into[:] = self._scaled[places.astype(np.int64)]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {value: place for place, value in enumerate(self.values)}

    @cached_property
    def _scaled(self) -> NDArray[np.float64]:
        """What stands for each value, for a gap and for a new value, shape (values + 2, responses)."""
        known = np.array([*self.codes, self.missing, self.unknown])
        return np.asarray((known - np.array(self.center)) / np.array(self.spread))


def responses_of(target: NDArray[Any], class_counts: tuple[int, ...]) -> NDArray[np.float64]:
    """What categories are encoded by: the quantity, the second of two classes, or each of the commonest classes.

    Args:
        target: Quantities, or class indices, shape (n,).
        class_counts: Rows of each class; empty for a quantity.

    Returns:
        Shape (n, responses), at most 10 responses.
    """
    if not class_counts:
        return target.astype(np.float64)[:, None]
    if len(class_counts) == 2:
        return np.asarray(np.equal(target, 1), dtype=np.float64)[:, None]
    common = sorted(sorted(range(len(class_counts)), key=lambda place: -class_counts[place])[:MAX_CODED_CLASSES])
    return np.asarray(np.equal(target[:, None], np.array(common)), dtype=np.float64)


def _smoothed(
    places: NDArray[np.int64], responses: NDArray[np.float64], rows: NDArray[np.bool_], num_values: int
) -> NDArray[np.float64]:
    """The smoothed mean of each response for each value, from some rows, shape (values, responses)."""
    counts = np.bincount(places[rows], minlength=num_values)
    sums = np.stack(
        [np.bincount(places[rows], response[rows], minlength=num_values) for response in responses.T], axis=1
    )
    prior = responses[rows].mean(axis=0)
    smoothed: NDArray[np.float64] = (sums + SMOOTHING_ROWS * prior) / (counts + SMOOTHING_ROWS)[:, None]
    return smoothed
