"""Gradient boosting by XGBoost."""

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
from tuner.models.tabular import Encoding, TabularEstimator, within_float32
from tuner.models.target_scale import target_scale_default, target_scale_parameter
from tuner.models.threads import worthwhile_threads
from tuner.space import Float, Int, Parameter, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.models.tabular import Target

_ROUNDS_PER_STEP = 10
_MAX_ROUNDS = 3_000
# Each round grows a tree for each class.
_MAX_CLASSES = 100
_BINS = 256
_MODEL_FILE = "model.ubj"


class XGBoostEstimator(TabularEstimator):
    """Small trees, each correcting those before it. Stops when a while brought no better score.

    The while is 30 to 300 rounds: longer for small learning rates, under which a round does little.
    """

    encoding = Encoding(categories="ordinal", scale=False, impute=False, max_categories=1_000)
    reads_text = True

    _booster: Any  # XGBoost's own annotations leave its types open

    def _learn(
        self,
        encoded: NDArray[np.floating],
        target: Target,
        validation: NDArray[np.floating],
        report: Report,
    ) -> int:
        import xgboost

        threads = worthwhile_threads(self._threads, encoded)
        types = self._feature_types(encoded.shape[1])
        form: dict[str, Any] = {"feature_types": types, "enable_categorical": True, "nthread": threads}
        rows = xgboost.QuantileDMatrix(
            within_float32(encoded), target, weight=row_weights(self._params, target), max_bin=_BINS, **form
        )
        # Known to the booster, they are predicted as it grows: only the trees added since the last time.
        held_out = xgboost.DMatrix(within_float32(validation), **form)
        self._booster = xgboost.Booster(self._settings(threads), cache=[rows, held_out])
        patience = min(max(round(3 / self._params["learning_rate"]), 30), 300)
        kept = rounds = 0
        while rounds < _MAX_ROUNDS:
            self._booster.update(rows, rounds)
            rounds += 1
            is_last = report.should_stop()
            if is_last or rounds % _ROUNDS_PER_STEP == 0:
                verdict = report(rounds, self._to_columns(self._booster.predict(held_out)))
                kept = verdict.best_step
                if is_last or verdict.stop or rounds - kept >= patience:
                    break
        self._booster = self._booster[:kept]
        return kept

    def _settings(self, threads: int) -> dict[str, object]:
        if self._num_classes > 2:
            objective: dict[str, object] = {"objective": "multi:softprob", "num_class": self._num_classes}
        else:
            objective = {"objective": "binary:logistic" if self._num_classes else "reg:squarederror"}
        return objective | {
            "tree_method": "hist",
            "max_bin": _BINS,
            "grow_policy": "lossguide",
            "max_depth": 0,
            "max_leaves": self._params["max_leaves"],
            "learning_rate": self._params["learning_rate"],
            "min_child_weight": self._params["min_child_weight"],
            "colsample_bynode": self._params["max_features"],
            "subsample": self._params["sample_share"],
            "alpha": self._params["l1"],
            "lambda": self._params["l2"],
            "max_cat_to_onehot": self._params.get("max_one_hot", 4),
            "seed": self._seed % 2**31,
            "nthread": threads,
            "verbosity": 0,
        }

    def _feature_types(self, num_columns: int) -> list[str]:
        categories = set(self._encoder.categorical_indices)
        return ["c" if index in categories else "q" for index in range(num_columns)]

    def _to_columns(self, prediction: NDArray[np.float32]) -> NDArray[np.float64]:
        """Two columns for two classes, where XGBoost gives the second alone; single precision made to sum to one."""
        import numpy as np

        numbers = np.asarray(prediction, np.float64)
        if self._num_classes == 2:
            return np.column_stack([1 - numbers, numbers])
        return numbers / numbers.sum(axis=1, keepdims=True) if self._num_classes else numbers

    def _predict_encoded(self, encoded: NDArray[np.floating]) -> NDArray[np.float64]:
        self._booster.set_param({"nthread": worthwhile_threads(self._threads, encoded)})
        return self._to_columns(self._booster.inplace_predict(within_float32(encoded)))

    def _save_model(self, folder: Path) -> Mapping[str, object]:
        self._booster.save_model(folder / _MODEL_FILE)
        return {}

    def _load_model(self, folder: Path, facts: Mapping[str, Any]) -> None:
        import xgboost

        self._booster = xgboost.Booster(model_file=folder / _MODEL_FILE)


class XGBoost(ModelFamily):
    """XGBoost: as strong as LightGBM, and often right where that is wrong.

    Parameters: ``learning_rate``; ``max_leaves`` of a tree; ``min_child_weight``, the curvature of the loss in a leaf,
    at least, which for quantities is a number of rows; ``max_features``, the share of the columns that a split may
    choose from; ``sample_share``, the share of the rows each tree sees; ``l1`` and ``l2``, penalties on leaf values;
    ``max_one_hot``, the number of categories up to which a split sets one apart instead of dividing them, where the
    table has categories; ``categories``, how those of many values are read; ``class_weight``, where classes are rare;
    ``target_scale``, whether a positive target with a tail to the right is learned as its logarithm.
    """

    name = "xgboost"
    title = "XGBoost"
    extra = "boosting"
    step = "rounds"
    modules = ("xgboost",)
    reads = ENCODED_KINDS | TEXT_KINDS
    max_classes = _MAX_CLASSES
    estimator = XGBoostEstimator

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        parameters: dict[str, Parameter] = {
            "learning_rate": Float(0.005, 0.3, log=True),
            "max_leaves": Int(4, 256, log=True),
            "min_child_weight": Float(0.1, 100.0, log=True),
            "max_features": Float(0.2, 1.0),
            "sample_share": Float(0.4, 1.0),
            "l1": Float(1e-8, 10.0, log=True),
            "l2": Float(1e-4, 100.0, log=True),
        }
        if has_categories(profile, target):
            parameters["max_one_hot"] = Int(1, 64, log=True)
        parameters |= boosting_category_parameter(profile, target)
        return SearchSpace(parameters | class_weight_parameter(target) | target_scale_parameter(profile, target))

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        params: Params = {
            "learning_rate": 0.05,
            "max_leaves": 48,
            "min_child_weight": 1.0,
            "max_features": 0.8,
            "sample_share": 0.9,
            "l1": 1e-8,
            "l2": 1.0,
        }
        if has_categories(profile, target):
            params["max_one_hot"] = 4
        params |= boosting_category_default(profile, target)
        return params | class_weight_default(target) | target_scale_default(profile, target)

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        rounds = boosting_rounds(target, float(params["learning_rate"]), _MAX_ROUNDS)
        columns = num_columns(profile, target)
        leaves = min(float(params["max_leaves"]), target.num_rows / 5)
        per_tree = 2e-9 * target.num_rows * (columns * math.log2(leaves + 1) + 10) + 3e-6 * leaves * columns + 2e-4
        return text_seconds(profile, target) + 0.1 + rounds * num_outputs(target) * per_tree
