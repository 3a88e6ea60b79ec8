"""Hyperparameter tuning and automatic model selection, in this process or against a server.

    >>> import tuner
    >>> result = tuner.fit("titanic.csv", target="survived", time_budget="60s")
    >>> result.leaderboard()

``tuner.fit`` trains models on a table. ``tuner.Client`` gives studies: searches over a table, or over a space whose
trials you run yourself. Importing this package loads none of the libraries that train.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from tuner import errors
from tuner.errors import TunerError

if TYPE_CHECKING:
    from tuner.architecture import layers
    from tuner.automatic import Result, fit
    from tuner.client import Client, Dataset, Study, Trial
    from tuner.data.series.forecast import Forecast
    from tuner.records.study import Budget
    from tuner.space import Categorical, Constant, Float, Forbid, Int, Linear, SearchSpace

__version__ = "0.1.0"

__all__ = [
    "Budget",
    "Categorical",
    "Client",
    "Constant",
    "Dataset",
    "Float",
    "Forbid",
    "Forecast",
    "Int",
    "Linear",
    "Result",
    "SearchSpace",
    "Study",
    "Trial",
    "TunerError",
    "__version__",
    "errors",
    "fit",
    "layers",
]

# Where each public name lives; loaded at first use, because even httpx and pydantic take a tenth of a second.
_HOMES = {
    "Budget": "tuner.records.study",
    "Categorical": "tuner.space",
    "Client": "tuner.client",
    "Constant": "tuner.space",
    "Dataset": "tuner.client",
    "Float": "tuner.space",
    "Forbid": "tuner.space",
    "Forecast": "tuner.data.series.forecast",
    "Int": "tuner.space",
    "Linear": "tuner.space",
    "Result": "tuner.automatic",
    "SearchSpace": "tuner.space",
    "Study": "tuner.client",
    "Trial": "tuner.client",
    "fit": "tuner.automatic",
    "layers": "tuner.architecture",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
