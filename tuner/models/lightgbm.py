"""Gradient boosting by LightGBM."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.base import ENCODED_KINDS, TEXT_KINDS, ModelFamily, Report, has_categories
from tuner.models.category_coding import boosting_category_default, boosting_category_parameter
from tuner.models.cost import boosting_rounds, num_columns, num_outputs, text_seconds
from tuner.models.imbalance import class_weight_default, class_weight_parameter, row_weights
from tuner.models.tabular import Encoding, TabularEstimator
from tuner.models.target_scale import target_scale_default, target_scale_parameter
from tuner.models.threads import worthwhile_threads
from tuner.space import Categorical, Float, Int, Parameter, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.models.tabular import Target

_ROUNDS_PER_STEP = 10
_MAX_ROUNDS = 3_000
# Each round grows a tree for each class.
_MAX_CLASSES = 100
_MODEL_FILE = "model.txt"


class LightGBMEstimator(TabularEstimator):
    """Small trees, each correcting those before it. Stops when a while brought no better score.

    The while is 30 to 300 rounds: longer for small learning rates, under which a round does little.
    """

    encoding = Encoding(categories="ordinal", scale=False, impute=False, max_categories=1_000)
    reads_text = True

    _booster: Any  # LightGBM's own annotations do not cover what is used here

    def _learn(
        self,
        encoded: NDArray[np.floating],
        target: Target,
        validation: NDArray[np.floating],
        report: Report,
    ) -> int:
        import lightgbm
        import numpy as np

        settings = self._settings(encoded)
        rows = lightgbm.Dataset(
            encoded,
            target,
            weight=row_weights(self._params, target),
            categorical_feature=list(self._encoder.categorical_indices),
            params=settings,
        )
        self._booster = lightgbm.Booster(settings, rows)
        # LightGBM predicts an attached set as it grows. No metric of its own is computed, so the targets do not matter.
        # The settings are needed again: a set made without them puts all threads back to work.
        attached = rows.create_valid(validation, np.zeros(len(validation)), params=settings)
        self._booster.add_valid(attached, "validation")
        patience = min(max(round(3 / self._params["learning_rate"]), 30), 300)
        kept = rounds = 0
        while rounds < _MAX_ROUNDS:
            rounds += 1
            is_last = self._booster.update() or report.should_stop()
            if is_last or rounds % _ROUNDS_PER_STEP == 0:
                verdict = report(rounds, self._predict_attached())
                kept = verdict.best_step
                if is_last or verdict.stop or rounds - kept >= patience:
                    break
        # Through the file's own form: it leaves the later trees and the training rows behind.
        self._booster = lightgbm.Booster(model_str=self._booster.model_to_string(num_iteration=kept))
        return kept

    def _settings(self, encoded: NDArray[np.floating]) -> dict[str, object]:
        if self._num_classes > 2:
            objective: dict[str, object] = {"objective": "multiclass", "num_class": self._num_classes}
        else:
            objective = {"objective": "binary" if self._num_classes else "regression"}
        return objective | {
            "learning_rate": self._params["learning_rate"],
            "num_leaves": self._params["max_leaves"],
            "min_data_in_leaf": self._params["min_samples_leaf"],
            "feature_fraction": self._params["max_features"],
            "bagging_fraction": self._params["sample_share"],
            "bagging_freq": 1,
            "lambda_l1": self._params["l1"],
            "lambda_l2": self._params["l2"],
            "extra_trees": self._params["random_thresholds"],
            "cat_smooth": self._params.get("category_smoothing", 10.0),
            # LightGBM ignores categories with fewer rows than this; its default of 100 is all of them in small tables.
            "min_data_per_group": min(100, max(5, len(encoded) // 50)),
            "metric": "None",
            "seed": self._seed % 2**31,
            "num_threads": worthwhile_threads(self._threads, encoded),
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }

    def _predict_attached(self) -> NDArray[np.float64]:
        """Predictions for the validation rows, which LightGBM shows to a metric only."""
        predictions: list[NDArray[np.float64]] = []

        def look(prediction: NDArray[np.float64], rows: object) -> tuple[str, float, bool]:
            # LightGBM writes the next round's into the same memory.
            predictions.append(prediction.copy())
            return "none", 0.0, True

        self._booster.eval_valid(look)
        return self._to_columns(predictions[0])

    def _predict_encoded(self, encoded: NDArray[np.floating]) -> NDArray[np.float64]:
        return self._to_columns(self._booster.predict(encoded, num_threads=worthwhile_threads(self._threads, encoded)))

    def _to_columns(self, prediction: NDArray[np.float64]) -> NDArray[np.float64]:
        """Two columns for two classes, where LightGBM gives the second alone."""
        import numpy as np

        return np.column_stack([1 - prediction, prediction]) if self._num_classes == 2 else prediction

    def _save_model(self, folder: Path) -> Mapping[str, object]:
        self._booster.save_model(folder / _MODEL_FILE)
        return {}

    def _load_model(self, folder: Path, facts: Mapping[str, Any]) -> None:
        import lightgbm

        self._booster = lightgbm.Booster(model_file=folder / _MODEL_FILE)


class LightGBM(ModelFamily):
    """LightGBM: the strongest single choice on most tables, and fast.

    Parameters: ``learning_rate``; ``max_leaves`` of a tree; ``min_samples_leaf``, training rows in a leaf, at least;
    ``max_features``, the share of the columns each tree sees; ``sample_share``, the share of the rows each tree sees;
    ``random_thresholds``, whether a split tries one random threshold of each column instead of all, which harms little
    and steadies much on small tables; ``l1`` and ``l2``, penalties on leaf values; ``category_smoothing``, how far
    categories with few rows are drawn to the average, where the table has categories; ``categories``, how those of many
    values are read; ``class_weight``, where classes are rare; ``target_scale``, whether a positive target with a tail
    to the right is learned as its logarithm.
    """

    name = "lightgbm"
    title = "LightGBM"
    extra = "local"
    step = "rounds"
    modules = ("lightgbm",)
    reads = ENCODED_KINDS | TEXT_KINDS
    max_classes = _MAX_CLASSES
    estimator = LightGBMEstimator

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        parameters: dict[str, Parameter] = {
            "learning_rate": Float(0.005, 0.3, log=True),
            "max_leaves": Int(4, 256, log=True),
            "min_samples_leaf": Int(1, 200, log=True),
            "max_features": Float(0.2, 1.0),
            "sample_share": Float(0.4, 1.0),
            "random_thresholds": Categorical([False, True]),
            "l1": Float(1e-8, 10.0, log=True),
            "l2": Float(1e-8, 100.0, log=True),
        }
        if has_categories(profile, target):
            parameters["category_smoothing"] = Float(1.0, 200.0, log=True)
        parameters |= boosting_category_parameter(profile, target)
        return SearchSpace(parameters | class_weight_parameter(target) | target_scale_parameter(profile, target))

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        params: Params = {
            "learning_rate": 0.05,
            "max_leaves": 31,
            # A leaf must not be a large part of a small table.
            "min_samples_leaf": min(20, max(2, target.num_rows // 50)),
            "max_features": 0.9,
            "sample_share": 0.9,
            "random_thresholds": False,
            "l1": 1e-8,
            "l2": 1e-2,
        }
        if has_categories(profile, target):
            params["category_smoothing"] = 10.0
        params |= boosting_category_default(profile, target)
        return params | class_weight_default(target) | target_scale_default(profile, target)

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        rounds = boosting_rounds(target, float(params["learning_rate"]), _MAX_ROUNDS)
        columns = num_columns(profile, target) * float(params["max_features"])
        leaves = min(float(params["max_leaves"]), target.num_rows / 5)
        # Rows pass through the histograms once for each level of a tree, bins are searched once for each leaf.
        per_tree = 1.5e-9 * target.num_rows * (columns * math.log2(leaves + 1) + 10) + 2e-6 * leaves * columns + 3e-4
        return text_seconds(profile, target) + 0.05 + rounds * num_outputs(target) * per_tree
