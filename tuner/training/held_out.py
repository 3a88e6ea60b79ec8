"""Predictions for rows that the predicting models had not learned from, and the file that keeps them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tuner.training.metrics import metrics

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.data.splits import Split
    from tuner.data.table import Table


@dataclass(frozen=True)
class HeldOut:
    """Predictions by row.

    Args:
        row_ids: The rows' numbers in the file, ascending, shape (n,).
        prediction: Probabilities, shape (n, classes), or values, shape (n,).
    """

    row_ids: NDArray[np.int64]
    prediction: NDArray[np.float64]

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The predictions of several parts of the rows, none of which share a row."""
        import numpy as np

        row_ids = np.concatenate([part.row_ids for part in parts])
        order = np.argsort(row_ids, kind="stable")
        return cls(row_ids[order], np.concatenate([part.prediction for part in parts])[order])

    @classmethod
    def read(cls, path: Path) -> Self:
        """The predictions that ``write`` kept."""
        import numpy as np

        with np.load(path, allow_pickle=False) as file:
            return cls(file["row_ids"], file["prediction"])

    def write(self, path: Path) -> None:
        """Keep the predictions in a file, in the precision in which they were scored."""
        import numpy as np

        np.savez(path, row_ids=self.row_ids, prediction=self.prediction)

    def take(self, row_ids: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """The predictions for these rows, in their order; None if one of them is not among ours."""
        import numpy as np

        places = np.searchsorted(self.row_ids, row_ids)
        if len(self.row_ids) == 0 or places.max(initial=0) >= len(self.row_ids):
            return None
        if not np.array_equal(self.row_ids[places], row_ids):
            return None
        return self.prediction[places]


def scored_rows(table: Table, splits: Sequence[Split], scored_folds: int) -> Table:
    """The rows that candidates are scored on: those of the first folds, in the order of the table."""
    import numpy as np

    return table.take(np.sort(np.concatenate([split.validation for split in splits[:scored_folds]])))


def all_metrics(rows: Table, prediction: NDArray[np.float64]) -> dict[str, float]:
    """Every metric of the task that is defined on these rows."""
    scores = {
        metric.name: metric.score(rows.target, prediction) for metric in metrics().values() if rows.task in metric.tasks
    }
    return {name: score for name, score in scores.items() if math.isfinite(score)}
