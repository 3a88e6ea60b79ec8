"""Linear models: logistic regression for classes, ridge regression for quantities."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.base import ModelFamily, Report
from tuner.models.cost import num_one_hot_columns, num_outputs
from tuner.models.sklearn_estimator import SklearnEstimator
from tuner.models.tabular import Encoding
from tuner.space import Float, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.models.tabular import Target

_MAX_ITERATIONS = 500


class LinearEstimator(SklearnEstimator):
    """Standardised numbers and one-hot categories in, one weight for each."""

    encoding = Encoding(categories="one_hot", scale=True, impute=True, max_categories=50)

    def _learn(
        self,
        encoded: NDArray[np.floating],
        target: Target,
        validation: NDArray[np.floating],
        report: Report,
    ) -> int:
        import numpy as np
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression, Ridge

        if self._num_classes:
            self._model = LogisticRegression(C=1 / self._params["l2"], max_iter=_MAX_ITERATIONS)
        else:
            self._model = Ridge(alpha=self._params["l2"])
        with warnings.catch_warnings(), self._limited_threads(encoded):
            # Weights that have not settled are still a candidate: the score tells what they are worth.
            warnings.simplefilter("ignore", ConvergenceWarning)
            # In single precision the solver gives up early.
            self._model.fit(encoded.astype(np.float64), target)
        report(1, self._predict_encoded(validation))
        return 1


class Linear(ModelFamily):
    """Logistic or ridge regression: fast and hard to overfit, at its best on small tables and smooth relations.

    Parameters: ``l2``, the strength of the penalty on squared weights against the summed loss of the rows.
    """

    name = "linear"
    title = "Linear model"
    extra = "local"
    step = "fit"
    modules = ("sklearn", "skops")
    estimator = LinearEstimator

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        return SearchSpace({"l2": Float(1e-4, 1e4, log=True)})

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        return {"l2": 1.0}

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        columns = num_one_hot_columns(profile, target, LinearEstimator.encoding.max_categories)
        return 0.02 + 2e-8 * target.num_rows * columns * num_outputs(target)
