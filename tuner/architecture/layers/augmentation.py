"""Layers that change images at random while a network learns."""

from __future__ import annotations

from tuner.architecture.layers.block import Block, NumberValue, WordValue, layer


def RandomFlip(*, mode: WordValue = "horizontal_and_vertical", name: str | None = None) -> Block:
    """Mirrors images.

    Args:
        mode: ``horizontal``, ``vertical`` or ``horizontal_and_vertical``.
        name: Names its output, for branches that start from it.
    """
    return layer("RandomFlip", name, mode=mode)


def RandomRotation(factor: NumberValue, *, fill_mode: WordValue = "reflect", name: str | None = None) -> Block:
    """Turns images by up to this share of a full turn.

    Args:
        factor: Most of a full turn.
        fill_mode: What is beyond the edge: ``reflect``, ``constant``, ``nearest`` or ``wrap``.
        name: Names its output, for branches that start from it.
    """
    return layer("RandomRotation", name, factor=factor, fill_mode=fill_mode)


def RandomTranslation(
    height_factor: NumberValue, width_factor: NumberValue, *, fill_mode: WordValue = "reflect", name: str | None = None
) -> Block:
    """Shifts images by up to these shares of their size.

    Args:
        height_factor: Most in height, as a share.
        width_factor: Most in width, as a share.
        fill_mode: What is beyond the edge: ``reflect``, ``constant``, ``nearest`` or ``wrap``.
        name: Names its output, for branches that start from it.
    """
    return layer("RandomTranslation", name, height_factor=height_factor, width_factor=width_factor, fill_mode=fill_mode)


def RandomZoom(height_factor: NumberValue, *, fill_mode: WordValue = "reflect", name: str | None = None) -> Block:
    """Scales images by up to this share.

    Args:
        height_factor: Most in height, as a share.
        fill_mode: What is beyond the edge: ``reflect``, ``constant``, ``nearest`` or ``wrap``.
        name: Names its output, for branches that start from it.
    """
    return layer("RandomZoom", name, height_factor=height_factor, fill_mode=fill_mode)
