"""A recurrent network for sequences, by Keras."""

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
_MIN_ROWS, _MAX_ROWS = 200, 50_000
_USUAL_STEPS = 128
_GATES = {"lstm": 4, "gru": 3}


class KerasRNNEstimator(SequenceEstimator):
    """Recurrent layers over the steps of sequences, summed up; other columns beside them.

    Padding is masked: the state passes over it, and it has no part in the sum.
    """

    def _summary(self, keras: Any, x: Any, mask: Any, seeds: Iterator[int]) -> Any:
        pooling, layers = self._params["pooling"], self._params["layers"]
        for layer in range(layers):
            is_last = layer == layers - 1
            if layer:
                x = self._dropped(keras, x, seeds)
            x = self._layer(keras, seeds, keeps_steps=not is_last or pooling != "last")(x, mask=mask)
        return x if pooling == "last" else summed_up(keras, x, mask, pooling, seeds)

    def _layer(self, keras: Any, seeds: Iterator[int], keeps_steps: bool) -> Any:
        forward, backward = (self._recurrent(keras, seeds, keeps_steps, backwards) for backwards in (False, True))
        return (
            keras.layers.Bidirectional(forward, backward_layer=backward) if self._params["bidirectional"] else forward
        )

    def _recurrent(self, keras: Any, seeds: Iterator[int], keeps_steps: bool, backwards: bool) -> Any:
        layer = keras.layers.LSTM if self._params["cell"] == "lstm" else keras.layers.GRU
        return layer(
            self._params["units"],
            return_sequences=keeps_steps,
            go_backwards=backwards,
            kernel_initializer=drawn(keras.initializers.GlorotUniform(seed=next(seeds))),
            recurrent_initializer=drawn(keras.initializers.Orthogonal(seed=next(seeds))),
            # For dropout between its steps, which it has not; without one, Keras draws from Python's own generator.
            seed=0,
        )


class KerasRNN(NetworkFamily):
    """A network that reads sequences step by step and remembers: at its best where the order of events matters.

    Parameters: ``max_steps``: sequences are made shorter until none has more, by the mean of neighbouring steps;
    ``cell``: ``gru`` or ``lstm``; ``bidirectional``: whether they are read from both ends; ``layers`` and ``units`` in
    each; ``pooling`` of the steps: the ``last`` state, the ``mean``, the ``max``, or ``attention``, a mean with weights
    that are learned; ``dropout``; ``column_units`` and ``category_size`` where there are other columns; and how it
    learns, see ``tuner.models.networks.optimization``.
    """

    name = "keras_rnn"
    title = "Recurrent network (Keras)"
    reads = TABULAR_KINDS | SEQUENCE_KINDS
    needs = SEQUENCE_KINDS
    start_seconds = 4.0
    estimator = KerasRNNEstimator

    def suits(self, profile: DatasetProfile, target: TargetProfile) -> bool:
        return self.supports(profile, target) and _MIN_ROWS <= target.num_rows <= _MAX_ROWS

    def body_parameters(self, profile: DatasetProfile, target: TargetProfile) -> dict[str, Parameter]:
        return {
            **step_parameters(profile, target),
            "cell": Categorical(["gru", "lstm"]),
            "bidirectional": Categorical([True, False]),
            "layers": Int(1, 3),
            "units": Int(16, 256, step=16),
            "pooling": Categorical(["last", "mean", "max", "attention"]),
            "dropout": Float(0.0, 0.6),
            **column_parameters(profile, target),
        }

    def body_defaults(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        return {
            **step_defaults(profile, target, _USUAL_STEPS),
            "cell": "gru",
            "bidirectional": True,
            "layers": 1,
            "units": 64,
            "pooling": "max",
            "dropout": 0.1,
            **column_defaults(profile, target),
        }

    def multiplications(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        units, directions = float(params["units"]), 1 + bool(params["bidirectional"])
        total = 0.0
        for steps, features in sequence_shapes(profile, target, params):
            entering = float(features)
            for _ in range(int(params["layers"])):
                total += steps * directions * _GATES[params["cell"]] * units * (entering + units)
                entering = directions * units
        return total
