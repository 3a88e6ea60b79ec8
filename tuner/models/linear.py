"""Linear models: logistic regression for classes, ridge or elastic-net regression for quantities."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.base import ENCODED_KINDS, ModelFamily, Report
from tuner.models.category_coding import category_default, category_parameter
from tuner.models.cost import num_one_hot_columns, num_outputs
from tuner.models.imbalance import class_weight_default, class_weight_parameter, row_weights
from tuner.models.tabular import Encoding, TabularEstimator, softmax, to_32_bits, to_all_classes
from tuner.models.threads import limited_threads
from tuner.space import Categorical, Float, Parameter, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.models.tabular import Target

_MAX_ITERATIONS = 500
# Passes over the rows under the elastic net, each of which costs about this many cells at most in all.
_MAX_CELLS = 1e9
_WEIGHTS_FILE = "weights.npz"


class LinearEstimator(TabularEstimator):
    """Standardised numbers and one-hot categories in, one weight for each."""

    encoding = Encoding(categories="one_hot", scale=True, impute=True, max_categories=50)

    _weights: NDArray[np.float64]  # shape (columns, outputs)
    _intercepts: NDArray[np.float64]  # shape (outputs,)
    _classes: NDArray[np.int64]  # of the outputs

    def _learn(
        self,
        encoded: NDArray[np.floating],
        target: Target,
        validation: NDArray[np.floating],
        report: Report,
    ) -> int:
        import numpy as np
        from sklearn.exceptions import ConvergenceWarning

        model = self._new_model(encoded)
        with warnings.catch_warnings(), limited_threads(self._threads, encoded):
            # Weights that have not settled are still a candidate: the score tells what they are worth.
            warnings.simplefilter("ignore", ConvergenceWarning)
            # In single precision the solvers give up early.
            model.fit(encoded.astype(np.float64), target, sample_weight=row_weights(self._params, target))
        self._weights = np.atleast_2d(model.coef_).T
        self._intercepts = np.atleast_1d(model.intercept_)
        self._classes = model.classes_.astype(np.int64) if self._num_classes else np.zeros(0, np.int64)
        if len(self._classes) == 2:
            # One weight for the odds of the second class against the first.
            self._weights = np.column_stack([np.zeros(len(self._weights)), self._weights])
            self._intercepts = np.append(0.0, self._intercepts)
        report(1, self._predict_encoded(validation))
        return 1

    def _new_model(self, encoded: NDArray[np.floating]) -> Any:  # Any: scikit-learn ships without type information
        from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge

        if self._params["penalty"] == "l2":
            if self._num_classes:
                return LogisticRegression(C=1 / self._params["l2"], max_iter=_MAX_ITERATIONS)
            return Ridge(alpha=self._params["l2"])
        share = self._params["l1_share"]
        if not self._num_classes:
            return ElasticNet(alpha=self._params["l2"] / len(encoded), l1_ratio=share, max_iter=_MAX_ITERATIONS)
        passes = int(_MAX_CELLS / (encoded.size * self._num_classes))
        return LogisticRegression(
            C=1 / self._params["l2"],
            l1_ratio=share,
            solver="saga",
            max_iter=min(max(passes, 5), _MAX_ITERATIONS),
            random_state=to_32_bits(self._seed),
        )

    def _predict_encoded(self, encoded: NDArray[np.floating]) -> NDArray[np.float64]:
        scores = encoded @ self._weights + self._intercepts
        if not self._num_classes:
            return scores[:, 0]
        return to_all_classes(softmax(scores), self._classes, self._num_classes)

    def _save_model(self, folder: Path) -> Mapping[str, object]:
        from tuner.data.arrays.writing import write_npz

        arrays = {"weights": self._weights, "intercepts": self._intercepts, "classes": self._classes}
        write_npz(folder / _WEIGHTS_FILE, arrays.items())
        return {}

    def _load_model(self, folder: Path, facts: Mapping[str, Any]) -> None:
        import numpy as np

        with np.load(folder / _WEIGHTS_FILE, allow_pickle=False) as arrays:
            self._weights, self._intercepts = arrays["weights"], arrays["intercepts"]
            self._classes = arrays["classes"]


class Linear(ModelFamily):
    """Logistic or linear regression: fast and hard to overfit, at its best on small tables and smooth relations.

    Parameters: ``l2``, the strength of the penalty on the weights against the summed loss of the rows; ``penalty``: on
    squared weights alone (``l2``), or on their sizes too (``elastic_net``), which sets useless ones to zero;
    ``l1_share``, the sizes' part in the latter; ``categories`` of many values: ``target`` or ``one_hot``;
    ``class_weight``, where classes are rare.
    """

    name = "linear"
    title = "Linear model"
    extra = "local"
    step = "fit"
    modules = ("sklearn",)
    reads = ENCODED_KINDS
    estimator = LinearEstimator

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        parameters: dict[str, Parameter] = {
            "l2": Float(1e-4, 1e4, log=True),
            "penalty": Categorical(["l2", "elastic_net"]),
            "l1_share": Float(0.05, 1.0, when={"penalty": ["elastic_net"]}),
        }
        coding = category_parameter(profile, target, LinearEstimator.encoding.categories)
        return SearchSpace(parameters | coding | class_weight_parameter(target))

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        params: Params = {"l2": 1.0, "penalty": "l2"}
        return params | category_default(profile, target) | class_weight_default(target)

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        columns = num_one_hot_columns(profile, target, LinearEstimator.encoding.max_categories)
        cells = target.num_rows * columns
        if not target.task.is_classification:
            return 0.01 + 2e-8 * cells
        if params["penalty"] == "l2":
            return 0.02 + 6e-8 * cells * num_outputs(target)
        return 0.03 + min(3e-7 * cells * num_outputs(target), 20.0)
