"""A neural network for tables, by Keras."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.base import ModelFamily, Report, has_categories
from tuner.models.cost import num_columns
from tuner.models.tabular import Encoding, TabularEstimator, softmax, squashed
from tuner.space import Categorical, Float, Int, Parameter, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.models.tabular import Target

# Small tables take many epochs, large ones few: about this many steps of the optimizer, within the bounds below.
_STEPS = 20_000
_MIN_EPOCHS = 20
_MAX_EPOCHS = 100
_WARM_UP_SHARE = 0.05
_PATIENCE_EPOCHS = 15
_ROWS_PER_PREDICTION = 4096
_MODEL_FILE = "model.keras"

# With fewer it has too little to learn from; more take minutes, where boosting takes seconds.
_MIN_ROWS, _MAX_ROWS = 200, 500_000


class KerasMLPEstimator(TabularEstimator):
    """Dense layers over scaled numbers and learned vectors for categories.

    The learning rate warms up, then falls along a cosine over the planned epochs; 15 epochs without a better score end
    the training, and the best epoch's weights are kept.

    Keras runs on JAX unless ``KERAS_BACKEND`` says otherwise; how many threads it takes is set in the environment of
    the process, before the first import.
    """

    encoding = Encoding(categories="ordinal", scale=True, impute=True, max_categories=500)

    _model: Any  # Keras ships without type information

    def _learn(
        self,
        encoded: NDArray[np.floating],
        target: Target,
        validation: NDArray[np.floating],
        report: Report,
    ) -> int:
        import numpy as np

        rng = np.random.Generator(np.random.Philox(self._seed))
        inputs = self._to_inputs(encoded)
        batch_size = min(self._params["batch_size"], len(target))
        steps = len(target) // batch_size
        epochs = min(max(_STEPS // steps, _MIN_EPOCHS), _MAX_EPOCHS)
        self._model = self._new_model(inputs, rng)
        trainer = self._new_trainer(steps * epochs)
        asking = _asking_callback(report)
        kept, weights = 0, []
        for epoch in range(1, epochs + 1):
            # The rows left over sit out this epoch: a smaller last batch would be compiled anew.
            rows = rng.permutation(len(target))[: steps * batch_size]
            shuffled = {name: part[rows] for name, part in inputs.items()}
            trainer.fit(
                shuffled,
                target[rows],
                batch_size=batch_size,
                shuffle=False,
                verbose=0,
                callbacks=[asking],
            )
            verdict = report(epoch, self._predict_encoded(validation))
            if verdict.best_step == epoch:
                kept, weights = epoch, self._copy_weights()
            is_stale = epoch - verdict.best_step >= _PATIENCE_EPOCHS
            if verdict.stop or asking.is_told_to_stop or is_stale:
                break
        self._model.set_weights(weights)
        return kept

    def _to_inputs(self, encoded: NDArray[np.floating]) -> dict[str, NDArray[Any]]:
        """Numbers squashed, and codes moved into one shared table."""
        import numpy as np

        categories = list(self._encoder.categorical_indices)
        numbers = np.delete(encoded, categories, axis=1)
        inputs: dict[str, NDArray[Any]] = {}
        if numbers.shape[1]:
            inputs["numbers"] = squashed(numbers)
        if categories:
            offsets = np.cumsum([0, *self._encoder.cardinalities[:-1]])
            inputs["categories"] = (encoded[:, categories] + offsets).astype(np.int32)
        return inputs

    def _new_model(self, inputs: Mapping[str, NDArray[Any]], rng: np.random.Generator) -> Any:
        """The network; classes come out as logits. Every layer has its own seed: Keras's global one is not touched."""
        keras = _import_keras()

        def weights() -> Any:
            return keras.initializers.HeNormal(seed=int(rng.integers(2**31)))

        entries = {
            name: keras.Input((part.shape[1],), dtype=part.dtype.name, name=name) for name, part in inputs.items()
        }
        parts = []
        if "numbers" in entries:
            parts.append(entries["numbers"])
        if "categories" in entries:
            vectors = keras.layers.Embedding(
                sum(self._encoder.cardinalities),
                self._params["embedding_size"],
                embeddings_initializer=keras.initializers.RandomNormal(stddev=0.1, seed=int(rng.integers(2**31))),
            )(entries["categories"])
            parts.append(keras.layers.Flatten()(vectors))
        x = keras.layers.Concatenate()(parts) if len(parts) > 1 else parts[0]
        for _ in range(self._params["layers"]):
            x = keras.layers.Dense(self._params["units"], kernel_initializer=weights())(x)
            if self._params["batch_normalization"]:
                x = keras.layers.BatchNormalization(momentum=0.9)(x)
            x = keras.layers.Activation(self._params["activation"])(x)
            if self._params["dropout"] > 0:
                x = keras.layers.Dropout(self._params["dropout"], seed=int(rng.integers(2**31)))(x)
        outputs = keras.layers.Dense(self._num_classes or 1, kernel_initializer=weights())(x)
        return keras.Model(entries, outputs)

    def _new_trainer(self, num_steps: int) -> Any:
        """A second model on the same layers that carries the optimizer, so that the first is saved without it."""
        keras = _import_keras()
        warm_up = max(1, round(_WARM_UP_SHARE * num_steps))
        optimizer = keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(
                0.0, num_steps, warmup_target=self._params["learning_rate"], warmup_steps=warm_up
            ),
            weight_decay=self._params["weight_decay"],
            global_clipnorm=1.0,
        )
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        trainer = keras.Model(self._model.input, self._model.output)
        loss = (
            keras.losses.SparseCategoricalCrossentropy(from_logits=True) if self._num_classes else "mean_squared_error"
        )
        trainer.compile(optimizer=optimizer, loss=loss)
        return trainer

    def _copy_weights(self) -> list[NDArray[Any]]:
        import numpy as np

        keras = _import_keras()
        return [np.array(keras.ops.convert_to_numpy(weight.value)) for weight in self._model.weights]

    def _predict_encoded(self, encoded: NDArray[np.floating]) -> NDArray[np.float64]:
        import numpy as np

        outputs = np.concatenate(
            [
                self._outputs(encoded[start : start + _ROWS_PER_PREDICTION])
                for start in range(0, len(encoded), _ROWS_PER_PREDICTION)
            ]
        )
        if not self._num_classes:
            return outputs[:, 0]
        return softmax(outputs)

    def _outputs(self, encoded: NDArray[np.floating]) -> NDArray[np.float64]:
        """The network's outputs for one chunk of rows, padded to a power of two so that few shapes are compiled."""
        import numpy as np

        padding = (1 << (len(encoded) - 1).bit_length()) - len(encoded)
        padded = np.pad(encoded, ((0, padding), (0, 0)))
        outputs = self._model.predict_on_batch(self._to_inputs(padded))
        return np.asarray(outputs, np.float64)[: len(encoded)]

    def _save_model(self, folder: Path) -> Mapping[str, object]:
        with warnings.catch_warnings():
            # Keras 3.15 itself copies JAX arrays in a way that NumPy 2 is going to refuse.
            warnings.filterwarnings("ignore", message="__array__ implementation", category=DeprecationWarning)
            self._model.save(folder / _MODEL_FILE)
        return {}

    def _load_model(self, folder: Path, facts: Mapping[str, Any]) -> None:
        keras = _import_keras()
        self._model = keras.saving.load_model(folder / _MODEL_FILE, compile=False, safe_mode=True)


class KerasMLP(ModelFamily):
    """A neural network: another view of the table, valuable in ensembles and where the relation is smooth.

    Parameters: ``layers`` and ``units`` in each; ``activation``; ``batch_normalization``; ``dropout``;
    ``learning_rate`` at its peak; ``weight_decay``; ``batch_size``; ``embedding_size``, the length of a category's
    vector, where the table has categories.
    """

    name = "keras_mlp"
    title = "Neural network (Keras)"
    extra = "keras"
    step = "epochs"
    modules = ("keras",)
    is_network = True
    estimator = KerasMLPEstimator

    def suits(self, profile: DatasetProfile, target: TargetProfile) -> bool:
        return self.supports(profile, target) and _MIN_ROWS <= target.num_rows <= _MAX_ROWS

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        parameters: dict[str, Parameter] = {
            "layers": Int(1, 4),
            "units": Int(16, 512, log=True),
            "activation": Categorical(["relu", "gelu", "silu"]),
            "batch_normalization": Categorical([True, False]),
            "dropout": Float(0.0, 0.5),
            "learning_rate": Float(1e-4, 3e-2, log=True),
            "weight_decay": Float(1e-6, 1e-1, log=True),
            "batch_size": Categorical([32, 64, 128, 256, 512], ordered=True),
        }
        if has_categories(profile, target):
            parameters["embedding_size"] = Int(2, 32, log=True)
        return SearchSpace(parameters)

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        params: Params = {
            "layers": 2,
            "units": 128,
            "activation": "silu",
            "batch_normalization": True,
            "dropout": 0.1,
            "learning_rate": 3e-3,
            "weight_decay": 1e-2,
            "batch_size": 32 if target.num_rows < 2_000 else 128 if target.num_rows < 20_000 else 512,
        }
        if has_categories(profile, target):
            params["embedding_size"] = 8
        return params

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        units = float(params["units"])
        weights = num_columns(profile, target) * units + (float(params["layers"]) - 1) * units**2
        steps = max(1.0, target.num_rows / float(params["batch_size"]))
        # About half of the planned epochs run before patience ends.
        epochs = min(max(_STEPS / steps, _MIN_EPOCHS), _MAX_EPOCHS) / 2
        return 3 + epochs * (0.02 + steps * 5e-4 + target.num_rows * weights * 2e-10)


def _asking_callback(report: Report) -> Any:
    """A callback that asks after each batch whether to stop: an epoch of a large table takes long."""
    keras = _import_keras()

    class Asking(keras.callbacks.Callback):  # type: ignore[misc, name-defined]  # Keras ships without type information
        is_told_to_stop = False

        def on_train_batch_end(self, batch: int, logs: object = None) -> None:
            if not self.is_told_to_stop and report.should_stop():
                self.is_told_to_stop = self.model.stop_training = True

    return Asking()


def _import_keras() -> Any:
    """Keras on JAX, unless the environment or an earlier import has chosen another backend."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    return keras
