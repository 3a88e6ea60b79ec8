from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import pytest

import tuner
from tuner import layers
from tuner.architecture import Architecture
from tuner.architecture.catalogue import CATALOGUE
from tuner.errors import InvalidArchitecture


def required(kind: str) -> dict[str, Any]:
    usual = {"activation": "relu", "rate": 0.1, "stddev": 0.1}
    arguments = CATALOGUE[kind].arguments
    return {
        name: usual.get(name, 0.2 if "factor" in name else 2)
        for name, argument in arguments.items()
        if argument.is_required
    }


@pytest.mark.parametrize("kind", CATALOGUE)
def test_every_layer_has_a_builder_with_its_arguments_and_defaults(kind: str) -> None:
    signature = inspect.signature(getattr(layers, kind))
    known = CATALOGUE[kind].arguments
    assert set(signature.parameters) == {*known, "name"}
    for name, argument in known.items():
        expected = inspect.Parameter.empty if argument.is_required else argument.default
        assert signature.parameters[name].default == expected
    assert getattr(layers, kind)(**required(kind)).to_json() == {"layer": kind, **required(kind)}


def test_builders_write_the_json_that_one_would_write_by_hand() -> None:
    units = layers.Named("units", tuner.Int(16, 256, step=16))
    network = layers.Sequential(
        [
            layers.Conv2D(tuner.Int(8, 64, log=True), 3, activation="relu", name="stem"),
            layers.Residual([layers.Conv2D(32, [3, tuner.Int(1, 3)], padding="same"), layers.BatchNormalization()]),
            layers.Repeat(
                layers.Named("depth", tuner.Int(1, 3)),
                [layers.Dense(units, activation=tuner.Categorical(["relu", "gelu"]))],
            ),
            layers.Choice("head", {"plain": [], "dropout": [layers.Dropout(tuner.Float(0.1, 0.5))]}),
            layers.Branches({"here": [], "again": layers.Branch("stem", [{"layer": "Flatten"}])}),
        ]
    )
    assert network.to_json() == {
        "version": 1,
        "layers": [
            {
                "layer": "Conv2D",
                "filters": {"type": "int", "low": 8, "high": 64, "log": True},
                "kernel_size": 3,
                "activation": "relu",
                "name": "stem",
            },
            {
                "branches": {
                    "skip": [],
                    "main": [
                        {
                            "layer": "Conv2D",
                            "filters": 32,
                            "kernel_size": [3, {"type": "int", "low": 1, "high": 3}],
                            "padding": "same",
                        },
                        {"layer": "BatchNormalization"},
                    ],
                },
                "merge": "add",
            },
            {
                "repeat": {"type": "int", "low": 1, "high": 3, "name": "depth"},
                "layers": [
                    {
                        "layer": "Dense",
                        "units": {"type": "int", "low": 16, "high": 256, "step": 16, "name": "units"},
                        "activation": {"type": "categorical", "choices": ["relu", "gelu"]},
                    }
                ],
            },
            {
                "choice": "head",
                "of": {
                    "plain": [],
                    "dropout": [{"layer": "Dropout", "rate": {"type": "float", "low": 0.1, "high": 0.5}}],
                },
            },
            {
                "branches": {"here": [], "again": {"from": "stem", "layers": [{"layer": "Flatten"}]}},
                "merge": "concatenate",
            },
        ],
    }
    assert list(Architecture.from_json(network.to_json()).parameters) == [
        "stem.filters",
        "branches.main.conv2d.kernel_size.1",
        "depth",
        "units",
        "depth.1.dense.activation",
        "depth.2.dense.activation",
        "depth.3.dense.activation",
        "head",
        "head.dropout.dropout.rate",
    ]


def test_source_of_a_network_is_an_input_of_the_data() -> None:
    assert layers.Sequential([layers.Dense(8)], source="photo").to_json()["from"] == "photo"


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: layers.Dense(0), r"Dense: units must be a whole number from 1 to 4,096, got 0"),
        (lambda: layers.Dense(tuner.Float(1, 9)), "Dense: units.type must fit"),
        (lambda: layers.Dropout(tuner.Float(0.1, 1.5)), r"Dropout: rate.high must be a number from 0 to 0.95"),
        (lambda: layers.LSTM(8, activation="rleu"), "LSTM: activation must be one of"),
        (lambda: layers.Repeat(0, [layers.Dense(8)]), "Repeat: repeat must be at least 1"),
        (lambda: layers.Repeat(2, layers.Dense(8)), "needs a list of layers, got Block"),
        (lambda: layers.Choice("head", {}), "Choice: of must be an object"),
        (lambda: layers.Branches({"a": []}, merge="sum"), "Branches: merge must be one of"),
        (lambda: layers.Sequential([{"layer": "Lambda"}]), "never done"),
        (lambda: layers.Sequential([layers.Dense(8, name="a"), layers.Dense(8, name="a")]), "earlier block"),
    ],
)
def test_faults_are_told_where_a_layer_is_made(build: Any, words: str) -> None:
    with pytest.raises(InvalidArchitecture, match=words):
        build()


def test_builders_import_neither_numpy_nor_keras() -> None:
    program = (
        "import sys, tuner; tuner.layers.Sequential([tuner.layers.Dense(tuner.Int(1, 8))]).to_json(); "
        "print([name for name in ('numpy', 'pandas', 'keras', 'httpx', 'pydantic') if name in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
