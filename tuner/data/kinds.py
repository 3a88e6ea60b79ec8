"""Choosing the kinds of columns instead of taking those that were found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tuner.data.cells import BOOLEAN_WORDS
from tuner.data.dates import date_column
from tuner.data.profile import ColumnKind, ColumnProfile, DatasetProfile
from tuner.errors import InvalidDataset, Place, UnknownName

# Constant is what a column is, not what somebody wants it to be.
CHOOSABLE_KINDS = tuple(kind for kind in ColumnKind if kind is not ColumnKind.CONSTANT)


def with_kinds(
    profile: DatasetProfile, kinds: Mapping[str, ColumnKind | str], *, pointer: str = "#/columns"
) -> DatasetProfile:
    """The profile with some columns used in another way than was found.

    ``identifier`` leaves a column out. Giving a column the kind it has changes nothing.

    Args:
        profile: What was found in the table.
        kinds: A kind for each column that is to change.
        pointer: Where they stand in the request; an error points there.

    Raises:
        InvalidDataset: There is no such column, or its cells do not allow the kind.
        UnknownName: There is no such kind.

    Example:
        >>> with_kinds(profile, {"zip": "category", "customer": "identifier"})
    """
    chosen: dict[str, ColumnProfile] = {}
    for name, kind in kinds.items():
        # Slashes and tildes have a meaning in pointers: RFC 6901, section 3.
        place = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
        chosen[name] = _with_kind(profile.column(name, pointer=place), _kind_called(kind, place), place)
    return replace(profile, columns=tuple(chosen.get(column.name, column) for column in profile.columns))


def chosen_kinds(profile: DatasetProfile) -> dict[str, ColumnKind]:
    """The columns whose kind was chosen by somebody, with that kind."""
    return {column.name: column.kind for column in profile.columns if column.found_kind is not None}


def _kind_called(kind: ColumnKind | str, pointer: str) -> ColumnKind:
    if kind not in CHOOSABLE_KINDS:
        raise UnknownName("column kind", str(kind), [known.value for known in CHOOSABLE_KINDS], pointer=pointer)
    return ColumnKind(kind)


def _with_kind(column: ColumnProfile, kind: ColumnKind, pointer: str) -> ColumnProfile:
    if kind is column.kind:
        return column
    found = column.found_kind or column.kind
    reason = f"asked for; found was {found.value}"
    if column.found_kind is None:
        reason += f" ({column.reason})"
    changed = replace(column, kind=kind, reason=reason, found_kind=None if kind is found else found)
    if kind.is_array or column.shape is not None:
        return _with_array_kind(column, changed, pointer)
    match kind:
        case ColumnKind.NUMBER:
            if not column.form.is_numeric:
                raise _unfit(column, kind, "its cells are not all numbers", pointer)
        case ColumnKind.BOOLEAN:
            words = {value.casefold() for value, _ in column.value_counts}
            if not column.has_all_values or len(words) > 2 or not words <= BOOLEAN_WORDS.keys():
                raise _unfit(column, kind, "its cells are not all yes or no, true or false, on or off, 1 or 0", pointer)
        case ColumnKind.DATE:
            # A date is known from its text, so the most frequent cells speak for the others.
            texts = [] if column.form.is_numeric else [value for value, _ in column.value_counts]
            dates = date_column(texts)
            if dates is None:
                raise _unfit(column, kind, "its cells are not dates such as 2024-12-31 or 31.12.2024", pointer)
            changed = replace(changed, day_first=dates.day_first, has_time=dates.has_time)
    if kind.is_feature and column.num_unique == 0:
        raise _unfit(column, kind, "every cell is missing", pointer)
    return changed


def _with_array_kind(column: ColumnProfile, changed: ColumnProfile, pointer: str) -> ColumnProfile:
    """Gray pictures as sequences of their lines, sequences of one length as gray pictures, or either left out."""
    kind, shape = changed.kind, column.shape
    if shape is None:
        raise _unfit(column, kind, "its cells are not arrays", pointer)
    if kind is ColumnKind.IDENTIFIER:
        return changed
    if not kind.is_array:
        raise _unfit(column, kind, "its cells are arrays", pointer)
    if kind is ColumnKind.IMAGE:
        return replace(changed, shape=shape if len(shape) == 3 else (*shape, 1))
    if len(shape) == 3 and shape[2] > 1:
        raise _unfit(column, kind, f"its arrays have three dimensions, {shape}", pointer)
    return replace(changed, shape=shape[:2])


def _unfit(column: ColumnProfile, kind: ColumnKind, why: str, pointer: str) -> InvalidDataset:
    return InvalidDataset(
        f"Column {column.name!r} cannot be used as {kind.value}: {why} ({column.reason}).",
        hint="Choose another kind, or change the cells and upload the table again.",
        places=[Place(pointer, f"does not fit {kind.value}")],
    )
