"""Server and workers are killed again and again, at whatever they are just doing."""

from __future__ import annotations

import random
import time

import pytest

from tests.acceptance import tables
from tests.acceptance.service import Service

TRIALS = 12
IMPATIENT = {"TUNER_WORKER_LEASE_SECONDS": "5", "TUNER_WORKER_SLOTS": "2"}


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "seconds", [pytest.param(12, marks=pytest.mark.slow), pytest.param(240, marks=pytest.mark.soak)]
)
def test_a_study_comes_out_whole(either_service: Service, seconds: int) -> None:
    service = either_service
    chance = random.Random(1)
    service.start_server()
    worker = service.start_worker(**IMPATIENT)
    table = tables.wine()
    dataset = service.upload(table.csv, "wine", table.target)
    # A worker that dies with its trial is no fault of the trial: here it may happen more than three times.
    study = service.create_study(
        name="stormy", dataset=dataset, models=["linear", "lightgbm"], budget={"trials": TRIALS}, max_attempts=100
    )
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        time.sleep(chance.uniform(0.1, 2))
        if chance.random() < 0.75:
            service.server.kill()
            service.start_server()
        else:
            worker.kill()
            worker = service.launch_worker(**IMPATIENT)
    finished = service.wait_finished(study, 120)
    assert finished["state"] == "completed"
    trials = list(service.trials(study))
    assert [trial["number"] for trial in trials] == list(range(len(trials)))
    assert finished["num_counted"] == TRIALS
    unexpected = [trial for trial in trials if trial["state"] not in ("completed", "pruned")]
    assert unexpected == []
    assert trials[0]["origin"] == "baseline"
    # The last trial may be a candidate that was given up, which changes no ensemble.
    assert "ensemble" in {trial["origin"] for trial in trials}
    assert finished["counts"]["completed"] == sum(trial["state"] == "completed" for trial in trials)
    for trial in trials:
        if trial["state"] == "completed":
            path = f"/studies/{study}/trials/{trial['number']}/attempts/{trial['attempt']}/artifacts"
            assert service.request("GET", f"{path}/predictions.npz").content
            assert service.request("GET", f"{path}/model.zip").content
    assert not [name for name, log in service.logs() if "Traceback" in log]
