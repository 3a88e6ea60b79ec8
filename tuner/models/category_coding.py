"""How categories of many values become numbers, for models that cannot take them as they are."""

from __future__ import annotations

from tuner.data.profile import ColumnKind, DatasetProfile, TargetProfile
from tuner.space import Categorical, Parameter, Params

CATEGORIES = "categories"
"""The parameter: under ``target`` a category becomes the mean of the target in its rows.

The other choice is what the model does by itself. Models of distances or weights have a column for each of many values
there, with few rows in each, and trees see numbers in an order that means nothing.
"""
MANY_VALUES = 10
# The codes are a column for each class.
_MAX_CLASSES = 20


def category_parameter(profile: DatasetProfile, target: TargetProfile, usual: str) -> dict[str, Parameter]:
    """The parameter where some category has more than ten values; else nothing.

    Args:
        profile: The table.
        target: What is predicted.
        usual: The coding that the model has without it: ``one_hot`` or ``ordinal``.
    """
    return {CATEGORIES: Categorical(["target", usual])} if _has_many_values(profile, target) else {}


def category_default(profile: DatasetProfile, target: TargetProfile) -> Params:
    """The default of the parameter where it exists."""
    return {CATEGORIES: "target"} if _has_many_values(profile, target) else {}


def _has_many_values(profile: DatasetProfile, target: TargetProfile) -> bool:
    return len(target.classes) <= _MAX_CLASSES and any(
        column.kind is ColumnKind.CATEGORY and column.num_unique > MANY_VALUES
        for column in profile.features(target.name)
    )
