"""Pictures as the entries of a network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from tuner.data.profile import ColumnKind, ColumnProfile
from tuner.models.networks.array_scale import ArrayScale
from tuner.models.networks.inputs import InputPart

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.typed_rows import TypedRows

RESOLUTION = "resolution"
"""The search parameter: no side has more pixels. A network without it takes pictures as large as they are."""

# The pictures of a column in single precision; an epoch takes about twice as much.
_MAX_BYTES = 1 << 30
_NUMBERS_AT_ONCE = 4_000_000


class ImageInputs(InputPart):
    """``image_0``, ``image_1``, ...: the pictures of each column, shape (n, height, width, channels), standardised.

    Pictures are made smaller where the search parameter ``resolution`` says so.

    Args:
        scales: Channel by channel, by column.
        shapes: Of one picture as the network sees it, by column.
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
        resolution = params.get(RESOLUTION)
        return cls(scales, {column.name: seen_shape(column.shape or (), resolution, len(frame)) for column in columns})

    def transform(self, rows: TypedRows) -> dict[str, NDArray[Any]]:
        return {
            entry: self._standardised(rows.columns[column], self._scales[column], self._shapes[column])
            for column, entry in self.entries.items()
        }

    def _standardised(self, cells: NDArray[Any], scale: ArrayScale, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Some pictures at a time: all of them at their own size may not fit into memory."""
        import numpy as np

        from tuner.data.arrays.cells import stacked
        from tuner.data.pictures.resizing import resized

        array = np.empty((len(cells), *shape), np.float32)
        at_once = max(1, _NUMBERS_AT_ONCE // max([1, *(cell.size for cell in cells[:1])]))
        for start in range(0, len(cells), at_once):
            part = stacked(cells[start : start + at_once])
            if part.shape[1:] != shape:
                part = resized(part, *shape[:2])
            array[start : start + at_once] = scale.apply(part)
        return array

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


def seen_shape(shape: tuple[int, ...], resolution: int | None, num_rows: int) -> tuple[int, ...]:
    """Height, width and channels of a picture as the network sees it.

    Args:
        shape: As it is.
        resolution: The most pixels of a side; None: as many as there are.
        num_rows: How many there are to learn from. With a resolution, pictures become so small that all of them
            together take at most 1 GiB.
    """
    if resolution is None:
        return shape
    height, width, channels = shape
    fits = (_MAX_BYTES / (4 * max(1, num_rows) * math.prod(shape))) ** 0.5
    factor = min(1.0, resolution / max(height, width), fits)
    return max(1, round(height * factor)), max(1, round(width * factor)), channels
