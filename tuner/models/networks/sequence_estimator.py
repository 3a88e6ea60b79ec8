"""What networks for sequences share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from tuner.models.networks.branches import beside_columns
from tuner.models.networks.estimator import NetworkEstimator
from tuner.models.networks.sequence_inputs import MaskedSequenceInputs
from tuner.models.networks.tabular_inputs import TabularInputs


class SequenceEstimator(NetworkEstimator):
    """Each sequence as a vector, with other columns beside them. Subclasses say how a sequence becomes a vector."""

    parts = (MaskedSequenceInputs, TabularInputs)
    # Few enough that the learning rate comes down before patience ends.
    steps = 3_000
    min_epochs = 12
    max_epochs = 40
    patience = 12

    # Any, here and below: Keras ships without type information.
    def _body(self, keras: Any, entries: Mapping[str, Any], seeds: Iterator[int]) -> Any:
        sequences = self._inputs.part(MaskedSequenceInputs)
        summaries = []
        if sequences is not None:
            for column, entry in sequences.entries.items():
                summaries.append(self._summary(keras, entries[entry], entries[sequences.masks[column]], seeds))
        x = beside_columns(keras, summaries, self._inputs, entries, seeds, self._params)
        return self._dropped(keras, x, seeds)

    @abstractmethod
    def _summary(self, keras: Any, x: Any, mask: Any, seeds: Iterator[int]) -> Any:
        """One sequence as a vector, in which padding has no part.

        Args:
            keras: The module.
            x: The sequences, shape (n, steps, features).
            mask: Where steps are real, shape (n, steps).
            seeds: As for ``_body``.
        """

    def _dropped(self, keras: Any, x: Any, seeds: Iterator[int]) -> Any:
        return keras.layers.Dropout(self._params["dropout"], seed=next(seeds))(x) if self._params["dropout"] else x
