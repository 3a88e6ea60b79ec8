"""Pictures as the entries of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from tuner.data.profile import ColumnKind, ColumnProfile
from tuner.models.networks.array_scale import ArrayScale
from tuner.models.networks.inputs import InputPart

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.typed_rows import TypedRows


class ImageInputs(InputPart):
    """``image_0``, ``image_1``, ...: the pictures of each column, shape (n, height, width, channels), standardised.

    Args:
        scales: Channel by channel, by column.
        shapes: Of one picture, by column.
    """

    name = "image"
    kinds = frozenset({ColumnKind.IMAGE})

    def __init__(self, scales: Mapping[str, ArrayScale], shapes: Mapping[str, tuple[int, ...]]) -> None:
        self._scales = scales
        self._shapes = shapes

    @property
    def entries(self) -> dict[str, str]:
        """The entry of each column."""
        return {column: f"image_{number}" for number, column in enumerate(self._scales)}

    @classmethod
    def fit(cls, frame: pd.DataFrame, columns: Sequence[ColumnProfile], params: Mapping[str, Any]) -> Self:
        scales = {column.name: ArrayScale.fit(frame[column.name]) for column in columns}
        return cls(scales, {column.name: column.shape or () for column in columns})

    def transform(self, rows: TypedRows) -> dict[str, NDArray[Any]]:
        import numpy as np

        from tuner.data.array_cells import stacked

        return {
            entry: self._scales[column].apply(
                stacked(rows.columns[column]) if rows.num_rows else np.zeros((0, *self._shapes[column]))
            )
            for column, entry in self.entries.items()
        }

    def to_json(self) -> dict[str, Any]:
        return {
            column: {"scale": scale.to_json(), "shape": list(self._shapes[column])}
            for column, scale in self._scales.items()
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            {column: ArrayScale.from_json(state["scale"]) for column, state in document.items()},
            {column: tuple(state["shape"]) for column, state in document.items()},
        )
