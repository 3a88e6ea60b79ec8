"""Sequences as the entries of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from tuner.data.profile import ColumnKind, ColumnProfile
from tuner.models.networks.array_scale import ArrayScale
from tuner.models.networks.inputs import InputPart

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.typed_rows import TypedRows

MAX_STEPS = "max_steps"
"""The search parameter: no sequence is longer. A network without it takes all the steps there are."""

# A few sequences that are far longer than the others must not make all of them long.
_SHARE_WITHIN, _ROOM = 0.95, 2


@dataclass(frozen=True)
class SequenceEntry:
    """How the sequences of one column are read.

    Args:
        scale: Feature by feature.
        num_steps: The length that all of them get.
        merged: How many steps of a sequence become one, their mean.
    """

    scale: ArrayScale
    num_steps: int
    merged: int = 1

    def padded(self, cells: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Sequences behind padding, shape (n, num_steps, features), and which steps are real, shape (n, num_steps).

        At least the last step counts as real, so that there is one to sum up: of an empty sequence it is the mean.
        """
        import numpy as np

        array = np.zeros((len(cells), self.num_steps, len(self.scale.center)), np.float32)
        mask = np.zeros((len(cells), self.num_steps), np.float32)
        mask[:, -1] = 1
        for row, cell in enumerate(cells):
            kept = cell[-self.num_steps * self.merged :]
            if len(kept):
                kept = _merged(kept, self.merged) if self.merged > 1 else kept
                array[row, -len(kept) :] = self.scale.apply(kept)
                mask[row, -len(kept) :] = 1
        return array, mask


class SequenceInputs(InputPart):
    """``sequence_0``, ``sequence_1``, ...: the sequences of each column, shape (n, steps, features), standardised.

    All are as long as the longest that is known. Shorter ones begin with steps of zeros, so that what is last is last
    for all of them; of longer ones the end is taken.

    The search parameter ``max_steps`` makes them shorter: of sequences far longer than the others the end is taken, and
    then as many steps become one as it takes.

    Args:
        columns: How each column is read, by its name.
    """

    name = "sequence"
    kinds = frozenset({ColumnKind.SEQUENCE})

    def __init__(self, columns: Mapping[str, SequenceEntry]) -> None:
        self._columns = columns

    @property
    def entries(self) -> dict[str, str]:
        """The entry of each column."""
        return {column: f"sequence_{number}" for number, column in enumerate(self._columns)}

    @classmethod
    def fit(cls, frame: pd.DataFrame, columns: Sequence[ColumnProfile], params: Mapping[str, Any]) -> Self:
        return cls({column.name: _fitted(frame[column.name], column, params.get(MAX_STEPS)) for column in columns})

    def transform(self, rows: TypedRows) -> dict[str, NDArray[Any]]:
        return {entry: self._columns[column].padded(rows.columns[column])[0] for column, entry in self.entries.items()}

    def to_json(self) -> dict[str, Any]:
        return {
            column: {"scale": entry.scale.to_json(), "num_steps": entry.num_steps, "merged": entry.merged}
            for column, entry in self._columns.items()
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            {
                column: SequenceEntry(ArrayScale.from_json(state["scale"]), state["num_steps"], state.get("merged", 1))
                for column, state in document.items()
            }
        )


class MaskedSequenceInputs(SequenceInputs):
    """Sequences as ``SequenceInputs`` has them, and beside each, ``sequence_0_mask``: which of its steps are real."""

    @property
    def masks(self) -> dict[str, str]:
        """The entry of each column's mask: 1 where a step is real, 0 where it is padding, shape (n, steps)."""
        return {column: f"{entry}_mask" for column, entry in self.entries.items()}

    def transform(self, rows: TypedRows) -> dict[str, NDArray[Any]]:
        arrays: dict[str, NDArray[Any]] = {}
        for column, entry in self.entries.items():
            arrays[entry], arrays[self.masks[column]] = self._columns[column].padded(rows.columns[column])
        return arrays


def _fitted(cells: pd.Series[Any], column: ColumnProfile, max_steps: int | None) -> SequenceEntry:
    import numpy as np

    scale = ArrayScale.fit(cells)
    longest = max(1, (column.shape or (1,))[0])
    if max_steps is None:
        return SequenceEntry(scale, longest)
    usual = int(np.ceil(np.quantile([len(cell) for cell in cells], _SHARE_WITHIN)))
    longest = min(longest, max(1, _ROOM * usual))
    merged = -(-longest // max_steps)
    return SequenceEntry(scale, -(-longest // merged), merged)


def _merged(steps: NDArray[Any], size: int) -> NDArray[np.float64]:
    """Means of so many steps in a row, the last of them whole; NaN where none holds a value."""
    import numpy as np

    missing = -len(steps) % size
    blocks = np.pad(steps.astype(np.float64), ((missing, 0), (0, 0)), constant_values=np.nan)
    blocks = blocks.reshape(-1, size, steps.shape[1])
    counts = (~np.isnan(blocks)).sum(axis=1)
    means: NDArray[np.float64] = np.where(counts, np.nansum(blocks, axis=1) / np.maximum(counts, 1), np.nan)
    return means
