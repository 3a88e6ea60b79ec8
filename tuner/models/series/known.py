"""What is known in advance of the times of a forecast, as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.encoding import TabularEncoder
    from tuner.data.profile import ColumnProfile
    from tuner.data.series.forecast import Forecast
    from tuner.data.table import Table

_MAX_CATEGORIES = 50


class KnownColumns:
    """The columns that a forecast knows in advance, encoded for sums: standardised, categories each on its own.

    Args:
        names: The columns.
        encoder: Fitted on training rows; None without columns.
    """

    def __init__(self, names: tuple[str, ...], encoder: TabularEncoder | None) -> None:
        self.names = names
        self._encoder = encoder

    @classmethod
    def fit(cls, train: Table, forecast: Forecast) -> Self:
        """The columns of a training table."""
        from tuner.data.encoding import TabularEncoder

        columns = known_profiles(train.columns, forecast)
        names = tuple(column.name for column in columns)
        if not names:
            return cls((), None)
        rows = train.features[list(names)]
        encoder = TabularEncoder.fit(
            rows, columns, categories="one_hot", scale=True, impute=True, max_categories=_MAX_CATEGORIES
        )
        return cls(names, encoder)

    def encode(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """The rows encoded, shape (n, width); what is missing as usual."""
        import numpy as np

        if self._encoder is None:
            return np.zeros((len(frame), 0))
        return np.asarray(self._encoder.transform(with_columns(frame, self.names)), np.float64)

    def missing(self) -> NDArray[np.float64]:
        """A row of which nothing is known, shape (width,)."""
        import pandas as pd

        row: NDArray[np.float64] = self.encode(pd.DataFrame(index=pd.RangeIndex(1)))[0]
        return row

    def to_json(self) -> dict[str, Any]:
        """The columns and their encoder as plain JSON types."""
        return {"names": list(self.names), "encoder": None if self._encoder is None else self._encoder.to_json()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """What ``to_json`` wrote."""
        from tuner.data.encoding import TabularEncoder

        encoder = document["encoder"]
        return cls(tuple(document["names"]), None if encoder is None else TabularEncoder.from_json(encoder))


def known_profiles(columns: tuple[ColumnProfile, ...], forecast: Forecast) -> tuple[ColumnProfile, ...]:
    """The columns among a table's that are known in advance."""
    return tuple(column for column in columns if column.name in forecast.known)


def with_columns(frame: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """These columns of a frame, with empty ones for those it lacks."""
    import pandas as pd

    empty: pd.Series[Any] = pd.Series([None] * len(frame), index=frame.index, dtype=object)
    return pd.DataFrame({name: frame[name] if name in frame.columns else empty for name in names}, index=frame.index)
