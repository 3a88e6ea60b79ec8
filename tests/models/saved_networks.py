"""Trains a network of each family, or predicts with those that others trained: one process for each backend.

Run as ``python -m tests.models.saved_networks train|predict FOLDER``. Each network lies in ``FOLDER/BACKEND/CONTRACT``
with its own predictions beside it.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

import numpy as np

import tests.models
from tuner.models.networks import chosen_backend
from tuner.testing.model import fit
from tuner.testing.network import NetworkContract


def contracts() -> dict[str, type[NetworkContract]]:
    """All contracts of networks in the modules beside this one, by name."""
    for module in pkgutil.iter_modules(tests.models.__path__):
        if module.name.startswith("test_"):
            importlib.import_module(f"tests.models.{module.name}")
    return {contract.__name__: contract for contract in _descendants(NetworkContract) if hasattr(contract, "family")}


def train(folder: Path) -> None:
    """Train two epochs of each family's default, and write network and predictions."""
    for name, contract in contracts().items():
        own = folder / chosen_backend() / name
        own.mkdir(parents=True)
        data = contract.data(contract.family.tasks[0])
        estimator = fit(contract.family, data, stop=lambda step: step == 2).estimator
        estimator.save(own)
        np.save(folder / chosen_backend() / f"{name}.npy", estimator.predict(data.validation.features))


def predict(folder: Path) -> None:
    """Load every network, whatever it was trained on, and compare what it predicts with what it did there."""
    for name, contract in contracts().items():
        data = contract.data(contract.family.tasks[0])
        for own in sorted(folder.glob(f"*/{name}")):
            prediction = contract.family.estimator.load(own).predict(data.validation.features)
            expected = np.load(own.with_suffix(".npy"))
            message = f"{name} of {own.parent.name} on {chosen_backend()}"
            np.testing.assert_allclose(prediction, expected, rtol=1e-4, atol=1e-5, err_msg=message)
            print(own.parent.name, chosen_backend().value, name)


def _descendants(base: type[NetworkContract]) -> set[type[NetworkContract]]:
    return {found for child in base.__subclasses__() for found in (child, *_descendants(child))}


if __name__ == "__main__":
    {"train": train, "predict": predict}[sys.argv[1]](Path(sys.argv[2]))
