"""All kinds of layers that a network may be made of. What is not in here is not built, whatever Keras has."""

from __future__ import annotations

from tuner.architecture.augmentation import AUGMENTATION_KINDS
from tuner.architecture.convolution import NEIGHBOURHOOD_KINDS
from tuner.architecture.dense import VECTOR_KINDS
from tuner.architecture.layer_kind import LayerKind
from tuner.architecture.sequences import SEQUENCE_KINDS

CATALOGUE: dict[str, LayerKind] = {
    kind.name: kind for kind in (*VECTOR_KINDS, *NEIGHBOURHOOD_KINDS, *SEQUENCE_KINDS, *AUGMENTATION_KINDS)
}
"""The kinds by name."""

MERGES = ("concatenate", "add", "multiply", "average", "maximum")
"""The ways to join branches."""
