"""Trains a network of each family, or goes on with those that others trained: one process for each backend.

Run as ``python -m tests.models.saved_networks train|predict FOLDER``. Each network lies in ``FOLDER/BACKEND/CONTRACT``
with its own predictions beside it, a training that was killed after an epoch in ``FOLDER/BACKEND/checkpoint``.
"""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import sys
from pathlib import Path

import numpy as np

import tests.models
from tuner.data import Task
from tuner.models.keras_mlp import KerasMLP
from tuner.models.networks import chosen_backend
from tuner.testing.model import fit, small_data
from tuner.testing.network import CheckpointedCurve, Killed, NetworkContract


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


def kill(folder: Path) -> None:
    """Leave the checkpoint of a training after its first epoch."""
    own = folder / chosen_backend() / "checkpoint"
    own.mkdir()
    curve = _checkpointed(own, killed_after=1)
    with contextlib.suppress(Killed):
        _fit(curve)
    np.save(own.with_suffix(".npy"), curve.reported[0])


def resume(folder: Path) -> None:
    """Go on from every checkpoint, whatever wrote it: the epoch that was done is as it was, and another follows."""
    for own in sorted(folder.glob("*/checkpoint")):
        curve = _checkpointed(own)
        _fit(curve)
        assert curve.steps == [1, 2], curve.steps
        np.testing.assert_allclose(curve.reported[0], np.load(own.with_suffix(".npy")), rtol=1e-4, atol=1e-5)


def _checkpointed(own: Path, killed_after: int | None = None) -> CheckpointedCurve:
    return CheckpointedCurve(small_data(Task.BINARY), own, last=2, killed_after=killed_after)


def _fit(curve: CheckpointedCurve) -> None:
    data, family = small_data(Task.BINARY), KerasMLP()
    params = family.default(data.profile, data.table.target_profile)
    family.build(params, seed=0, threads=1).fit(data.train, data.validation, curve)


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
    steps = {"train": (train, kill), "predict": (predict, resume)}
    for step in steps[sys.argv[1]]:
        step(Path(sys.argv[2]))
