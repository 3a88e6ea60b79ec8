"""A neural network that reads text, by Keras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tuner.data.profile import ColumnKind, DatasetProfile, TargetProfile
from tuner.models.base import TABULAR_KINDS, TEXT_KINDS, has_categories
from tuner.models.cost import num_texts
from tuner.models.networks.drawing import drawn
from tuner.models.networks.estimator import NetworkEstimator
from tuner.models.networks.family import NetworkFamily
from tuner.models.networks.tabular_inputs import TabularInputs
from tuner.models.networks.text_inputs import TextInputs
from tuner.space import Categorical, Float, Int, Parameter, Params

# With fewer it has too little to learn from; more take hours without a GPU.
_MIN_ROWS, _MAX_ROWS = 500, 200_000
_CHARACTERS_OF_A_WORD = 6


class KerasTextEstimator(NetworkEstimator):
    """Learned vectors for words, summed up by pooling, convolutions or a recurrent layer; other columns beside them.

    Sources: Joulin et al. (2016), Bag of Tricks for Efficient Text Classification, for averages of vectors; Kim (2014),
    Convolutional Neural Networks for Sentence Classification.
    """

    parts = (TextInputs, TabularInputs)
    # Vectors of rare words fit noise after a few passes.
    steps = 3_000
    min_epochs = 4
    max_epochs = 30
    patience = 4

    def _body(self, keras: Any, entries: Mapping[str, Any], seeds: Iterator[int]) -> Any:
        summaries = []
        texts = self._inputs.part(TextInputs)
        if texts is not None:
            for name, entry in texts.names().items():
                summaries.append(self._summary(keras, entries[name], entry.num_codes, seeds))
        tabular = self._inputs.part(TabularInputs)
        if tabular is not None:
            vector = tabular.vector(keras, entries, seeds, self._params.get("category_size", 0))
            summaries.append(self._dense(keras, vector, seeds))
        x = keras.layers.Concatenate()(summaries) if len(summaries) > 1 else summaries[0]
        x = keras.layers.Dropout(self._params["dropout"], seed=next(seeds))(x)
        return self._dense(keras, x, seeds) if self._params["hidden"] else x

    def _summary(self, keras: Any, codes: Any, num_codes: int, seeds: Iterator[int]) -> Any:
        """One text as a vector."""
        encoder = self._params["encoder"]
        x = keras.layers.Embedding(
            num_codes,
            self._params["embedding_size"],
            # Convolutions know no masks: there the padding is a word of its own.
            mask_zero=encoder != "cnn",
            embeddings_initializer=drawn(keras.initializers.RandomNormal(stddev=0.1, seed=next(seeds))),
        )(codes)
        match encoder:
            case "pooling":
                return keras.layers.GlobalAveragePooling1D()(x)
            case "cnn":
                x = keras.layers.Conv1D(
                    self._params["filters"],
                    self._params["kernel_size"],
                    padding="same",
                    activation="relu",
                    kernel_initializer=drawn(keras.initializers.HeNormal(seed=next(seeds))),
                )(x)
                return keras.layers.GlobalMaxPooling1D()(x)
            case _:
                # Both directions: what a text says at its beginning must not be forgotten at its end.
                return keras.layers.Bidirectional(
                    self._recurrent(keras, seeds, backwards=False), backward_layer=self._recurrent(keras, seeds, True)
                )(x)

    def _recurrent(self, keras: Any, seeds: Iterator[int], backwards: bool) -> Any:
        return keras.layers.GRU(
            self._params["gru_units"],
            go_backwards=backwards,
            kernel_initializer=drawn(keras.initializers.GlorotUniform(seed=next(seeds))),
            recurrent_initializer=drawn(keras.initializers.Orthogonal(seed=next(seeds))),
            # For dropout between its steps, which it has not; without one, Keras draws from Python's own generator.
            seed=0,
        )

    def _dense(self, keras: Any, x: Any, seeds: Iterator[int]) -> Any:
        kernel = drawn(keras.initializers.HeNormal(seed=next(seeds)))
        return keras.layers.Dense(self._params["units"], activation="relu", kernel_initializer=kernel)(x)


class KerasText(NetworkFamily):
    """A network that learns what words mean for the target: at its best on many texts, where their order matters.

    Parameters: ``encoder``: ``pooling`` (the average of the words' vectors), ``cnn`` (the strongest answer to each of
    ``filters`` patterns of ``kernel_size`` words) or ``gru`` (``gru_units`` in each direction); ``vocabulary``, how
    many words of a column are known; ``words``, how many of a text are read; ``embedding_size``, the length of a
    word's vector; ``hidden``, whether a dense layer follows, and ``units`` of it and of the layer that other columns
    pass; ``dropout``; ``category_size``, the length of a category's vector, where the table has categories; and how it
    learns, see ``tuner.models.networks.optimization``.
    """

    name = "keras_text"
    title = "Text network (Keras)"
    reads = TABULAR_KINDS | TEXT_KINDS
    needs = TEXT_KINDS
    estimator = KerasTextEstimator

    def suits(self, profile: DatasetProfile, target: TargetProfile) -> bool:
        return self.supports(profile, target) and _MIN_ROWS <= target.num_rows <= _MAX_ROWS

    def body_parameters(self, profile: DatasetProfile, target: TargetProfile) -> dict[str, Parameter]:
        parameters: dict[str, Parameter] = {
            "encoder": Categorical(["pooling", "cnn", "gru"]),
            "vocabulary": Categorical([2_000, 5_000, 10_000, 20_000], ordered=True),
            "words": Categorical([64, 128, 256, 512], ordered=True),
            "embedding_size": Int(16, 128, step=16),
            "filters": Int(32, 256, step=32, when={"encoder": ["cnn"]}),
            "kernel_size": Int(2, 7, when={"encoder": ["cnn"]}),
            "gru_units": Int(16, 128, step=16, when={"encoder": ["gru"]}),
            "hidden": Categorical([False, True]),
            "units": Int(16, 256, step=16),
            "dropout": Float(0.0, 0.6),
        }
        if has_categories(profile, target):
            parameters["category_size"] = Int(2, 32, log=True)
        return parameters

    def body_defaults(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        params: Params = {
            "encoder": "pooling",
            "vocabulary": 10_000,
            "words": 256,
            "embedding_size": 64,
            "hidden": False,
            "units": 32,
            "dropout": 0.3,
        }
        if has_categories(profile, target):
            params["category_size"] = 8
        return params

    def multiplications(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        size = float(params["embedding_size"])
        match params["encoder"]:
            case "pooling":
                per_word = size
            case "cnn":
                per_word = size * float(params["kernel_size"]) * float(params["filters"])
            case _:
                # Step by step, which no processor does as fast as one large product.
                per_word = 4 * 6 * float(params["gru_units"]) * (size + float(params["gru_units"]))
        words = sum(
            min((column.mean_length or 0.0) / _CHARACTERS_OF_A_WORD, float(params["words"]))
            for column in profile.features(target.name)
            if column.kind is ColumnKind.TEXT
        )
        # All vectors move at each step, whatever words its batch has.
        table = 10 * num_texts(profile, target) * float(params["vocabulary"]) * size / float(params["batch_size"])
        return words * per_word + table
