"""What the estimates of fitting times count: the cells that a model works through."""

from __future__ import annotations

import math

from tuner.data.arrays.widths import num_derived
from tuner.data.profile import ColumnKind, ColumnProfile, DatasetProfile, TargetProfile

# As ``tuner.data.text.characters`` cuts them off; that module needs NumPy.
MAX_CHARACTERS = 10_000
# As ``tuner.models.text_encoder`` has it: directions, and a score.
_TEXT_NUMBERS = 33


def num_columns(profile: DatasetProfile, target: TargetProfile) -> int:
    """Columns that a model sees when categories are codes."""
    return max(1, sum(_width(column, target) for column in profile.features(target.name)))


def num_one_hot_columns(profile: DatasetProfile, target: TargetProfile, max_categories: int) -> int:
    """Columns that a model sees when each category has its own."""
    return max(
        1,
        sum(
            min(column.num_unique, max_categories) + 1 if column.kind is ColumnKind.CATEGORY else _width(column, target)
            for column in profile.features(target.name)
        ),
    )


def num_texts(profile: DatasetProfile, target: TargetProfile) -> int:
    """Columns of text."""
    return sum(column.kind is ColumnKind.TEXT for column in profile.features(target.name))


def num_characters(profile: DatasetProfile, target: TargetProfile) -> float:
    """Characters of all texts in the rows with a target, as far as models read them."""
    lengths = (
        min(column.mean_length or 0.0, MAX_CHARACTERS)
        for column in profile.features(target.name)
        if column.kind is ColumnKind.TEXT
    )
    return target.num_rows * sum(lengths)


def text_seconds(profile: DatasetProfile, target: TargetProfile) -> float:
    """How long it takes to encode texts as a few numbers each, scores of the target among them."""
    return num_characters(profile, target) * (2e-7 + 4e-7 * num_outputs(target))


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


def _width(column: ColumnProfile, target: TargetProfile) -> int:
    """Numbers that a cell becomes where categories are codes."""
    if column.kind.is_array:
        return num_derived(column, target.num_rows)
    return _TEXT_NUMBERS if column.kind is ColumnKind.TEXT else int(column.kind.is_tabular)
