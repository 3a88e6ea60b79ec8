"""Networks for tables keep the promises of the shipped contract suites, and what they share keeps its own."""

from __future__ import annotations

import numpy as np
import pytest

from tuner.data import Task
from tuner.models.keras_mlp import KerasMLP
from tuner.models.keras_resnet import KerasResNet
from tuner.testing.model import TableFamilyContract, fit, small_data
from tuner.testing.network import NetworkContract
from tuner.training import metric


@pytest.mark.slow
class TestKerasMLP(NetworkContract, TableFamilyContract):
    family = KerasMLP()


@pytest.mark.slow
class TestKerasResNet(NetworkContract, TableFamilyContract):
    family = KerasResNet()


def test_keras_network_learns_and_is_restored(tmp_path):
    data = small_data(Task.BINARY)
    estimator = fit(KerasMLP(), data, stop=lambda epoch: epoch == 8).estimator
    estimator.save(tmp_path)
    prediction = KerasMLP.estimator.load(tmp_path).predict(data.validation.features)
    assert metric("roc_auc", Task.BINARY).score(data.validation.target, prediction) > 0.85
    np.testing.assert_array_equal(prediction, estimator.predict(data.validation.features))
