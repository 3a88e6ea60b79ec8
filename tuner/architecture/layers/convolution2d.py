"""Layers for images."""

from __future__ import annotations

from tuner.architecture.layers.block import Block, FlagValue, WholeValue, WindowValue, WordValue, layer


def Conv2D(
    filters: WholeValue,
    kernel_size: WindowValue,
    *,
    strides: WindowValue = 1,
    padding: WordValue = "valid",
    dilation_rate: WindowValue = 1,
    activation: WordValue | None = None,
    use_bias: FlagValue = True,
    kernel_initializer: WordValue = "glorot_uniform",
    name: str | None = None,
) -> Block:
    """Filters that are moved over an image.

    Args:
        filters: How many filters it has.
        kernel_size: Size of a filter in each direction.
        strides: Step from one place to the next.
        padding: ``valid``: windows stay inside; ``same``: they may stick out.
        dilation_rate: Distance between the places that a filter sees at once.
        activation: Function of each number: ``relu``, ``gelu``, ``silu``, ``tanh``, ...; none if None.
        use_bias: Whether to add a learned number.
        kernel_initializer: How weights begin: ``glorot_uniform``, ``he_normal``, ...
        name: Names its output, for branches that start from it.
    """
    return layer(
        "Conv2D",
        name,
        filters=filters,
        kernel_size=kernel_size,
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        activation=activation,
        use_bias=use_bias,
        kernel_initializer=kernel_initializer,
    )


def SeparableConv2D(
    filters: WholeValue,
    kernel_size: WindowValue,
    *,
    strides: WholeValue = 1,
    padding: WordValue = "valid",
    dilation_rate: WindowValue = 1,
    depth_multiplier: WholeValue = 1,
    activation: WordValue | None = None,
    use_bias: FlagValue = True,
    name: str | None = None,
) -> Block:
    """A convolution of each channel by itself, then one across channels: far fewer weights.

    Args:
        filters: How many filters it has.
        kernel_size: Size of a filter in each direction.
        strides: Step from one place to the next.
        padding: ``valid``: windows stay inside; ``same``: they may stick out.
        dilation_rate: Distance between the places that a filter sees at once.
        depth_multiplier: Filters for each channel.
        activation: Function of each number: ``relu``, ``gelu``, ``silu``, ``tanh``, ...; none if None.
        use_bias: Whether to add a learned number.
        name: Names its output, for branches that start from it.
    """
    return layer(
        "SeparableConv2D",
        name,
        filters=filters,
        kernel_size=kernel_size,
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        depth_multiplier=depth_multiplier,
        activation=activation,
        use_bias=use_bias,
    )


def DepthwiseConv2D(
    kernel_size: WindowValue,
    *,
    strides: WholeValue = 1,
    padding: WordValue = "valid",
    dilation_rate: WindowValue = 1,
    depth_multiplier: WholeValue = 1,
    activation: WordValue | None = None,
    use_bias: FlagValue = True,
    name: str | None = None,
) -> Block:
    """A convolution of each channel by itself.

    Args:
        kernel_size: Size of a filter in each direction.
        strides: Step from one place to the next.
        padding: ``valid``: windows stay inside; ``same``: they may stick out.
        dilation_rate: Distance between the places that a filter sees at once.
        depth_multiplier: Filters for each channel.
        activation: Function of each number: ``relu``, ``gelu``, ``silu``, ``tanh``, ...; none if None.
        use_bias: Whether to add a learned number.
        name: Names its output, for branches that start from it.
    """
    return layer(
        "DepthwiseConv2D",
        name,
        kernel_size=kernel_size,
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        depth_multiplier=depth_multiplier,
        activation=activation,
        use_bias=use_bias,
    )


def MaxPooling2D(
    pool_size: WindowValue = 2,
    *,
    strides: WindowValue | None = None,
    padding: WordValue = "valid",
    name: str | None = None,
) -> Block:
    """The largest number of each window.

    Args:
        pool_size: Size of a window in each direction.
        strides: Step from one place to the next.
        padding: ``valid``: windows stay inside; ``same``: they may stick out.
        name: Names its output, for branches that start from it.
    """
    return layer("MaxPooling2D", name, pool_size=pool_size, strides=strides, padding=padding)


def AveragePooling2D(
    pool_size: WindowValue = 2,
    *,
    strides: WindowValue | None = None,
    padding: WordValue = "valid",
    name: str | None = None,
) -> Block:
    """The mean of each window.

    Args:
        pool_size: Size of a window in each direction.
        strides: Step from one place to the next.
        padding: ``valid``: windows stay inside; ``same``: they may stick out.
        name: Names its output, for branches that start from it.
    """
    return layer("AveragePooling2D", name, pool_size=pool_size, strides=strides, padding=padding)


def GlobalMaxPooling2D(*, name: str | None = None) -> Block:
    """The largest number of each channel.

    Args:
        name: Names its output, for branches that start from it.
    """
    return layer("GlobalMaxPooling2D", name)


def GlobalAveragePooling2D(*, name: str | None = None) -> Block:
    """The mean of each channel.

    Args:
        name: Names its output, for branches that start from it.
    """
    return layer("GlobalAveragePooling2D", name)


def ZeroPadding2D(*, padding: WindowValue = 1, name: str | None = None) -> Block:
    """Zeros around the edges.

    Args:
        padding: Zeros on each side.
        name: Names its output, for branches that start from it.
    """
    return layer("ZeroPadding2D", name, padding=padding)


def UpSampling2D(size: WholeValue = 2, *, name: str | None = None) -> Block:
    """Each step or pixel repeated.

    Args:
        size: How often each is repeated.
        name: Names its output, for branches that start from it.
    """
    return layer("UpSampling2D", name, size=size)
