"""Random forests."""

from __future__ import annotations

import math

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.category_coding import category_default
from tuner.models.forest import Forest, ForestEstimator
from tuner.models.imbalance import class_weight_default
from tuner.space import Params


class RandomForestEstimator(ForestEstimator):
    """Trees on resampled rows, each split the best among some of the columns."""

    kinds = ("RandomForestClassifier", "RandomForestRegressor")


class RandomForest(Forest):
    """A random forest: robust without tuning, at its best on small, noisy tables. Parameters as for every forest.

    Source: Breiman (2001), as implemented in scikit-learn.
    """

    name = "random_forest"
    title = "Random forest"
    estimator = RandomForestEstimator
    seconds_per_cell = 6e-8

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        num_features = len(profile.features(target.name))
        params: Params = {
            "trees": 200,
            "max_features": max(0.05, 1 / math.sqrt(num_features)) if target.task.is_classification else 0.5,
            "min_samples_leaf": 1 if target.task.is_classification else 3,
            "bootstrap": True,
            "sample_share": 1.0,
        }
        if target.task.is_classification:
            params["criterion"] = "gini"
        return params | category_default(profile, target) | class_weight_default(target)
