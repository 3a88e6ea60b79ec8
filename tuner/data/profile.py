"""What is known about a table without opening it: the kind of each column, and what predicting a column would mean.

A profile is made once, at upload, and stored as JSON. Everything later (the form on the web page, the checks of a new
study, the task and its classes) is computed from it. This module needs the standard library alone.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from tuner.data.pictures.files import IMAGE, LABEL
from tuner.data.series.columns import forecast_columns, forecast_reason, resolved_forecast
from tuner.data.series.forecast import Forecast
from tuner.errors import InvalidDataset, InvalidInput, Place, UnknownName

PROFILE_VERSION = 3
# Version 1 knew neither dates nor warnings, version 2 neither images nor sequences.
_READABLE_VERSIONS = (1, 2, 3)
MAX_CLASSES = 1000
MAX_TOP_VALUES = 20
MAX_NAME_LENGTH = 1000
# Whole numbers with more distinct values than this are quantities (years, counts), not labels.
MAX_WHOLE_NUMBER_CLASSES = 20


class ColumnKind(StrEnum):
    """How a column is used. Constants and identifiers are left out, the others become features.

    A cell of an image column is an array of shape (height, width, channels), one of a sequence column an array of
    shape (steps, features) with as many steps as there are; a cell of any other is a plain value.
    """

    NUMBER = "number"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    DATE = "date"
    TEXT = "text"
    IMAGE = "image"
    SEQUENCE = "sequence"
    CONSTANT = "constant"
    IDENTIFIER = "identifier"

    @property
    def is_feature(self) -> bool:
        """Whether models see columns of this kind."""
        return self not in (ColumnKind.CONSTANT, ColumnKind.IDENTIFIER)

    @property
    def is_tabular(self) -> bool:
        """Whether a cell is a number, or becomes a few of them without looking at other cells of its row."""
        return self in (ColumnKind.NUMBER, ColumnKind.CATEGORY, ColumnKind.BOOLEAN, ColumnKind.DATE)

    @property
    def is_array(self) -> bool:
        """Whether a cell is an array."""
        return self in (ColumnKind.IMAGE, ColumnKind.SEQUENCE)


class ValueForm(StrEnum):
    """How a column's cells are written: whole numbers (``3`` or ``3.0``), numbers with fractions, or text."""

    WHOLE = "whole"
    FRACTION = "fraction"
    TEXT = "text"

    @property
    def is_numeric(self) -> bool:
        """Whether all present cells are numbers."""
        return self is not ValueForm.TEXT


class Task(StrEnum):
    """What is predicted: one of two classes, one of several, a quantity, or a quantity at times to come."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"
    FORECAST = "forecast"

    @property
    def is_classification(self) -> bool:
        """Whether classes are predicted, not a quantity."""
        return self in (Task.BINARY, Task.MULTICLASS)


# What may be asked for by name; a forecast is asked for by its horizon.
TABLE_TASKS = (Task.BINARY, Task.MULTICLASS, Task.REGRESSION)


@dataclass(frozen=True)
class ColumnProfile:
    """One column of a table.

    Args:
        name: The column's name.
        kind: How models use it.
        reason: Why it has this kind, as a sentence for people.
        form: How its cells are written.
        num_missing: Cells without a value.
        num_unique: Distinct values among the others.
        value_counts: Values in text form with their counts, most frequent first. All of them when there are few
            enough to be classes (``has_all_values``), else the most frequent alone; for text none.
        minimum: Smallest number, for numeric forms with at least one value; so too ``maximum`` and ``mean``.
        day_first: For dates: whether ``03/04/2024`` is the third of April.
        has_time: For dates: whether some tell the time of day.
        found_kind: The kind that was found, where somebody has chosen another one.
        shape: For images and sequences: the shape of the largest cell.
        mean_length: For cells written as text: their characters on average.
        histogram: For numbers that are not all the same: how many cells lie in each of 20 equal parts of the range from
            ``minimum`` to ``maximum``.
    """

    name: str
    kind: ColumnKind
    reason: str
    form: ValueForm
    num_missing: int
    num_unique: int
    value_counts: tuple[tuple[str, int], ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    day_first: bool = False
    has_time: bool = False
    found_kind: ColumnKind | None = None
    shape: tuple[int, ...] | None = None
    mean_length: float | None = None
    histogram: tuple[int, ...] = ()

    @property
    def has_all_values(self) -> bool:
        """Whether ``value_counts`` is complete."""
        return len(self.value_counts) == self.num_unique

    @property
    def top_values(self) -> tuple[tuple[str, int], ...]:
        """The most frequent values, at most 20, for showing."""
        return self.value_counts[:MAX_TOP_VALUES]

    def to_json(self) -> dict[str, Any]:
        """The column as plain JSON types."""
        return {
            "name": self.name,
            "kind": self.kind.value,
            "reason": self.reason,
            "form": self.form.value,
            "num_missing": self.num_missing,
            "num_unique": self.num_unique,
            "value_counts": [list(pair) for pair in self.value_counts],
            "minimum": self.minimum,
            "maximum": self.maximum,
            "mean": self.mean,
            "day_first": self.day_first,
            "has_time": self.has_time,
            "found_kind": None if self.found_kind is None else self.found_kind.value,
            "shape": None if self.shape is None else list(self.shape),
            "mean_length": self.mean_length,
            "histogram": list(self.histogram),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The column that ``to_json`` wrote, in this version or an earlier one."""
        found_kind, shape = document.get("found_kind"), document.get("shape")
        return cls(
            name=document["name"],
            kind=ColumnKind(document["kind"]),
            reason=document["reason"],
            form=ValueForm(document["form"]),
            num_missing=document["num_missing"],
            num_unique=document["num_unique"],
            value_counts=tuple((value, count) for value, count in document["value_counts"]),
            minimum=document["minimum"],
            maximum=document["maximum"],
            mean=document["mean"],
            day_first=document.get("day_first", False),
            has_time=document.get("has_time", False),
            found_kind=None if found_kind is None else ColumnKind(found_kind),
            shape=None if shape is None else tuple(shape),
            mean_length=document.get("mean_length"),
            histogram=tuple(document.get("histogram", ())),
        )


@dataclass(frozen=True)
class DatasetWarning:
    """Something about a table that people should look at before they trust a model.

    Args:
        code: What it is, one of ``leakage``, ``imbalance``, ``many_missing``, ``blank_cells``, ``duplicate_rows``,
            ``duplicate_column`` and ``tiny_table``.
        message: What was found and what to do about it, as sentences for people.
        column: The column that it is about, or None for the table.
        target: The column to predict for which it holds, or None if it holds always.
    """

    code: str
    message: str
    column: str | None = None
    target: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The warning as plain JSON types."""
        return {"code": self.code, "message": self.message, "column": self.column, "target": self.target}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The warning that ``to_json`` wrote."""
        return cls(document["code"], document["message"], document["column"], document["target"])


@dataclass(frozen=True)
class DatasetProfile:
    """All columns of a table, in the order of the file.

    Args:
        num_rows: Rows below the header.
        columns: What was found about each column.
        warnings: What people should look at, also about targets that were looked into.
    """

    num_rows: int
    columns: tuple[ColumnProfile, ...]
    warnings: tuple[DatasetWarning, ...] = ()

    def column(self, name: str, *, pointer: str = "#") -> ColumnProfile:
        """The column of this name.

        Args:
            name: The column's name, exactly as in the header.
            pointer: Where the name stands in the request; an error points there.

        Raises:
            InvalidDataset: There is no such column; the error names similar ones.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise InvalidDataset(
            f"The table has no column {name!r}.",
            hint=did_you_mean(name, [column.name for column in self.columns]),
            places=[Place(pointer, "no such column")],
        )

    def features(self, target: str) -> tuple[ColumnProfile, ...]:
        """The columns that models see when ``target`` is predicted."""
        return tuple(column for column in self.columns if column.kind.is_feature and column.name != target)

    def to_json(self) -> dict[str, Any]:
        """The profile as plain JSON types."""
        return {
            "version": PROFILE_VERSION,
            "num_rows": self.num_rows,
            "columns": [column.to_json() for column in self.columns],
            "warnings": [warning.to_json() for warning in self.warnings],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The profile that ``to_json`` wrote.

        Raises:
            InvalidDataset: It was written by another version.
        """
        if document.get("version") not in _READABLE_VERSIONS:
            raise InvalidDataset(
                f"The stored profile has version {document.get('version')!r}; this version of tuner reads "
                f"{' and '.join(map(str, _READABLE_VERSIONS))}.",
                hint="Upload the dataset again.",
            )
        return cls(
            num_rows=document["num_rows"],
            columns=tuple(ColumnProfile.from_json(column) for column in document["columns"]),
            warnings=tuple(DatasetWarning.from_json(warning) for warning in document.get("warnings", ())),
        )


@dataclass(frozen=True)
class TargetProfile:
    """What predicting one column of a table means.

    Args:
        name: The column to predict.
        task: The kind of prediction.
        task_reason: Why it is this task, as a sentence for people.
        classes: The labels in text form, in the order of their class indices: by value when all are numbers, else
            alphabetical. Empty for regression. In a binary task the second class is the positive one.
        class_counts: Rows of each class, in the order of ``classes``.
        num_missing: Rows without a target; they take no part.
        num_rows: Rows with a target.
        forecast: How far ahead, where the values to come of a time series are predicted.
    """

    name: str
    task: Task
    task_reason: str
    classes: tuple[str, ...]
    class_counts: tuple[int, ...]
    num_missing: int
    num_rows: int
    forecast: Forecast | None = None

    def to_json(self) -> dict[str, Any]:
        """The target as plain JSON types."""
        return {
            "name": self.name,
            "task": self.task.value,
            "task_reason": self.task_reason,
            "classes": list(self.classes),
            "class_counts": list(self.class_counts),
            "num_missing": self.num_missing,
            "num_rows": self.num_rows,
            "forecast": None if self.forecast is None else self.forecast.to_json(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The target that ``to_json`` wrote, in this version or an earlier one."""
        forecast = document.get("forecast")
        return cls(
            name=document["name"],
            task=Task(document["task"]),
            task_reason=document["task_reason"],
            classes=tuple(document["classes"]),
            class_counts=tuple(document["class_counts"]),
            num_missing=document["num_missing"],
            num_rows=document["num_rows"],
            forecast=None if forecast is None else Forecast.from_json(forecast),
        )


def target_profile(
    profile: DatasetProfile, target: str, task: Task | str | None = None, forecast: Forecast | None = None
) -> TargetProfile:
    """Tell what predicting ``target`` means, from the stored profile alone.

    Two distinct values are a binary task, whatever they are. Other text is multiclass. Other numbers are a regression
    when they have fractions, when there are more than 20 distinct ones, or when there are fewer than two rows per
    value on average; else they are class labels.

    Args:
        profile: The table.
        target: The column to predict.
        task: The task, to overrule the choice made from the values.
        forecast: How far ahead, to predict the values to come of a time series.

    Raises:
        InvalidDataset: The column does not exist, or cannot be predicted.
        UnknownName: ``task`` is not one of the tasks.
        InvalidInput: ``task`` and ``forecast`` contradict each other.
    """
    column = profile.column(target, pointer="#/target")
    if forecast is not None:
        return _forecast_target(profile, column, task, forecast)
    _check_can_be_target(profile, column, task)
    if task is None:
        chosen, reason = _infer_task(profile, column)
    else:
        chosen = _task_called(task)
        reason = f"{chosen}: asked for; {_describe_values(column)}"
    if chosen is Task.REGRESSION:
        _check_regression(column)
        counts: dict[str, int] = {}
    else:
        counts = _class_counts(profile, column, chosen)
    if not profile.features(target):
        raise _no_features(profile, column)
    return TargetProfile(
        name=target,
        task=chosen,
        task_reason=reason + ".",
        classes=tuple(counts),
        class_counts=tuple(counts.values()),
        num_missing=column.num_missing,
        num_rows=profile.num_rows - column.num_missing,
    )


def feature_columns(profile: DatasetProfile, target: TargetProfile) -> tuple[ColumnProfile, ...]:
    """The columns that models see when ``target`` is predicted: features, or what a forecast goes by."""
    if target.forecast is None:
        return profile.features(target.name)
    return forecast_columns(profile, target.forecast)


def usual_target(profile: DatasetProfile) -> str | None:
    """What is predicted where nobody says it: the label of pictures in folders."""
    kinds = {column.name: column.kind for column in profile.columns}
    return LABEL if kinds.keys() == {IMAGE, LABEL} and kinds[IMAGE] is ColumnKind.IMAGE else None


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """A hint that offers the names most like ``name``, or the first few."""
    folded = {other.casefold().strip(): other for other in known}
    near = [folded[match] for match in difflib.get_close_matches(name.casefold().strip(), folded, n=3)]
    if near:
        return f"Did you mean {' or '.join(repr(other) for other in near)}?"
    shown = ", ".join(repr(other) for other in known[:10])
    return f"The columns are: {shown}{', ...' if len(known) > 10 else ''}."


def in_value_order(labels: Iterable[str]) -> list[str]:
    """Labels by number if all are numbers, else alphabetical."""
    labels = list(labels)
    try:
        numbers = {label: float(label) for label in labels}
    except ValueError:
        return sorted(labels)
    if not all(math.isfinite(number) for number in numbers.values()):
        return sorted(labels)
    return sorted(labels, key=lambda label: (numbers[label], label))


def _forecast_target(
    profile: DatasetProfile, column: ColumnProfile, task: Task | str | None, forecast: Forecast
) -> TargetProfile:
    if task is not None and task != Task.FORECAST:
        raise InvalidInput(
            f"A forecast is a task of its own; {str(task)!r} was asked for beside it.",
            hint="Leave task out, or forecast.",
            places=[Place("#/task", "does not go with forecast")],
        )
    # As for a regression: numbers that only look like an identifier may be a quantity.
    _check_can_be_target(profile, column, Task.REGRESSION)
    resolved = resolved_forecast(forecast, profile, column)
    return TargetProfile(
        name=column.name,
        task=Task.FORECAST,
        task_reason=f"{forecast_reason(resolved, profile)}.",
        classes=(),
        class_counts=(),
        num_missing=column.num_missing,
        num_rows=profile.num_rows - column.num_missing,
        forecast=resolved,
    )


def _check_can_be_target(profile: DatasetProfile, column: ColumnProfile, task: Task | str | None) -> None:
    if column.num_missing == profile.num_rows:
        raise _unfit(column, "every cell is missing", "Name another column, or fill this one.")
    if column.num_unique == 1:
        value = f" ({column.value_counts[0][0]!r})" if column.value_counts else ""
        raise _unfit(
            column,
            f"it has one value only{value}, so there is nothing to learn",
            "Name another column, or add rows with other values.",
        )
    if column.kind is ColumnKind.DATE:
        raise _unfit(
            column,
            f"it holds dates ({column.reason})",
            f"Make it a number, such as the days since the first one; or set its kind to {ColumnKind.CATEGORY.value!r} "
            "to predict it as classes.",
        )
    if column.kind.is_array:
        raise _unfit(column, "it holds arrays", "Name a column with numbers or classes.")
    if column.kind is ColumnKind.TEXT:
        raise _unfit(column, f"it is text ({column.reason})", "Name a column with numbers or classes.")
    if column.kind is ColumnKind.IDENTIFIER and not (column.form.is_numeric and task == Task.REGRESSION):
        hint = "Name a column with numbers or classes."
        if column.form.is_numeric:
            hint += " If this is a real quantity, set task to 'regression'."
        raise _unfit(column, f"it is an identifier ({column.reason})", hint)


def _infer_task(profile: DatasetProfile, column: ColumnProfile) -> tuple[Task, str]:
    values = _describe_values(column)
    num_present = profile.num_rows - column.num_missing
    if column.num_unique == 2:
        return Task.BINARY, f"binary: {values}"
    if column.form is ValueForm.TEXT:
        return Task.MULTICLASS, f"multiclass: {values}"
    if column.form is ValueForm.FRACTION:
        return Task.REGRESSION, f"regression: {values}"
    if column.num_unique > MAX_WHOLE_NUMBER_CLASSES:
        return Task.REGRESSION, f"regression: {values}, more than {MAX_WHOLE_NUMBER_CLASSES}"
    if 2 * column.num_unique > num_present:
        return Task.REGRESSION, f"regression: {values} in {num_present} rows, fewer than two rows for each"
    return Task.MULTICLASS, f"multiclass: {values}, at most {MAX_WHOLE_NUMBER_CLASSES}"


def _describe_values(column: ColumnProfile) -> str:
    if column.num_unique == 2 and column.has_all_values:
        first, second = in_value_order(value for value, _ in column.value_counts)
        return f"the column has two distinct values ({_shorten(first)}, {_shorten(second)})"
    form = {
        ValueForm.WHOLE: "distinct whole numbers",
        ValueForm.FRACTION: "distinct numbers, with fractions",
        ValueForm.TEXT: "distinct texts",
    }[column.form]
    return f"the column has {column.num_unique:,} {form}"


def _task_called(name: Task | str) -> Task:
    if name == Task.FORECAST:
        raise InvalidInput(
            "A forecast needs to know how far ahead.",
            hint="Give forecast, the number of rows to predict, instead of task: forecast=12.",
            places=[Place("#/task", "needs forecast"), Place("#/forecast", "is missing")],
        )
    if name not in TABLE_TASKS:
        raise UnknownName("task", name, [task.value for task in TABLE_TASKS], pointer="#/task")
    return Task(name)


def _check_regression(column: ColumnProfile) -> None:
    if not column.form.is_numeric:
        raise InvalidDataset(
            f"Column {column.name!r} cannot be the target of a regression: its cells are not all numbers "
            f"({column.reason}).",
            hint="Leave task out to predict classes, or name a numeric column.",
            places=[Place("#/task", "needs a numeric column"), Place("#/target", "is not numeric")],
        )


def _class_counts(profile: DatasetProfile, column: ColumnProfile, task: Task) -> dict[str, int]:
    """Rows of each class, in class order."""
    if task is Task.BINARY and column.num_unique != 2:
        raise _wrong_task(column, task, "two", Task.MULTICLASS)
    if task is Task.MULTICLASS and column.num_unique == 2:
        raise _wrong_task(column, task, "three or more", Task.BINARY)
    regression = " For a quantity, set task to 'regression'." if column.form.is_numeric else ""
    if column.num_unique > MAX_CLASSES or not column.has_all_values:
        num_present = profile.num_rows - column.num_missing
        raise _unfit(
            column,
            f"it has {column.num_unique:,} distinct values in {num_present:,} rows, too many for classes (at most "
            f"{MAX_CLASSES:,}, fewer in tables of more than 200 columns)",
            "Name a column with fewer values, or group rare ones." + regression,
        )
    counts = dict(column.value_counts)
    singles = [value for value in in_value_order(counts) if counts[value] < 2]
    if singles:
        shown = ", ".join(repr(_shorten(value)) for value in singles[:5]) + (", ..." if len(singles) > 5 else "")
        verb = "class has" if len(singles) == 1 else "classes have"
        raise _unfit(
            column,
            f"{len(singles)} {verb} a single row ({shown}), and each needs one to learn from and one to check with",
            "Remove these rows, add more of them, or join them to another class." + regression,
        )
    return {value: counts[value] for value in in_value_order(counts)}


def _shorten(value: str) -> str:
    return value if len(value) <= 40 else value[:37] + "..."


def _unfit(column: ColumnProfile, why: str, hint: str) -> InvalidDataset:
    return InvalidDataset(
        f"Column {column.name!r} cannot be the target: {why}.",
        hint=hint,
        places=[Place("#/target", "cannot be predicted")],
    )


def _wrong_task(column: ColumnProfile, task: Task, wanted: str, other: Task) -> InvalidDataset:
    return InvalidDataset(
        f"A {task} task needs {wanted} classes; column {column.name!r} has {column.num_unique:,} distinct values.",
        hint=f"Set task to {other.value!r}, or leave it out.",
        places=[Place("#/task", f"needs {wanted} classes")],
    )


def _no_features(profile: DatasetProfile, target: ColumnProfile) -> InvalidDataset:
    others = [column for column in profile.columns if column.name != target.name]
    shown = "; ".join(f"{column.name!r} is left out: {column.reason}" for column in others[:5])
    return InvalidDataset(
        f"Nothing is left to predict {target.name!r} from: {shown or 'the table has no other column'}.",
        hint="Add columns with numbers, categories or text.",
        places=[Place("#/target", "no features remain")],
    )
