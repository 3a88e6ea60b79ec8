"""Text as a few numbers for models that take no text: what it is about, and what a linear model makes of it.

Both halves were measured on tables of reviews and messages with numbers beside them: boosting on the directions alone
falls short of a linear model of words, on its scores alone too, and on both it is level with it where text is all there
is, and better where other columns matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tuner.data.arrays.writing import write_npz
from tuner.data.profile import ColumnKind
from tuner.data.text.tf_idf import TfIdf
from tuner.models.sparse_regression import SparseRegression
from tuner.models.target_scale import TargetScale

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tuner.data.table import Table
    from tuner.data.typed_rows import TypedRows

NUM_DIRECTIONS = 32
# With more classes there are no scores: each class would need its own.
MAX_SCORED_CLASSES = 20

_VOCABULARY = 20_000
_FOLDS = 5
_TEXT_SCALE = 2.0
_L2_OF_CLASSES, _L2_OF_QUANTITIES = 1.0, 3.0
# Scores need not be those of the very best weights.
_MAX_ITERATIONS = 50
_SPARE_DIRECTIONS = 10
_PASSES = 2
_LARGEST_SCORE = 12.0


@dataclass(frozen=True, eq=False)
class _TextColumn:
    """How one text column becomes numbers.

    Args:
        name: The column's name.
        tf_idf: Counts its tokens.
        directions: In which texts differ most, shape (tokens, at most 32).
        regression: Scores the counts; None where there are too many classes.
        center: Mean of each number, shape (width,); so too ``spread``.
    """

    name: str
    tf_idf: TfIdf
    directions: NDArray[np.float32]
    regression: SparseRegression | None
    center: NDArray[np.float32]
    spread: NDArray[np.float32]

    @classmethod
    def fit(cls, name: str, texts: Sequence[str | None], train: Table) -> tuple[Self, NDArray[np.float32]]:
        tf_idf = TfIdf.fit(texts, "words", most=_VOCABULARY)
        counts = tf_idf.transform(texts)
        directions = _directions(counts)
        regression, scores = _cross_fitted(counts, train)
        numbers = np.column_stack([counts @ directions, scores]).astype(np.float32)
        center, spread = numbers.mean(axis=0), numbers.std(axis=0)
        spread = np.where(spread > 1e-6, spread, np.float32(1))
        return cls(name, tf_idf, directions, regression, center, spread), (numbers - center) / spread

    def transform(self, texts: Sequence[str | None]) -> NDArray[np.float32]:
        counts = self.tf_idf.transform(texts)
        parts = [counts @ self.directions]
        if self.regression is not None:
            parts.append(_scores(self.regression, counts))
        numbers: NDArray[np.float32] = (np.column_stack(parts).astype(np.float32) - self.center) / self.spread
        return numbers


class TextEncoder:
    """Turns each text column into at most 32 directions in which texts differ most, and scores of the target.

    The directions come from a truncated singular value decomposition of the weighted counts of words (Deerwester et
    al., 1990, latent semantic analysis), by random projection (Halko, Martinsson and Tropp, 2011). The scores are those
    of logistic or ridge regression on the counts: one number for two classes or a quantity, else one for each class.
    Training rows have scores of models that have not learned from them, as for categories that are encoded by the
    target.

    Args:
        columns: The columns, fitted.
    """

    def __init__(self, columns: Sequence[_TextColumn]) -> None:
        self._columns = tuple(columns)

    @classmethod
    def fit(cls, train: Table) -> tuple[Self, NDArray[np.float32]]:
        """Learn from the training rows, and no others.

        Returns:
            The encoder for new rows, and the training rows encoded, in standard units. Models must learn from this
            array and not from ``transform``: in it, no row's own target is part of its scores.
        """
        fitted = [
            _TextColumn.fit(column.name, train.features[column.name].tolist(), train)
            for column in train.columns
            if column.kind is ColumnKind.TEXT
        ]
        encoded = [numbers for _, numbers in fitted]
        return cls([column for column, _ in fitted]), (
            np.concatenate(encoded, axis=1) if encoded else np.zeros((train.num_rows, 0), np.float32)
        )

    def transform(self, rows: TypedRows) -> NDArray[np.float32]:
        """The numbers in standard units, shape (n, width)."""
        parts = [column.transform(rows.columns[column.name].tolist()) for column in self._columns]
        return np.concatenate(parts, axis=1) if parts else np.zeros((rows.num_rows, 0), np.float32)

    def save(self, path: Path) -> list[dict[str, Any]]:
        """Write the arrays into one file, if there is any text; returns facts of plain JSON types to keep beside it."""
        arrays: dict[str, NDArray[Any]] = {}
        facts = []
        for place, column in enumerate(self._columns):
            arrays |= {
                f"{place}.directions": column.directions,
                f"{place}.center": column.center,
                f"{place}.spread": column.spread,
            }
            if column.regression is not None:
                arrays |= {
                    f"{place}.weights": column.regression.weights,
                    f"{place}.intercepts": column.regression.intercepts,
                    f"{place}.classes": column.regression.classes,
                }
            num_classes = None if column.regression is None else column.regression.num_classes
            facts.append({"column": column.name, "num_classes": num_classes, **column.tf_idf.to_json()})
        if arrays:
            write_npz(path, arrays.items())
        return facts

    @classmethod
    def load(cls, path: Path, facts: Sequence[Mapping[str, Any]]) -> Self:
        """The encoder that ``save`` wrote."""
        if not facts:
            return cls([])
        with np.load(path, allow_pickle=False) as arrays:
            return cls([_restored(arrays, place, fact) for place, fact in enumerate(facts)])


def _restored(arrays: Mapping[str, NDArray[Any]], place: int, fact: Mapping[str, Any]) -> _TextColumn:
    def array(name: str) -> NDArray[Any]:
        return arrays[f"{place}.{name}"]

    regression = None
    if fact["num_classes"] is not None:
        regression = SparseRegression(array("weights"), array("intercepts"), array("classes"), fact["num_classes"])
    tf_idf = TfIdf.from_json(fact)
    return _TextColumn(fact["column"], tf_idf, array("directions"), regression, array("center"), array("spread"))


def _directions(counts: Any) -> NDArray[np.float32]:
    """The first right singular vectors of a sparse array, shape (columns, at most 32)."""
    num_kept = min(NUM_DIRECTIONS, *counts.shape)
    num_tried = min(num_kept + _SPARE_DIRECTIONS, *counts.shape)
    if not num_kept:
        return np.zeros((counts.shape[1], 0), np.float32)
    rng = np.random.Generator(np.random.Philox(0))
    basis = counts @ rng.standard_normal((counts.shape[1], num_tried), dtype=np.float32)
    for _ in range(_PASSES):
        basis = counts @ np.linalg.qr(counts.T @ np.linalg.qr(basis)[0])[0]
    _, _, directions = np.linalg.svd((counts.T @ np.linalg.qr(basis)[0]).T, full_matrices=False)
    kept = directions[:num_kept].T
    # A direction and its opposite are the same: the largest weight is positive.
    signs = np.sign(kept[np.abs(kept).argmax(axis=0), np.arange(num_kept)])
    return np.ascontiguousarray(kept * np.where(signs == 0, 1, signs), np.float32)


def _cross_fitted(counts: Any, train: Table) -> tuple[SparseRegression | None, NDArray[np.float64]]:
    """A regression on all rows, and for each row the scores of one that has not learned from it."""
    num_classes = len(train.target_profile.classes)
    if num_classes > MAX_SCORED_CLASSES:
        return None, np.zeros((train.num_rows, 0))
    target = train.target if num_classes else TargetScale.fit(train.target).to_standard(train.target)
    rows = (_TEXT_SCALE * counts).astype(np.float64)
    l2 = _L2_OF_CLASSES if num_classes else _L2_OF_QUANTITIES

    def fitted(places: NDArray[np.int64]) -> SparseRegression:
        return SparseRegression.fit(rows[places], target[places], num_classes, l2=l2, max_iterations=_MAX_ITERATIONS)

    folds = np.random.Generator(np.random.Philox(1)).permutation(train.num_rows) % min(_FOLDS, train.num_rows)
    regression = fitted(np.arange(train.num_rows))
    width = _scores(regression, counts[:1]).shape[1]
    scores = np.zeros((train.num_rows, width))
    for fold in range(int(folds.max()) + 1):
        held_out = np.flatnonzero(folds == fold)
        learned = np.flatnonzero(folds != fold)
        if len(learned):
            scores[held_out] = _scores(fitted(learned), counts[held_out])
    return regression, scores


def _scores(regression: SparseRegression, counts: Any) -> NDArray[np.float64]:
    """Log odds against the first of two classes, or the logarithms of several classes' probabilities, or values."""
    prediction = regression.predict(_TEXT_SCALE * counts)
    if not regression.num_classes:
        return prediction[:, None]
    logarithms: NDArray[np.float64] = np.log(np.maximum(prediction, np.exp(-_LARGEST_SCORE)))
    return logarithms[:, 1:] - logarithms[:, :1] if regression.num_classes == 2 else logarithms
