"""Numbers, dates, truth values and categories as the entries of a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from tuner.data.profile import ColumnProfile
from tuner.models.base import TABULAR_KINDS
from tuner.models.networks.drawing import drawn
from tuner.models.networks.inputs import InputPart
from tuner.models.tabular import squashed

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.encoding import TabularEncoder
    from tuner.data.typed_rows import TypedRows

NUMBERS, CATEGORIES = "numbers", "categories"

_MAX_CATEGORIES = 500


class TabularInputs(InputPart):
    """``numbers``, standardised and squashed, and ``categories``, codes into one table that all columns share.

    Args:
        encoder: Encodes the columns side by side, categories as codes.
    """

    name = "tabular"
    kinds = TABULAR_KINDS

    def __init__(self, encoder: TabularEncoder) -> None:
        self.encoder = encoder

    @classmethod
    def fit(cls, frame: pd.DataFrame, columns: Sequence[ColumnProfile], params: Mapping[str, Any]) -> Self:
        from tuner.data.encoding import TabularEncoder

        encoder = TabularEncoder.fit(
            frame, columns, categories="ordinal", scale=True, impute=True, max_categories=_MAX_CATEGORIES
        )
        return cls(encoder)

    @property
    def num_codes(self) -> int:
        """How many codes the categories of all columns have together."""
        return sum(self.encoder.cardinalities)

    def transform(self, rows: TypedRows) -> dict[str, NDArray[Any]]:
        import numpy as np

        encoded = rows.encoded(self.encoder)
        categories = list(self.encoder.categorical_indices)
        numbers = np.delete(encoded, categories, axis=1)
        arrays: dict[str, NDArray[Any]] = {}
        if numbers.shape[1]:
            arrays[NUMBERS] = squashed(numbers)
        if categories:
            offsets = np.cumsum([0, *self.encoder.cardinalities[:-1]])
            arrays[CATEGORIES] = (encoded[:, categories] + offsets).astype(np.int32)
        return arrays

    # Any: Keras ships without type information.
    def vector(self, keras: Any, entries: Mapping[str, Any], seeds: Iterator[int], embedding_size: int) -> Any:
        """All columns as one tensor of shape (n, width): numbers beside a learned vector for each category."""
        parts = [entries[NUMBERS]] if NUMBERS in entries else []
        if CATEGORIES in entries:
            vectors = keras.layers.Embedding(
                self.num_codes,
                embedding_size,
                embeddings_initializer=drawn(keras.initializers.RandomNormal(stddev=0.1, seed=next(seeds))),
            )(entries[CATEGORIES])
            parts.append(keras.layers.Flatten()(vectors))
        return keras.layers.Concatenate()(parts) if len(parts) > 1 else parts[0]

    def to_json(self) -> dict[str, Any]:
        return self.encoder.to_json()

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        from tuner.data.encoding import TabularEncoder

        return cls(TabularEncoder.from_json(document))
