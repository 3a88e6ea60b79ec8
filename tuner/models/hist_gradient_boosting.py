"""Gradient boosting on histograms, by scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.base import ModelFamily, Report, Verdict
from tuner.models.cost import boosting_rounds, num_columns, num_outputs
from tuner.models.imbalance import class_weight_default, class_weight_parameter, row_weights
from tuner.models.tabular import Encoding, TabularEstimator, to_32_bits, to_all_classes
from tuner.models.threads import limited_threads
from tuner.space import Float, Int, Parameter, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.models.tabular import Target

_ROUNDS_PER_STEP = 10
_MAX_ROUNDS = 1_000
# Each round grows a tree for each class.
_MAX_CLASSES = 100
_MODEL_FILE = "model.skops"
# What skops may build beyond the types that it always allows.
_TRUSTED = (
    "functools.partial",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
)


class HistGradientBoostingEstimator(TabularEstimator):
    """Small trees, each correcting those before it. Stops when a while brought no better score.

    The while is 30 to 200 rounds: longer for small learning rates, under which a round does little.
    """

    # The histograms have 255 bins, and the codes for gaps and new values take two.
    encoding = Encoding(categories="ordinal", scale=False, impute=False, max_categories=253)

    _model: Any  # scikit-learn ships without type information

    def _learn(
        self,
        encoded: NDArray[np.floating],
        target: Target,
        validation: NDArray[np.floating],
        report: Report,
    ) -> int:
        import numpy as np

        patience = min(max(round(3 / self._params["learning_rate"]), 30), 200)
        curve = _Curve(self, report, patience)
        self._model = self._new_model(curve)
        # The curve scores the predictions itself, so any valid targets do for the validation rows.
        targets = np.full(len(validation), target[0])
        with limited_threads(self._threads, encoded):
            self._model.fit(encoded, target, row_weights(self._params, target), X_val=validation, y_val=targets)
        kept = curve.verdict.best_step
        del self._model._predictors[kept:]
        # The curve holds the caller's data and must not be saved with the model.
        self._model.scoring = self._model._scorer = None
        return kept

    def _new_model(self, curve: _Curve) -> Any:  # Any: scikit-learn ships without type information
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        boosting = HistGradientBoostingClassifier if self._num_classes else HistGradientBoostingRegressor
        return boosting(
            learning_rate=self._params["learning_rate"],
            max_leaf_nodes=self._params["max_leaves"],
            min_samples_leaf=self._params["min_samples_leaf"],
            l2_regularization=self._params["l2"],
            max_features=self._params["max_features"],
            categorical_features=list(self._encoder.categorical_indices) or None,
            max_iter=_MAX_ROUNDS,
            early_stopping=True,
            scoring=curve,
            n_iter_no_change=1,
            tol=0,
            random_state=to_32_bits(self._seed),
        )

    def _predict_encoded(self, encoded: NDArray[np.floating]) -> NDArray[np.float64]:
        with limited_threads(self._threads, encoded):
            return self._answer(encoded)

    def _answer(self, encoded: NDArray[np.floating]) -> NDArray[np.float64]:
        """The model's predictions, within whatever thread limit holds."""
        import numpy as np

        if not self._num_classes:
            return np.asarray(self._model.predict(encoded), np.float64)
        classes = self._model.classes_.astype(np.int64)
        return to_all_classes(self._model.predict_proba(encoded), classes, self._num_classes)

    def _save_model(self, folder: Path) -> Mapping[str, object]:
        import skops.io

        skops.io.dump(self._model, folder / _MODEL_FILE)
        return {}

    def _load_model(self, folder: Path, facts: Mapping[str, Any]) -> None:
        import skops.io

        self._model = skops.io.load(folder / _MODEL_FILE, trusted=list(_TRUSTED))


class _Curve:
    """Turns the scorer that scikit-learn calls after each round into reports.

    Training goes on while the "score" rises from round to round: it is the number of the round, or -1 to stop.
    """

    def __init__(self, estimator: HistGradientBoostingEstimator, report: Report, patience: int) -> None:
        self._estimator = estimator
        self._report = report
        self._patience = patience
        self.verdict = Verdict(best_step=0)

    # Any: scikit-learn ships without type information.
    def __call__(self, model: Any, rows: NDArray[np.floating], target: object) -> float:
        rounds = len(model.validation_score_)
        # Training rows are scored first in each round, then validation rows.
        is_validation = len(model.train_score_) > rounds
        if not is_validation or rounds == 0:
            return rounds
        is_last = self._report.should_stop()
        if rounds % _ROUNDS_PER_STEP and not is_last:
            return rounds
        self.verdict = self._report(rounds, self._estimator._answer(rows))
        is_stale = rounds - self.verdict.best_step >= self._patience
        return -1 if is_last or self.verdict.stop or is_stale else rounds


class HistGradientBoosting(ModelFamily):
    """Gradient boosting on histograms, as in scikit-learn: a second opinion beside LightGBM.

    Parameters: ``learning_rate``; ``max_leaves`` of a tree; ``min_samples_leaf``, training rows in a leaf, at
    least; ``l2``, the penalty on leaf values; ``max_features``, the share of the columns that a split may choose from;
    ``class_weight``, where classes are rare.
    """

    name = "hist_gradient_boosting"
    title = "Histogram gradient boosting"
    extra = "local"
    step = "rounds"
    modules = ("sklearn", "skops")
    estimator = HistGradientBoostingEstimator

    def supports(self, target: TargetProfile) -> bool:
        return len(target.classes) <= _MAX_CLASSES

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        parameters: dict[str, Parameter] = {
            "learning_rate": Float(0.01, 0.3, log=True),
            "max_leaves": Int(4, 128, log=True),
            "min_samples_leaf": Int(1, 100, log=True),
            "l2": Float(1e-6, 100.0, log=True),
            "max_features": Float(0.2, 1.0),
        }
        return SearchSpace(parameters | class_weight_parameter(target))

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        params: Params = {
            "learning_rate": 0.06,
            "max_leaves": 31,
            # A leaf must not be a large part of a small table.
            "min_samples_leaf": min(20, max(2, target.num_rows // 50)),
            "l2": 1e-2,
            "max_features": 0.8,
        }
        return params | class_weight_default(target)

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        rounds = boosting_rounds(target, float(params["learning_rate"]), _MAX_ROUNDS)
        columns = num_columns(profile, target)
        leaves = min(float(params["max_leaves"]), target.num_rows / 5)
        per_tree = 1.5e-9 * target.num_rows * (columns * math.log2(leaves + 1) + 20) + 1e-6 * leaves * columns + 1e-3
        return 0.1 + rounds * num_outputs(target) * per_tree
