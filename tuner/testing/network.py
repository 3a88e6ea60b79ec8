"""What families of networks promise beside what all families do. Mix ``NetworkContract`` into a contract of a family.

Promises marked ``every_backend`` depend on what Keras runs on; ``tests/models/test_backends.py`` checks them on all.

Example:
    ```python
    class TestKerasMLP(NetworkContract, TableFamilyContract):
        family = KerasMLP()
    ```
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tuner.data import Task
from tuner.errors import TrainingFailed
from tuner.models import Verdict
from tuner.models.networks import NetworkEstimator
from tuner.testing.model import Curve, Data, ModelFamilyContract, assert_flat_without_pickles, each_task, fit

_KILLED_AFTER, _LAST = 3, 6


class Killed(Exception):
    """Stands for the end of a process in the middle of a training."""


class CheckpointedCurve(Curve):
    """A curve with a place for one checkpoint.

    Args:
        data: Where the epochs are scored.
        folder: Where the checkpoint is written to, and read from if there is one.
        last: The epoch that ends the training.
        killed_after: The epoch after whose checkpoint the training is killed; None: it is not.
    """

    def __init__(self, data: Data, folder: Path, last: int, killed_after: int | None = None) -> None:
        super().__init__(data, lambda step: step == last, lambda: False)
        self._folder = folder
        self._killed_after = killed_after

    def __call__(self, step: int, prediction: NDArray[np.float64]) -> Verdict:
        if self._killed_after is not None and step > self._killed_after:
            raise Killed
        return super().__call__(step, prediction)

    def resume(self) -> Path | None:
        return self._folder if any(self._folder.iterdir()) else None

    def checkpoint(self, step: int, write: Callable[[Path], None]) -> bool:
        if step != self._killed_after:
            return False
        write(self._folder)
        return True


class NetworkContract(ModelFamilyContract):
    """The promises of a network."""

    @pytest.mark.every_backend
    @each_task
    def test_default_learns_the_relation(self, task: Task) -> None:
        super().test_default_learns_the_relation(task)

    @pytest.mark.every_backend
    @each_task
    def test_the_kept_step_is_the_model(self, task: Task) -> None:
        super().test_the_kept_step_is_the_model(task)

    @pytest.mark.every_backend
    @each_task
    def test_loaded_model_predicts_the_same(self, task: Task, tmp_path: Path) -> None:
        super().test_loaded_model_predicts_the_same(task, tmp_path)

    @pytest.mark.every_backend
    @pytest.mark.parametrize("task", [Task.MULTICLASS, Task.REGRESSION])
    def test_resumed_training_ends_where_an_unbroken_one_does(self, task: Task, tmp_path: Path) -> None:
        data = self.data(task)
        params = self.family.default(data.profile, data.table.target_profile)
        unbroken = fit(self.family, data, params, seed=5, stop=lambda step: step == _LAST)
        with pytest.raises(Killed):
            self.family.build(params, seed=5, threads=1).fit(
                data.train, data.validation, CheckpointedCurve(data, tmp_path, _LAST, _KILLED_AFTER)
            )
        assert_flat_without_pickles(tmp_path)
        curve = CheckpointedCurve(data, tmp_path, _LAST)
        resumed = self.family.build(params, seed=5, threads=1)
        kept = resumed.fit(data.train, data.validation, curve)
        assert kept == unbroken.kept
        assert curve.steps[-_LAST + _KILLED_AFTER :] == list(range(_KILLED_AFTER + 1, _LAST + 1))
        # What was best before the break is known after it.
        assert set(curve.steps) - set(range(_KILLED_AFTER, _LAST + 1)) <= set(range(1, _KILLED_AFTER))
        np.testing.assert_allclose(curve.reported[-1], unbroken.reported[-1], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(
            resumed.predict(data.validation.features),
            unbroken.estimator.predict(data.validation.features),
            rtol=1e-4,
            atol=1e-6,
        )

    @pytest.mark.every_backend
    def test_same_seed_gives_same_weights(self) -> None:
        data = self.data(self._any_task)
        first, again = (fit(self.family, data, seed=7, stop=lambda step: step == 2).estimator for _ in range(2))
        assert isinstance(first, NetworkEstimator)
        assert isinstance(again, NetworkEstimator)
        for weights, same in zip(first.weights(), again.weights(), strict=True):
            np.testing.assert_array_equal(weights, same)

    @pytest.mark.every_backend
    def test_saved_network_is_loaded_by_keras_alone(self, tmp_path: Path) -> None:
        data = self.data(self._any_task)
        estimator = fit(self.family, data, stop=lambda step: step == 1).estimator
        estimator.save(tmp_path)
        with zipfile.ZipFile(tmp_path / "model.keras") as saved:
            config = saved.read("config.json").decode()
        # Code of others is named with its package.
        assert "tuner" not in config

    @pytest.mark.every_backend
    def test_loss_that_is_not_finite_fails_with_the_reason(self) -> None:
        data = self.data(self._any_task)
        params = self.family.default(data.profile, data.table.target_profile)
        with pytest.raises(TrainingFailed, match="not a finite number in epoch 1") as caught:
            fit(self.family, data, {**params, "learning_rate": 1e30})
        assert caught.value.reason == "nan"
