"""Sequences as the entries of a network."""

from __future__ import annotations

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


class SequenceInputs(InputPart):
    """``sequence_0``, ``sequence_1``, ...: the sequences of each column, shape (n, steps, features), standardised.

    All are as long as the longest that is known. Shorter ones begin with steps of zeros, so that what is last is last
    for all of them; of longer ones the end is taken.

    Args:
        scales: Feature by feature, by column.
        num_steps: Length, by column.
    """

    name = "sequence"
    kinds = frozenset({ColumnKind.SEQUENCE})

    def __init__(self, scales: Mapping[str, ArrayScale], num_steps: Mapping[str, int]) -> None:
        self._scales = scales
        self._num_steps = num_steps

    @property
    def entries(self) -> dict[str, str]:
        """The entry of each column."""
        return {column: f"sequence_{number}" for number, column in enumerate(self._scales)}

    @classmethod
    def fit(cls, frame: pd.DataFrame, columns: Sequence[ColumnProfile], params: Mapping[str, Any]) -> Self:
        scales = {column.name: ArrayScale.fit(frame[column.name]) for column in columns}
        return cls(scales, {column.name: (column.shape or (1,))[0] for column in columns})

    def transform(self, rows: TypedRows) -> dict[str, NDArray[Any]]:
        return {
            entry: self._padded(rows.columns[column], self._scales[column], self._num_steps[column])
            for column, entry in self.entries.items()
        }

    def _padded(self, cells: NDArray[Any], scale: ArrayScale, num_steps: int) -> NDArray[np.float32]:
        import numpy as np

        array = np.zeros((len(cells), num_steps, len(scale.center)), np.float32)
        for row, cell in enumerate(cells):
            kept = cell[-num_steps:]
            if len(kept):
                array[row, num_steps - len(kept) :] = scale.apply(kept)
        return array

    def to_json(self) -> dict[str, Any]:
        return {
            column: {"scale": scale.to_json(), "num_steps": self._num_steps[column]}
            for column, scale in self._scales.items()
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            {column: ArrayScale.from_json(state["scale"]) for column, state in document.items()},
            {column: state["num_steps"] for column, state in document.items()},
        )
