"""The server is killed at any moment, or asked to end, and started again."""

from __future__ import annotations

import threading
import time

import httpx
import pytest

from tests.acceptance import tables
from tests.acceptance.service import Body, Service, wait_until

SPACE = {"version": 1, "parameters": {"x": {"type": "float", "low": 0.0, "high": 1.0}}}


class Recorder:
    """A client that runs trials of its own and writes down every answer it got, and keeps on while the server is away.

    Args:
        service: Where the study is.
        study: A study over ``x``.
    """

    def __init__(self, service: Service, study: str) -> None:
        self.asked: dict[int, float] = {}
        self.told: dict[int, float] = {}
        self._service = service
        self._study = study
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Recorder:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        with httpx.Client(base_url=f"{self._service.url}/v1/studies/{self._study}", trust_env=False) as http:
            while not self._is_over.is_set():
                reply = self._insist(http, "/suggest", {"worker": "recorder", "lease_seconds": 600.0})
                if reply is None:
                    return
                (leased,) = reply["trials"]
                number, x = leased["trial"]["number"], leased["trial"]["params"]["x"]
                assert number not in self.asked
                self.asked[number] = x
                result = {"lease": leased["lease"], "state": "completed", "values": {"loss": x * x}}
                if self._insist(http, f"/trials/{number}/complete", result) is not None:
                    self.told[number] = x * x

    def _insist(self, http: httpx.Client, path: str, body: Body) -> Body | None:
        """Post under one key until an answer comes; None when the time is over."""
        headers = {"Idempotency-Key": f"{path}-{time.monotonic_ns()}"}
        while not self._is_over.is_set():
            try:
                answer = http.post(path, json=body, headers=headers)
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            if answer.status_code != 503:
                assert answer.status_code == 200, answer.text
                return dict(answer.json())
        return None


@pytest.mark.slow
def test_what_was_acknowledged_survives_kills(either_service: Service) -> None:
    service = either_service
    service.start_server()
    study = service.create_study(name="mine", space=SPACE, objectives={"loss": "minimize"}, sampler="random")
    with Recorder(service, study) as recorder:
        for num_told in (7, 17, 29):
            wait_until(lambda least=num_told: len(recorder.told) >= least)
            service.server.kill()
            service.start_server()
        wait_until(lambda: len(recorder.told) >= 35)
    trials = list(service.trials(study))
    assert [trial["number"] for trial in trials] == list(range(len(trials)))
    stored = {trial["number"]: trial for trial in trials}
    assert {number: stored[number]["params"]["x"] for number in recorder.asked} == recorder.asked
    assert {number: stored[number]["values"]["loss"] for number in recorder.told} == recorder.told
    counts = service.get(f"/studies/{study}")["counts"]
    assert counts["completed"] == sum(trial["state"] == "completed" for trial in trials)
    # One ask or result may have been under way when the recorder stopped.
    assert len(trials) - len(recorder.asked) <= 1
    assert counts["completed"] - len(recorder.told) <= 1


@pytest.mark.slow
def test_a_study_goes_on_after_kills(either_service: Service) -> None:
    service = either_service
    service.start_server()
    service.start_worker()
    table = tables.breast_cancer()
    dataset = service.upload(table.csv, "table", table.target)
    study = service.create_study(
        name="trained", dataset=dataset, models=["linear"], pruner="none", budget={"trials": 8}
    )
    acknowledged: dict[int, Body] = {}
    for num_completed in (1, 4):
        service.wait_for(study, lambda body, least=num_completed: body["counts"]["completed"] >= least)
        acknowledged |= {trial["number"]: trial for trial in service.trials(study, state="completed")}
        service.server.kill()
        service.start_server()
    finished = service.wait_finished(study)
    assert finished["state"] == "completed"
    trials = list(service.trials(study))
    assert [trial["number"] for trial in trials] == list(range(len(trials)))
    assert finished["num_counted"] == 8
    assert {trial["state"] for trial in trials} == {"completed"}
    assert {trial["attempt"] for trial in trials} == {1}
    assert acknowledged
    assert all(trials[number] == trial for number, trial in acknowledged.items())
    for trial in trials:
        path = f"/studies/{study}/trials/{trial['number']}"
        names = [artifact["name"] for artifact in service.get(f"{path}/artifacts")["items"]]
        assert {"model.zip", "predictions.npz"} <= set(names)
        service.request("GET", f"{path}/attempts/1/artifacts/model.zip")


@pytest.mark.parametrize("has_worker", [False, True])
def test_a_server_that_is_asked_to_end_does_so_well(service: Service, has_worker: bool) -> None:
    service.start_server()
    if has_worker:
        service.start_worker()
    assert service.server.terminate() == 0
    assert "Traceback" not in service.server.log
