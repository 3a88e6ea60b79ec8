"""Workers are killed, asked to end, and meet tables they cannot train on."""

from __future__ import annotations

import time

import pytest

from tests.acceptance import tables
from tests.acceptance.service import Service, wait_until

pytestmark = pytest.mark.slow

# Fifty trees that look at nearly every column: seconds of training, with a report for each batch of trees.
LONG = {
    "version": 1,
    "parameters": {
        "random_forest.trees": {"type": "int", "low": 40, "high": 50, "step": 10},
        "random_forest.max_features": {"type": "float", "low": 0.9, "high": 1.0},
    },
}
# A penalty below zero is one that the library refuses.
REFUSED = {"version": 1, "parameters": {"linear.l2": {"type": "float", "low": -2.0, "high": -1.0}}}


def start_long_trial(service: Service) -> str:
    """A study of one trial that takes long; its id."""
    dataset = service.upload(tables.slow(), "slow", "y")
    return service.create_study(
        name="long",
        dataset=dataset,
        models=["random_forest"],
        space=LONG,
        pruner="none",
        ensemble=False,
        budget={"trials": 1},
    )


def test_the_trial_of_a_killed_worker_is_tried_again(either_service: Service) -> None:
    service = either_service
    service.start_server()
    worker = service.start_worker(TUNER_WORKER_LEASE_SECONDS="2")
    study = start_long_trial(service)
    service.wait_trial(study, 0, lambda trial: trial["last_step"] is not None)
    assert service.trainings()
    worker.kill()
    wait_until(lambda: not service.trainings(), 20)

    second = service.start_worker(TUNER_WORKER_LEASE_SECONDS="2")
    assert service.wait_finished(study)["state"] == "completed"
    (trial,) = service.trials(study)
    assert (trial["state"], trial["attempt"]) == ("completed", 2)
    steps = [item["step"] for item in service.get(f"/studies/{study}/trials/0/measurements")["items"]]
    assert len(steps) > len(set(steps))
    assert second.terminate() == 0


def test_a_worker_that_is_asked_to_end_hands_its_trial_back(service: Service) -> None:
    service.start_server()
    worker = service.start_worker(TUNER_WORKER_GRACE_SECONDS="0.5")
    study = start_long_trial(service)
    service.wait_trial(study, 0, lambda trial: trial["last_step"] is not None)
    assert worker.terminate() == 0
    assert not service.trainings()
    trial = service.get(f"/studies/{study}/trials/0")
    assert trial["state"] == "waiting"
    assert service.get(f"/studies/{study}")["counts"]["waiting"] == 1
    # Nobody has to wait for a lease of a minute to run out.
    service.start_worker()
    service.wait_trial(study, 0, lambda trial: trial["state"] == "running", 10)
    service.post(f"/studies/{study}/cancel")
    assert service.wait_finished(study)["state"] == "cancelled"


def test_a_worker_that_is_asked_to_end_finishes_a_short_trial(service: Service) -> None:
    service.start_server()
    worker = service.start_worker(TUNER_WORKER_GRACE_SECONDS="30")
    table = tables.wine()
    dataset = service.upload(table.csv, "wine", table.target)
    study = service.create_study(
        name="short", dataset=dataset, models=["linear"], budget={"trials": 50}, ensemble=False
    )
    service.wait_for(study, lambda body: body["counts"]["running"] == 1)
    assert worker.terminate() == 0
    counts = service.get(f"/studies/{study}")["counts"]
    # A claim that was under way may have brought one trial more, which was handed back.
    assert counts["running"] == counts["failed"] == 0
    assert counts["completed"] >= 1


def test_a_worker_waits_for_a_server_that_is_not_there_yet(service: Service) -> None:
    service.start_server()
    service.server.kill()
    worker = service.launch_worker()
    time.sleep(1)
    service.start_server()
    assert worker.wait_ready()["pid"] == worker.pid


def test_a_family_that_fails_fails_its_trials_and_not_the_study(service: Service) -> None:
    service.start_server()
    service.start_worker()
    table = tables.wine()
    dataset = service.upload(table.csv, "wine", table.target)
    study = service.create_study(
        name="partly",
        dataset=dataset,
        models=["linear", "lightgbm"],
        space=REFUSED,
        ensemble=False,
        sampler="random",
        seed=3,
        budget={"trials": 6},
    )
    finished = service.wait_finished(study)
    assert finished["state"] == "completed"
    board = list(service.trials(study, order_by="rank"))
    failed = [trial for trial in board if trial["state"] == "failed"]
    assert {trial["params"]["model"] for trial in failed} == {"linear"}
    assert {trial["params"]["model"] for trial in board if trial["state"] == "completed"} == {"lightgbm"}
    assert board[-len(failed) :] == failed
    assert finished["counts"]["failed"] == len(failed)
    for trial in failed:
        assert trial["failure"] == "error"
        assert trial["attempt"] == 1
        assert trial["rank"] is None
        assert trial["message"].startswith("Traceback (most recent call last):")
        assert "InvalidParameterError" in trial["message"]
        log = service.request("GET", f"/studies/{study}/trials/{trial['number']}/logs").text
        assert "InvalidParameterError" in log


def test_a_training_beyond_its_time_fails_and_the_study_goes_on(service: Service) -> None:
    service.start_server()
    service.start_worker(TUNER_WORKER_TRIAL_SECONDS="1")
    study = start_long_trial(service)
    assert service.wait_finished(study)["state"] == "completed"
    (trial,) = service.trials(study)
    assert (trial["state"], trial["failure"]) == ("failed", "timeout")
    assert "more than the 1 seconds allowed" in trial["message"]
    assert not service.get(f"/studies/{study}")["counts"]["running"]
