"""What the estimates of fitting times count: the cells that a model works through."""

from __future__ import annotations

import math

from tuner.data.profile import ColumnKind, DatasetProfile, TargetProfile


def num_columns(profile: DatasetProfile, target: TargetProfile) -> int:
    """Columns that a model sees when categories are codes."""
    return max(1, len(profile.features(target.name)))


def num_one_hot_columns(profile: DatasetProfile, target: TargetProfile, max_categories: int) -> int:
    """Columns that a model sees when each category has its own."""
    return max(
        1,
        sum(
            min(column.num_unique, max_categories) + 1 if column.kind is ColumnKind.CATEGORY else 1
            for column in profile.features(target.name)
        ),
    )


def num_outputs(target: TargetProfile) -> int:
    """Curves that a booster fits side by side: one for a quantity or two classes, else one for each class."""
    return len(target.classes) if len(target.classes) > 2 else 1


def boosting_rounds(target: TargetProfile, learning_rate: float, most: int) -> float:
    """Rounds that boosting takes until it stops by itself.

    More at a small learning rate and on a large table, fewer where each grows trees for several classes. Measured on
    made tables of 1,000 to 60,000 rows.
    """
    progress = 2.5 * math.pow(math.log10(max(10, target.num_rows)), 1.5)
    return min(float(most), 60 + progress / learning_rate / (3 if num_outputs(target) > 1 else 1))
