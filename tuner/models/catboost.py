"""Gradient boosting by CatBoost."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.base import ENCODED_KINDS, TEXT_KINDS, ModelFamily, Report, Verdict, has_categories
from tuner.models.cost import boosting_rounds, num_columns, num_outputs, text_seconds
from tuner.models.imbalance import class_weight_default, class_weight_parameter, row_weights
from tuner.models.tabular import Encoding, TabularEstimator, softmax, to_all_classes, within_float32
from tuner.models.threads import worthwhile_threads
from tuner.space import Categorical, Float, Int, Parameter, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.models.tabular import Target

_ROUNDS_PER_STEP = 10
_MAX_ROUNDS = 3_000
_MAX_CLASSES = 50
# Above this, ordered boosting costs far more than it gains.
_MAX_ORDERED_ROWS = 50_000
_MODEL_FILE = "model.cbm"


class CatBoostEstimator(TabularEstimator):
    """Symmetric trees, each correcting those before it; categories become statistics of the rows seen so far.

    Stops when a while brought no better score: 50 to 300 rounds, longer for small learning rates.
    """

    # Categories with few rows are CatBoost's strength: it sees all.
    encoding = Encoding(categories="ordinal", scale=False, impute=False, max_categories=100_000)
    reads_text = True

    _model: Any  # CatBoost's own annotations do not cover what is used here
    _classes: NDArray[np.int64]  # that training rows had

    def _learn(
        self,
        encoded: NDArray[np.floating],
        target: Target,
        validation: NDArray[np.floating],
        report: Report,
    ) -> int:
        import catboost
        import numpy as np

        weights = row_weights(self._params, target)
        self._classes = np.zeros(0, np.int64)
        if self._num_classes:
            self._classes, target = np.unique(target.astype(np.int64), return_inverse=True)
        curve = _Curve(self, len(validation), report)
        rows = self._pool(encoded, target, weights)
        # The curve scores the predictions itself, so any valid targets do for the validation rows.
        held_out = self._pool(validation, np.full(len(validation), target[0]))
        self._model = catboost.CatBoost(self._settings(encoded, curve))
        with warnings.catch_warnings():
            # It would like a compiler for the scorer.
            warnings.filterwarnings("ignore", message="Failed to import numba", category=UserWarning)
            self._model.fit(rows, eval_set=held_out, callbacks=[curve])
        self._model.shrink(ntree_end=curve.verdict.best_step)
        return curve.verdict.best_step

    def _settings(self, encoded: NDArray[np.floating], curve: _Curve) -> dict[str, object]:
        losses = {0: "RMSE", 2: "Logloss"}
        settings: dict[str, object] = {
            "loss_function": losses.get(len(self._classes), "MultiClass"),
            "eval_metric": curve,
            "iterations": _MAX_ROUNDS,
            "learning_rate": self._params["learning_rate"],
            "depth": self._params["depth"],
            "l2_leaf_reg": self._params["l2"],
            "random_strength": self._params["split_noise"],
            "rsm": self._params["max_features"],
            "bootstrap_type": "Bayesian",
            "bagging_temperature": self._params["bagging_temperature"],
            "boosting_type": self._params.get("boosting", "plain").capitalize(),
            "random_seed": self._seed % 2**31,
            "thread_count": worthwhile_threads(self._threads, encoded),
            "use_best_model": False,
            "allow_const_label": True,
            "allow_writing_files": False,
            "logging_level": "Silent",
        }
        if "max_one_hot" in self._params:
            settings["one_hot_max_size"] = self._params["max_one_hot"]
        return settings

    def _pool(
        self, encoded: NDArray[np.floating], target: Target | None = None, weights: NDArray[np.float64] | None = None
    ) -> Any:
        import catboost
        import numpy as np

        categories = list(self._encoder.categorical_indices)
        numbers = np.delete(encoded, categories, axis=1)
        parts: dict[str, object] = {}
        if numbers.shape[1]:
            parts["num_feature_data"] = np.ascontiguousarray(within_float32(numbers))
        if categories:
            codes, places = np.unique(encoded[:, categories].astype(np.int64), return_inverse=True)
            labels = np.array([b"%d" % code for code in codes.tolist()], dtype=object)
            parts["cat_feature_data"] = labels[places].reshape(len(encoded), len(categories))
        threads = worthwhile_threads(self._threads, encoded)
        return catboost.Pool(catboost.FeaturesData(**parts), target, weight=weights, thread_count=threads)

    def _predict_encoded(self, encoded: NDArray[np.floating]) -> NDArray[np.float64]:
        threads = worthwhile_threads(self._threads, encoded)
        scores = self._model.predict(self._pool(encoded), prediction_type="RawFormulaVal", thread_count=threads)
        return self._from_scores(scores)

    def _from_scores(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predictions from the sums of the trees, shape (n,), or (n, classes) for three or more."""
        import numpy as np

        if not self._num_classes:
            return np.asarray(scores, np.float64)
        if scores.ndim == 1:
            # The odds of the second class against the first.
            scores = np.column_stack([np.zeros(len(scores)), scores])
        return to_all_classes(softmax(scores), self._classes, self._num_classes)

    def _save_model(self, folder: Path) -> Mapping[str, object]:
        self._model.save_model(str(folder / _MODEL_FILE))
        return {"classes": self._classes.tolist()}

    def _load_model(self, folder: Path, facts: Mapping[str, Any]) -> None:
        import catboost
        import numpy as np

        self._model = catboost.CatBoost()
        self._model.load_model(str(folder / _MODEL_FILE))
        self._classes = np.array(facts["classes"], np.int64)


class _Curve:
    """Turns the metric that CatBoost computes after each round into reports.

    CatBoost shows predictions to a metric only, and lets a callback stop the training. This is both.
    """

    def __init__(self, estimator: CatBoostEstimator, num_rows: int, report: Report) -> None:
        self._estimator = estimator
        self._num_rows = num_rows
        self._report = report
        self._patience = min(max(round(3 / estimator._params["learning_rate"]), 50), 300)
        self._scores: NDArray[np.float64] | None = None
        self.verdict = Verdict(best_step=0)

    def __deepcopy__(self, memo: object) -> _Curve:
        # CatBoost copies its settings, but what is told to this object must be heard by its maker.
        return self

    def is_max_optimal(self) -> bool:
        return False

    def get_final_error(self, error: float, weight: float) -> float:
        return error

    def evaluate(self, scores: Sequence[NDArray[np.float64]], target: object, weight: object) -> tuple[float, float]:
        """Keep the scores of the validation rows, which come after those of the training rows."""
        import numpy as np

        if len(scores[0]) == self._num_rows:
            # The memory is CatBoost's own.
            self._scores = np.array(scores).T
        return 0.0, 1.0

    def after_iteration(self, round_: Any) -> bool:
        """Whether to go on."""
        rounds = round_.iteration
        is_last = self._report.should_stop()
        if rounds % _ROUNDS_PER_STEP and not is_last:
            return True
        assert self._scores is not None
        scores = self._scores[:, 0] if self._scores.shape[1] == 1 else self._scores
        self.verdict = self._report(rounds, self._estimator._from_scores(scores))
        is_stale = rounds - self.verdict.best_step >= self._patience
        return not (is_last or self.verdict.stop or is_stale)


class CatBoost(ModelFamily):
    """CatBoost: the strongest choice where categories matter, and good without tuning.

    Parameters: ``learning_rate``; ``depth`` of a tree; ``l2``, the penalty on leaf values; ``max_features``, the share
    of the columns that a level of a tree may choose from; ``split_noise``, how much chance there is in a split;
    ``bagging_temperature``, how unequal the random weights of rows are; on up to 50,000 rows ``boosting``: ``ordered``
    estimates each row's error without the row itself, which helps small tables and takes longer, ``plain`` does not;
    ``max_one_hot``, the number of categories up to which each is a column, where the table has categories;
    ``class_weight``, where classes are rare.

    Source: Prokhorenkova et al. (2018).
    """

    name = "catboost"
    title = "CatBoost"
    extra = "boosting"
    step = "rounds"
    modules = ("catboost",)
    reads = ENCODED_KINDS | TEXT_KINDS
    max_classes = _MAX_CLASSES
    estimator = CatBoostEstimator

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        parameters: dict[str, Parameter] = {
            "learning_rate": Float(0.01, 0.3, log=True),
            "depth": Int(2, 10),
            "l2": Float(0.1, 100.0, log=True),
            "max_features": Float(0.3, 1.0),
            "split_noise": Float(0.1, 10.0, log=True),
            "bagging_temperature": Float(0.0, 2.0),
        }
        if target.num_rows <= _MAX_ORDERED_ROWS:
            parameters["boosting"] = Categorical(["plain", "ordered"])
        if has_categories(profile, target):
            parameters["max_one_hot"] = Int(2, 64, log=True)
        return SearchSpace(parameters | class_weight_parameter(target))

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        params: Params = {
            "learning_rate": 0.06 if num_outputs(target) == 1 else 0.1,
            "depth": 6,
            "l2": 3.0,
            "max_features": 1.0,
            "split_noise": 1.0,
            "bagging_temperature": 1.0,
        }
        if target.num_rows <= _MAX_ORDERED_ROWS:
            params["boosting"] = "plain"
        if has_categories(profile, target):
            params["max_one_hot"] = 2
        return params | class_weight_default(target)

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        # Its trees, weaker each, go on improving for longer; with many classes too.
        rounds = boosting_rounds(target, float(params["learning_rate"]), _MAX_ROUNDS) * (
            3 if num_outputs(target) > 1 else 1
        )
        columns = num_columns(profile, target)
        depth = float(params["depth"])
        cells = target.num_rows * (columns + 10)
        per_tree = 3e-9 * cells * depth + 2e-6 * columns * 2**depth + 1e-3
        per_tree *= 3 if params.get("boosting") == "ordered" else 1
        return text_seconds(profile, target) + 0.1 + rounds * num_outputs(target) * per_tree
