"""How long a saved model takes to predict."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from tuner.artifact.saved_model import SavedModel

if TYPE_CHECKING:
    import pandas as pd

_ROWS, _FEW_ROWS = 1_000, 100
_MOST_CALLS = 15
# The first call for a number of rows takes so many times as long as others only where something is compiled for it.
_COMPILED = 5.0


@dataclass(frozen=True)
class Latency:
    """How long a model takes, warm and on one thread.

    Args:
        ms_one_row: Milliseconds for one row by itself, given as a dict, as a service gets it.
        ms_per_1000_rows: Milliseconds for a thousand rows together.
    """

    ms_one_row: float
    ms_per_1000_rows: float

    @property
    def metrics(self) -> dict[str, float]:
        """Under the names that trials show them by."""
        return {"predict_ms_one_row": self.ms_one_row, "predict_ms_per_1000_rows": self.ms_per_1000_rows}


def measure_latency(model: SavedModel, frame: pd.DataFrame, seconds: float = 0.3) -> Latency:
    """Measure a model on some of the rows of ``frame``.

    Args:
        model: Loaded, as it will be used.
        frame: Rows with the model's columns, at least one; also typed features will do.
        seconds: Roughly how long that may take. Each of the two is measured once at least, after one call that is not
            counted. Where a thousand rows would take longer, or the model is compiled for each number of rows, they
            are reckoned from a hundred.
    """
    one = frame.iloc[:1]
    row = [{str(name): _plain(value) for name, value in one.iloc[0].to_dict().items()}]
    copies = -(-_ROWS // len(frame))
    many = frame.iloc[[*range(len(frame))] * copies][:_ROWS].reset_index(drop=True)
    model.predict(row)
    ms_one_row = _milliseconds(lambda: model.predict(row), seconds / 2)
    ms_first, ms_few_rows = (_milliseconds(lambda: model.predict(many[:_FEW_ROWS]), 0.0) for _ in range(2))
    ratio = _ROWS / _FEW_ROWS
    if ms_first > _COMPILED * ms_few_rows or ratio * ms_few_rows > 1000 * seconds:
        return Latency(ms_one_row, ratio * ms_few_rows)
    return Latency(ms_one_row, _milliseconds(lambda: model.predict(many), seconds / 2))


def _milliseconds(call: Callable[[], object], seconds: float) -> float:
    """The median of some calls."""
    began = time.perf_counter()
    times: list[float] = []
    while not times or (len(times) < _MOST_CALLS and time.perf_counter() - began < seconds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return median(times) * 1000


def _plain(value: object) -> object:
    """A cell as JSON would give it."""
    import numpy as np

    return value.item() if isinstance(value, np.generic) else value
