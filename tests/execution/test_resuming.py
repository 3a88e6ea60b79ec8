"""Trainings that end before they are done, and the attempts that go on from their checkpoints."""

from __future__ import annotations

import io
import os
import signal
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from tests.api.conftest import served
from tests.execution.conftest import ActingExecutor
from tests.execution.test_claim_loop import wait_for
from tests.training.descent import trained_epochs
from tuner.client.http_transport import HttpTransport
from tuner.execution import ClaimLoop, Execution, LocalExecutor, ProcessLimits, RunLimits
from tuner.execution.artifact_cache import ArtifactCache
from tuner.execution.dataset_cache import DatasetCache
from tuner.records import CHECKPOINT
from tuner.training import TrainingJob
from tuner.wire import BudgetBody, CreateStudy, DatasetResource, StudyResource, TrialState
from tuner.wire.artifacts import LOG, PREDICTIONS

EPOCHS = 10
LIMITS = RunLimits(log_seconds=0.1, checkpoint_seconds=0.1)

StartLoop = Callable[..., ClaimLoop]


class DescentExecutor(LocalExecutor):
    """Trains by gradient descent whatever it is told to train."""

    train: ClassVar[str] = "tests.training.descent:act"
    modules: ClassVar[tuple[str, ...]] = ()

    def start(self, job: TrainingJob) -> Execution:
        params = {"epochs": EPOCHS, "learning_rate": 1e-3, "pause": 0.25}
        return super().start(replace(job, family="descent", params=params, scored_folds=1))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's folder."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def transport(home: Path) -> Iterator[HttpTransport]:
    with served(home) as client:
        transport = HttpTransport(str(client.base_url), patience_seconds=0.0)
        yield transport
        transport.close()


@pytest.fixture(scope="module")
def dataset(transport: HttpTransport, tmp_path_factory: pytest.TempPathFactory) -> DatasetResource:
    generator = np.random.default_rng(3)
    x, y, noise = generator.normal(size=(3, 200))
    path = tmp_path_factory.mktemp("tables") / "line.csv"
    pd.DataFrame({"x": x, "y": y, "z": x - 2 * y + noise}).to_csv(path, index=False)
    return transport.upload_dataset(path, name="line", target="z")


@pytest.fixture
def new_study(
    transport: HttpTransport, dataset: DatasetResource, request: pytest.FixtureRequest
) -> Callable[[str], StudyResource]:
    """Makes studies that differ in nothing but their names."""

    def make(name: str) -> StudyResource:
        body = CreateStudy(
            name=f"{request.node.name} {name}",
            dataset=dataset.id,
            models=["linear"],
            folds=4,
            seed=5,
            sampler="random",
            pruner="none",
            ensemble=False,
            budget=BudgetBody(trials=1),
        )
        return transport.create_study(body, key=uuid.uuid4().hex)

    return make


@pytest.fixture
def start(python_path: None, transport: HttpTransport, tmp_path: Path) -> Iterator[StartLoop]:
    """Starts loops that have nothing in common but the server."""
    started: list[tuple[ClaimLoop, LocalExecutor]] = []

    def make(name: str, *, executor: type[LocalExecutor] = DescentExecutor, lease_seconds: float = 60.0) -> ClaimLoop:
        folder = tmp_path / name
        own = executor(folder / "runs", limits=ProcessLimits(terminate_seconds=1.0))
        loop = ClaimLoop(
            transport,
            own,
            DatasetCache(folder / "datasets"),
            ArtifactCache(folder / "artifacts"),
            worker=name,
            slots=1,
            families=["linear"],
            wait_seconds=0.2,
            lease_seconds=lease_seconds,
            limits=LIMITS,
        )
        loop.start()
        started.append((loop, own))
        return loop

    yield make
    for loop, own in started:
        loop.stop()
        own.close()


class Watched:
    """The first trial of a study, from outside."""

    def __init__(self, transport: HttpTransport, study: StudyResource) -> None:
        self._transport = transport
        self._study = study.id

    def wait_for_step(self, step: int) -> None:
        wait_for(lambda: self._transport.study(self._study).num_trials > 0)
        wait_for(lambda: (self._transport.trial(self._study, 0).last_step or 0) >= step)

    def wait_for_checkpoint(self, attempt: int) -> None:
        wait_for(lambda: (attempt, CHECKPOINT) in self.artifacts)

    def finished(self) -> tuple[TrialState, int]:
        """State and attempt in the end."""
        wait_for(lambda: self._transport.study(self._study).num_trials > 0)
        wait_for(lambda: self._transport.trial(self._study, 0).state.is_finished, 60)
        trial = self._transport.trial(self._study, 0)
        return trial.state, trial.attempt

    @property
    def artifacts(self) -> set[tuple[int, str]]:
        return {(item.attempt, item.name) for item in self._transport.artifacts(self._study, 0).items}

    def read(self, attempt: int, name: str) -> bytes:
        return b"".join(self._transport.read_artifact(self._study, 0, attempt, name))

    def epochs(self, attempt: int) -> list[int]:
        return trained_epochs(self.read(attempt, LOG).decode())

    def pid(self, attempt: int) -> int:
        wait_for(lambda: (attempt, LOG) in self.artifacts and b"pid" in self.read(attempt, LOG))
        return int(self.read(attempt, LOG).split()[1])

    def predictions(self, attempt: int) -> np.ndarray:
        with np.load(io.BytesIO(self.read(attempt, PREDICTIONS)), allow_pickle=False) as file:
            return file["prediction"]

    def curve(self, attempt: int) -> dict[int, float]:
        items = self._transport.measurements(self._study, 0).items
        return {item.step: item.value for item in items if item.attempt == attempt}


def check_resumed(watched: Watched, whole: Watched, attempt: int) -> None:
    """Whether this attempt has gone on where the one before was, to what comes of a training without a break."""
    assert whole.finished() == (TrialState.COMPLETED, 1)
    assert watched.finished() == (TrialState.COMPLETED, attempt)
    assert whole.epochs(1) == list(range(1, EPOCHS + 1))
    epochs = watched.epochs(attempt)
    assert epochs == list(range(epochs[0], EPOCHS + 1))
    assert epochs[0] > 1
    np.testing.assert_allclose(watched.predictions(attempt), whole.predictions(1), rtol=1e-12)
    assert watched.curve(attempt) == whole.curve(1)
    # Nobody needs it any more.
    wait_for(lambda: CHECKPOINT not in {name for _, name in watched.artifacts})


@pytest.mark.slow
def test_killed_training_goes_on_where_it_was(
    start: StartLoop, new_study: Callable[[str], StudyResource], transport: HttpTransport
) -> None:
    start("only")
    watched = Watched(transport, new_study("killed"))
    watched.wait_for_step(5)
    os.kill(watched.pid(1), signal.SIGKILL)
    watched.finished()
    # It had a checkpoint of its last step on the disk, whether or not that had been uploaded.
    assert watched.epochs(2)[0] == watched.epochs(1)[-1] + 1 or watched.epochs(2)[0] == watched.epochs(1)[-1]
    whole = Watched(transport, new_study("whole"))
    check_resumed(watched, whole, attempt=2)


@pytest.mark.slow
def test_trial_handed_back_goes_on_with_another_worker(
    start: StartLoop, new_study: Callable[[str], StudyResource], transport: HttpTransport
) -> None:
    first = start("first")
    watched = Watched(transport, new_study("handed back"))
    watched.wait_for_step(4)
    first.stop()
    start("second")
    whole = Watched(transport, new_study("whole"))
    check_resumed(watched, whole, attempt=2)
    assert watched.epochs(2)[0] >= 4


@pytest.mark.slow
def test_damaged_checkpoint_costs_no_trial(
    start: StartLoop, new_study: Callable[[str], StudyResource], transport: HttpTransport, home: Path
) -> None:
    first = start("first")
    watched = Watched(transport, new_study("damaged"))
    watched.wait_for_checkpoint(1)
    first.stop()
    files = [path for path in home.rglob("artifacts/*/0/1/*") if path.is_file()]
    assert files
    for path in files:
        path.write_bytes(b"damaged")
    start("second")
    assert watched.finished() == (TrialState.COMPLETED, 2)


def test_training_without_checkpoints_begins_anew(
    start: StartLoop, new_study: Callable[[str], StudyResource], transport: HttpTransport
) -> None:
    def acting(folder: Path, **settings: object) -> LocalExecutor:
        return ActingExecutor(folder, acts=["die_by_sigkill", "count_to_three"], **settings)

    start("only", executor=acting)
    watched = Watched(transport, new_study("without"))
    assert watched.finished() == (TrialState.COMPLETED, 2)
    assert sorted(watched.curve(2)) == [1, 2, 3]
