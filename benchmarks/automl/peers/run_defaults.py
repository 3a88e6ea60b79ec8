"""What one gets without any search: LightGBM, scikit-learn's histogram boosting and its random forest as they come."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
from adapter import Job, System, answer, categories_of, read_job, with_categories
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

# What scikit-learn's histogram boosting can tell apart in one column.
MAX_CATEGORIES = 255


class Defaults(System):
    """One fit, however long it takes."""

    def fit(self, job: Job, train: pd.DataFrame) -> None:
        features = train.drop(columns=job.target)
        self._name, self._is_regression = job.system, job.is_regression
        self._categories = categories_of(features)
        self._model = _model(job)
        self._model.fit(self._prepared(features), train[job.target])

    def ready(self) -> None:
        if not self._is_regression:
            self.classes = [str(label) for label in self._model.classes_]

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        rows = self._prepared(rows)
        return self._model.predict(rows) if self._is_regression else self._model.predict_proba(rows)

    def save(self, folder: Path) -> None:
        (folder / "model.pkl").write_bytes(pickle.dumps((self._categories, self._model)))

    def describe(self) -> str:
        return self._name

    def _prepared(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Categories as the model takes them: as such, or numbered."""
        rows = with_categories(rows, self._categories)
        most = {"random_forest": 0, "hist_gradient_boosting": MAX_CATEGORIES}.get(self._name)
        numbered = [name for name, values in self._categories.items() if most is not None and len(values) > most]
        return rows.assign(**{name: rows[name].cat.codes for name in numbered})


def _model(job: Job) -> Any:
    if job.system == "lightgbm":
        kind = lightgbm.LGBMRegressor if job.is_regression else lightgbm.LGBMClassifier
        return kind(random_state=job.seed, verbose=-1)
    if job.system == "hist_gradient_boosting":
        kind = HistGradientBoostingRegressor if job.is_regression else HistGradientBoostingClassifier
        return kind(random_state=job.seed, categorical_features="from_dtype")
    kind = RandomForestRegressor if job.is_regression else RandomForestClassifier
    return kind(random_state=job.seed, n_jobs=-1)


if __name__ == "__main__":
    answer(read_job(), Defaults(), ["lightgbm", "scikit-learn", "pandas"])
