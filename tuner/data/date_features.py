"""Dates as numbers that models can use: how long ago, and where in the year, the week and the day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_SECONDS_PER_DAY = 86_400
# Trees cut a year at any month; sums and distances need December beside January.
PLAIN_PARTS = ("days", "year", "month", "day", "weekday", "hour")
CYCLIC_PARTS = ("days", "year sin", "year cos", "week sin", "week cos", "day sin", "day cos")


@dataclass(frozen=True)
class DateFeatures:
    """How one column of instants is encoded: some parts of the date, then perhaps a flag for missing ones.

    Args:
        name: The column's name.
        parts: Which parts, of ``PLAIN_PARTS`` or of ``CYCLIC_PARTS``.
        fill: Seconds since 1970 that stand for a missing date, or None to leave it NaN.
        center: What is taken from the days since 1970.
        spread: What they are divided by then.
        has_flag: Whether a column tells which dates are missing.
    """

    name: str
    parts: tuple[str, ...]
    fill: float | None
    center: float
    spread: float
    has_flag: bool

    @classmethod
    def fit(cls, cells: pd.Series[Any], name: str, *, scale: bool, impute: bool) -> Self:
        """Choose the parts that differ among the training rows; with ``scale``, parts for sums and distances."""
        values = cells.to_numpy(dtype=np.float64)
        present = values[~np.isnan(values)]
        parts = [
            part
            for part in (CYCLIC_PARTS if scale else PLAIN_PARTS)
            if part == "days" or (len(present) and float(np.ptp(date_part(part, present))) > 1e-9)
        ]
        days = present / _SECONDS_PER_DAY
        spread = float(days.std()) if scale and len(days) else 1.0
        return cls(
            name=name,
            parts=tuple(parts),
            fill=(float(np.median(present)) if len(present) else 0.0) if impute else None,
            center=float(days.mean()) if scale and len(days) else 0.0,
            spread=spread if spread > 1e-9 else 1.0,
            has_flag=impute and len(present) < len(values),
        )

    def width(self, one_hot: bool) -> int:
        """Columns that the encoding takes."""
        return len(self.parts) + self.has_flag

    def names(self, one_hot: bool) -> list[str]:
        """A name for each of them."""
        return [f"{self.name}: {part}" for part in self.parts] + [f"{self.name} is missing"] * self.has_flag

    def encode(self, cells: NDArray[Any], one_hot: bool, into: NDArray[Any]) -> None:
        """Write the encoding of cells, seconds since 1970, shape (n,), into an array of that width."""
        values = cells.astype(np.float64)
        missing = np.isnan(values)
        filled = np.where(missing, 0.0 if self.fill is None else self.fill, values)
        for place, part in enumerate(self.parts):
            encoded = date_part(part, filled)
            if part == "days":
                encoded = (encoded - self.center) / self.spread
            into[:, place] = encoded if self.fill is not None else np.where(missing, np.nan, encoded)
        if self.has_flag:
            into[:, -1] = missing


def date_part(part: str, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """One part of each instant, of those in ``PLAIN_PARTS`` and ``CYCLIC_PARTS``, shape (n,)."""
    day_numbers = np.floor(seconds / _SECONDS_PER_DAY)
    if part == "days":
        return seconds / _SECONDS_PER_DAY
    if part in ("hour", "day sin", "day cos"):
        hour = (seconds - day_numbers * _SECONDS_PER_DAY) / 3600
        return hour if part == "hour" else _wave(part, hour / 24)
    # 1970 began on a Thursday; weeks here begin on Monday, with 0.
    weekday = (day_numbers + 3) % 7
    if part in ("weekday", "week sin", "week cos"):
        return weekday if part == "weekday" else _wave(part, weekday / 7)
    dates = day_numbers.astype(np.int64).astype("datetime64[D]")
    years, months = dates.astype("datetime64[Y]"), dates.astype("datetime64[M]")
    if part == "year":
        return np.asarray(years.astype(np.float64) + 1970)
    if part == "month":
        return np.asarray(months.astype(np.float64) % 12 + 1)
    if part == "day":
        return np.asarray((dates - months).astype(np.float64) + 1)
    return _wave(part, (dates - years).astype(np.float64) / 365.25)


def _wave(part: str, turn: NDArray[np.float64]) -> NDArray[np.float64]:
    waves: NDArray[np.float64] = np.sin(2 * np.pi * turn) if part.endswith("sin") else np.cos(2 * np.pi * turn)
    return waves
