"""Random forests."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.base import ModelFamily, Report
from tuner.models.cost import num_columns
from tuner.models.sklearn_estimator import SklearnEstimator, to_32_bits
from tuner.models.tabular import Encoding
from tuner.space import Categorical, Float, Int, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.models.tabular import Target

_TREES_PER_STEP = 10


class RandomForestEstimator(SklearnEstimator):
    """Trees on resampled rows, averaged.

    All trees grown are kept, whichever step looked best: more trees only steady the average, so a peak of the curve is
    chance. The average counts one more tree that answers with the class frequencies, so that no class is impossible.
    """

    encoding = Encoding(categories="ordinal", scale=False, impute=False, max_categories=1_000)
    trusted = ("sklearn.tree._tree.Tree",)

    _frequencies: NDArray[np.float64]  # of the classes in the training rows

    def _learn(
        self,
        encoded: NDArray[np.floating],
        target: Target,
        validation: NDArray[np.floating],
        report: Report,
    ) -> int:
        encoded, validation = _within_float32(encoded), _within_float32(validation)
        self._frequencies = self._class_frequencies(target)
        self._model = self._new_forest(len(target))
        total: NDArray[np.float64] | float = 0.0
        trees = 0
        while trees < self._params["trees"]:
            grown = trees
            trees = min(trees + _TREES_PER_STEP, self._params["trees"])
            self._model.set_params(n_estimators=trees).fit(encoded, target)
            for tree in self._model.estimators_[grown:]:
                total = total + (tree.predict_proba(validation) if self._num_classes else tree.predict(validation))
            if report(trees, self._smooth(total / trees, trees)).stop:
                break
        # Several threads add up the trees in any order, and the last digits of a prediction would differ.
        self._model.set_params(n_jobs=None)
        return trees

    def _new_forest(self, num_rows: int) -> Any:  # Any: scikit-learn ships without type information
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        max_samples = max(1, round(self._params["sample_share"] * num_rows)) if self._params["bootstrap"] else None
        forest = RandomForestClassifier if self._num_classes else RandomForestRegressor
        return forest(
            max_features=self._params["max_features"],
            min_samples_leaf=self._params["min_samples_leaf"],
            bootstrap=self._params["bootstrap"],
            max_samples=max_samples,
            warm_start=True,
            random_state=to_32_bits(self._seed),
            n_jobs=self._threads,
        )

    def _class_frequencies(self, target: Target) -> NDArray[np.float64]:
        import numpy as np

        if not self._num_classes:
            return np.zeros(0)
        return np.bincount(target.astype(np.int64), minlength=self._num_classes) / len(target)

    def _smooth(self, average: NDArray[np.float64], trees: int) -> NDArray[np.float64]:
        """The trees' average with the class frequencies as one more vote."""
        if not self._num_classes:
            return average
        return (self._to_all_classes(average) * trees + self._frequencies) / (trees + 1)

    def _predict_encoded(self, encoded: NDArray[np.floating]) -> NDArray[np.float64]:
        encoded = _within_float32(encoded)
        average = self._model.predict_proba(encoded) if self._num_classes else self._model.predict(encoded)
        return self._smooth(average, len(self._model.estimators_))

    def _save_model(self, folder: Path) -> Mapping[str, object]:
        return {**super()._save_model(folder), "frequencies": self._frequencies.tolist()}

    def _load_model(self, folder: Path, facts: Mapping[str, Any]) -> None:
        import numpy as np

        super()._load_model(folder, facts)
        self._frequencies = np.array(facts["frequencies"], dtype=np.float64)


class RandomForest(ModelFamily):
    """A random forest: robust without tuning, at its best on small, noisy tables.

    Parameters: ``trees``; ``max_features``, the share of the columns that a split may choose from;
    ``min_samples_leaf``, training rows in a leaf, at least; ``bootstrap``, whether a tree draws its rows with
    replacement or sees all; ``sample_share``, how many it draws, as a share of all.
    """

    name = "random_forest"
    title = "Random forest"
    extra = "local"
    step = "trees"
    modules = ("sklearn", "skops")
    estimator = RandomForestEstimator

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        return SearchSpace(
            {
                "trees": Int(50, 500, step=50),
                "max_features": Float(0.05, 1.0),
                "min_samples_leaf": Int(1, 50, log=True),
                "bootstrap": Categorical([True, False]),
                "sample_share": Float(0.3, 1.0, when={"bootstrap": [True]}),
            }
        )

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        num_features = len(profile.features(target.name))
        share = math.sqrt(num_features) / num_features if target.task.is_classification else 0.5
        return {
            "trees": 200,
            "max_features": max(0.05, share),
            "min_samples_leaf": 1 if target.task.is_classification else 3,
            "bootstrap": True,
            "sample_share": 1.0,
        }

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        rows = target.num_rows * float(params.get("sample_share", 1.0))
        columns = max(1.0, num_columns(profile, target) * float(params["max_features"]))
        return float(params["trees"]) * (1e-3 + 6e-8 * rows * math.log2(rows + 2) * columns)


def _within_float32(encoded: NDArray[np.floating]) -> NDArray[np.float32]:
    """Trees work in single precision; larger numbers become its largest, which keeps their order."""
    import numpy as np

    limit = np.finfo(np.float32).max
    clipped: NDArray[np.float32] = np.clip(encoded, -limit, limit).astype(np.float32)
    return clipped
