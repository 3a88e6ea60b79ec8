"""The profile of a plain frame: which kind each column has, and why."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.arrays.cells import holds_arrays
from tuner.data.arrays.profile import array_profile
from tuner.data.cells import BOOLEAN_PAIRS, to_label
from tuner.data.column_arrays import arrays_of
from tuner.data.dates import date_column
from tuner.data.local_numbers import comma_is_open
from tuner.data.profile import MAX_CLASSES, MAX_TOP_VALUES, ColumnKind, ColumnProfile, DatasetProfile, ValueForm
from tuner.data.text.grams import num_words

# Whole numbers with so few values, in so small a share of the rows, are codes rather than quantities.
MAX_CODES = 10
MAX_CODES_SHARE = 0.05
MIN_WORDS_OF_TEXT = 5
MAX_CATEGORY_LENGTH = 1000
# A short table may well count up by chance: 2010, 2011, 2012.
MIN_ROWS_OF_IDENTIFIER = 20
# Two dates tell two groups of rows apart, and no course of time.
MIN_DATES = 3
# Wide tables store fewer values of each column, so that a profile stays a few megabytes.
_MAX_STORED_VALUES = 200_000
_MAX_CHARACTERS_PER_VALUE = 50
_NUM_PARTS = 20

_IDENTIFIER_NAME = re.compile(r"(?i:(^|.*[ _.-])(id|uuid|guid|key|index)|unnamed: 0)|.*[a-z](Id|ID)")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def profile_table(frame: pd.DataFrame) -> DatasetProfile:
    """Profile a plain frame.

    The kinds, first rule that fits:

    - constant: no value, or one value in every row. One value with gaps is a category: the gap may tell something.
    - boolean: both 0 and 1, or one pair of words like true/false, yes/no, on/off.
    - identifier: whole numbers that rise by one from row to row (20 rows or more), or all differ under a name like
      ``id``; or short texts that all differ.
    - category: whole numbers with at most 10 distinct values in at most 5 % of the rows, none of them zero. (Counts
      and intensities begin at zero, codes seldom do.)
    - number: all other numbers.
    - date: dates or times, three different ones at least; a few other texts among them are taken as missing.
    - text: more than 5 words on average and mostly different, or a cell of more than 1000 characters. (In scripts
      without spaces two characters count as a word.)
    - category: all other text.

    Cells that are arrays are images or sequences, by the rules of ``tuner.data.arrays.profile``.

    Args:
        frame: What ``read_table`` or ``plain_frame`` returned.
    """
    limit = min(MAX_CLASSES, max(MAX_TOP_VALUES, _MAX_STORED_VALUES // max(1, frame.shape[1])))
    columns = tuple(
        _profile_column(str(name), values, limit) for name, values in zip(frame.columns, arrays_of(frame), strict=True)
    )
    return DatasetProfile(num_rows=len(frame), columns=columns)


def _profile_column(name: str, values: NDArray[Any], limit: int) -> ColumnProfile:
    if values.dtype == object and holds_arrays(cells := pd.Series(values, dtype=object, copy=False)):
        return array_profile(name, cells)
    codes, distinct = pd.factorize(values)
    counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
    if values.dtype == object:
        form = ValueForm.TEXT
        kind, reason = _kind_of_text(distinct, counts, len(values))
        minimum = maximum = mean = None
        dates = (
            date_column(distinct.tolist()) if len(distinct) >= MIN_DATES and kind is not ColumnKind.BOOLEAN else None
        )
        if dates is not None:
            kind, reason = ColumnKind.DATE, dates.reason
    else:
        dates = None
        form = ValueForm.WHOLE if bool(np.all(distinct == np.trunc(distinct))) else ValueForm.FRACTION
        kind, reason = _kind_of_numbers(name, values, distinct, counts, form)
        minimum, maximum, mean = _summary(distinct, counts)
    return ColumnProfile(
        name=name,
        kind=kind,
        reason=reason,
        form=form,
        num_missing=int(np.count_nonzero(codes < 0)),
        num_unique=len(distinct),
        value_counts=() if kind is ColumnKind.TEXT else _value_counts(distinct, counts, form, limit),
        minimum=minimum,
        maximum=maximum,
        mean=mean,
        day_first=dates is not None and dates.day_first,
        has_time=dates is not None and dates.has_time,
        mean_length=_mean_length(distinct, counts) if form is ValueForm.TEXT else None,
        histogram=() if form is ValueForm.TEXT else _histogram(distinct, counts),
    )


def _mean_words(texts: list[str], counts: NDArray[np.int64]) -> float:
    words = [len(text.split()) if text.isascii() else num_words(text) for text in texts]
    return float(np.dot(words, counts)) / int(counts.sum())


def _mean_length(texts: NDArray[Any], counts: NDArray[np.int64]) -> float:
    return float(np.dot([len(text) for text in texts], counts)) / max(1, int(counts.sum()))


def _kind_of_numbers(
    name: str, values: NDArray[Any], distinct: NDArray[Any], counts: NDArray[np.int64], form: ValueForm
) -> tuple[ColumnKind, str]:
    labels = [to_label(value) for value in distinct[:2].tolist()]
    if (few := _few_values(labels, len(distinct), int(counts.sum()), len(values))) is not None:
        return few
    if form is ValueForm.FRACTION:
        return ColumnKind.NUMBER, "numbers with fractions"
    if sorted(labels) == ["0", "1"] and len(distinct) == 2:
        return ColumnKind.BOOLEAN, "its values are 0 and 1"
    if len(distinct) == len(values):
        if len(values) >= MIN_ROWS_OF_IDENTIFIER and bool(np.all(np.diff(values) == 1)):
            return ColumnKind.IDENTIFIER, "whole numbers that rise by one from row to row"
        if _IDENTIFIER_NAME.fullmatch(name):
            return ColumnKind.IDENTIFIER, "whole numbers that all differ, in a column named like an identifier"
    if len(distinct) <= MAX_CODES and len(distinct) <= MAX_CODES_SHARE * len(values):
        if 0 not in distinct:
            return ColumnKind.CATEGORY, f"{len(distinct)} distinct whole numbers, none of them zero: taken as codes"
        return ColumnKind.NUMBER, f"{len(distinct)} distinct whole numbers, zero among them: taken as counts"
    return ColumnKind.NUMBER, f"{len(distinct):,} distinct whole numbers"


def _kind_of_text(distinct: NDArray[Any], counts: NDArray[np.int64], num_rows: int) -> tuple[ColumnKind, str]:
    texts: list[str] = distinct.tolist()
    num_present = int(counts.sum())
    if (few := _few_values(texts[:2], len(texts), num_present, num_rows)) is not None:
        return few
    if len(texts) == 2 and frozenset(text.casefold() for text in texts) in BOOLEAN_PAIRS:
        return ColumnKind.BOOLEAN, f"its values are {' and '.join(sorted(texts))}"
    longest = max(len(text) for text in texts)
    if longest > MAX_CATEGORY_LENGTH:
        return ColumnKind.TEXT, f"cells of up to {longest:,} characters"
    mostly_differ = 2 * len(texts) > num_present
    if mostly_differ and (words := _mean_words(texts, counts)) > MIN_WORDS_OF_TEXT:
        return ColumnKind.TEXT, f"{words:.1f} words on average, mostly different"
    suffix = _nearly_numbers(texts, counts)
    if len(texts) == num_present:
        return ColumnKind.IDENTIFIER, f"texts that all differ{suffix}"
    return ColumnKind.CATEGORY, f"{len(texts):,} distinct texts{suffix}"


def _few_values(labels: list[str], num_unique: int, num_present: int, num_rows: int) -> tuple[ColumnKind, str] | None:
    """The kind of a column with fewer than two distinct values."""
    if num_unique == 0:
        return ColumnKind.CONSTANT, "every cell is missing"
    if num_unique > 1:
        return None
    if num_present == num_rows:
        return ColumnKind.CONSTANT, f"every cell is {_shorten(labels[0])!r}"
    return ColumnKind.CATEGORY, f"every cell is {_shorten(labels[0])!r} or missing"


def _nearly_numbers(texts: list[str], counts: NDArray[np.int64]) -> str:
    """What to say when a few cells keep a column from being numeric."""
    if comma_is_open(texts):
        return ": numbers whose comma may part thousands or fractions; write them without"
    others = [position for position, text in enumerate(texts) if not _NUMBER.fullmatch(text)]
    num_others = int(counts[others].sum())
    if not others:
        return ": written with leading zeros, or too long for exact numbers"
    if 10 * num_others > int(counts.sum()):
        return ""
    cells = "1 cell" if num_others == 1 else f"{num_others:,} cells"
    return f": numbers but for {cells}, such as {_shorten(texts[others[0]])!r}"


def _summary(distinct: NDArray[Any], counts: NDArray[np.int64]) -> tuple[float | None, float | None, float | None]:
    if len(distinct) == 0:
        return None, None, None
    # Divided by the largest first: a sum of large finite numbers can overflow.
    largest = float(np.abs(distinct).max()) or 1.0
    mean = float(np.average(distinct / largest, weights=counts)) * largest
    return float(distinct.min()), float(distinct.max()), mean


def _histogram(distinct: NDArray[Any], counts: NDArray[np.int64]) -> tuple[int, ...]:
    """How many cells lie in each of equal parts of the range of the values; empty if they are all the same."""
    if len(distinct) < 2:
        return ()
    # Divided by the largest first: the distance of large finite numbers can overflow.
    scaled = distinct / float(np.abs(distinct).max())
    low, width = float(scaled.min()), float(np.ptp(scaled))
    if width == 0:
        return ()
    places = np.minimum((scaled - low) / width * _NUM_PARTS, _NUM_PARTS - 1).astype(np.int64)
    return tuple(np.bincount(places, weights=counts, minlength=_NUM_PARTS).astype(np.int64).tolist())


def _value_counts(
    distinct: NDArray[Any], counts: NDArray[np.int64], form: ValueForm, limit: int
) -> tuple[tuple[str, int], ...]:
    """Values in text form by falling count: all of them if they can be classes and fit the limits, else the first."""
    # A class has two rows at least, so more than half as many fractions as rows cannot be classes.
    hopeless = form is ValueForm.FRACTION and 2 * len(distinct) > int(counts.sum())
    num_kept = MAX_TOP_VALUES if hopeless or len(distinct) > limit else limit
    if hopeless and len(distinct) > MAX_TOP_VALUES:
        # Fractions that occur once each are not the most frequent values of anything.
        num_kept = min(num_kept, max(1, int(np.count_nonzero(counts > 1))))
    order = np.argsort(-counts, kind="stable")[:num_kept]
    kept: list[tuple[str, int]] = []
    characters = 0
    for position in order.tolist():
        value = distinct[position]
        label = value if form is ValueForm.TEXT else to_label(value)
        characters += len(label)
        if characters > _MAX_CHARACTERS_PER_VALUE * limit:
            return tuple(kept[:MAX_TOP_VALUES])
        kept.append((label, int(counts[position])))
    return tuple(kept)


def _shorten(value: str) -> str:
    return value if len(value) <= 40 else value[:37] + "..."
