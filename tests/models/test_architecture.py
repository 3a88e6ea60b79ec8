"""The family of networks given as data keeps every family's promises, with a document of many parts."""

from __future__ import annotations

import pytest

import tuner
from tuner import layers
from tuner.models.architecture import ArchitectureFamily
from tuner.testing.model import TableFamilyContract
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
