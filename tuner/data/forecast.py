"""What forecasting a time series means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from tuner.errors import InvalidInput, Place

MAX_HORIZON = 10_000


@dataclass(frozen=True)
class Forecast:
    """How far a time series is predicted, and which columns say what belongs together.

    Args:
        horizon: Rows of a series to predict, counted from its last known one.
        time: The column that orders the rows; the table's only date column if None.
        series: The column that tells several series apart; None: the table is one series.
        season: Rows after which a pattern repeats, such as 12 for months; found out from the data if None.

    Raises:
        InvalidInput: A number is out of range.

    Example:
        >>> tuner.fit("sales.csv", target="sales", forecast=tuner.Forecast(12, series="shop"))
    """

    horizon: int
    time: str | None = None
    series: str | None = None
    season: int | None = None

    def __post_init__(self) -> None:
        for name, least, value in (("horizon", 1, self.horizon), ("season", 2, self.season)):
            if value is None and name == "season":
                continue
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MAX_HORIZON:
                detail = f"must be a whole number from {least} to {MAX_HORIZON:,}, got {value!r}"
                raise InvalidInput(f"forecast.{name} {detail}.", places=[Place(f"#/forecast/{name}", detail)])

    def to_json(self) -> dict[str, Any]:
        """The forecast as plain JSON types."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The forecast that ``to_json`` wrote."""
        return cls(**document)
