"""Rare classes: whether a table has any, and rows that weigh more for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tuner.data.profile import TargetProfile
from tuner.space import Categorical, Parameter, Params

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CLASS_WEIGHT = "class_weight"
"""The parameter: ``none``, or ``balanced``, under which every class has the same total weight.

Balanced weights help metrics that count classes alike (balanced accuracy, F1) and harm those that judge probabilities
(log loss), so the default is none and the study's metric decides.
"""
_RARE = 3.0


def class_weight_parameter(target: TargetProfile) -> dict[str, Parameter]:
    """The parameter where the largest class has three times the rows of the smallest or more; else nothing."""
    return {CLASS_WEIGHT: Categorical(["none", "balanced"])} if is_imbalanced(target) else {}


def class_weight_default(target: TargetProfile) -> Params:
    """The default of the parameter where it exists."""
    return {CLASS_WEIGHT: "none"} if is_imbalanced(target) else {}


def is_imbalanced(target: TargetProfile) -> bool:
    """Whether some class is rare beside another."""
    return bool(target.class_counts) and max(target.class_counts) >= _RARE * min(target.class_counts)


# Any: parameters have values of different types.
def row_weights(params: Mapping[str, Any], target: NDArray[np.generic]) -> NDArray[np.float64] | None:
    """The weights of the training rows, of mean 1; None where all are equal.

    Args:
        params: The candidate's parameters.
        target: Class indices of the training rows.
    """
    import numpy as np

    if params.get(CLASS_WEIGHT, "none") == "none":
        return None
    labels, places, counts = np.unique(target, return_inverse=True, return_counts=True)
    weights: NDArray[np.float64] = (len(target) / (len(labels) * counts))[places]
    return weights
