"""The score to beat: an answer that does not look at the row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tuner.data.profile import DatasetProfile, TargetProfile, Task
from tuner.models.base import Estimator, ModelFamily, Report
from tuner.models.series.naive import SeriesNaive
from tuner.space import Categorical, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.table import Table

_STATE_FILE = "estimator.json"


class BaselineEstimator(Estimator):
    """Answers every row alike: with the class frequencies of the training rows, or their mean or median."""

    _answer: NDArray[np.float64]  # shape (classes,), or () for quantities

    def fit(self, train: Table, validation: Table, report: Report) -> int:
        import numpy as np

        num_classes = len(train.target_profile.classes)
        if num_classes:
            counts = np.bincount(train.target.astype(np.int64), minlength=num_classes)
            # One more row of each class: no class is impossible.
            self._answer = (counts + 1) / (counts.sum() + num_classes)
        else:
            # Halves first: the sum of large numbers can overflow.
            average = np.median if self._params["answer"] == "median" else np.mean
            self._answer = np.asarray(average(train.target / 2) * 2, np.float64)
        report(1, self.predict(validation.features))
        return 1

    def predict(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        import numpy as np

        return np.repeat(self._answer[None], len(frame), axis=0)

    def save(self, folder: Path) -> None:
        (folder / _STATE_FILE).write_text(json.dumps(self._answer.tolist(), allow_nan=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        import numpy as np

        estimator = cls({}, seed=0, threads=1)
        estimator._answer = np.asarray(json.loads((folder / _STATE_FILE).read_text(encoding="utf-8")), np.float64)
        return estimator


def baseline_family(target: TargetProfile) -> str:
    """The name of the family that is the score to beat for this target: for a forecast, that the last value goes on."""
    return SeriesNaive.name if target.task is Task.FORECAST else Baseline.name


class Baseline(ModelFamily):
    """The same answer for every row. It does not compete: what it scores is what a model must beat.

    Parameters: ``answer`` for quantities: their ``mean``, best for squared errors, or ``median``, best for absolute
    ones. Classes have their frequencies.
    """

    name = "baseline"
    title = "Baseline"
    extra = "local"
    step = "fit"
    modules = ("numpy",)
    estimator = BaselineEstimator

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        return SearchSpace({"answer": Categorical(["mean", "median"])})

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        return {"answer": "mean"}

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        return 0.001 + 1e-8 * target.num_rows
