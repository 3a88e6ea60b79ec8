"""A neural network for tables, by Keras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.base import has_categories
from tuner.models.cost import num_columns
from tuner.models.networks.drawing import drawn
from tuner.models.networks.estimator import NetworkEstimator
from tuner.models.networks.family import NetworkFamily
from tuner.models.networks.tabular_inputs import TabularInputs
from tuner.space import Categorical, Float, Int, Parameter, Params

# With fewer it has too little to learn from; more take minutes, where boosting takes seconds.
_MIN_ROWS, _MAX_ROWS = 200, 500_000


class KerasMLPEstimator(NetworkEstimator):
    """Dense layers over scaled numbers and learned vectors for categories."""

    parts = (TabularInputs,)

    def _body(self, keras: Any, entries: Mapping[str, Any], seeds: Iterator[int]) -> Any:
        tabular = self._inputs.part(TabularInputs)
        assert tabular is not None, "the family supports no table without a column that this part reads"
        x = tabular.vector(keras, entries, seeds, self._params.get("embedding_size", 0))
        for _ in range(self._params["layers"]):
            kernel = drawn(keras.initializers.HeNormal(seed=next(seeds)))
            x = keras.layers.Dense(self._params["units"], kernel_initializer=kernel)(x)
            if self._params["batch_normalization"]:
                x = keras.layers.BatchNormalization(momentum=0.9)(x)
            x = keras.layers.Activation(self._params["activation"])(x)
            if self._params["dropout"] > 0:
                x = keras.layers.Dropout(self._params["dropout"], seed=next(seeds))(x)
        return x


class KerasMLP(NetworkFamily):
    """A neural network: another view of the table, valuable in ensembles and where the relation is smooth.

    Parameters: ``layers`` and ``units`` in each; ``activation``; ``batch_normalization``; ``dropout``;
    ``embedding_size``, the length of a category's vector, where the table has categories; and how it learns, see
    ``tuner.models.networks.optimization``.
    """

    name = "keras_mlp"
    title = "Neural network (Keras)"
    estimator = KerasMLPEstimator
    # Its steps are so small that starting them takes a GPU longer than making them takes a processor.
    gains_from_gpu = False

    def suits(self, profile: DatasetProfile, target: TargetProfile) -> bool:
        return self.supports(profile, target) and _MIN_ROWS <= target.num_rows <= _MAX_ROWS

    def body_parameters(self, profile: DatasetProfile, target: TargetProfile) -> dict[str, Parameter]:
        parameters: dict[str, Parameter] = {
            "layers": Int(1, 4),
            "units": Int(16, 512, step=16),
            "activation": Categorical(["relu", "gelu", "silu"]),
            "batch_normalization": Categorical([True, False]),
            "dropout": Float(0.0, 0.5),
        }
        if has_categories(profile, target):
            parameters["embedding_size"] = Int(2, 32, log=True)
        return parameters

    def body_defaults(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        params: Params = {
            "layers": 2,
            "units": 128,
            "activation": "silu",
            "batch_normalization": True,
            "dropout": 0.1,
        }
        if has_categories(profile, target):
            params["embedding_size"] = 8
        return params

    def multiplications(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        units = float(params["units"])
        return num_columns(profile, target) * units + (float(params["layers"]) - 1) * units**2
