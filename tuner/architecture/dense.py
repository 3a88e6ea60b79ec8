"""Layers for vectors, and those that change each number by itself: activations, normalisation, noise."""

from __future__ import annotations

from tuner.architecture.arguments import MAX_UNITS, Argument, Arguments, Flag, Real, Whole, Word
from tuner.architecture.dimensions import Shape, product
from tuner.architecture.layer_kind import LayerKind, Takes, bias, last, most

_ACTIVATIONS = (
    *("relu", "gelu", "silu", "elu", "selu", "leaky_relu", "relu6", "mish", "hard_silu", "softplus", "softsign"),
    *("tanh", "sigmoid", "hard_sigmoid", "linear"),
)
ACTIVATION = Word(_ACTIVATIONS)
INITIALIZER = Word(
    ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "orthogonal"),
    "glorot_uniform",
)
_MAX_RATE = 0.95
_EPSILON = Real(1e-8, 1.0, 1e-3)


def _dense_weights(arguments: Arguments, entering: Shape, leaving: Shape) -> int:
    units = most(arguments, "units")
    return entering[-1].high * units + bias(arguments, units)


def _rate(name: str, about: str, takes: Takes = Takes.ANYTHING) -> LayerKind:
    return LayerKind(name, about, {"rate": Real(0.0, _MAX_RATE, is_required=True)}, takes)


def _normalization(name: str, about: str, per_channel: int, **arguments: Argument) -> LayerKind:
    return LayerKind(
        name,
        about,
        arguments,
        weights=lambda arguments, entering, leaving: per_channel * entering[-1].high,
    )


VECTOR_KINDS = (
    LayerKind(
        "Dense",
        "Every unit sees every number.",
        {
            "units": Whole(1, MAX_UNITS, is_required=True),
            "activation": ACTIVATION,
            "use_bias": Flag(True),
            "kernel_initializer": INITIALIZER,
        },
        Takes.VECTOR,
        lambda arguments, entering: (last(arguments, "units"),),
        _dense_weights,
    ),
    LayerKind(
        "Flatten",
        "All numbers in a row.",
        shape=lambda arguments, entering: (product(entering),),
    ),
    LayerKind("Activation", "A function of each number.", {"activation": Word(_ACTIVATIONS, is_required=True)}),
    _rate("Dropout", "Leaves numbers out at random while it learns."),
    _rate("SpatialDropout1D", "Leaves whole channels of a sequence out.", Takes.SEQUENCE),
    _rate("SpatialDropout2D", "Leaves whole channels of an image out.", Takes.IMAGE),
    _rate("AlphaDropout", "Dropout that keeps mean and variance, for the activation selu."),
    _rate("GaussianDropout", "Multiplies by random numbers around one while it learns."),
    LayerKind("GaussianNoise", "Adds random numbers while it learns.", {"stddev": Real(0.0, 10.0, is_required=True)}),
    _normalization(
        "BatchNormalization",
        "Brings each channel to mean 0 and variance 1 over the batch.",
        4,
        momentum=Real(0.0, 0.9999, 0.99),
        epsilon=_EPSILON,
    ),
    _normalization("LayerNormalization", "Brings each row to mean 0 and variance 1.", 2, epsilon=_EPSILON),
    _normalization(
        "GroupNormalization",
        "Brings groups of channels to mean 0 and variance 1: as many as divide the channels, at most ``groups``.",
        2,
        groups=Whole(1, MAX_UNITS, 32),
        epsilon=_EPSILON,
    ),
    _normalization("RMSNormalization", "Brings each row to mean square 1.", 1, epsilon=Real(1e-8, 1.0, 1e-6)),
    LayerKind("UnitNormalization", "Brings each vector to length 1."),
)
