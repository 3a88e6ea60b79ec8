"""Every supervised table that comes with scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_linnerud, load_wine

from benchmarks.automl.table import Table, TableSet, Task

_DEVELOPMENT, _HELD_OUT, _TINY = TableSet


def _frame(load: Callable[..., Any]) -> pd.DataFrame:
    frame: pd.DataFrame = load(as_frame=True).frame
    return frame


def _exercises(target: str) -> pd.DataFrame:
    """Three exercises of 20 men, and one of three measures of their bodies."""
    bunch = load_linnerud(as_frame=True)
    return bunch.data.assign(**{target: bunch.target[target]})


BUNDLED = (
    Table("iris", Task.MULTICLASS, "target", _DEVELOPMENT, partial(_frame, load_iris)),
    Table("breast_cancer", Task.BINARY, "target", _DEVELOPMENT, partial(_frame, load_breast_cancer)),
    Table("diabetes", Task.REGRESSION, "target", _DEVELOPMENT, partial(_frame, load_diabetes)),
    Table("wine", Task.MULTICLASS, "target", _HELD_OUT, partial(_frame, load_wine)),
    Table("digits", Task.MULTICLASS, "target", _HELD_OUT, partial(_frame, load_digits)),
    *(
        Table(f"linnerud_{target.lower()}", Task.REGRESSION, target, _TINY, partial(_exercises, target))
        for target in ("Weight", "Waist", "Pulse")
    ),
)
