"""Gradient boosting on histograms, by scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.base import ENCODED_KINDS, TEXT_KINDS, ModelFamily, Report, Verdict
from tuner.models.category_coding import boosting_category_default, boosting_category_parameter
from tuner.models.cost import boosting_rounds, num_columns, num_outputs, text_seconds
from tuner.models.imbalance import class_weight_default, class_weight_parameter, row_weights
from tuner.models.tabular import Encoding, TabularEstimator, softmax, to_32_bits, to_all_classes, within_float32
from tuner.models.threads import limited_threads
from tuner.space import Float, Int, Parameter, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.models.packed_trees import PackedTrees
    from tuner.models.tabular import Target

_ROUNDS_PER_STEP = 10
_MAX_ROUNDS = 1_000
# Each round grows a tree for each class.
_MAX_CLASSES = 100
_TREES_FILE = "trees.npz"
# What scikit-learn can tell apart in one column.
_CODES = 255


class HistGradientBoostingEstimator(TabularEstimator):
    """Small trees, each correcting those before it. Stops when a while brought no better score.

    The while is 30 to 200 rounds: longer for small learning rates, under which a round does little.
    """

    # The codes for gaps and new values take two.
    encoding = Encoding(categories="ordinal", scale=False, impute=False, max_categories=_CODES - 2)
    reads_text = True

    _trees: PackedTrees
    _start: NDArray[np.float64]  # what the trees correct, shape (outputs,)
    _classes: NDArray[np.int64]  # that training rows had

    def _learn(
        self,
        encoded: NDArray[np.floating],
        target: Target,
        validation: NDArray[np.floating],
        report: Report,
    ) -> int:
        import numpy as np

        encoded, validation = within_float32(encoded), within_float32(validation)
        # scikit-learn fails on a column without a single value. What stands in one of a single value plays no part.
        encoded[:, np.isnan(encoded).all(axis=0)] = 0
        self._classes = np.unique(target).astype(np.int64) if self._num_classes else np.zeros(0, np.int64)
        curve = _Curve(self, validation, report)
        model = self._new_model(curve)
        # The curve scores predictions itself, so any rows and targets do for validation.
        with limited_threads(self._threads, encoded):
            weights = row_weights(self._params, target)
            model.fit(encoded, target, weights, X_val=encoded[:1], y_val=target[:1])
        self._trees = curve.trees()
        return curve.verdict.best_step

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
        return self._answer(self._trees.total(within_float32(encoded), len(self._start)))

    def _answer(self, total: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predictions from the sums of the trees, shape (n, outputs)."""
        import numpy as np

        scores = total + self._start
        if not self._num_classes:
            return scores[:, 0]
        if scores.shape[1] == 1:
            # The odds of the second class against the first.
            scores = np.column_stack([np.zeros(len(scores)), scores])
        return to_all_classes(softmax(scores), self._classes, self._num_classes)

    def _save_model(self, folder: Path) -> Mapping[str, object]:
        self._trees.save(folder / _TREES_FILE)
        return {"start": self._start.tolist(), "classes": self._classes.tolist()}

    def _load_model(self, folder: Path, facts: Mapping[str, Any]) -> None:
        import numpy as np

        from tuner.models.packed_trees import PackedTrees

        self._trees = PackedTrees.load(folder / _TREES_FILE)
        self._start = np.array(facts["start"], np.float64)
        self._classes = np.array(facts["classes"], np.int64)


class _Curve:
    """Turns the scorer that scikit-learn calls after each round into reports.

    Training goes on while the "score" rises from round to round: it is the number of the round, or -1 to stop.
    """

    def __init__(
        self, estimator: HistGradientBoostingEstimator, validation: NDArray[np.float32], report: Report
    ) -> None:
        self._estimator = estimator
        self._validation = validation
        self._report = report
        self._patience = min(max(round(3 / estimator._params["learning_rate"]), 30), 200)
        self._packs: list[PackedTrees] = []
        self._packed_rounds: list[int] = []
        self._total: NDArray[np.float64] | None = None
        self.verdict = Verdict(best_step=0)

    # Any: scikit-learn ships without type information.
    def __call__(self, model: Any, rows: object, target: object, sample_weight: object = None) -> float:
        rounds = len(model.validation_score_)
        # Training rows are scored first in each round, then validation rows.
        is_validation = len(model.train_score_) > rounds
        if not is_validation or rounds == 0:
            return rounds
        is_last = self._report.should_stop()
        if rounds % _ROUNDS_PER_STEP and not is_last:
            return rounds
        self._total = self._grown_total(model, rounds)
        self.verdict = self._report(rounds, self._estimator._answer(self._total))
        is_stale = rounds - self.verdict.best_step >= self._patience
        return -1 if is_last or self.verdict.stop or is_stale else rounds

    def trees(self) -> PackedTrees:
        """Those of the rounds up to the best step."""
        from tuner.models.packed_trees import PackedTrees

        steps = zip(self._packs, self._packed_rounds, strict=True)
        return PackedTrees.join([pack for pack, rounds in steps if rounds <= self.verdict.best_step])

    def _grown_total(self, model: Any, rounds: int) -> NDArray[np.float64]:
        """Take the trees grown since the last time out of the model; the sums over all trees so far."""
        import numpy as np

        from tuner.models.packed_trees import PackedTrees, Tree

        codes = self._estimator._encoder.categorical_indices
        num_columns = self._validation.shape[1]
        # scikit-learn moves columns of categories to the front and numbers the categories that it has seen.
        columns = np.array([*codes, *(column for column in range(num_columns) if column not in set(codes))])
        places = np.full((num_columns, _CODES), -1)
        if codes:
            for column, seen in zip(codes, model._preprocessor.named_transformers_["encoder"].categories_, strict=True):
                places[column, seen.astype(np.int64)] = np.arange(len(seen))
        first = self._packed_rounds[-1] if self._packed_rounds else 0
        grown = [tree for trees in model._predictors[first:rounds] for tree in trees]
        self._estimator._start = np.asarray(model._baseline_prediction, np.float64).ravel()
        pack = PackedTrees.pack([Tree.of_boosting(tree, columns, places) for tree in grown])
        self._packs.append(pack)
        self._packed_rounds.append(rounds)
        total = pack.total(self._validation, len(self._estimator._start))
        return total if self._total is None else self._total + total


class HistGradientBoosting(ModelFamily):
    """Gradient boosting on histograms, as in scikit-learn: a second opinion beside LightGBM.

    Parameters: ``learning_rate``; ``max_leaves`` of a tree; ``min_samples_leaf``, training rows in a leaf, at
    least; ``l2``, the penalty on leaf values; ``max_features``, the share of the columns that a split may choose from;
    ``categories``, how those of many values are read; ``class_weight``, where classes are rare.
    """

    name = "hist_gradient_boosting"
    title = "Histogram gradient boosting"
    extra = "local"
    step = "rounds"
    modules = ("sklearn",)
    reads = ENCODED_KINDS | TEXT_KINDS
    max_classes = _MAX_CLASSES
    estimator = HistGradientBoostingEstimator

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        parameters: dict[str, Parameter] = {
            "learning_rate": Float(0.01, 0.3, log=True),
            "max_leaves": Int(4, 128, log=True),
            "min_samples_leaf": Int(1, 100, log=True),
            "l2": Float(1e-6, 100.0, log=True),
            "max_features": Float(0.2, 1.0),
        }
        parameters |= boosting_category_parameter(profile, target)
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
        return params | boosting_category_default(profile, target) | class_weight_default(target)

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        rounds = boosting_rounds(target, float(params["learning_rate"]), _MAX_ROUNDS)
        columns = num_columns(profile, target)
        leaves = min(float(params["max_leaves"]), target.num_rows / 5)
        per_tree = 2.5e-9 * target.num_rows * (columns * math.log2(leaves + 1) + 20) + 2e-6 * leaves * columns + 1e-3
        return text_seconds(profile, target) + 0.1 + rounds * num_outputs(target) * per_tree
