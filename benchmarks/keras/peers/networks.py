"""The networks of our families, written once more as whoever uses KerasTuner writes them: from points of the space."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
from keras import layers

Point = Mapping[str, Any]
Entries = Mapping[str, Any]


def mlp(point: Point, entries: Entries, num_codes: int) -> Any:
    """Dense layers."""
    x = entries["numbers"]
    for _ in range(point["layers"]):
        x = layers.Dense(point["units"], kernel_initializer="he_normal")(x)
        if point["batch_normalization"]:
            x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.Activation(point["activation"])(x)
        x = layers.Dropout(point["dropout"])(x)
    return x


def cnn(point: Point, entries: Entries, num_codes: int) -> Any:
    """Stages of convolutions over a picture."""
    x = entries["numbers"]
    for stage in range(point["stages"]):
        width = point["width"] * 2**stage
        x = layers.MaxPooling2D(2, padding="same")(x) if stage else _activated(point, _convolution(point, x, width))
        for _ in range(point["blocks"]):
            if point["block"] == "residual":
                added = _activated(point, _convolution(point, x, width))
                added = _convolution(point, added, width)
                added = layers.BatchNormalization(momentum=0.9, gamma_initializer="zeros")(added)
                if x.shape[-1] != width:
                    x = layers.Conv2D(width, 1, kernel_initializer="he_normal")(x)
                x = layers.Activation("relu")(layers.Add()([x, added]))
            else:
                x = _activated(point, _convolution(point, x, width))
    pool = layers.GlobalMaxPooling2D if point["pooling"] == "max" else layers.GlobalAveragePooling2D
    return layers.Dropout(point["dropout"])(pool()(x))


def rnn(point: Point, entries: Entries, num_codes: int) -> Any:
    """Recurrent layers over the steps of a sequence."""
    x, mask = entries["steps"], entries["mask"]
    cell = layers.LSTM if point["cell"] == "lstm" else layers.GRU
    for index in range(point["layers"]):
        if index:
            x = layers.Dropout(point["dropout"])(x)
        keeps_steps = index < point["layers"] - 1 or point["pooling"] != "last"
        layer = cell(point["units"], return_sequences=keeps_steps)
        x = (layers.Bidirectional(layer) if point["bidirectional"] else layer)(x, mask=mask)
    if point["pooling"] != "last":
        x = _summed_up(point, x, mask)
    return layers.Dropout(point["dropout"])(x)


def conv1d(point: Point, entries: Entries, num_codes: int) -> Any:
    """Residual blocks of convolutions along the steps of a sequence."""
    x, mask = entries["steps"], entries["mask"]
    is_real = layers.Reshape((mask.shape[1], 1))(mask)
    x = layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(_along(point, x, 1), mask=mask))
    reach = max(1, mask.shape[1] // (point["kernel_size"] - 1))
    for block in range(point["blocks"]):
        dilation = min(2**block, reach) if point["dilated"] else 1
        added = _along(point, layers.Multiply()([x, is_real]), dilation)
        added = layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(added, mask=mask))
        added = _along(point, layers.Multiply()([added, is_real]), dilation)
        added = layers.BatchNormalization(momentum=0.9, gamma_initializer="zeros")(added, mask=mask)
        x = layers.Activation("relu")(layers.Add()([x, added]))
    return layers.Dropout(point["dropout"])(_summed_up(point, x, mask))


def text(point: Point, entries: Entries, num_codes: int) -> Any:
    """Vectors of words, summed up."""
    encoder = point["encoder"]
    x = layers.Embedding(num_codes, point["embedding_size"], mask_zero=encoder != "cnn")(entries["codes"])
    if encoder == "pooling":
        x = layers.GlobalAveragePooling1D()(x)
    elif encoder == "cnn":
        x = layers.Conv1D(point["filters"], point["kernel_size"], padding="same", activation="relu")(x)
        x = layers.GlobalMaxPooling1D()(x)
    else:
        x = layers.Bidirectional(layers.GRU(point["gru_units"]))(x)
    x = layers.Dropout(point["dropout"])(x)
    return layers.Dense(point["units"], activation="relu")(x) if point["hidden"] else x


NETWORKS: dict[str, Callable[[Point, Entries, int], Any]] = {
    "keras_mlp": mlp,
    "keras_cnn": cnn,
    "keras_rnn": rnn,
    "keras_conv1d": conv1d,
    "keras_text": text,
}


def compiled(body: Any, entries: Entries, point: Point, num_classes: int, num_steps: int) -> Any:
    """The model with its head, its loss and its optimizer.

    Args:
        body: What the head stands on.
        entries: The inputs.
        point: A point of the space.
        num_classes: What the head tells apart.
        num_steps: Steps of the optimizer that are planned.
    """
    model = keras.Model(entries, layers.Dense(num_classes)(body))
    rate, warm_up = point["learning_rate"], max(1, round(0.05 * num_steps))
    # Warms up to a constant if it never begins to decay.
    decay = num_steps - warm_up if point["schedule"] == "cosine" else 10**9
    schedule = keras.optimizers.schedules.CosineDecay(
        rate / warm_up, max(1, decay), warmup_target=rate, warmup_steps=warm_up
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=point["weight_decay"], global_clipnorm=point["clipnorm"])
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def _convolution(point: Point, x: Any, width: int) -> Any:
    return layers.Conv2D(width, point["kernel_size"], padding="same", kernel_initializer="he_normal")(x)


def _activated(point: Point, x: Any) -> Any:
    if point.get("batch_normalization", True):
        x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.Activation("relu")(x)


def _along(point: Point, x: Any, dilation: int) -> Any:
    return layers.Conv1D(
        point["filters"],
        point["kernel_size"],
        padding="same",
        dilation_rate=dilation,
        kernel_initializer="he_normal",
    )(x)


def _summed_up(point: Point, x: Any, mask: Any) -> Any:
    if point["pooling"] == "mean":
        return layers.GlobalAveragePooling1D()(x, mask=mask)
    penalty = layers.Rescaling(1e4, offset=-1e4)(layers.Reshape((mask.shape[1], 1))(mask))
    return layers.GlobalMaxPooling1D()(layers.Add()([x, penalty]))
