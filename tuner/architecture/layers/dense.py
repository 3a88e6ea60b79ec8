"""Layers for vectors, and those that change each number by itself."""

from __future__ import annotations

from tuner.architecture.layers.block import Block, FlagValue, NumberValue, WholeValue, WordValue, layer


def Dense(
    units: WholeValue,
    *,
    activation: WordValue | None = None,
    use_bias: FlagValue = True,
    kernel_initializer: WordValue = "glorot_uniform",
    name: str | None = None,
) -> Block:
    """Every unit sees every number.

    Args:
        units: Width of its output.
        activation: Function of each number: ``relu``, ``gelu``, ``silu``, ``tanh``, ...; none if None.
        use_bias: Whether to add a learned number.
        kernel_initializer: How weights begin: ``glorot_uniform``, ``he_normal``, ...
        name: Names its output, for branches that start from it.
    """
    return layer(
        "Dense", name, units=units, activation=activation, use_bias=use_bias, kernel_initializer=kernel_initializer
    )


def Flatten(*, name: str | None = None) -> Block:
    """All numbers in a row.

    Args:
        name: Names its output, for branches that start from it.
    """
    return layer("Flatten", name)


def Activation(activation: WordValue, *, name: str | None = None) -> Block:
    """A function of each number.

    Args:
        activation: Function of each number: ``relu``, ``gelu``, ``silu``, ``tanh``, ...; none if None.
        name: Names its output, for branches that start from it.
    """
    return layer("Activation", name, activation=activation)


def Dropout(rate: NumberValue, *, name: str | None = None) -> Block:
    """Leaves numbers out at random while it learns.

    Args:
        rate: Share that is left out.
        name: Names its output, for branches that start from it.
    """
    return layer("Dropout", name, rate=rate)


def SpatialDropout1D(rate: NumberValue, *, name: str | None = None) -> Block:
    """Leaves whole channels of a sequence out.

    Args:
        rate: Share that is left out.
        name: Names its output, for branches that start from it.
    """
    return layer("SpatialDropout1D", name, rate=rate)


def SpatialDropout2D(rate: NumberValue, *, name: str | None = None) -> Block:
    """Leaves whole channels of an image out.

    Args:
        rate: Share that is left out.
        name: Names its output, for branches that start from it.
    """
    return layer("SpatialDropout2D", name, rate=rate)


def AlphaDropout(rate: NumberValue, *, name: str | None = None) -> Block:
    """Dropout that keeps mean and variance, for the activation selu.

    Args:
        rate: Share that is left out.
        name: Names its output, for branches that start from it.
    """
    return layer("AlphaDropout", name, rate=rate)


def GaussianDropout(rate: NumberValue, *, name: str | None = None) -> Block:
    """Multiplies by random numbers around one while it learns.

    Args:
        rate: Share that is left out.
        name: Names its output, for branches that start from it.
    """
    return layer("GaussianDropout", name, rate=rate)


def GaussianNoise(stddev: NumberValue, *, name: str | None = None) -> Block:
    """Adds random numbers while it learns.

    Args:
        stddev: Standard deviation of what is added.
        name: Names its output, for branches that start from it.
    """
    return layer("GaussianNoise", name, stddev=stddev)


def BatchNormalization(*, momentum: NumberValue = 0.99, epsilon: NumberValue = 0.001, name: str | None = None) -> Block:
    """Brings each channel to mean 0 and variance 1 over the batch.

    Args:
        momentum: How slowly the means over batches move, which stand in for the batch in predictions.
        epsilon: Added to the variance.
        name: Names its output, for branches that start from it.
    """
    return layer("BatchNormalization", name, momentum=momentum, epsilon=epsilon)


def LayerNormalization(*, epsilon: NumberValue = 0.001, name: str | None = None) -> Block:
    """Brings each row to mean 0 and variance 1.

    Args:
        epsilon: Added to the variance.
        name: Names its output, for branches that start from it.
    """
    return layer("LayerNormalization", name, epsilon=epsilon)


def GroupNormalization(groups: WholeValue = 32, *, epsilon: NumberValue = 0.001, name: str | None = None) -> Block:
    """Brings groups of channels to mean 0 and variance 1: as many as divide the channels, at most ``groups``.

    Args:
        groups: The most groups.
        epsilon: Added to the variance.
        name: Names its output, for branches that start from it.
    """
    return layer("GroupNormalization", name, groups=groups, epsilon=epsilon)


def RMSNormalization(*, epsilon: NumberValue = 1e-06, name: str | None = None) -> Block:
    """Brings each row to mean square 1.

    Args:
        epsilon: Added to the variance.
        name: Names its output, for branches that start from it.
    """
    return layer("RMSNormalization", name, epsilon=epsilon)


def UnitNormalization(*, name: str | None = None) -> Block:
    """Brings each vector to length 1.

    Args:
        name: Names its output, for branches that start from it.
    """
    return layer("UnitNormalization", name)
