"""Layers with search parameters in the place of any argument, put together as in Keras.

    >>> from tuner import layers
    >>> layers.Sequential([layers.Dense(tuner.Int(16, 256, log=True), activation="relu")])

Each takes the arguments of the layer of Keras that has its name. Nothing is built here, and Keras is not needed: the
result is a document, ``to_json()``, for ``client.create_study(architecture=...)``. ``json_schema()`` describes such
documents to editors and other languages.
"""

from tuner.architecture.layers.augmentation import RandomFlip, RandomRotation, RandomTranslation, RandomZoom
from tuner.architecture.layers.block import Block, Branch, Branches, Choice, Named, Repeat, Residual, Sequential
from tuner.architecture.layers.convolution1d import (
    AveragePooling1D,
    Conv1D,
    DepthwiseConv1D,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    MaxPooling1D,
    SeparableConv1D,
    UpSampling1D,
    ZeroPadding1D,
)
from tuner.architecture.layers.convolution2d import (
    AveragePooling2D,
    Conv2D,
    DepthwiseConv2D,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    MaxPooling2D,
    SeparableConv2D,
    UpSampling2D,
    ZeroPadding2D,
)
from tuner.architecture.layers.dense import (
    Activation,
    AlphaDropout,
    BatchNormalization,
    Dense,
    Dropout,
    Flatten,
    GaussianDropout,
    GaussianNoise,
    GroupNormalization,
    LayerNormalization,
    RMSNormalization,
    SpatialDropout1D,
    SpatialDropout2D,
    UnitNormalization,
)
from tuner.architecture.layers.sequences import GRU, LSTM, Embedding, MultiHeadAttention, SimpleRNN
from tuner.architecture.schema import json_schema

__all__ = [
    "GRU",
    "LSTM",
    "Activation",
    "AlphaDropout",
    "AveragePooling1D",
    "AveragePooling2D",
    "BatchNormalization",
    "Block",
    "Branch",
    "Branches",
    "Choice",
    "Conv1D",
    "Conv2D",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GroupNormalization",
    "LayerNormalization",
    "MaxPooling1D",
    "MaxPooling2D",
    "MultiHeadAttention",
    "Named",
    "RMSNormalization",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "Repeat",
    "Residual",
    "SeparableConv1D",
    "SeparableConv2D",
    "Sequential",
    "SimpleRNN",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "json_schema",
]
