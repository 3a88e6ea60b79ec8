"""Layers that change images at random while a network learns, so that it sees more of them than there are."""

from __future__ import annotations

from tuner.architecture.arguments import Real, Word
from tuner.architecture.layer_kind import LayerKind, Takes

_FACTOR = Real(0.0, 0.5, is_required=True)
_FILL = Word(("reflect", "constant", "nearest", "wrap"), "reflect")

AUGMENTATION_KINDS = (
    LayerKind(
        "RandomFlip",
        "Mirrors images.",
        {"mode": Word(("horizontal", "vertical", "horizontal_and_vertical"), "horizontal_and_vertical")},
        Takes.IMAGE,
    ),
    LayerKind(
        "RandomRotation",
        "Turns images by up to this share of a full turn.",
        {"factor": _FACTOR, "fill_mode": _FILL},
        Takes.IMAGE,
    ),
    LayerKind(
        "RandomTranslation",
        "Shifts images by up to these shares of their size.",
        {"height_factor": _FACTOR, "width_factor": _FACTOR, "fill_mode": _FILL},
        Takes.IMAGE,
    ),
    LayerKind(
        "RandomZoom",
        "Scales images by up to this share.",
        {"height_factor": _FACTOR, "fill_mode": _FILL},
        Takes.IMAGE,
    ),
)
