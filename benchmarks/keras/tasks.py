"""The tasks: which data, which family of models, and the space that every system searches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.keras.data import DATA, Data
from tuner.models import family
from tuner.space import Categorical, Constant, Float, Int, Parameter

# What all systems tune about how a network learns; the rest is fixed, as the peers' networks have it.
_OPTIMIZATION: dict[str, Parameter] = {
    "optimizer": Constant("adamw"),
    "learning_rate": Float(3e-4, 3e-2, log=True),
    "weight_decay": Float(1e-6, 1e-1, log=True),
    "schedule": Categorical(["cosine", "constant"]),
    "batch_size": Categorical([32, 64, 128], ordered=True),
    "clipnorm": Float(0.1, 10.0, log=True),
}


@dataclass(frozen=True)
class Task:
    """One task.

    Args:
        name: How it is called in the benchmark.
        data: Name of its data.
        family: The only family of models of the search.
        space: What is searched, under the family's own names; all of the family's space if empty.
        is_usual: Whether it is measured unless tasks are named.
    """

    name: str
    data: str
    family: str
    space: Mapping[str, Parameter] = field(default_factory=dict)
    is_usual: bool = True

    @property
    def is_network(self) -> bool:
        """Whether it runs on a backend of Keras."""
        return family(self.family).is_network

    @property
    def has_peers(self) -> bool:
        """Whether the peers have the same network. Nobody but us makes windows of a series."""
        return bool(self.space)

    def load(self, seed: int) -> Data:
        """Its data."""
        return DATA[self.data](seed)

    @property
    def is_error(self) -> bool:
        """Whether its figure is an error (RMSE), not an accuracy."""
        return self.data == "passengers"

    def study_space(self) -> dict[str, Any]:
        """The space as JSON, by the names that a study has for it; its own conditions stay."""
        forms = {f"{self.family}.{name}": parameter.to_json() for name, parameter in self.space.items()}
        bare = {name: {key: value for key, value in form.items() if key != "when"} for name, form in forms.items()}
        return {"version": 1, "parameters": bare}

    def peer_space(self) -> dict[str, Any]:
        """The space as JSON, by the family's own names."""
        return {name: parameter.to_json() for name, parameter in self.space.items()}

    def plan(self) -> dict[str, int]:
        """How many epochs a network gets, for peers: see ``NetworkEstimator``."""
        if not self.has_peers:
            return {}
        estimator = family(self.family).estimator  # type: ignore[attr-defined]  # families of networks have one
        return {name: int(getattr(estimator, name)) for name in ("steps", "min_epochs", "max_epochs", "patience")}


_MLP: dict[str, Parameter] = {
    "layers": Int(1, 3),
    "units": Int(32, 256, step=32),
    "activation": Categorical(["relu", "gelu", "silu"]),
    "batch_normalization": Categorical([True, False]),
    "dropout": Float(0.0, 0.5),
    **_OPTIMIZATION,
}
_CNN: dict[str, Parameter] = {
    "block": Categorical(["plain", "residual"]),
    "stages": Int(1, 3),
    "blocks": Int(1, 2),
    "width": Int(16, 64, step=16),
    "kernel_size": Categorical([3, 5], ordered=True),
    "batch_normalization": Categorical([True, False], when={"block": ["plain"]}),
    "pooling": Categorical(["mean", "max"]),
    "dropout": Float(0.0, 0.6),
    **{name: Constant("none" if name == "flip" else 0.0) for name in ("flip", "shift", "rotate", "zoom")},
    **_OPTIMIZATION,
}
_RNN: dict[str, Parameter] = {
    "cell": Categorical(["gru", "lstm"]),
    "bidirectional": Categorical([True, False]),
    "layers": Int(1, 2),
    "units": Int(16, 64, step=16),
    "pooling": Categorical(["last", "mean", "max"]),
    "dropout": Float(0.0, 0.6),
    **_OPTIMIZATION,
}
_CONV1D: dict[str, Parameter] = {
    "blocks": Int(1, 4),
    "filters": Int(16, 64, step=16),
    "kernel_size": Categorical([3, 5, 7], ordered=True),
    "dilated": Categorical([True, False]),
    "pooling": Categorical(["mean", "max"]),
    "dropout": Float(0.0, 0.6),
    **_OPTIMIZATION,
}
_TEXT: dict[str, Parameter] = {
    "encoder": Categorical(["pooling", "cnn", "gru"]),
    "vocabulary": Constant(2_000),
    "words": Constant(64),
    "embedding_size": Int(16, 64, step=16),
    "filters": Int(32, 128, step=32, when={"encoder": ["cnn"]}),
    "kernel_size": Int(2, 7, when={"encoder": ["cnn"]}),
    "gru_units": Int(16, 64, step=16, when={"encoder": ["gru"]}),
    "hidden": Categorical([False, True]),
    "units": Int(16, 128, step=16),
    "dropout": Float(0.0, 0.6),
    **_OPTIMIZATION,
}

TASKS = {
    task.name: task
    for task in (
        Task("digits_cnn", "digits_as_images", "keras_cnn", _CNN),
        Task("digits_mlp", "digits_as_table", "keras_mlp", _MLP),
        Task("events_rnn", "events", "keras_rnn", _RNN),
        Task("events_conv1d", "events", "keras_conv1d", _CONV1D),
        Task("reviews_text", "reviews", "keras_text", _TEXT),
        Task("reviews_linear", "reviews", "text_linear"),
        Task("passengers_gru", "passengers", "series_gru"),
        Task("passengers_lightgbm", "passengers", "series_lightgbm"),
        Task("passengers_seasonal", "passengers", "series_seasonal_naive"),
        Task("digits_resnet", "digits_as_table", "keras_resnet", is_usual=False),
        # For memory over many trials: hundreds of them take minutes.
        Task("little_mlp", "little", "keras_mlp", _MLP, is_usual=False),
    )
}
USUAL = tuple(task.name for task in TASKS.values() if task.is_usual)
