"""Parts of networks that several families share: other columns beside what a network is for, and sums over steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.base import TABULAR_KINDS, has_categories
from tuner.models.networks.drawing import drawn
from tuner.models.networks.inputs import Inputs
from tuner.models.networks.tabular_inputs import TabularInputs
from tuner.space import Int, Parameter, Params

MEAN, MAX, ATTENTION, LAST = "mean", "max", "attention", "last"
"""How to sum up what a network has made of a picture's places or a sequence's steps."""

_UNITS, _CATEGORY_SIZE = "column_units", "category_size"
# Below what any layer here gives, and too far for a weight.
_FAR = 1e4


def column_parameters(profile: DatasetProfile, target: TargetProfile) -> dict[str, Parameter]:
    """``column_units``, the width of the dense layer that the other columns pass, and ``category_size``, the length of
    a category's vector, where there are such columns.
    """
    parameters: dict[str, Parameter] = {}
    if any(column.kind in TABULAR_KINDS for column in profile.features(target.name)):
        parameters[_UNITS] = Int(16, 256, step=16)
    if has_categories(profile, target):
        parameters[_CATEGORY_SIZE] = Int(2, 32, log=True)
    return parameters


def column_defaults(profile: DatasetProfile, target: TargetProfile) -> Params:
    """Strong values of these."""
    strong: Params = {_UNITS: 32, _CATEGORY_SIZE: 8}
    return {name: strong[name] for name in column_parameters(profile, target)}


# Any, here and below: Keras ships without type information, and parameters have values of different types.
def beside_columns(
    keras: Any,
    summaries: Sequence[Any],
    inputs: Inputs,
    entries: Mapping[str, Any],
    seeds: Iterator[int],
    params: Mapping[str, Any],
) -> Any:
    """The summaries of pictures or sequences, shape (n, width) each, beside a dense layer over the other columns."""
    parts = list(summaries)
    if (tabular := inputs.part(TabularInputs)) is not None:
        vector = tabular.vector(keras, entries, seeds, params.get(_CATEGORY_SIZE, 0))
        kernel = drawn(keras.initializers.HeNormal(seed=next(seeds)))
        parts.append(keras.layers.Dense(params[_UNITS], activation="relu", kernel_initializer=kernel)(vector))
    return keras.layers.Concatenate()(parts) if len(parts) > 1 else parts[0]


def summed_up(keras: Any, x: Any, mask: Any, how: str, seeds: Iterator[int]) -> Any:
    """One vector for each sequence, to which padding adds nothing.

    Args:
        keras: The module.
        x: Shape (n, steps, width), above -10,000.
        mask: 1 where a step is real, shape (n, steps).
        how: ``mean``, ``max``, or ``attention``: a mean with weights that are learned.
        seeds: Seeds for initializers.
    """
    match how:
        case "mean":
            return keras.layers.GlobalAveragePooling1D()(x, mask=mask)
        case "max":
            return keras.layers.GlobalMaxPooling1D()(keras.layers.Add()([x, _penalty(keras, mask)]))
        case _:
            kernel = drawn(keras.initializers.GlorotUniform(seed=next(seeds)))
            scores = keras.layers.Dense(1, kernel_initializer=kernel)(x)
            scores = keras.layers.Add()([scores, _penalty(keras, mask)])
            weights = keras.layers.Softmax(axis=1)(scores)
            return keras.layers.Flatten()(keras.layers.Dot(axes=1)([weights, x]))


def _penalty(keras: Any, mask: Any) -> Any:
    """0 where a step is real, and far below where it is not; shape (n, steps, 1)."""
    return keras.layers.Rescaling(_FAR, offset=-_FAR)(keras.layers.Reshape((mask.shape[1], 1))(mask))
