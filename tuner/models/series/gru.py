"""Forecasts by a recurrent network that reads windows over the series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from tuner.data.profile import ColumnKind, ColumnProfile, DatasetProfile, TargetProfile, ValueForm
from tuner.models.networks.drawing import drawn
from tuner.models.networks.estimator import NetworkEstimator
from tuner.models.networks.family import NetworkFamily
from tuner.models.networks.inputs import InputPart
from tuner.models.networks.tabular_inputs import TabularInputs
from tuner.models.series.estimator import forecast_of
from tuner.models.series.windows import WINDOW, WindowedEstimator, WindowedFamily
from tuner.space import Float, Int, Parameter, Params

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.typed_rows import TypedRows

_CELLS = "window"
# With fewer windows a network has too little to learn from.
_MIN_EXAMPLES = 400


class WindowInputs(InputPart):
    """``window``: the last values, and for each whether it was there; shape (n, length, 2)."""

    name = "window"
    kinds = frozenset({ColumnKind.SEQUENCE})

    @classmethod
    def fit(cls, frame: pd.DataFrame, columns: Sequence[ColumnProfile], params: Mapping[str, Any]) -> Self:
        return cls()

    def transform(self, rows: TypedRows) -> dict[str, NDArray[Any]]:
        import numpy as np

        window = np.stack(rows.columns[_CELLS].tolist())
        is_there = ~np.isnan(window)
        # Pressed softly into (-10, 10): far beyond the usual steps of a series lie errors.
        values = np.where(is_there, window / np.sqrt(1 + (window / 10) ** 2), 0.0)
        return {_CELLS: np.concatenate([values, is_there], axis=2).astype(np.float32)}

    def to_json(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls()


class WindowNetworkEstimator(NetworkEstimator):
    """Gated recurrent units over the window, then a dense layer over their last state and all else that is known."""

    parts = (WindowInputs, TabularInputs)
    steps = 8_000
    max_epochs = 60
    patience = 8

    def _body(self, keras: Any, entries: Mapping[str, Any], seeds: Iterator[int]) -> Any:
        units, dropout = self._params["units"], self._params["dropout"]
        x = entries[_CELLS]
        for layer in range(self._params["layers"], 0, -1):
            x = keras.layers.GRU(
                units,
                return_sequences=layer > 1,
                kernel_initializer=drawn(keras.initializers.GlorotUniform(seed=next(seeds))),
                recurrent_initializer=drawn(keras.initializers.Orthogonal(seed=next(seeds))),
                # For dropout between its steps, which it has not; without one, Keras draws from Python's own generator.
                seed=0,
            )(x)
        tabular = self._inputs.part(TabularInputs)
        assert tabular is not None, "the steps ahead are always among the columns"
        known = tabular.vector(keras, entries, seeds, self._params.get("embedding_size", 8))
        x = keras.layers.Concatenate()([x, known])
        kernel = drawn(keras.initializers.HeNormal(seed=next(seeds)))
        x = keras.layers.Dense(units, activation="silu", kernel_initializer=kernel)(x)
        return keras.layers.Dropout(dropout, seed=next(seeds))(x) if dropout > 0 else x


class _WindowNetwork(NetworkFamily):
    """The network behind the windows."""

    name = "window_network"
    title = "Recurrent network"
    estimator = WindowNetworkEstimator

    def body_parameters(self, profile: DatasetProfile, target: TargetProfile) -> dict[str, Parameter]:
        return {"units": Int(16, 128, step=16), "layers": Int(1, 2), "dropout": Float(0.0, 0.4)}

    def body_defaults(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        return {"units": 48, "layers": 1, "dropout": 0.05, "learning_rate": 5e-3}

    def multiplications(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        units = float(params["units"])
        return float(params.get(WINDOW, 24)) * 3 * units * (units + 2) * float(params["layers"]) + 50 * units


class SeriesGRUEstimator(WindowedEstimator):
    """A recurrent network over windows."""

    inner = WindowNetworkEstimator

    def _window_columns(self) -> tuple[ColumnProfile, ...]:
        shape = (self._windows.length, 1)
        return (ColumnProfile(_CELLS, ColumnKind.SEQUENCE, "the last values", ValueForm.TEXT, 0, 2, shape=shape),)

    def _window_cells(self, window: NDArray[np.float64]) -> Mapping[str, pd.Series[Any]]:
        import numpy as np
        import pandas as pd

        cells = np.empty(len(window), dtype=object)
        cells[:] = list(window[:, :, None])
        return {_CELLS: pd.Series(cells, dtype=object)}


class SeriesGRU(WindowedFamily):
    """A recurrent network (GRU) on windows: for many series or long ones, and another view in an average of models.

    Parameters: ``window``, ``base``, ``season`` and ``log`` as for ``series_lightgbm``; ``units`` and ``layers`` of the
    recurrent part; ``dropout``; and how it learns, see ``tuner.models.networks.optimization``.
    """

    name = "series_gru"
    title = "Recurrent network on windows (Keras)"
    extra = "keras"
    step = "epochs"
    modules = ("keras",)
    is_network = True
    estimator = SeriesGRUEstimator
    inner = _WindowNetwork()

    def suits(self, profile: DatasetProfile, target: TargetProfile) -> bool:
        return self.supports(profile, target) and target.num_rows * forecast_of(target).horizon >= _MIN_EXAMPLES
