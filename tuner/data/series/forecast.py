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
        known: Columns whose values are known for the times to come, such as holidays and planned promotions. The
            others are left out: models that learned from them could not do without when it matters.

    Raises:
        InvalidInput: A number is out of range, or a column has two roles.

    Example:
        >>> tuner.fit("sales.csv", target="sales", forecast=tuner.Forecast(12, series="shop"))
    """

    horizon: int
    time: str | None = None
    series: str | None = None
    season: int | None = None
    known: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, least, value in (("horizon", 1, self.horizon), ("season", 2, self.season)):
            if value is None and name == "season":
                continue
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MAX_HORIZON:
                detail = f"must be a whole number from {least} to {MAX_HORIZON:,}, got {value!r}"
                raise InvalidInput(f"forecast.{name} {detail}.", places=[Place(f"#/forecast/{name}", detail)])
        given: object = self.known
        if isinstance(given, str):
            detail = f"must be a list of columns, got {given!r}"
            raise InvalidInput(f"forecast.known {detail}.", places=[Place("#/forecast/known", detail)])
        object.__setattr__(self, "known", tuple(self.known))
        roles = [name for name in (self.time, self.series, *self.known) if name is not None]
        for name in roles:
            if roles.count(name) > 1:
                detail = f"names {name!r} twice"
                raise InvalidInput(
                    f"The forecast {detail}.",
                    hint="A column is the time, or tells series apart, or is known in advance.",
                    places=[Place("#/forecast", detail)],
                )

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that say which value a row is: the time, and the series if there are several."""
        return tuple(name for name in (self.time, self.series) if name is not None)

    def to_json(self) -> dict[str, Any]:
        """The forecast as plain JSON types."""
        return {**asdict(self), "known": list(self.known)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The forecast that ``to_json`` wrote."""
        return cls(**document)
