"""Weights drawn by NumPy begin as Keras would have them begin."""

from __future__ import annotations

import numpy as np
import pytest

from tuner.models.networks.backends import import_keras
from tuner.models.networks.drawing import drawn, restore_initializers

SHAPES = [(40, 60), (3, 3, 20, 40), (3, 50, 20), (2_000,)]
INITIALIZERS = [
    *("GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform"),
    *("RandomNormal", "RandomUniform"),
]


@pytest.fixture(scope="module")
def keras():
    return import_keras()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", INITIALIZERS)
def test_distribution_is_that_of_keras(keras, name, shape):
    initializer = getattr(keras.initializers, name)
    ours = drawn(initializer(seed=3))(shape)
    keras_s = keras.ops.convert_to_numpy(initializer(seed=3)(shape))
    assert ours.shape == shape
    assert ours.dtype == np.float32
    assert ours.std() == pytest.approx(keras_s.std(), rel=0.1)
    assert abs(ours.mean()) < 0.15 * ours.std()
    # Both end at the same place, where they have an end: two deviations, or that of a uniform distribution.
    assert np.abs(ours).max() == pytest.approx(np.abs(keras_s).max(), rel=0.35)


@pytest.mark.parametrize("shape", [(20, 60), (60, 20), (3, 3, 5, 8)], ids=str)
def test_orthogonal_weights_are(keras, shape):
    weights = drawn(keras.initializers.Orthogonal(gain=2.0, seed=1))(shape).reshape(-1, shape[-1])
    narrow = weights if weights.shape[0] >= weights.shape[1] else weights.T
    np.testing.assert_allclose(narrow.T @ narrow, 4 * np.eye(narrow.shape[1]), atol=1e-4)


def test_seed_decides(keras):
    first, again, other = (drawn(keras.initializers.HeNormal(seed=seed))((5, 5)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_what_begins_alike_is_left_alone(keras):
    zeros = keras.initializers.Zeros()
    assert drawn(zeros) is zeros


def test_layers_name_the_initializers_of_keras_once_these_are_restored(keras):
    def network(kernel, recurrent):
        entry = keras.Input((6, 2))
        forward, backward = (
            keras.layers.GRU(4, kernel_initializer=kernel, recurrent_initializer=recurrent, go_backwards=way, seed=0)
            for way in (False, True)
        )
        x = keras.layers.Bidirectional(forward, backward_layer=backward)(entry)
        return keras.Model(entry, keras.layers.Dense(3, kernel_initializer=kernel)(x))

    kernel, recurrent = keras.initializers.HeNormal(seed=1), keras.initializers.Orthogonal(seed=2)
    model = network(drawn(kernel), drawn(recurrent))
    assert "Drawn" in model.to_json()
    restore_initializers(model)
    found = [layer["config"] for layer in model.get_config()["layers"]]
    keras.backend.clear_session()
    wanted = [layer["config"] for layer in network(kernel, recurrent).get_config()["layers"]]
    assert str(found).count("HeNormal") == 3
    assert "Drawn" not in model.to_json()
    assert str(found).count("Orthogonal") == str(wanted).count("Orthogonal") == 2
