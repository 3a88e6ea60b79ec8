"""A network whose training loses its process, its worker and its server, and still comes to what it would have been."""

from __future__ import annotations

import io
import signal
import time
from typing import Any

import numpy as np
import psutil
import pytest

from tests.acceptance import tables
from tests.storms.caller import Caller
from tests.storms.conftest import NewWorker, StartServer
from tests.storms.test_zombies import create_trained, upload, wait_for
from tuner.models.networks.backends import installed_backends
from tuner.testing.server import WorkerProcess

# Small steps, so that there is something to gain in every epoch.
SLOW = {
    "version": 1,
    "parameters": {
        "keras_mlp.batch_size": {"type": "categorical", "choices": [512]},
        "keras_mlp.learning_rate": {"type": "float", "low": 1e-4, "high": 1.1e-4},
    },
}
CHECKPOINT = "checkpoint.zip"
IMPATIENT = {"TUNER_WORKER_LEASE_SECONDS": "5"}
PATIENCE_SECONDS = 200.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


class Watched:
    """The only trial of a study."""

    def __init__(self, caller: Caller, name: str, dataset: str, backend: str) -> None:
        fields: dict[str, Any] = {"seed": 4, "folds": 2, "space": SLOW, "max_attempts": 8, "backend": backend}
        study = create_trained(caller, name, dataset, "keras_mlp", **fields)
        self._caller = caller
        self._path = f"/v1/studies/{study['id']}/trials/0"

    def shown(self) -> dict[str, Any]:
        return self._caller.insist("GET", self._path).json()

    def checkpoints(self) -> set[tuple[int, str]]:
        """Attempt and content of those that the server has."""
        items = self._caller.insist("GET", f"{self._path}/artifacts").json().get("items", [])
        return {(item["attempt"], item["sha256"]) for item in items if item["name"] == CHECKPOINT}

    def wait_for_checkpoint(self, attempt: int) -> None:
        wait_for(lambda: any(of_attempt == attempt for of_attempt, _ in self.checkpoints()), PATIENCE_SECONDS)

    def completed(self) -> dict[str, Any]:
        wait_for(lambda: self.shown().get("state") == "completed", PATIENCE_SECONDS)
        return self.shown()

    def predictions(self) -> np.ndarray:
        attempt = self.shown()["attempt"]
        answer = self._caller.insist("GET", f"{self._path}/attempts/{attempt}/artifacts/predictions.npz")
        with np.load(io.BytesIO(answer.content), allow_pickle=False) as file:
            return file["prediction"]


def kill_training(worker: WorkerProcess) -> None:
    """Kill the process that trains: of the children of the fork servers the one that has worked most."""
    trainings = [child for server in psutil.Process(worker.pid).children() for child in server.children()]
    busiest = max(trainings, key=lambda process: sum(process.cpu_times()[:2]))
    busiest.send_signal(signal.SIGKILL)


def test_nothing_that_is_killed_changes_what_is_learned(
    start_server: StartServer, new_worker: NewWorker, database_kind: str, database_url: str
) -> None:
    # Another backend on the other database: each combination of the two would take minutes.
    backend = installed_backends()[0 if database_kind == "sqlite" else -1]
    server = start_server(database_url)
    first, second = (new_worker(server.url, **IMPATIENT, TUNER_WORKER_NAME=name) for name in ("first", "second"))
    with Caller([server.url]) as caller:
        dataset = upload(caller, "slow", tables.slow(), "y")
        first.start()
        whole = Watched(caller, "whole", dataset, backend)
        expected = whole.completed()
        assert expected["attempt"] == 1

        killed = Watched(caller, "killed", dataset, backend)
        killed.wait_for_checkpoint(1)
        kill_training(first)
        killed.wait_for_checkpoint(2)
        # The machine goes down, and another one takes over.
        first.kill()
        second.start()
        killed.wait_for_checkpoint(3)
        seen = killed.checkpoints()
        server.kill()
        time.sleep(1)
        server.start()
        wait_for(lambda: killed.checkpoints() != seen or killed.shown().get("state") == "completed", PATIENCE_SECONDS)
        if killed.shown()["state"] != "completed":
            # It is told to end, hands the trial back, and goes on with it after its restart.
            second.stop()
            second.start()
        found = killed.completed()
        assert found["attempt"] >= 3
        name = next(iter(expected["values"]))
        assert found["values"][name] == pytest.approx(expected["values"][name], rel=1e-4)
        assert found["metrics"]["best_step"] == expected["metrics"]["best_step"]
        np.testing.assert_allclose(killed.predictions(), whole.predictions(), rtol=1e-3, atol=1e-4)
        wait_for(lambda: killed.checkpoints() == set(), 10)
    assert "training goes on" in first.log
    assert "training goes on" in second.log
