"""What people should look at before they trust a model: doubtful columns, rows and targets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pandas as pd

from tuner.data.arrays.profile import array_digests, num_blank
from tuner.data.leakage import foretelling_columns
from tuner.data.profile import ColumnKind, ColumnProfile, DatasetProfile, DatasetWarning, TargetProfile
from tuner.data.table import build_table

MANY_MISSING_SHARE = 0.5
MANY_MISSING_TARGETS_SHARE = 0.05
DUPLICATE_ROWS_SHARE = 0.01
TINY_ROWS = 100
RARE_CLASS_SHARE = 0.02
RARE_CLASS_ROWS = 10

# Repeated rows are looked for among so many cells at most.
_MAX_CELLS = 5_000_000
_MAX_NAMED = 5


def table_warnings(frame: pd.DataFrame, profile: DatasetProfile) -> tuple[DatasetWarning, ...]:
    """What is doubtful about a table, whatever is predicted.

    Args:
        frame: The plain frame.
        profile: Its profile.
    """
    return (
        *_size(profile),
        *_many_missing(profile),
        *_blank_cells(frame, profile),
        *_repeated_rows(frame, profile),
        *_equal_columns(frame, profile),
    )


def target_warnings(frame: pd.DataFrame, profile: DatasetProfile, target: TargetProfile) -> tuple[DatasetWarning, ...]:
    """What is doubtful about predicting one column: columns that foretell it, rare classes, many rows without it."""
    table = build_table(frame, profile, target)
    warnings = [
        DatasetWarning(
            "leakage",
            f"Column {name!r} alone tells {target.name!r} nearly without error ({found}). If it is not known when "
            "predictions are made, scores are too good to be true: leave it out by giving it the kind 'identifier'.",
            column=name,
            target=target.name,
        )
        for name, found in foretelling_columns(table)
    ]
    return (*warnings, *_rare_classes(target), *_missing_targets(target))


def _size(profile: DatasetProfile) -> Iterator[DatasetWarning]:
    if profile.num_rows < TINY_ROWS:
        yield DatasetWarning(
            "tiny_table",
            f"The table has {profile.num_rows} rows: scores will be rough, and models that differ little cannot be "
            "told apart.",
        )


def _many_missing(profile: DatasetProfile) -> Iterator[DatasetWarning]:
    for column in profile.columns:
        share = column.num_missing / profile.num_rows
        if column.kind.is_feature and share > MANY_MISSING_SHARE:
            yield DatasetWarning(
                "many_missing", f"Column {column.name!r} is empty in {share:.0%} of the rows.", column=column.name
            )


def _blank_cells(frame: pd.DataFrame, profile: DatasetProfile) -> Iterator[DatasetWarning]:
    for column in profile.columns:
        if column.kind.is_array and (count := num_blank(frame[column.name])):
            what = "pictures" if column.kind is ColumnKind.IMAGE else "sequences"
            yield DatasetWarning(
                "blank_cells",
                f"{count:,} of {profile.num_rows:,} {what} of column {column.name!r} hold one value throughout. Remove "
                "them if they came about by mistake.",
                column=column.name,
            )


def _repeated_rows(frame: pd.DataFrame, profile: DatasetProfile) -> Iterator[DatasetWarning]:
    # An identifier tells rows apart that are one and the same observation.
    used = [column.name for column in profile.columns if column.kind is not ColumnKind.IDENTIFIER]
    looked_at = frame.iloc[: max(1, _MAX_CELLS // max(1, len(used)))][used]
    arrays = [column.name for column in profile.columns if column.shape is not None and column.name in used]
    looked_at = looked_at.assign(**{name: pd.Series(array_digests(looked_at[name]), dtype=object) for name in arrays})
    has_quantity = any(column.num_unique > profile.num_rows / 10 for column in profile.columns if column.name in used)
    if not used or not has_quantity:
        # Few values make equal rows by chance.
        return
    repeated = pd.util.hash_pandas_object(looked_at, index=False).duplicated()
    share = float(repeated.mean())
    if share > DUPLICATE_ROWS_SHARE:
        yield DatasetWarning(
            "duplicate_rows",
            f"{int(repeated.sum()):,} of {len(looked_at):,} rows ({share:.0%}) repeat an earlier one: validation rows "
            "may have been learned from. Remove them if they are not observations of their own.",
        )


def _equal_columns(frame: pd.DataFrame, profile: DatasetProfile) -> Iterator[DatasetWarning]:
    alike: dict[tuple[object, ...], list[ColumnProfile]] = defaultdict(list)
    for column in profile.columns:
        if not column.kind.is_feature:
            continue
        facts = (column.form, column.num_missing, column.num_unique, column.mean, column.top_values[:3], column.shape)
        for earlier in alike[facts]:
            if _are_equal(frame[column.name], frame[earlier.name], column):
                yield DatasetWarning(
                    "duplicate_column", f"Column {column.name!r} equals column {earlier.name!r}.", column=column.name
                )
                break
        else:
            alike[facts].append(column)


def _are_equal(cells: pd.Series[Any], others: pd.Series[Any], column: ColumnProfile) -> bool:
    if not column.kind.is_array:
        return bool(cells.equals(others))
    return array_digests(cells) == array_digests(others)


def _rare_classes(target: TargetProfile) -> Iterator[DatasetWarning]:
    rare = [
        (name, count)
        for name, count in zip(target.classes, target.class_counts, strict=True)
        if count < RARE_CLASS_ROWS or count < RARE_CLASS_SHARE * target.num_rows / max(1, len(target.classes) - 1)
    ]
    if rare:
        shown = ", ".join(f"{name[:40]!r} ({count:,})" for name, count in rare[:_MAX_NAMED])
        yield DatasetWarning(
            "imbalance",
            f"{len(rare)} of {len(target.classes)} classes of {target.name!r} are rare: {shown}"
            f"{', ...' if len(rare) > _MAX_NAMED else ''}. Judge models by a metric that sees them, such as "
            "balanced_accuracy or log_loss.",
            column=target.name,
            target=target.name,
        )


def _missing_targets(target: TargetProfile) -> Iterator[DatasetWarning]:
    share = target.num_missing / max(1, target.num_missing + target.num_rows)
    if share > MANY_MISSING_TARGETS_SHARE:
        yield DatasetWarning(
            "many_missing",
            f"The target {target.name!r} is empty in {share:.0%} of the rows; they take no part.",
            column=target.name,
            target=target.name,
        )
