"""A convolutional network for sequences, by Keras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.base import TABULAR_KINDS
from tuner.models.networks.branches import column_defaults, column_parameters, summed_up
from tuner.models.networks.drawing import drawn
from tuner.models.networks.family import NetworkFamily
from tuner.models.networks.sequence_estimator import SequenceEstimator
from tuner.models.networks.step_counts import (
    SEQUENCE_KINDS,
    sequence_shapes,
    step_defaults,
    step_parameters,
)
from tuner.space import Categorical, Float, Int, Parameter, Params

# With fewer it has too little to learn from; more take hours without a GPU.
_MIN_ROWS, _MAX_ROWS = 100, 100_000
_USUAL_STEPS = 256


class KerasConv1DEstimator(SequenceEstimator):
    """Residual blocks of convolutions along the steps, ever wider spread, summed up; other columns beside them.

    After each convolution padding is set to zero again, as what lies beyond a sequence's ends is anyway, so how long
    the padding is makes no difference. Source: Bai, Kolter and Koltun (2018), An Empirical Evaluation of Generic
    Convolutional and Recurrent Networks for Sequence Modeling; ours look both ways.
    """

    def _summary(self, keras: Any, x: Any, mask: Any, seeds: Iterator[int]) -> Any:
        is_real = keras.layers.Reshape((mask.shape[1], 1))(mask)
        x = self._activated(keras, self._convolution(keras, x, seeds), mask)
        for dilation in _dilations(self._params, mask.shape[1]):
            added = keras.layers.Multiply()([x, is_real])
            added = self._activated(keras, self._convolution(keras, added, seeds, dilation), mask)
            added = self._convolution(keras, keras.layers.Multiply()([added, is_real]), seeds, dilation)
            added = keras.layers.BatchNormalization(momentum=0.9, gamma_initializer="zeros")(added, mask=mask)
            x = keras.layers.Activation("relu")(keras.layers.Add()([x, added]))
        return summed_up(keras, x, mask, self._params["pooling"], seeds)

    def _convolution(self, keras: Any, x: Any, seeds: Iterator[int], dilation: int = 1) -> Any:
        return keras.layers.Conv1D(
            self._params["filters"],
            self._params["kernel_size"],
            padding="same",
            dilation_rate=dilation,
            kernel_initializer=drawn(keras.initializers.HeNormal(seed=next(seeds))),
        )(x)

    def _activated(self, keras: Any, x: Any, mask: Any) -> Any:
        x = keras.layers.BatchNormalization(momentum=0.9)(x, mask=mask)
        return keras.layers.Activation("relu")(x)


class KerasConv1D(NetworkFamily):
    """A network that finds patterns in sequences: faster than ``keras_rnn``, and as good where what matters is near.

    Parameters: ``max_steps``: sequences are made shorter until none has more, by the mean of neighbouring steps;
    ``blocks``; ``filters`` in each; ``kernel_size``, steps that a filter sees at once; ``dilated``: whether each block
    sees twice as far as the one before; ``pooling`` of the steps: the ``mean``, the ``max``, or ``attention``, a mean
    with weights that are learned; ``dropout``; ``column_units`` and ``category_size`` where there are other columns;
    and how it learns, see ``tuner.models.networks.optimization``.
    """

    name = "keras_conv1d"
    title = "Convolutional network for sequences (Keras)"
    reads = TABULAR_KINDS | SEQUENCE_KINDS
    needs = SEQUENCE_KINDS
    start_seconds = 5.0
    estimator = KerasConv1DEstimator

    def suits(self, profile: DatasetProfile, target: TargetProfile) -> bool:
        return self.supports(profile, target) and _MIN_ROWS <= target.num_rows <= _MAX_ROWS

    def body_parameters(self, profile: DatasetProfile, target: TargetProfile) -> dict[str, Parameter]:
        return {
            **step_parameters(profile, target),
            "blocks": Int(1, 6),
            "filters": Int(16, 128, step=16),
            "kernel_size": Categorical([3, 5, 7, 9], ordered=True),
            "dilated": Categorical([True, False]),
            "pooling": Categorical(["mean", "max", "attention"]),
            "dropout": Float(0.0, 0.6),
            **column_parameters(profile, target),
        }

    def body_defaults(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        return {
            **step_defaults(profile, target, _USUAL_STEPS),
            "blocks": 3,
            "filters": 32,
            "kernel_size": 5,
            "dilated": True,
            "pooling": "mean",
            "dropout": 0.2,
            **column_defaults(profile, target),
        }

    def multiplications(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        filters, kernel = float(params["filters"]), float(params["kernel_size"])
        return sum(
            steps * kernel * filters * (features + 2 * len(_dilations(params, steps)) * filters)
            for steps, features in sequence_shapes(profile, target, params)
        )


def _dilations(params: Mapping[str, Any], num_steps: int) -> list[int]:
    """Of each block; no filter reaches much beyond both ends."""
    reach = max(1, num_steps // (int(params["kernel_size"]) - 1))
    return [min(1 << block, reach) if params["dilated"] else 1 for block in range(int(params["blocks"]))]
