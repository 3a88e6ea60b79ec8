"""How many numbers classic models derive from a picture or a sequence. This module needs the standard library alone."""

from __future__ import annotations

from tuner.data.profile import ColumnKind, ColumnProfile

MAX_NUMBERS = 1_024
"""The most numbers that one cell becomes, roughly."""
# All rows together: more would fill the memory of small workers.
_MAX_ENCODED = 48_000_000
_MIN_NUMBERS = 64

STATISTICS = (
    *("mean", "std", "slope", "last", "min", "max", "echo", "change", "median", "quarter", "three quarters", "first"),
)
"""What is derived from each feature of a sequence, over all its steps; what tells most comes first."""
MAX_SEGMENTS = 16
"""The most equal parts of a sequence whose means are derived as well."""


def most_numbers(num_rows: int) -> int:
    """How many numbers a cell may become in a table of so many rows."""
    return min(MAX_NUMBERS, max(_MIN_NUMBERS, _MAX_ENCODED // max(1, num_rows)))


def image_grid(shape: tuple[int, ...], most: int) -> tuple[int, int]:
    """Height and width at which a picture's pixels are taken: its own, or smaller by one factor for both."""
    height, width, channels = shape
    factor = min(1.0, (most / (height * width * channels)) ** 0.5)
    return max(1, int(height * factor)), max(1, int(width * factor))


def num_statistics(shape: tuple[int, ...], most: int) -> int:
    """How many of ``STATISTICS`` there is room for; the mean is always there."""
    return max(1, min(len(STATISTICS), most // shape[1]))


def num_segments(shape: tuple[int, ...], most: int) -> int:
    """Equal parts of a sequence whose means are taken, for each feature; 0 if there is no room for them."""
    steps, features = shape
    return max(0, min(MAX_SEGMENTS, steps, most // features - len(STATISTICS)))


def num_derived(column: ColumnProfile, num_rows: int) -> int:
    """How many numbers an array column becomes in a table of so many rows."""
    assert column.shape is not None, "columns of arrays know their shape"
    most = most_numbers(num_rows)
    if column.kind is ColumnKind.IMAGE:
        height, width = image_grid(column.shape, most)
        return height * width * column.shape[2]
    return 1 + column.shape[1] * (num_statistics(column.shape, most) + num_segments(column.shape, most))
