"""AutoGluon with its preset ``medium_quality``, which is its default."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from adapter import Job, System, answer, read_job
from autogluon.tabular import TabularPredictor

_METRICS = {"rmse": "root_mean_squared_error"}


class AutoGluon(System):
    """Strong defaults in a fixed order, and a weighted ensemble of them."""

    def fit(self, job: Job, train: pd.DataFrame) -> None:
        self._is_regression = job.is_regression
        self._predictor = TabularPredictor(
            label=job.target,
            problem_type=job.task,
            eval_metric=_METRICS.get(job.metric, job.metric),
            path=str(Path(job.folder) / "autogluon"),
            verbosity=0,
        )
        self._predictor.fit(train, time_limit=job.seconds, presets="medium_quality")

    def ready(self) -> None:
        if not self._is_regression:
            self.classes = [str(label) for label in self._predictor.class_labels]
        # Documented for many small predictions: models stay in memory.
        self._predictor.persist()

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        if self._is_regression:
            return self._predictor.predict(rows).to_numpy()
        return self._predictor.predict_proba(rows)[self._predictor.class_labels].to_numpy()

    def save(self, folder: Path) -> None:
        shutil.rmtree(folder)
        self._predictor.clone_for_deployment(str(folder))

    def describe(self) -> str:
        return str(self._predictor.model_best)


if __name__ == "__main__":
    packages = ["autogluon.tabular", "lightgbm", "catboost", "xgboost-cpu", "torch", "scikit-learn", "pandas"]
    answer(read_job(), AutoGluon(), packages)
