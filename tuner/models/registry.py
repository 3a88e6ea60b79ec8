"""The families there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.errors import UnknownName
from tuner.models.architecture import ArchitectureFamily
from tuner.models.base import ModelFamily
from tuner.models.baseline import Baseline
from tuner.models.catboost import CatBoost
from tuner.models.extra_trees import ExtraTrees
from tuner.models.hist_gradient_boosting import HistGradientBoosting
from tuner.models.keras_cnn import KerasCNN
from tuner.models.keras_conv1d import KerasConv1D
from tuner.models.keras_mlp import KerasMLP
from tuner.models.keras_resnet import KerasResNet
from tuner.models.keras_rnn import KerasRNN
from tuner.models.keras_text import KerasText
from tuner.models.knn import KNN
from tuner.models.lightgbm import LightGBM
from tuner.models.linear import Linear
from tuner.models.random_forest import RandomForest
from tuner.models.series.gru import SeriesGRU
from tuner.models.series.lightgbm import SeriesLightGBM
from tuner.models.series.linear import SeriesLinear
from tuner.models.series.naive import SeriesNaive
from tuner.models.series.seasonal_naive import SeriesSeasonalNaive
from tuner.models.series.smoothing import SeriesSmoothing
from tuner.models.svm import SVM
from tuner.models.text_linear import TextLinear
from tuner.models.xgboost import XGBoost

# In the order in which they are worth a first trial.
_FAMILIES: tuple[ModelFamily, ...] = (
    LightGBM(),
    CatBoost(),
    XGBoost(),
    HistGradientBoosting(),
    RandomForest(),
    ExtraTrees(),
    Linear(),
    TextLinear(),
    SVM(),
    KNN(),
    KerasMLP(),
    KerasResNet(),
    KerasText(),
    KerasCNN(),
    KerasRNN(),
    KerasConv1D(),
    SeriesSeasonalNaive(),
    SeriesSmoothing(),
    SeriesLinear(),
    SeriesLightGBM(),
    SeriesGRU(),
    SeriesNaive(),
)
# Without a network it can predict nothing, so nobody tries it unasked.
_ARCHITECTURE = ArchitectureFamily()
_BASELINE = Baseline()


def families() -> dict[str, ModelFamily]:
    """All families that compete, by name, those that are not installed included."""
    return {family.name: family for family in (*_FAMILIES, _ARCHITECTURE)}


# Any: a document in JSON, read by `tuner.architecture`.
def family(name: str, pointer: str = "#/models", *, architecture: Mapping[str, Any] | None = None) -> ModelFamily:
    """The family of this name, the baseline included.

    Args:
        name: Its name.
        pointer: Where the name stands in the request.
        architecture: The network that the family ``architecture`` builds; others pass it over.

    Raises:
        UnknownName: There is none; the error points to ``pointer`` and lists those there are.
    """
    if name == _BASELINE.name:
        return _BASELINE
    if name == _ARCHITECTURE.name and architecture is not None:
        return ArchitectureFamily(architecture)
    known = families()
    if name not in known:
        raise UnknownName("family", name, known, pointer)
    return known[name]


def available_families(profile: DatasetProfile, target: TargetProfile) -> list[ModelFamily]:
    """The installed families that can predict ``target`` from what the table has."""
    return [family for family in _FAMILIES if family.supports(profile, target) and family.is_available()]
