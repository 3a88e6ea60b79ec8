"""What networks share: rows become arrays, a body built with Keras learns from them, both are saved together."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from tuner.models.base import Estimator, Report
from tuner.models.imbalance import row_weights
from tuner.models.networks.backends import import_keras
from tuner.models.networks.drawing import drawn, restore_initializers
from tuner.models.networks.inputs import InputPart, Inputs
from tuner.models.networks.prediction import outputs_of
from tuner.models.networks.training import Examples, Plan, Training, copies_of
from tuner.models.tabular import softmax
from tuner.models.target_scale import TargetScale

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.table import Table
    from tuner.data.typed_rows import TypedRows

_MODEL_FILE, _STATE_FILE = "model.keras", "estimator.json"


class NetworkEstimator(Estimator):
    """A network on its way to a trained model. Subclasses name the parts of its inputs and build its body.

    The learning rate warms up, then follows its schedule over the planned epochs. Some epochs without a better score
    end the training, and the best epoch's weights are kept. A loss that is not finite ends it too.

    Layers come from Keras alone, so that a saved network is loaded without code of ours. Each layer that draws takes
    its seed from ``seeds``: Keras's global ones are not touched.

    Example:
        ```python
        class DenseEstimator(NetworkEstimator):
            parts = (TabularInputs,)

            def _body(self, keras, entries, seeds):
                x = self._inputs.part(TabularInputs).vector(keras, entries, seeds, embedding_size=8)
                kernel = keras.initializers.HeNormal(seed=next(seeds))
                return keras.layers.Dense(self._params["units"], activation="relu", kernel_initializer=kernel)(x)
        ```
    """

    parts: ClassVar[tuple[type[InputPart], ...]]
    """What its inputs are made of. Those without columns are left out."""

    # Small tables take many epochs, large ones few: about this many steps of the optimizer, within the bounds.
    steps: ClassVar[int] = 20_000
    """About how many steps of the optimizer are planned."""
    min_epochs: ClassVar[int] = 20
    """At least so many epochs, however large the table."""
    max_epochs: ClassVar[int] = 100
    """At most so many, however small."""
    patience: ClassVar[int] = 15
    """Epochs without a better score after which it ends."""

    _inputs: Inputs
    _num_classes: int  # 0 for a quantity
    _scale: TargetScale
    _model: Any  # Keras ships without type information

    @abstractmethod
    def _body(self, keras: Any, entries: Mapping[str, Any], seeds: Iterator[int]) -> Any:
        """Build the network but for its last layer.

        Args:
            keras: The module.
            entries: A ``keras.Input`` for each array of the inputs, by its name.
            seeds: Seeds for initializers, dropout and augmentation, without end.

        Returns:
            A tensor of shape (n, width), from which a dense layer makes the logits of the classes or the value.
        """

    def _augmentation(self) -> Callable[[dict[str, NDArray[Any]], np.random.Generator], None] | None:
        """What changes the arrays of an epoch, which are a copy, by random; None: they are learned as they are."""
        return None

    @classmethod
    def planned_epochs(cls, steps_per_epoch: float) -> int:
        """How many epochs a training has if nothing ends it before."""
        return min(max(int(cls.steps / steps_per_epoch), cls.min_epochs), cls.max_epochs)

    def fit(self, train: Table, validation: Table, report: Report) -> int:
        from tuner.data.typed_rows import TypedRows

        self._num_classes = len(train.target_profile.classes)
        self._scale = TargetScale() if self._num_classes else TargetScale.fit(train.target)
        self._inputs = Inputs.fit(self.parts, train.features, train.columns, self._params)
        arrays = self._inputs.transform(TypedRows.of(train.features))
        self._model = self._new_model(arrays)
        batch_size = min(self._params["batch_size"], train.num_rows)
        plan = Plan(
            batch_size=batch_size,
            epochs=self.planned_epochs(train.num_rows // batch_size),
            patience=self.patience,
            seed=self._seed,
        )
        examples = Examples(
            arrays,
            train.target if self._num_classes else self._scale.to_standard(train.target),
            row_weights(self._params, train.target),
            self._augmentation(),
        )
        unseen = self._inputs.transform(TypedRows.of(validation.features))
        return Training(self._model, self._params, plan, examples, unseen, report, self._to_answer).run()

    def predict(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        from tuner.data.typed_rows import TypedRows

        return self.predict_rows(TypedRows.of(frame))

    def predict_rows(self, rows: TypedRows) -> NDArray[np.float64]:
        import numpy as np

        if not rows.num_rows:
            return np.zeros((0, self._num_classes) if self._num_classes else 0)
        return self._to_answer(outputs_of(self._model, self._inputs.transform(rows)))

    def weights(self) -> list[NDArray[Any]]:
        """The weights of the trained network, in Keras's order."""
        return copies_of(self._model.weights)

    def save(self, folder: Path) -> None:
        state = {
            "num_classes": self._num_classes,
            "inputs": self._inputs.to_json(),
            "scale": asdict(self._scale),
        }
        (folder / _STATE_FILE).write_text(json.dumps(state, allow_nan=False), encoding="utf-8")
        self._model.save(folder / _MODEL_FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        state = json.loads((folder / _STATE_FILE).read_text(encoding="utf-8"))
        estimator = cls({}, seed=0, threads=1)
        estimator._num_classes = state["num_classes"]
        estimator._inputs = Inputs.from_json(cls.parts, state["inputs"])
        estimator._scale = TargetScale(**state["scale"])
        estimator._model = import_keras().saving.load_model(folder / _MODEL_FILE, compile=False, safe_mode=True)
        return estimator

    def _new_model(self, arrays: Mapping[str, NDArray[Any]]) -> Any:
        """The network; classes come out as logits, a quantity in standard units."""
        keras = import_keras()
        seeds = _seeds(self._seed)
        entries = {
            name: keras.Input(array.shape[1:], dtype=array.dtype.name, name=name) for name, array in arrays.items()
        }
        body = self._body(keras, entries, seeds)
        kernel = drawn(keras.initializers.HeNormal(seed=next(seeds)))
        model = keras.Model(entries, keras.layers.Dense(self._num_classes or 1, kernel_initializer=kernel)(body))
        restore_initializers(model)
        return model

    def _to_answer(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        return softmax(outputs) if self._num_classes else self._scale.to_original(outputs[:, 0])


def _seeds(seed: int) -> Iterator[int]:
    import numpy as np

    rng = np.random.Generator(np.random.Philox(seed))
    while True:
        yield int(rng.integers(2**31))
