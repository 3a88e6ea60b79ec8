"""The fixed configurations that a study tries before it searches, strongest and cheapest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from tuner.data.profile import ColumnKind, DatasetProfile, TargetProfile
from tuner.models import ModelFamily, family
from tuner.models.architecture import ARCHITECTURE
from tuner.models.category_coding import CATEGORIES
from tuner.models.cost import num_outputs, num_texts
from tuner.models.target_scale import TARGET_SCALE
from tuner.space import Params, Scalar

Entry: TypeAlias = tuple[str, Mapping[str, Scalar]]
"""A family's name, and what differs from its default."""

_DEFAULT: Mapping[str, Scalar] = MappingProxyType({})
# Where the target has a tail to the right, some learn its logarithm and some do not, for an average to choose from.
_LOG: Mapping[str, Scalar] = MappingProxyType({TARGET_SCALE: "log"})
# Where a category has many values, some learn them from the target, some by themselves, whatever their default is.
_CODED: Mapping[str, Scalar] = MappingProxyType({CATEGORIES: "target"})
_NATIVE: Mapping[str, Scalar] = MappingProxyType({CATEGORIES: "native"})
# Trees of few leaves, each of a part of the columns: the strongest boosting on few rows, where larger ones fit noise.
_SHALLOW_LIGHTGBM: Entry = (
    "lightgbm",
    {"learning_rate": 0.06, "max_leaves": 8, "max_features": 0.6, "sample_share": 0.9, "l2": 1.0, **_LOG},
)
_SHALLOW_XGBOOST: Entry = (
    "xgboost",
    {
        "learning_rate": 0.08,
        "max_leaves": 8,
        "max_features": 0.7,
        "sample_share": 0.8,
        "min_child_weight": 3.0,
        **_LOG,
        **_CODED,
    },
)
_RANDOM_LIGHTGBM: Entry = ("lightgbm", {"random_thresholds": True})
_CAUTIOUS_LIGHTGBM: Entry = (
    "lightgbm",
    {
        "learning_rate": 0.04,
        "max_leaves": 20,
        "min_samples_leaf": 30,
        "max_features": 0.4,
        "sample_share": 0.7,
        "l2": 10.0,
        **_NATIVE,
    },
)
_LARGE_LIGHTGBM: Entry = (
    "lightgbm",
    {"learning_rate": 0.03, "max_leaves": 127, "min_samples_leaf": 5, "max_features": 0.8, "l2": 1.0, **_NATIVE},
)
_SLOW_LIGHTGBM: Entry = ("lightgbm", {"learning_rate": 0.025, "max_features": 0.7, "sample_share": 0.8, **_CODED})
_QUICK_LIGHTGBM: Entry = ("lightgbm", {"learning_rate": 0.2})
_QUICK_CATBOOST: Entry = ("catboost", {"learning_rate": 0.15})

# Parameters that depend on the table.
_ON_SOME_TABLES = (TARGET_SCALE, CATEGORIES)

# Up to this many rows.
_SMALL_ROWS, _MIDDLE_ROWS = 1_500, 10_000
_SMALL: tuple[Entry, ...] = (
    _SHALLOW_LIGHTGBM,
    ("linear", _DEFAULT),
    _SHALLOW_XGBOOST,
    _RANDOM_LIGHTGBM,
    ("catboost", _DEFAULT),
    ("extra_trees", _DEFAULT),
    _CAUTIOUS_LIGHTGBM,
    ("knn", _DEFAULT),
    ("lightgbm", _DEFAULT),
    ("svm", _DEFAULT),
    ("random_forest", _DEFAULT),
    ("keras_mlp", _DEFAULT),
    ("xgboost", _DEFAULT),
    ("hist_gradient_boosting", _DEFAULT),
)
_MIDDLE: tuple[Entry, ...] = (
    ("lightgbm", _DEFAULT),
    ("linear", _DEFAULT),
    ("catboost", _DEFAULT),
    ("extra_trees", _DEFAULT),
    ("knn", _DEFAULT),
    _SHALLOW_LIGHTGBM,
    ("xgboost", {**_LOG, **_CODED}),
    ("svm", _DEFAULT),
    ("random_forest", _DEFAULT),
    ("keras_mlp", _DEFAULT),
    _RANDOM_LIGHTGBM,
    _LARGE_LIGHTGBM,
    ("hist_gradient_boosting", _DEFAULT),
)
_LARGE: tuple[Entry, ...] = (
    _QUICK_LIGHTGBM,
    _QUICK_CATBOOST,
    ("linear", _DEFAULT),
    ("lightgbm", _LOG),
    ("xgboost", _LOG),
    _SLOW_LIGHTGBM,
    ("extra_trees", _DEFAULT),
    ("catboost", _DEFAULT),
    ("knn", _DEFAULT),
    ("keras_mlp", _DEFAULT),
    _RANDOM_LIGHTGBM,
    _LARGE_LIGHTGBM,
    ("random_forest", _DEFAULT),
    ("hist_gradient_boosting", _DEFAULT),
    ("svm", _DEFAULT),
)
# Where there is text: before those for tables, and after the first of them.
_QUICK_TEXT: tuple[Entry, ...] = (("text_linear", {"characters": False}), ("text_linear", _DEFAULT))
_OTHER_TEXT: tuple[Entry, ...] = (
    # What a linear model misses is the order of words; the average of their vectors, which is cheap, misses it too.
    ("keras_text", {"encoder": "cnn", "filters": 64, "kernel_size": 5}),
    ("keras_text", _DEFAULT),
    ("text_linear", {"characters": False, "l2": 0.3, "vocabulary": 200_000}),
)
_TABLES_BEFORE_OTHER_TEXT = 3
# Where there are pictures or sequences: before those for tables, which read them as a few numbers. The first are quick.
_IMAGE: tuple[Entry, ...] = (
    ("extra_trees", _DEFAULT),
    ("svm", _DEFAULT),
    ("keras_cnn", _DEFAULT),
    ("keras_cnn", {"block": "residual", "pooling": "max"}),
    ("keras_cnn", {"width": 64, "dropout": 0.4, "shift": 0.1, "rotate": 0.03, "zoom": 0.1}),
)
_SEQUENCE: tuple[Entry, ...] = (
    ("extra_trees", _DEFAULT),
    ("keras_rnn", _DEFAULT),
    ("keras_conv1d", _DEFAULT),
    ("lightgbm", _DEFAULT),
    ("keras_rnn", {"cell": "lstm", "pooling": "last"}),
    ("keras_conv1d", {"blocks": 5, "pooling": "max"}),
)
_FORECAST: tuple[Entry, ...] = (
    ("series_seasonal_naive", _DEFAULT),
    ("series_smoothing", {"log": True}),
    ("series_linear", _DEFAULT),
    ("series_smoothing", _DEFAULT),
    ("series_lightgbm", _DEFAULT),
    ("series_linear", {"difference": "season", "window": 12}),
    ("series_lightgbm", {"base": "last"}),
    ("series_smoothing", {"trend": "additive"}),
    ("series_seasonal_naive", {"seasons": 3, "drift": True}),
    ("series_linear", {"difference": "none", "window": 12}),
    ("series_gru", _DEFAULT),
    ("series_smoothing", {"trend": "none"}),
    ("series_naive", _DEFAULT),
    ("series_linear", {"difference": "both", "log": True}),
    ("series_naive", {"drift": True}),
    ("series_lightgbm", {"base": "level", "log": True}),
)
# One fit may take this share of the study's time. The estimates are right within a factor of three.
_FIT_SHARE = 0.3
# So many others come before a network of the user's own.
_BEFORE_OWN_NETWORK = 2
# Networks for pictures and sequences are worth more of it: nothing comes near them, and one that is cut off is a model.
_ARRAY_NETWORK_SHARE = 1.5
# So is a network of the user's own.
_OWN_NETWORK_SHARE = 0.6
# The first configuration should be done in about this time.
_FIRST_SECONDS = 3.0
# With so many classes boosting is dear.
_MANY_OUTPUTS = 5


def portfolio(
    profile: DatasetProfile,
    target: TargetProfile,
    families: Sequence[str],
    seconds: float | None = None,
    architecture: Mapping[str, Any] | None = None,
) -> list[tuple[str, Params]]:
    """The configurations to try first, in their order.

    It is by families more than by variants: an average wants members that err differently. Which lead depends on the
    rows. On few, boosting with shallow trees does, and a linear model is what the average misses most; on some
    thousands, extremely randomised trees, neighbours and a kernel machine add most to boosting; on many, LightGBM and
    CatBoost are most of the average, and come first with large steps, so that a usable model is there within two
    seconds. Measured on 12 tables below 1,100 rows, 6 of up to 4,000 and 4 of up to 35,000, an average of these has
    0.90, 0.92 and 0.95 of the error of LightGBM's default alone.

    Args:
        profile: The table.
        target: What is predicted.
        families: Those that may be chosen. Each has at least its default among the configurations.
        seconds: The study's time. What would take too long is left out, but never all.
        architecture: The network that the family ``architecture`` builds.

    Returns:
        Families with points of their spaces.
    """
    wanted = [entry for entry in _entries(profile, target) if entry[0] in families]
    known = {name for name, _ in wanted}
    wanted += [(name, _DEFAULT) for name in families if name not in known and name != ARCHITECTURE]
    if ARCHITECTURE in families:
        # Whoever has written a network wants to see it, but a model should be there first.
        wanted.insert(_BEFORE_OWN_NETWORK, (ARCHITECTURE, _DEFAULT))
    found = {name: family(name, architecture=architecture) for name in families}
    points = [(name, _point(found[name], changes, profile, target)) for name, changes in wanted]
    costs = [found[name].fit_seconds(profile, target, params) for name, params in points]
    order = list(range(len(points)))
    is_plain = all(column.kind.is_tabular for column in profile.features(target.name))
    if is_plain and num_outputs(target) >= _MANY_OUTPUTS:
        names = [name for name, _ in points]
        order.sort(key=lambda place: (names[:place].count(names[place]), costs[place]))
    elif points and costs[0] > _FIRST_SECONDS:
        # Many rows: whoever looks early should find something at all.
        order.sort(key=lambda place: place != costs.index(min(costs)))
    cheapest = min(costs, default=0.0)
    return [
        points[place]
        for place in order
        if seconds is None or costs[place] <= max(_fit_share(found[points[place][0]]) * seconds, cheapest)
    ]


def _fit_share(chosen: ModelFamily) -> float:
    if any(kind.is_array for kind in chosen.needs):
        return _ARRAY_NETWORK_SHARE
    return _OWN_NETWORK_SHARE if chosen.name == ARCHITECTURE else _FIT_SHARE


def _entries(profile: DatasetProfile, target: TargetProfile) -> tuple[Entry, ...]:
    if target.forecast is not None:
        return _FORECAST
    entries = _SMALL if target.num_rows < _SMALL_ROWS else _MIDDLE if target.num_rows < _MIDDLE_ROWS else _LARGE
    if num_texts(profile, target):
        entries = _with_blind_last(entries, ColumnKind.TEXT)
        first, rest = entries[:_TABLES_BEFORE_OTHER_TEXT], entries[_TABLES_BEFORE_OTHER_TEXT:]
        entries = (*_QUICK_TEXT, *first, *_OTHER_TEXT, *rest)
    kinds = {column.kind for column in profile.features(target.name)}
    for kind, leading in ((ColumnKind.SEQUENCE, _SEQUENCE), (ColumnKind.IMAGE, _IMAGE)):
        if kind in kinds:
            rest = tuple(entry for entry in entries if entry not in leading)
            entries = (*leading, *_with_blind_last(rest, kind))
    return entries


def _with_blind_last(entries: tuple[Entry, ...], kind: ColumnKind) -> tuple[Entry, ...]:
    """Those that pass over such columns come last: they see only what is beside them."""
    return tuple(sorted(entries, key=lambda entry: kind not in family(entry[0]).reads))


def _point(
    chosen: ModelFamily, changes: Mapping[str, Scalar], profile: DatasetProfile, target: TargetProfile
) -> Params:
    """The default of the family with the changes, but for those of parameters that this table does not have."""
    default = chosen.default(profile, target)
    wanted = {name: value for name, value in changes.items() if name not in _ON_SOME_TABLES or name in default}
    if num_outputs(target) > 1:
        # Codes of several classes are dear and weak in boosting.
        wanted.pop(CATEGORIES, None)
    point = {**default, **wanted}
    if isinstance(leaf := changes.get("min_samples_leaf"), int):
        # A leaf must not be a large part of a small table.
        point["min_samples_leaf"] = min(leaf, max(2, target.num_rows // 20))
    space = chosen.space(profile, target)
    return space.check({name: value for name, value in point.items() if space.is_active(name, point)})
