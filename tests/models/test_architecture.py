"""The family of networks given as data keeps every family's promises, with a document of many parts."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tuner
from tuner import layers
from tuner.architecture import Architecture, DataInput
from tuner.architecture.catalogue import CATALOGUE
from tuner.architecture.layer_kind import Takes
from tuner.data import target_profile
from tuner.data.frames import plain_frame
from tuner.data.profiling import profile_table
from tuner.data.table import build_table
from tuner.models.architecture import ArchitectureFamily
from tuner.models.networks.backends import import_keras
from tuner.models.networks.building import build
from tuner.testing.model import Data, TableFamilyContract, fit
from tuner.testing.network import NetworkContract

NETWORK = layers.Sequential(
    [
        layers.Repeat(
            layers.Named("depth", tuner.Int(1, 2)),
            [
                layers.Dense(layers.Named("units", tuner.Int(16, 64, step=16)), kernel_initializer="he_normal"),
                layers.Activation(tuner.Categorical(["relu", "gelu"])),
            ],
        ),
        layers.Residual([layers.Dense(32, activation="relu"), layers.Dropout(tuner.Float(0.05, 0.2))]),
        layers.Choice("normalization", {"none": [], "layer": [layers.LayerNormalization()]}),
    ]
)


@pytest.mark.slow
class TestArchitecture(NetworkContract, TableFamilyContract):
    family = ArchitectureFamily(NETWORK.to_json())


def reviews(num_rows: int = 300) -> Data:
    """Texts whose words tell the class, and a number that does not."""
    rng = np.random.default_rng(0)
    words = {
        "good": ["lovely", "superb", "kind", "warm", "bright", "sunny"],
        "bad": ["awful", "dull", "cold", "grim", "broken", "bleak"],
    }
    others = [f"word{number}" for number in range(60)]
    classes = rng.choice(["good", "bad"], num_rows)
    texts = [" ".join(rng.permutation([*rng.choice(words[each], 3), *rng.choice(others, 12)])) for each in classes]
    frame = plain_frame(pd.DataFrame({"review": texts, "age": rng.normal(size=num_rows), "class": classes}))
    profile = profile_table(frame)
    table = build_table(frame, profile, target_profile(profile, "class"))
    rows = np.arange(num_rows)
    return Data(profile, table, table.take(rows[: num_rows * 2 // 3]), table.take(rows[num_rows * 2 // 3 :]))


def test_words_are_read_beside_plain_columns(tmp_path: Path) -> None:
    data = reviews()
    network = layers.Sequential(
        [
            layers.Branches(
                {
                    "words": layers.Branch("review", [layers.Embedding(32), layers.GlobalAveragePooling1D()]),
                    "rest": layers.Branch("tabular", [layers.Dense(4, activation="relu")]),
                }
            ),
            layers.Dense(tuner.Int(8, 16)),
        ]
    )
    family = ArchitectureFamily(network.to_json())
    family.check(data.profile, data.table.target_profile)
    params = family.complete({"vocabulary": 2_000, "words": 64}, data.profile, data.table.target_profile)
    estimator = fit(family, data, params, seed=1, stop=lambda step: step == 25).estimator
    prediction = estimator.predict(data.validation.features)
    assert (prediction.argmax(axis=1) == data.validation.target).mean() > 0.9
    estimator.save(tmp_path)
    np.testing.assert_allclose(family.estimator.load(tmp_path).predict(data.validation.features), prediction, atol=1e-6)


DATA = {
    Takes.ANYTHING: DataInput.of(5),
    Takes.VECTOR: DataInput.of(5),
    Takes.SEQUENCE: DataInput.of(12, 3),
    Takes.IMAGE: DataInput.of(9, 8, 2),
    Takes.TOKENS: DataInput.of(10, num_words=20),
}


@pytest.mark.slow
@pytest.mark.every_backend
@pytest.mark.timeout(900)
def test_every_layer_of_the_catalogue_can_be_trained() -> None:
    keras = import_keras()
    usual = {"activation": "relu", "rate": 0.1, "stddev": 0.1}
    for kind in CATALOGUE.values():
        required = [name for name, argument in kind.arguments.items() if argument.is_required]
        arguments = {name: usual.get(name, 0.2 if "factor" in name else 2) for name in required}
        blocks = [{"layer": kind.name, **arguments}]
        if kind.is_recurrent:
            blocks.append({"layer": kind.name, **arguments, "bidirectional": True})
        data = DATA[kind.takes]
        network = Architecture.from_json({"version": 1, "layers": blocks}).resolve({}, {"data": data})
        dtype = "int32" if data.num_words else "float32"
        entry = keras.Input(tuple(length.low for length in data.shape), dtype=dtype, name="data")
        body = build(network, keras, {"data": entry}, itertools.count(1))
        model = keras.Model(entry, keras.layers.Dense(1)(body))
        model.compile("adam", "mse")
        rows = np.ones((4, *entry.shape[1:]), dtype)
        assert np.isfinite(model.train_on_batch(rows, np.zeros(4))), kind.name
