"""Whatever is accepted can be built, at every point of its space, as large as was counted."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.architecture.documents import Form, documents
from tuner.architecture import Architecture, DataInput
from tuner.architecture.schema import json_schema
from tuner.errors import InvalidArchitecture
from tuner.models.networks.backends import import_keras
from tuner.models.networks.building import build
from tuner.space import SearchSpace

VALIDATOR = Draft202012Validator(json_schema())
Example = tuple[Form, dict[str, DataInput]]


def accepted(example: Example) -> tuple[Architecture, SearchSpace]:
    architecture = Architecture.from_json(example[0])
    try:
        architecture.check(example[1], num_outputs=3)
    except InvalidArchitecture as error:
        # Random nesting may become too large; nothing else may be wrong with these.
        assume("are allowed" not in str(error))
        raise
    return architecture, SearchSpace(architecture.parameters)


@given(documents())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_documents_follow_the_schema_and_read_back_the_same(example: Example) -> None:
    VALIDATOR.validate(example[0])
    architecture, _ = accepted(example)
    assert Architecture.from_json(architecture.to_json()) == architecture


@given(documents(), st.integers(0, 2**32 - 1))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_every_point_resolves_within_the_size_that_was_proved(example: Example, seed: int) -> None:
    architecture, space = accepted(example)
    most = architecture.check(example[1], num_outputs=3)
    rng = np.random.default_rng(seed)
    for params in (space.check(architecture.default()), space.draw(rng), space.draw(rng)):
        network = architecture.resolve(params, example[1])
        assert network.size.or_larger(most) == most
        assert network.size.num_weights == sum(step.num_weights for step in network.steps)


@given(documents(), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_every_point_builds_with_the_shapes_and_weights_that_were_computed(example: Example, seed: int) -> None:
    architecture, space = accepted(example)
    network = architecture.resolve(space.draw(np.random.default_rng(seed)), example[1])
    keras = import_keras()
    entries = {
        name: keras.Input(
            tuple(length.low for length in each.shape), dtype="int32" if each.num_words else "float32", name=name
        )
        for name, each in example[1].items()
    }
    body = build(network, keras, entries, count(1))
    model = keras.Model(entries, body)
    assert len(body.shape) == 2
    built: dict[str, Any] = {layer.name: layer for layer in model.layers}
    for place, step in enumerate(network.steps):
        layer = next(built[name] for name in built if name.startswith(f"body_{place}_"))
        assert tuple(layer.output.shape[1:]) == step.shape
        # Layers that draw keep the state of their seed among their weights.
        weights = [weight for weight in layer.weights if "seed_generator" not in weight.path]
        assert sum(int(np.prod(weight.shape)) for weight in weights) == step.num_weights, step


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
def test_last_recurrent_layer_of_a_stack_returns_its_end(kind: str) -> None:
    layer = {"layer": kind, "units": 4}
    inputs = {"signal": DataInput.of(6, 2)}
    depth = {"type": "int", "low": 1, "high": 3, "name": "depth"}
    architecture = Architecture.from_json({"version": 1, "layers": [{"repeat": depth, "layers": [layer]}]})
    architecture.check(inputs, 2)
    shapes = [step.shape for step in architecture.resolve({"depth": 3}, inputs).steps]
    assert shapes == [(6, 4), (6, 4), (4,)]
