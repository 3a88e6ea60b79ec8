"""From typed rows to the named arrays that a network takes.

All of it is our own NumPy code with JSON state: the same on every backend, and safe to load. Nothing here or at the top
of a part's module imports NumPy, for the process that composes search spaces imports every family.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from tuner.data.profile import ColumnKind, ColumnProfile
from tuner.errors import InvalidDataset

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.typed_rows import TypedRows

INPUTS_VERSION = 1

PartT = TypeVar("PartT", bound="InputPart")


class InputPart(ABC):
    """Some kinds of columns as arrays. Fitted on the training rows only, and the same at prediction."""

    name: ClassVar[str]
    """Stands in the saved state."""
    kinds: ClassVar[frozenset[ColumnKind]]
    """The kinds of columns that it reads."""

    @classmethod
    @abstractmethod
    def fit(cls, frame: pd.DataFrame, columns: Sequence[ColumnProfile], params: Mapping[str, Any]) -> Self:
        """Learn what the arrays will look like.

        Args:
            frame: The training rows, typed as ``tuner.data.table.features_frame`` says.
            columns: The profiles of the columns of its kinds; at least one.
            params: The candidate's parameters, for parts that can be tuned (the size of a vocabulary or an image).
        """

    @abstractmethod
    def transform(self, rows: TypedRows) -> dict[str, NDArray[Any]]:
        """Arrays by the names of the network's entries, as ``numbers`` or ``image_0``: letters, digits, underscores.

        Args:
            rows: Typed features; ``rows.columns[name]`` is a column as an array of shape (n,), ``rows.num_rows`` is n.

        Returns:
            At least one array, always under the same names. The first axis is the rows, the others are of fixed length;
            float32, or int32 for codes.
        """

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """The state as plain JSON types."""

    @classmethod
    @abstractmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The part that ``to_json`` wrote."""


class Inputs:
    """The parts of one network, each reading the columns of its kinds.

    Args:
        parts: They, fitted.
    """

    def __init__(self, parts: Sequence[InputPart]) -> None:
        self._parts = tuple(parts)

    @classmethod
    def fit(
        cls,
        kinds: Sequence[type[InputPart]],
        frame: pd.DataFrame,
        columns: Sequence[ColumnProfile],
        params: Mapping[str, Any],
    ) -> Self:
        """Fit those of the parts for which there are columns; see ``InputPart.fit``."""
        parts = []
        for kind in kinds:
            own = [column for column in columns if column.kind in kind.kinds]
            if own:
                parts.append(kind.fit(frame, own, params))
        return cls(parts)

    def part(self, kind: type[PartT]) -> PartT | None:
        """The part of this class, if there are columns for it."""
        return next((part for part in self._parts if isinstance(part, kind)), None)

    def transform(self, rows: TypedRows) -> dict[str, NDArray[Any]]:
        """The arrays of all parts by their names."""
        arrays: dict[str, NDArray[Any]] = {}
        for part in self._parts:
            arrays |= part.transform(rows)
        return arrays

    def to_json(self) -> dict[str, Any]:
        """The state as plain JSON types."""
        return {"version": INPUTS_VERSION, "parts": {part.name: part.to_json() for part in self._parts}}

    @classmethod
    def from_json(cls, kinds: Sequence[type[InputPart]], document: Mapping[str, Any]) -> Self:
        """The inputs that ``to_json`` wrote, of a network that has these parts.

        Raises:
            InvalidDataset: They were written by another version.
        """
        if document.get("version") != INPUTS_VERSION:
            raise InvalidDataset(
                f"The stored inputs have version {document.get('version')!r}; this version of tuner reads "
                f"{INPUTS_VERSION}.",
                hint="Train the model again.",
            )
        stored = document["parts"]
        return cls([kind.from_json(stored[kind.name]) for kind in kinds if kind.name in stored])
