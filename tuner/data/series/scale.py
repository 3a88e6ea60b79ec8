"""Series in units in which models learn them: logarithms where that is asked for, and steps of about one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

# A forecast further away from all that was ever seen, in reaches of the series, has run away.
_MOST_REACHES = 3.0


@dataclass(frozen=True)
class SeriesScale:
    """How the values of each series are turned into standard units and back.

    Args:
        is_log: Series whose logarithms are taken, shape (series,); like ``spread``, ``low`` and ``high``.
        spread: The usual size of a step from one value to the next.
        low: The smallest value, as logarithm where these are taken.
        high: The largest one.
    """

    is_log: NDArray[np.bool_]
    spread: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @classmethod
    def fit(cls, values: NDArray[np.float64], *, log: bool) -> Self:
        """The scales of filled series, NaN before their first value, shape (series, length).

        Args:
            values: The series.
            log: Whether to take logarithms, which only series of positive values have.
        """
        low = np.nanmin(values, axis=1)
        is_log = (low > 0) & log
        plain = np.where(is_log[:, None], np.log(np.where(values > 0, values, 1.0)), values)
        plain = np.where(np.isnan(values), np.nan, plain)
        low, high = np.nanmin(plain, axis=1), np.nanmax(plain, axis=1)
        reach = high - low
        if plain.shape[1] > 1:
            steps = np.abs(np.diff(plain, axis=1))
            count = np.maximum(1, np.count_nonzero(~np.isnan(steps), axis=1))
            spread = np.nansum(steps / count[:, None], axis=1)
        else:
            spread = reach
        size = np.maximum(np.abs(low), np.abs(high))
        # Where nothing ever changes any unit will do, but for one that makes rounding errors large.
        return cls(is_log, np.where(spread > 1e-9 * size, spread, np.where(size > 0, size, 1.0)), low, high)

    def to_standard(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Filled series in standard units, shape (series, length)."""
        positive = np.where(values > 0, values, np.exp(self.low)[:, None] if self.is_log.any() else 1.0)
        plain = np.where(self.is_log[:, None], np.log(np.where(self.is_log[:, None], positive, 1.0)), values)
        standard: NDArray[np.float64] = np.where(np.isnan(values), np.nan, plain) / self.spread[:, None]
        return standard

    def to_original(
        self, standard: NDArray[np.float64], codes: NDArray[np.int64], freedom: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Predictions in the values' own units, kept within reach of what was ever seen, shape (n,).

        Args:
            standard: In standard units, shape (n,).
            codes: The series of each.
            freedom: How many lengths of its series each is ahead: so much more of its reach it may leave.
        """
        reach = (self.high - self.low)[codes] * (_MOST_REACHES + 2 * freedom)
        plain = np.clip(standard * self.spread[codes], self.low[codes] - reach, self.high[codes] + reach)
        is_log = self.is_log[codes]
        original: NDArray[np.float64] = np.where(is_log, np.exp(np.where(is_log, np.minimum(plain, 700), 0)), plain)
        return original

    def to_json(self) -> dict[str, Any]:
        """The scales as plain JSON types."""
        return {name: values.tolist() for name, values in vars(self).items()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The scales that ``to_json`` wrote."""
        return cls(
            np.asarray(document["is_log"], bool),
            *(np.asarray(document[name], np.float64) for name in ("spread", "low", "high")),
        )
