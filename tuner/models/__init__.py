"""Model families: what each lets be tuned, and how its candidates are built, fitted, saved and loaded.

Importing this package imports no training library; training does.
"""

from tuner.models.base import Estimator, ModelFamily, Report, Verdict
from tuner.models.composition import (
    BASELINE,
    ENSEMBLE,
    MODEL,
    compose_space,
    composed_params,
    default_params,
    split_params,
)
from tuner.models.registry import available_families, families, family

__all__ = [
    "BASELINE",
    "ENSEMBLE",
    "MODEL",
    "Estimator",
    "ModelFamily",
    "Report",
    "Verdict",
    "available_families",
    "compose_space",
    "composed_params",
    "default_params",
    "families",
    "family",
    "split_params",
]
