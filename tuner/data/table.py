"""A table ready for training: typed features, an encoded target, and the rows they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data import prepared_table
from tuner.data.arrays.cells import typed_arrays
from tuner.data.cells import BOOLEAN_WORDS, to_label
from tuner.data.column_arrays import float_arrays, frame_of
from tuner.data.dates import seconds
from tuner.data.frames import check_finite, column_tokens, plain_column
from tuner.data.profile import (
    ColumnKind,
    ColumnProfile,
    DatasetProfile,
    TargetProfile,
    Task,
    ValueForm,
    did_you_mean,
    feature_columns,
)
from tuner.data.reading import ReadLimits, read_table
from tuner.errors import InvalidDataset, Place


@dataclass(frozen=True)
class Table:
    """Rows to learn from. Rows without a target are not in it.

    Args:
        features: One column for each of ``columns``, typed as ``features_frame`` says.
        target: Class indices into ``target_profile.classes`` (int64), or the quantity (float64), shape (n,).
        target_profile: What is predicted.
        columns: The profiles of the feature columns, in the order of ``features``.
        row_ids: Each row's number in the file, from 0, shape (n,).
    """

    features: pd.DataFrame
    target: NDArray[np.int64] | NDArray[np.float64]
    target_profile: TargetProfile
    columns: tuple[ColumnProfile, ...]
    row_ids: NDArray[np.int64]

    @property
    def num_rows(self) -> int:
        """Rows with a target."""
        return len(self.target)

    @property
    def task(self) -> Task:
        """What is predicted."""
        return self.target_profile.task

    def take(self, rows: NDArray[np.int64]) -> Table:
        """The rows at these positions, e.g. one part of a split, in the order given."""
        return replace(
            self,
            features=self.features.iloc[rows].reset_index(drop=True),
            target=self.target[rows],
            row_ids=self.row_ids[rows],
        )


def load_table(
    path: Path, profile: DatasetProfile, target_profile: TargetProfile, limits: ReadLimits | None = None
) -> Table:
    """Read the features and the target of a file that was profiled before.

    The first call leaves the table beside the file in a form that later calls load in milliseconds
    (``tuner.data.prepared_table``), if the folder can be written to.

    Raises:
        InvalidDataset: The file is not the one the profile was made of.
        TooLarge: It is over a limit.
    """
    frame = prepared_table.load(path, profile)
    if frame is not None:
        return build_table(frame, profile, target_profile)
    frame = read_table(path, limits or ReadLimits())
    table = build_table(frame, profile, target_profile)
    # Not assign, which no column may be called "self" for.
    for column in profile.columns:
        if column.kind is ColumnKind.DATE:
            frame[column.name] = _instants(frame[column.name], column)
        elif column.kind.is_array:
            frame[column.name] = typed_arrays(frame[column.name].array, column)
    prepared_table.prepare(path, profile, frame)
    return table


def build_table(frame: pd.DataFrame, profile: DatasetProfile, target_profile: TargetProfile) -> Table:
    """As ``load_table``, for a plain frame in memory."""
    names = [column.name for column in profile.columns]
    if list(frame.columns) != names or len(frame) != profile.num_rows:
        raise InvalidDataset(
            f"The table has {len(frame):,} rows and {frame.shape[1]:,} columns that do not fit its profile "
            f"({profile.num_rows:,} rows, {len(names):,} columns).",
            hint="Upload the dataset again.",
        )
    target = frame[target_profile.name]
    row_ids = np.flatnonzero(target.notna().to_numpy())
    columns = feature_columns(profile, target_profile)
    return Table(
        features=_plain_features(frame if len(row_ids) == len(frame) else frame.iloc[row_ids], columns),
        target=_encode_target(target.iloc[row_ids], target_profile),
        target_profile=target_profile,
        columns=columns,
        row_ids=row_ids,
    )


def features_frame(rows: pd.DataFrame, columns: Sequence[ColumnProfile]) -> pd.DataFrame:
    """Bring rows into the form that models are trained on, for training and for prediction alike.

    Numbers become float64 with NaN for missing ones. Dates become seconds since 1970 in UTC, float64, with NaN for
    missing ones and for what is no date. Booleans become float64: 1, 0, or NaN for a missing or unknown value.
    Categories and texts become ``object``: their text form, or None. Pictures and sequences become arrays of the form
    that ``tuner.data.arrays.cells.typed_arrays`` says. Columns that are not asked for are ignored, their order does not
    matter, and categories may be new.

    Args:
        rows: Any DataFrame; cells may be text, as a file gives them.
        columns: The features that the model was trained on.

    Raises:
        InvalidDataset: A column is missing, or a cell of a numeric column is not a number.
    """
    positions = {str(name).strip(): position for position, name in enumerate(rows.columns)}
    missing = [column.name for column in columns if column.name not in positions]
    if missing:
        shown = ", ".join(repr(name) for name in missing[:10]) + (", ..." if len(missing) > 10 else "")
        raise InvalidDataset(
            f"The rows lack {len(missing)} of the {len(columns)} columns that the model was trained on: {shown}.",
            hint=did_you_mean(missing[0], list(positions)) + " Columns may hold missing values, but must be there.",
            places=[Place("#/rows", f"no column {name!r}") for name in missing[:10]],
        )
    floats = float_arrays(rows)
    typed: dict[str, NDArray[Any]] = {}
    for column in columns:
        place = positions[column.name]
        if column.kind is ColumnKind.NUMBER and place in floats:
            check_finite(floats[place], column.name)
            typed[column.name] = floats[place]
        else:
            typed[column.name] = _typed(rows.iloc[:, place], column).to_numpy()
    return frame_of(typed, len(rows))


def labelled_table(rows: pd.DataFrame, columns: Sequence[ColumnProfile], target_profile: TargetProfile) -> Table:
    """New rows with known answers, to judge a trained model by. Rows without an answer are left out.

    Args:
        rows: Any DataFrame with the features and the target.
        columns: The features that the model was trained on.
        target_profile: What it predicts.

    Raises:
        InvalidDataset: A column is missing, a cell cannot be read, or a class is new.
    """
    positions = {str(name).strip(): position for position, name in enumerate(rows.columns)}
    name = target_profile.name
    if name not in positions:
        raise InvalidDataset(
            f"The rows lack the column {name!r}, whose values the model is to be judged by.",
            hint=did_you_mean(name, list(positions)),
            places=[Place("#/rows", f"no column {name!r}")],
        )
    answers = plain_column(rows.iloc[:, positions[name]], name)
    row_ids = np.flatnonzero(answers.notna().to_numpy())
    if not len(row_ids):
        raise InvalidDataset(f"No row has a value in the column {name!r}.", hint="Give rows whose answers are known.")
    if not target_profile.task.is_classification and answers.dtype == object:
        raise InvalidDataset(
            f"Column {name!r} holds text; the model predicts numbers.", hint="Give the numbers that were measured."
        )
    return Table(
        features=features_frame(rows.iloc[row_ids], columns),
        target=_encode_target(answers.iloc[row_ids], target_profile),
        target_profile=target_profile,
        columns=tuple(columns),
        row_ids=row_ids,
    )


def _plain_features(frame: pd.DataFrame, columns: Sequence[ColumnProfile]) -> pd.DataFrame:
    """As ``features_frame``, for a plain frame: its cells need no cleaning."""
    frame = frame.reset_index(drop=True)
    floats = {str(frame.columns[place]): values for place, values in float_arrays(frame).items()}
    typed = {
        column.name: floats[column.name]
        if column.kind is ColumnKind.NUMBER and column.name in floats
        else _typed_plain(frame[column.name], column).to_numpy()
        for column in columns
    }
    return frame_of(typed, len(frame))


def _typed(cells: pd.Series[Any], column: ColumnProfile) -> pd.Series[Any]:
    if column.kind.is_array:
        return typed_arrays(cells.array, column)
    if column.kind in (ColumnKind.CATEGORY, ColumnKind.TEXT) and column.form is ValueForm.TEXT:
        return pd.Series(column_tokens(cells, column.name), dtype=object)
    return _typed_plain(plain_column(cells, column.name), column)


def _typed_plain(plain: pd.Series[Any], column: ColumnProfile) -> pd.Series[Any]:
    if column.kind.is_array:
        return typed_arrays(plain.array, column)
    if (
        column.kind in (ColumnKind.CATEGORY, ColumnKind.TEXT)
        and column.form is ValueForm.TEXT
        and plain.dtype == object
    ):
        return plain
    if column.kind is ColumnKind.DATE:
        return _instants(plain, column)
    if column.kind is ColumnKind.BOOLEAN:
        return _truth_values(plain)
    if column.kind in (ColumnKind.CATEGORY, ColumnKind.TEXT):
        return _code_labels(plain)
    if plain.dtype != object:
        return plain if plain.dtype == np.float64 else plain.astype(np.float64)
    numbers = pd.to_numeric(plain, errors="coerce").astype(np.float64)
    refused = (plain.notna() & ~np.isfinite(numbers)).to_numpy()
    if refused.any():
        row = int(refused.argmax())
        raise InvalidDataset(
            f"Row {row}, column {column.name!r}: {plain.iloc[row]!r} is not a number, as all were in training.",
            hint="Leave the cell empty if the value is not known.",
            places=[Place("#/rows", f"row {row}, column {column.name!r}: not a number")],
        )
    return numbers


def _instants(plain: pd.Series[Any], column: ColumnProfile) -> pd.Series[Any]:
    if plain.dtype != object:
        # Text that is all dates is never numbers; a table in prepared form has them as instants already.
        return plain.astype(np.float64)
    codes, distinct = pd.factorize(plain.to_numpy())
    return pd.Series(np.array([*seconds(distinct.tolist(), column.day_first), np.nan])[codes])


def _truth_values(plain: pd.Series[Any]) -> pd.Series[Any]:
    codes, distinct = pd.factorize(plain.to_numpy())
    words = [value.casefold() if isinstance(value, str) else to_label(value) for value in distinct.tolist()]
    values = np.array([*(BOOLEAN_WORDS.get(word, np.nan) for word in words), np.nan])
    return pd.Series(values[codes])


def _code_labels(plain: pd.Series[Any]) -> pd.Series[Any]:
    """Codes in text form. What was a number in training is one however it is written now: ``3``, ``3.0``, ``"3"``."""
    codes, distinct = pd.factorize(plain.to_numpy())
    labels = np.array([*map(_code_label, distinct.tolist()), None], dtype=object)
    return pd.Series(labels[codes], dtype=object)


def _code_label(value: str | float) -> str:
    try:
        return to_label(float(value))
    except ValueError:
        return str(value)


def _encode_target(target: pd.Series[Any], profile: TargetProfile) -> NDArray[np.int64] | NDArray[np.float64]:
    if not profile.task.is_classification:
        return target.to_numpy(dtype=np.float64)
    codes, distinct = pd.factorize(target.to_numpy())
    labels = [value if isinstance(value, str) else to_label(value) for value in distinct.tolist()]
    places = {label: index for index, label in enumerate(profile.classes)}
    unknown = [label for label in labels if label not in places]
    if unknown:
        raise InvalidDataset(
            f"Column {profile.name!r} holds {unknown[0]!r}, which its profile does not know.",
            hint="Upload the dataset again.",
        )
    return np.array([places[label] for label in labels], dtype=np.int64)[codes]
