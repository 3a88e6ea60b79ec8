"""FLAML with its defaults."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
from adapter import Job, System, answer, categories_of, read_job, with_categories
from flaml import AutoML


class Flaml(System):
    """Its search over boosting, forests and linear models, without an ensemble."""

    def fit(self, job: Job, train: pd.DataFrame) -> None:
        features = train.drop(columns=job.target)
        # It does not know the text columns of pandas 3 for categories.
        self._categories = categories_of(features)
        self._is_regression = job.is_regression
        self._automl = AutoML()
        self._automl.fit(
            with_categories(features, self._categories),
            train[job.target],
            task="regression" if job.is_regression else "classification",
            metric=job.metric,
            time_budget=job.seconds,
            seed=job.seed,
            log_file_name="",
            verbose=0,
        )

    def ready(self) -> None:
        if not self._is_regression:
            self.classes = [str(label) for label in self._automl.classes_]

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        rows = with_categories(rows, self._categories)
        return self._automl.predict(rows) if self._is_regression else self._automl.predict_proba(rows)

    def save(self, folder: Path) -> None:
        (folder / "model.pkl").write_bytes(pickle.dumps(self._automl))

    def describe(self) -> str:
        return str(self._automl.best_estimator)


if __name__ == "__main__":
    answer(read_job(), Flaml(), ["flaml", "lightgbm", "xgboost-cpu", "scikit-learn", "pandas"])
