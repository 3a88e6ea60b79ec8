"""Typed features as one array of numbers, with state that is plain JSON."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, Self, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.arrays.sequence_features import SequenceFeatures
from tuner.data.date_features import DateFeatures
from tuner.data.pictures.features import ImageFeatures
from tuner.data.profile import ColumnKind, ColumnProfile, in_value_order
from tuner.data.rank_features import RankFeature
from tuner.data.table import Table
from tuner.data.target_codes import TargetCodes, responses_of
from tuner.data.typed_rows import TypedRows
from tuner.errors import InvalidDataset

ENCODER_VERSION = 2

# Standardised values are cut off here: sums and distances would hang on a few cells, and a row far outside of the
# others be answered with a number far outside of all. On eleven tables, five folds each, the error of linear models is
# 0.999 of that without a limit (0.98 to 1.02), that of neighbours and support vector machines 1.000.
_LARGEST_SCALED = 4.0

# Up to so many rows, a dict of categories is faster than an index.
_FEW_ROWS = 32
_MISSING_CODE = 0
_UNKNOWN_CODE = 1
_FIRST_CODE = 2


@dataclass(frozen=True)
class _Numeric:
    """How one number or boolean column is encoded: ``(value or fill - center) / spread``, then perhaps a flag."""

    name: str
    fill: float | None
    center: float
    spread: float
    has_flag: bool

    def width(self, one_hot: bool) -> int:
        return 2 if self.has_flag else 1

    def names(self, one_hot: bool) -> list[str]:
        return [self.name, f"{self.name} is missing"] if self.has_flag else [self.name]


@dataclass(frozen=True)
class _Categorical:
    """How one category column is encoded; ``values`` are the categories that have a place of their own, in order."""

    name: str
    values: tuple[str, ...]
    has_rare: bool
    has_missing: bool

    def width(self, one_hot: bool) -> int:
        return len(self.values) + self.has_rare + self.has_missing if one_hot else 1

    def names(self, one_hot: bool) -> list[str]:
        if not one_hot:
            return [self.name]
        names = [f"{self.name}={value}" for value in self.values]
        if self.has_rare:
            names.append(f"{self.name} is rare")
        if self.has_missing:
            names.append(f"{self.name} is missing")
        return names

    def encode(self, labels: NDArray[Any], one_hot: bool, into: NDArray[Any]) -> None:
        """Write the encoding of labels, shape (n,), into an array of the column's width."""
        if len(labels) <= _FEW_ROWS:
            self._encode_few(labels, one_hot, into)
            return
        missing = pd.isna(labels)
        places = pd.Index(self.values, dtype=object).get_indexer(pd.Index(labels, dtype=object))
        if not one_hot:
            into[:, 0] = np.where(missing, _MISSING_CODE, np.where(places < 0, _UNKNOWN_CODE, places + _FIRST_CODE))
            return
        into[:] = 0
        known = np.flatnonzero(places >= 0)
        into[known, places[known]] = 1
        if self.has_rare:
            into[(places < 0) & ~missing, len(self.values)] = 1
        if self.has_missing:
            into[missing, -1] = 1

    def _encode_few(self, labels: NDArray[Any], one_hot: bool, into: NDArray[Any]) -> None:
        """The same for a few rows, for which an index takes longer than a dict."""
        into[:] = 0
        for row, label in enumerate(labels.tolist()):
            is_missing = label is None or label != label  # NaN differs from itself
            place = -1 if is_missing else self._places.get(label, -1)
            if not one_hot:
                into[row, 0] = _MISSING_CODE if is_missing else _UNKNOWN_CODE if place < 0 else place + _FIRST_CODE
            elif place >= 0:
                into[row, place] = 1
            elif is_missing and self.has_missing:
                into[row, -1] = 1
            elif not is_missing and self.has_rare:
                into[row, len(self.values)] = 1

    @cached_property
    def _places(self) -> dict[str, int]:
        return {value: place for place, value in enumerate(self.values)}


@dataclass(frozen=True)
class _Numbers:
    """All numeric columns of an encoder, encoded together. ``_Numeric`` says how each of them is.

    Args:
        names: Their names.
        fill: What stands for a gap, NaN to leave it, shape (columns,).
        center: See ``_Numeric``; so too ``spread``.
        limit: The largest value that is let through, in standard units.
        places: Where in the encoded array they go.
        flagged: Which of them have a flag, as places among them.
        flag_places: Where the flags go.
    """

    names: tuple[str, ...]
    fill: NDArray[np.float64]
    center: NDArray[np.float64]
    spread: NDArray[np.float64]
    limit: NDArray[np.float64]
    places: NDArray[np.intp]
    flagged: NDArray[np.intp]
    flag_places: NDArray[np.intp]

    @classmethod
    def of(cls, columns: Sequence[tuple[int, _Numeric]]) -> Self:
        """The columns, each with the place where it begins."""
        numeric = [column for _, column in columns]
        is_standard = [(column.center, column.spread) != (0.0, 1.0) for column in numeric]
        flagged = [index for index, column in enumerate(numeric) if column.has_flag]
        places = np.array([start for start, _ in columns], dtype=np.intp)
        return cls(
            names=tuple(column.name for column in numeric),
            fill=np.array([np.nan if column.fill is None else column.fill for column in numeric]),
            center=np.array([column.center for column in numeric]),
            spread=np.array([column.spread for column in numeric]),
            limit=np.where(is_standard, _LARGEST_SCALED, np.inf),
            places=places,
            flagged=np.array(flagged, dtype=np.intp),
            flag_places=places[flagged] + 1,
        )

    def encode(self, values: NDArray[np.float64], into: NDArray[Any]) -> None:
        """Write the encoding of values, shape (n, columns), to their places in the encoded array."""
        missing = np.isnan(values)
        values = np.where(missing, self.fill, values)
        if np.isfinite(self.limit).any():
            with np.errstate(over="ignore"):
                values = np.clip((values - self.center) / self.spread, -self.limit, self.limit)
        into[:, self.places] = values
        if len(self.flagged):
            into[:, self.flag_places] = missing[:, self.flagged]


_Column: TypeAlias = (
    _Numeric | _Categorical | DateFeatures | TargetCodes | RankFeature | ImageFeatures | SequenceFeatures
)


@dataclass(frozen=True)
class TabularEncoder:
    """Turns typed features into one array. Fitted on the training rows only, and the same at prediction.

    Make one with ``fit`` (or ``from_json``). Columns keep their order.

    - A number is itself. With ``impute``, missing ones become the median, and a column ``<name> is missing`` follows if
      training rows had gaps; without, they stay NaN for models that know what to do with them.
    - A boolean is 1 or 0, its gaps as for numbers.
    - A date is several numbers: the days since 1970, and those of year, month, day, weekday and hour that differ among
      the training rows; with ``scale``, places in the year, the week and the day, as sine and cosine. Its gaps as for
      numbers.
    - A category under ``one_hot`` is one column of 0 and 1 for each value, for rare values together if there are any,
      and for gaps if training rows had any. A value never seen counts as rare; with no such column it is all zeros.
    - A category under ``ordinal`` is one column of codes: 0 for a gap, 1 for a rare or new value, 2 and up for values
      in order (by number if all are numbers, else alphabetical). ``cardinalities`` tells how many codes there are.
    - A picture is its pixels, see ``tuner.data.pictures.features``; a sequence is statistics of it, see
      ``tuner.data.arrays.sequence_features``.
    - A category under ``target`` (see ``fit_to_target``) is as under ``one_hot``, or one column of codes learned from
      the target for each response.

    With ``scale``, numbers are standardised and cut off at four standard deviations, those with a few very large values
    are there by their rank as well (see ``tuner.data.rank_features``), and the array is float32; else it is float64 and
    holds numbers exactly.

    Example:
        ```python
        encoder = TabularEncoder.fit(table.features.iloc[split.train], table.columns, categories="one_hot", scale=True)
        x = encoder.transform(features_frame(new_rows, table.columns))
        ```
    """

    categories: Literal["one_hot", "ordinal", "target"]
    scale: bool
    _columns: tuple[_Column, ...]

    @classmethod
    def fit(
        cls,
        frame: pd.DataFrame,
        columns: Sequence[ColumnProfile],
        *,
        categories: Literal["one_hot", "ordinal"],
        scale: bool,
        impute: bool = True,
        max_categories: int = 100,
    ) -> Self:
        """Learn medians, spreads and categories.

        Args:
            frame: The training rows of ``Table.features``, or of what ``features_frame`` returned.
            columns: Their profiles; text is passed over.
            categories: ``one_hot`` for linear models, distances and plain networks; ``ordinal`` for trees and
                embeddings.
            scale: Whether to standardise numbers to mean 0 and variance 1.
            impute: Whether to fill missing numbers and booleans.
            max_categories: Values of one column that keep a place of their own, the most frequent ones.
        """
        fitted = (
            _fit_columns(frame[column.name], column, scale, impute, max_categories)
            for column in columns
            if column.kind is not ColumnKind.TEXT
        )
        return cls(categories, scale, tuple(itertools.chain.from_iterable(fitted)))

    @classmethod
    def fit_to_target(
        cls,
        table: Table,
        *,
        scale: bool,
        impute: bool = True,
        max_one_hot: int = 10,
    ) -> tuple[Self, NDArray[Any]]:
        """Learn, beside what ``fit`` learns, codes for categories of many values from the target.

        A category of up to ``max_one_hot`` values is encoded as under ``one_hot``, one of more values by the mean of
        the target among the rows of a value: one column, or one for each class where there are more than two.

        Args:
            table: The training rows, and no others.
            scale: Whether to standardise numbers and codes.
            impute: Whether to fill missing numbers and booleans.
            max_one_hot: Values up to which a category has a column for each.

        Returns:
            The encoder for new rows, and the training rows encoded. Models must learn from this array and not from
            ``transform``: in it, no row's own target is part of its codes.
        """
        responses = responses_of(table.target, table.target_profile.class_counts)
        fitted: list[_Column] = []
        codes: dict[int, NDArray[np.float64]] = {}
        for column in (column for column in table.columns if column.kind is not ColumnKind.TEXT):
            cells = table.features[column.name]
            if column.kind is ColumnKind.CATEGORY and cells.nunique() > max_one_hot:
                coded, codes[len(fitted)] = TargetCodes.fit(cells, column.name, responses, scale=scale)
                fitted.append(coded)
            else:
                fitted.extend(_fit_columns(cells, column, scale, impute, max_one_hot))
        encoder = cls("target", scale, tuple(fitted))
        encoded = encoder.transform(table.features)
        start = 0
        for place, fitted_column in enumerate(fitted):
            stop = start + fitted_column.width(one_hot=True)
            if place in codes:
                encoded[:, start:stop] = codes[place]
            start = stop
        return encoder, encoded

    def transform(self, rows: pd.DataFrame | TypedRows) -> NDArray[Any]:
        """Encode typed features.

        Returns:
            float32 with ``scale``, else float64; shape (n, len(feature_names)).
        """
        rows = TypedRows.of(rows) if isinstance(rows, pd.DataFrame) else rows
        one_hot = self.categories != "ordinal"
        encoded = np.empty((rows.num_rows, self._width), dtype=np.float32 if self.scale else np.float64)
        for start, column in self._starts:
            cells = rows.columns[column.name]
            if not isinstance(column, _Numeric):
                column.encode(cells, one_hot, encoded[:, start : start + column.width(one_hot)])
        if self._numbers.names:
            self._numbers.encode(rows.numbers(self._numbers.names), encoded)
        return encoded

    @cached_property
    def _starts(self) -> tuple[tuple[int, _Column], ...]:
        """Each column with the place where its encoding begins."""
        widths = [column.width(self.categories != "ordinal") for column in self._columns]
        return tuple(zip(itertools.accumulate(widths, initial=0), self._columns, strict=False))

    @cached_property
    def _numbers(self) -> _Numbers:
        return _Numbers.of([(start, column) for start, column in self._starts if isinstance(column, _Numeric)])

    @cached_property
    def _width(self) -> int:
        return sum(column.width(self.categories != "ordinal") for column in self._columns)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """A name for each column of the array."""
        one_hot = self.categories != "ordinal"
        return tuple(name for column in self._columns for name in column.names(one_hot))

    @property
    def categorical_indices(self) -> tuple[int, ...]:
        """Columns of the array that hold codes; none under ``one_hot``."""
        if self.categories != "ordinal":
            return ()
        indices = []
        start = 0
        for column in self._columns:
            if isinstance(column, _Categorical):
                indices.append(start)
            start += column.width(one_hot=False)
        return tuple(indices)

    @property
    def cardinalities(self) -> tuple[int, ...]:
        """How many codes each of ``categorical_indices`` can take, from 0."""
        if self.categories != "ordinal":
            return ()
        return tuple(len(column.values) + _FIRST_CODE for column in self._columns if isinstance(column, _Categorical))

    def to_json(self) -> dict[str, Any]:
        """The state as plain JSON types."""
        return {
            "version": ENCODER_VERSION,
            "categories": self.categories,
            "scale": self.scale,
            "columns": list(map(_column_to_json, self._columns)),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The encoder that ``to_json`` wrote.

        Raises:
            InvalidDataset: It was written by another version.
        """
        if document.get("version") != ENCODER_VERSION:
            raise InvalidDataset(
                f"The stored encoder has version {document.get('version')!r}; this version of tuner reads "
                f"{ENCODER_VERSION}.",
                hint="Train the model again.",
            )
        columns = tuple(_column_from_json(column) for column in document["columns"])
        return cls(document["categories"], document["scale"], columns)


def _facts(column: _Column) -> dict[str, Any]:
    # Not asdict, which copies each of a thousand categories; nor vars, which has what was computed from them too.
    return {field.name: getattr(column, field.name) for field in fields(column)}


def _column_to_json(column: _Column) -> dict[str, Any]:
    if isinstance(column, _Categorical):
        return {"type": "category", **_facts(column), "values": list(column.values)}
    if isinstance(column, TargetCodes):
        return {"type": "target", **_facts(column)}
    if isinstance(column, RankFeature):
        return {"type": "rank", **_facts(column)}
    if isinstance(column, ImageFeatures):
        return {"type": "image", **_facts(column)}
    if isinstance(column, SequenceFeatures):
        return {"type": "sequence", **_facts(column)}
    if isinstance(column, DateFeatures):
        return {"type": "date", **_facts(column), "parts": list(column.parts)}
    return {"type": "number", **_facts(column)}


def _column_from_json(document: Mapping[str, Any]) -> _Column:
    if document["type"] == "category":
        return _Categorical(document["name"], tuple(document["values"]), document["has_rare"], document["has_missing"])
    if document["type"] == "rank":
        knots, scores = tuple(document["knots"]), tuple(document["scores"])
        return RankFeature(document["name"], knots, scores, document["has_fill"])
    if document["type"] == "target":
        return TargetCodes.from_json(dict(document))
    if document["type"] in ("image", "sequence"):
        # Any: each field has a type of its own.
        known: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in document.items() if n != "type"}
        return ImageFeatures(**known) if document["type"] == "image" else SequenceFeatures(**known)
    if document["type"] == "date":
        facts = {**document, "parts": tuple(document["parts"])}
        del facts["type"]
        return DateFeatures(**facts)
    return _Numeric(document["name"], document["fill"], document["center"], document["spread"], document["has_flag"])


def _fit_columns(
    cells: pd.Series[Any], column: ColumnProfile, scale: bool, impute: bool, max_categories: int
) -> list[_Column]:
    if column.kind is ColumnKind.CATEGORY:
        return [_fit_category(cells, column.name, max_categories)]
    if column.kind is ColumnKind.IMAGE:
        return [ImageFeatures.fit(cells.to_numpy(), column.name, scale=scale)]
    if column.kind is ColumnKind.SEQUENCE:
        return [SequenceFeatures.fit(cells.to_numpy(), column.name, scale=scale, impute=impute)]
    if column.kind is ColumnKind.DATE:
        return [DateFeatures.fit(cells, column.name, scale=scale, impute=impute)]
    return _fit_number(cells, column, scale, impute)


def _fit_number(cells: pd.Series[Any], column: ColumnProfile, scale: bool, impute: bool) -> list[_Column]:
    values = cells.to_numpy(dtype=np.float64)
    present = values[~np.isnan(values)]
    fill = None
    if impute:
        # Halves first: the middle of two large numbers can overflow. A boolean's gap becomes its commoner value.
        fill = _median(present / 2) * 2 if len(present) else 0.0
        if column.kind is ColumnKind.BOOLEAN:
            fill = float(fill > 0.5)
    is_scaled = scale and column.kind is ColumnKind.NUMBER
    center, spread = _standard(present) if is_scaled else (0.0, 1.0)
    number = _Numeric(column.name, fill, center, spread, has_flag=impute and len(present) < len(values))
    rank = RankFeature.fit(present, center, spread, column.name, impute) if is_scaled else None
    return [number] if rank is None else [number, rank]


def _median(values: NDArray[np.float64]) -> float:
    """As ``np.median`` of finite numbers, of which thousands of columns feel the many checks."""
    half = len(values) // 2
    if len(values) % 2:
        return float(np.partition(values, half)[half])
    low, high = np.partition(values, (half - 1, half))[half - 1 : half + 1].tolist()
    return float((low + high) / 2)


def _standard(values: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and standard deviation; a deviation of 1 where all values are equal."""
    largest = float(np.abs(values).max()) if len(values) else 0.0
    if largest == 0.0:
        return 0.0, 1.0
    # Squares of large or tiny numbers leave float64: computed on numbers within 1, then scaled back.
    scaled = values / largest
    middle = float(scaled.sum()) / len(scaled)
    scaled -= middle
    mean, spread = middle * largest, math.sqrt(float(scaled @ scaled) / len(scaled)) * largest
    return mean, spread if spread > 1e-12 * largest else 1.0


def _fit_category(cells: pd.Series[Any], name: str, max_categories: int) -> _Categorical:
    codes, distinct = pd.factorize(cells.to_numpy(dtype=object))
    counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
    order = sorted(range(len(distinct)), key=lambda position: (-counts[position], distinct[position]))
    kept = [str(distinct[position]) for position in order[:max_categories]]
    return _Categorical(
        name,
        tuple(in_value_order(kept)),
        has_rare=len(distinct) > max_categories,
        has_missing=bool((codes < 0).any()),
    )
