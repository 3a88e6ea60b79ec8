"""Tables of time series, and what is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tuner.data.frames import plain_frame
from tuner.data.profile import DatasetProfile, target_profile
from tuner.data.profiling import profile_table
from tuner.data.series.forecast import Forecast
from tuner.data.table import Table, build_table

DAYS = pd.date_range("2022-01-03", periods=140, freq="D").strftime("%Y-%m-%d").tolist()


def weekly(num_days: int = 140, seed: int = 0, noise: float = 0.3) -> Any:
    """A week's pattern around 10, with noise."""
    return 10 + 3 * np.sin(np.arange(num_days) * 2 * np.pi / 7) + np.random.default_rng(seed).normal(0, noise, num_days)


def profiled(frame: pd.DataFrame, forecast: Forecast, target: str = "y") -> tuple[DatasetProfile, Table]:
    """The profile and the table of a forecast."""
    plain = plain_frame(frame)
    profile = profile_table(plain)
    return profile, build_table(plain, profile, target_profile(profile, target, forecast=forecast))


def table_of(frame: pd.DataFrame, forecast: Forecast, target: str = "y") -> Table:
    """The table of a forecast."""
    return profiled(frame, forecast, target)[1]
