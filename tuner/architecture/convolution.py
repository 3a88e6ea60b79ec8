"""Layers that look at neighbouring steps or pixels: convolutions, pooling, padding, scaling."""

from __future__ import annotations

from collections.abc import Callable

from tuner.architecture.arguments import (
    MAX_UNITS,
    MAX_WINDOW,
    Argument,
    Arguments,
    Flag,
    Value,
    Whole,
    Window,
    Word,
    length_of,
    lengths_of,
    possible,
)
from tuner.architecture.dense import ACTIVATION, INITIALIZER
from tuner.architecture.dimensions import Length, Shape, either, total, windows_padded, windows_within
from tuner.architecture.layer_kind import LayerKind, Takes, bias, highest, last, most

_DATA = {1: Takes.SEQUENCE, 2: Takes.IMAGE}
_WHAT = {1: "sequence", 2: "image"}


def _windows(axes: int, window: str) -> Callable[[Arguments, Shape], Shape]:
    """The rule for where a window finds places: all axes but the last change."""

    def shape(arguments: Arguments, entering: Shape) -> Shape:
        sizes = lengths_of(arguments[window], axes)
        given = arguments["strides"]
        strides = sizes if given is None else lengths_of(given, axes)
        dilations = lengths_of(arguments.get("dilation_rate", 1), axes)
        places = [
            tuple(
                windows_within(length, *window_stride_dilation)
                if padding == "valid"
                else windows_padded(length, stride)
                for length, stride, window_stride_dilation in zip(
                    entering[:-1], strides, zip(sizes, strides, dilations, strict=True), strict=True
                )
            )
            for padding in possible(arguments["padding"])
        ]
        return (*either(places), entering[-1])

    return shape


def _to_filters(axes: int) -> Callable[[Arguments, Shape], Shape]:
    places = _windows(axes, "kernel_size")
    return lambda arguments, entering: (*places(arguments, entering)[:-1], last(arguments, "filters"))


def _depthwise(axes: int) -> Callable[[Arguments, Shape], Shape]:
    places = _windows(axes, "kernel_size")

    def shape(arguments: Arguments, entering: Shape) -> Shape:
        channels, times = entering[-1], length_of(arguments["depth_multiplier"])
        if times.high == 1:
            return places(arguments, entering)
        width = Length.between(
            channels.low * times.low, channels.high * times.high, ("product", channels.key, times.key)
        )
        return (*places(arguments, entering)[:-1], width)

    return shape


def _convolution(axes: int, *, strides: Argument, paddings: tuple[str, ...] = ("valid", "same")) -> dict[str, Argument]:
    return {
        "kernel_size": Window(1, MAX_WINDOW, is_required=True, axes=axes),
        "strides": strides,
        "padding": Word(paddings, "valid"),
    }


def _window_size(value: Value, axes: int) -> int:
    return highest(lengths_of(value, axes))


def _kinds(axes: int) -> tuple[LayerKind, ...]:
    what, takes = _WHAT[axes], _DATA[axes]
    paddings = ("valid", "same", "causal") if axes == 1 else ("valid", "same")
    dilation = {"dilation_rate": Window(1, MAX_WINDOW, 1, axes=axes)}
    filters = {"filters": Whole(1, MAX_UNITS, is_required=True)}
    multiplier = {"depth_multiplier": Whole(1, 16, 1)}
    # Depthwise convolutions of some backends take only equal strides along both axes.
    stride = Whole(1, MAX_WINDOW, 1)
    pooling: dict[str, Argument] = {
        "pool_size": Window(1, MAX_WINDOW, 2, axes=axes),
        "strides": Window(1, MAX_WINDOW, axes=axes),
        "padding": Word(("valid", "same"), "valid"),
    }
    tail: dict[str, Argument] = {"activation": ACTIVATION, "use_bias": Flag(True)}

    def convolution_weights(arguments: Arguments, entering: Shape, leaving: Shape) -> int:
        filters = most(arguments, "filters")
        size = _window_size(arguments["kernel_size"], axes)
        return size * entering[-1].high * filters + bias(arguments, filters)

    def depthwise_weights(arguments: Arguments, entering: Shape, leaving: Shape) -> int:
        width = entering[-1].high * most(arguments, "depth_multiplier")
        return _window_size(arguments["kernel_size"], axes) * width + bias(arguments, width)

    def separable_weights(arguments: Arguments, entering: Shape, leaving: Shape) -> int:
        width, filters = entering[-1].high * most(arguments, "depth_multiplier"), most(arguments, "filters")
        return _window_size(arguments["kernel_size"], axes) * width + width * filters + bias(arguments, filters)

    def only_channels(arguments: Arguments, entering: Shape) -> Shape:
        return entering[-1:]

    return (
        LayerKind(
            f"Conv{axes}D",
            f"Filters that are moved over a {what}.",
            filters
            | _convolution(axes, strides=Window(1, MAX_WINDOW, 1, axes=axes), paddings=paddings)
            | dilation
            | tail
            | {"kernel_initializer": INITIALIZER},
            takes,
            _to_filters(axes),
            convolution_weights,
        ),
        LayerKind(
            f"SeparableConv{axes}D",
            "A convolution of each channel by itself, then one across channels: far fewer weights.",
            filters | _convolution(axes, strides=stride) | dilation | multiplier | tail,
            takes,
            _to_filters(axes),
            separable_weights,
        ),
        LayerKind(
            f"DepthwiseConv{axes}D",
            "A convolution of each channel by itself.",
            _convolution(axes, strides=stride) | dilation | multiplier | tail,
            takes,
            _depthwise(axes),
            depthwise_weights,
        ),
        *(
            LayerKind(f"{name}Pooling{axes}D", f"{about} of each window.", pooling, takes, _windows(axes, "pool_size"))
            for name, about in (("Max", "The largest number"), ("Average", "The mean"))
        ),
        *(
            LayerKind(f"Global{name}Pooling{axes}D", f"{about} of each channel.", {}, takes, only_channels)
            for name, about in (("Max", "The largest number"), ("Average", "The mean"))
        ),
        LayerKind(
            f"ZeroPadding{axes}D",
            "Zeros around the edges.",
            {"padding": Window(0, MAX_WINDOW, 1, axes=axes)},
            takes,
            _padded(axes),
        ),
        LayerKind(
            f"UpSampling{axes}D",
            "Each step or pixel repeated.",
            {"size": Whole(1, 16, 2)},
            takes,
            _repeated,
        ),
    )


def _padded(axes: int) -> Callable[[Arguments, Shape], Shape]:
    def shape(arguments: Arguments, entering: Shape) -> Shape:
        edges = lengths_of(arguments["padding"], axes)
        return (*(total([length, edge, edge]) for length, edge in zip(entering[:-1], edges, strict=True)), entering[-1])

    return shape


def _repeated(arguments: Arguments, entering: Shape) -> Shape:
    times = length_of(arguments["size"])
    grown = (
        Length.between(length.low * times.low, length.high * times.high, ("product", length.key, times.key))
        for length in entering[:-1]
    )
    return (*grown, entering[-1])


NEIGHBOURHOOD_KINDS = (*_kinds(2), *_kinds(1))
