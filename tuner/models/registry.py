"""The families there are."""

from __future__ import annotations

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.errors import UnknownName
from tuner.models.base import ModelFamily
from tuner.models.baseline import Baseline
from tuner.models.catboost import CatBoost
from tuner.models.extra_trees import ExtraTrees
from tuner.models.hist_gradient_boosting import HistGradientBoosting
from tuner.models.keras_mlp import KerasMLP
from tuner.models.keras_resnet import KerasResNet
from tuner.models.knn import KNN
from tuner.models.lightgbm import LightGBM
from tuner.models.linear import Linear
from tuner.models.random_forest import RandomForest
from tuner.models.series_lightgbm import SeriesLightGBM
from tuner.models.series_linear import SeriesLinear
from tuner.models.series_naive import SeriesNaive
from tuner.models.series_seasonal_naive import SeriesSeasonalNaive
from tuner.models.series_smoothing import SeriesSmoothing
from tuner.models.svm import SVM
from tuner.models.xgboost import XGBoost
from tuner.models.text_linear import TextLinear

# In the order in which they are worth a first trial.
_FAMILIES: tuple[ModelFamily, ...] = (
    LightGBM(),
    CatBoost(),
    XGBoost(),
    HistGradientBoosting(),
    RandomForest(),
    ExtraTrees(),
    Linear(),
    SVM(),
    TextLinear(),
    KNN(),
    KerasMLP(),
    KerasResNet(),
    SeriesSeasonalNaive(),
    SeriesSmoothing(),
    SeriesLinear(),
    SeriesLightGBM(),
    SeriesNaive(),
)
_BASELINE = Baseline()


def families() -> dict[str, ModelFamily]:
    """All families that compete, by name, those that are not installed included."""
    return {family.name: family for family in _FAMILIES}


def family(name: str, pointer: str = "#/models") -> ModelFamily:
    """The family of this name, the baseline included.

    Raises:
        UnknownName: There is none; the error points to ``pointer`` and lists those there are.
    """
    if name == _BASELINE.name:
        return _BASELINE
    known = families()
    if name not in known:
        raise UnknownName("family", name, known, pointer)
    return known[name]


def available_families(profile: DatasetProfile, target: TargetProfile) -> list[ModelFamily]:
    """The installed families that can predict ``target`` from what the table has."""
    return [family for family in _FAMILIES if family.supports(profile, target) and family.is_available()]
