"""Tables in a folder of the user's: a few that are known by the names of their files."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pandas as pd

from benchmarks.automl.table import Table, TableSet, Task

_KNOWN = {
    "titanic": (Task.BINARY, "survived", TableSet.DEVELOPMENT),
    "abalone": (Task.REGRESSION, "rings", TableSet.DEVELOPMENT),
    "penguins": (Task.MULTICLASS, "species", TableSet.HELD_OUT),
}


def tables_in(folder: Path) -> list[Table]:
    """The known tables in ``folder``, each as ``NAME.csv`` or ``NAME.csv.gz``."""
    return [
        Table(name, task, target, which, partial(pd.read_csv, path))
        for name, (task, target, which) in _KNOWN.items()
        for path in (folder / f"{name}.csv", folder / f"{name}.csv.gz")
        if path.exists()
    ]
