"""From a resolved network to layers of Keras."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tuner.architecture import Network, Step
from tuner.models.networks.drawing import drawn

# Ways to begin, where the network does not say: what Keras takes, with a seed of our own.
_INITIALIZERS = {
    "kernel_initializer": "glorot_uniform",
    "depthwise_initializer": "glorot_uniform",
    "pointwise_initializer": "glorot_uniform",
    "recurrent_initializer": "orthogonal",
    "embeddings_initializer": "random_uniform",
}
_MERGES = ("Concatenate", "Add", "Multiply", "Average", "Maximum")


# Any: Keras ships without type information.
def build(network: Network, keras: Any, tensors: Mapping[str, Any], seeds: Iterator[int]) -> Any:
    """Apply the layers of a network, one after the other.

    The constructors are those of the catalogue, with arguments that were checked; nothing is deserialized.

    Args:
        network: What to build.
        keras: The module.
        tensors: What the network reads, by name.
        seeds: Seeds for all that is drawn.

    Returns:
        The tensor at the network's end, shape (n, width).
    """
    made = dict(tensors)
    for place, step in enumerate(network.steps):
        entering = [made[name] for name in step.inputs]
        layer = _layer(step, place, keras, seeds)
        if step.layer in _MERGES:
            made[step.name] = layer(entering)
        elif step.layer == "MultiHeadAttention":
            made[step.name] = layer(entering[0], entering[0])
            # Keras begins all its parts alike from one seed.
            for weight in layer.trainable_variables:
                if weight.name == "kernel":
                    weight.assign(drawn(keras.initializers.GlorotUniform(seed=next(seeds)))(weight.shape))
        else:
            made[step.name] = layer(entering[0])
    return made[network.output]


def _layer(step: Step, place: int, keras: Any, seeds: Iterator[int]) -> Any:
    # Neither PyTorch nor TensorFlow takes any name; the place keeps those apart that become alike.
    name = f"body_{place}_{re.sub('[^A-Za-z0-9_]', '_', step.name)}"
    constructor = getattr(keras.layers, step.layer)
    arguments = dict(step.arguments)
    is_bidirectional = arguments.pop("bidirectional", False)
    if not is_bidirectional:
        return constructor(**_with_seeds(constructor, arguments, keras, seeds), name=name)
    forward, backward = (
        constructor(**_with_seeds(constructor, arguments, keras, seeds), go_backwards=backwards)
        for backwards in (False, True)
    )
    return keras.layers.Bidirectional(forward, backward_layer=backward, name=name)


def _with_seeds(constructor: Any, arguments: Mapping[str, Any], keras: Any, seeds: Iterator[int]) -> dict[str, Any]:
    """The arguments, with everything that the layer draws from a seed of its own."""
    complete = dict(arguments)
    known = inspect.signature(constructor.__init__).parameters
    for name, usual in _INITIALIZERS.items():
        if name in known:
            words = str(complete.get(name, usual)).split("_")
            initializer = getattr(keras.initializers, "".join(word.capitalize() for word in words))
            complete[name] = drawn(initializer(seed=next(seeds)))
    if "seed" in known:
        complete["seed"] = next(seeds)
    return complete
