"""Loads what nearly every training needs, and makes the look-ups that need not be made in each of them.

Importing it is all there is to do, in a process that is copied for many trainings or waits for one. It computes nothing
and starts no thread. What is listed here is only faster: a training imports what it needs by itself.
"""

from __future__ import annotations

import importlib
import importlib.util

from tuner.artifact.writing import library_versions
from tuner.models.registry import families
from tuner.models.threads import thread_pools

_MODULES = (
    *("pandas", "pyarrow.pandas_compat", "sklearn.ensemble", "sklearn.linear_model", "lightgbm"),
    *("tuner.artifact.importance", "tuner.data.encoding", "tuner.data.prepared_table", "tuner.data.splits"),
    *("tuner.data.table", "tuner.models.packed_trees", "tuner.training.selection"),
)

for _name in _MODULES:
    if importlib.util.find_spec(_name.partition(".")[0]) is not None:
        importlib.import_module(_name)
thread_pools()
library_versions(family.name for family in families().values() if family.is_available())
if importlib.util.find_spec("narwhals") is not None:
    # Looks through all installed distributions the first time; scikit-learn calls it in every fit.
    importlib.import_module("narwhals.stable.v2.dependencies").is_into_dataframe(None)
