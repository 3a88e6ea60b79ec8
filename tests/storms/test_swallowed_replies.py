"""Replies get lost: whoever repeats a request finds what the first one has done."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

import tuner
from tests.acceptance import tables
from tests.storms.caller import Caller
from tests.storms.conftest import NewWorker, StartServer
from tests.storms.crowd import Crowd, create_study
from tests.storms.lossy_proxy import LossyProxy
from tests.storms.oracle import Oracle
from tests.storms.test_zombies import create_trained, upload, wait_for

NUM_TRIALS = 80


@pytest.mark.slow
def test_repeated_requests_have_their_effect_once(start_server: StartServer, database_url: str) -> None:
    server = start_server(database_url)
    oracle = Oracle()
    with LossyProxy(server.url, loss=0.3, seed=6) as proxy, Caller([proxy.url], seed=6) as caller:
        study = create_study(caller, "lossy", budget={"trials": NUM_TRIALS})
        with Crowd([proxy.url], study, oracle, num_clients=8, vanishing=0, seed=6) as crowd:
            crowd.wait_ended(120)
        shown = oracle.check(caller, study, database_url)
        assert caller.json("GET", "/v1/studies")["items"] == [shown]
    assert shown["state"] == "completed"
    assert shown["counts"]["completed"] == NUM_TRIALS
    # Everybody has learnt of everything in the end, and nothing had to be handed out a second time.
    assert sorted((asked.number, asked.attempt) for asked in oracle.asked) == [(n, 1) for n in range(NUM_TRIALS)]
    assert sorted(told.number for told in oracle.told) == list(range(NUM_TRIALS))
    assert oracle.refused == []
    assert oracle.artifacts
    assert proxy.num_replies_lost > 50


@pytest.mark.slow
def test_a_reply_that_was_swallowed_is_given_again(start_server: StartServer, database_url: str) -> None:
    server = start_server(database_url)
    with LossyProxy(server.url, loss=1.0, seed=7) as proxy, Caller([proxy.url]) as mute, Caller([server.url]) as caller:
        study = create_study(caller, "mute")
        path = f"/v1/studies/{study}"
        ask = {"worker": "w", "lease_seconds": 600.0}

        def lose(method: str, target: str, key: str | None = None, **sent: object) -> None:
            """Send a request until the server has got it for sure, and hear nothing."""
            num_before = proxy.num_replies_lost
            while proxy.num_replies_lost < num_before + 2:
                headers = {} if key is None else {"Idempotency-Key": key}
                assert mute.once(method, target, headers=headers, **sent) is None

        lose("POST", f"{path}/suggest", "ask", json=ask)
        reply = caller.json("POST", f"{path}/suggest", ask, key="ask")
        assert caller.json("POST", f"{path}/suggest", ask, key="ask") == reply
        (leased,) = reply["trials"]
        assert caller.json("GET", path)["num_trials"] == 1
        trial = f"{path}/trials/0"
        report = {"lease": leased["lease"], "step": 0, "value": 0.5}
        lose("POST", f"{trial}/report", json=report)
        result = {"lease": leased["lease"], "state": "completed", "values": {"loss": 0.5}}
        lose("POST", f"{trial}/complete", json=result)
        seq = caller.json("GET", path)["seq"]
        assert caller.json("POST", f"{trial}/complete", result) == caller.json("GET", trial)
        other = caller.insist("POST", f"{trial}/complete", json=result | {"values": {"loss": 0.25}})
        assert other.status_code == 409
        points = {"trials": [{"params": {"x": 0.5, "units": 8, "optimizer": "adam"}}]}
        lose("POST", f"{path}/trials", "points", json=points)
        assert caller.json("POST", f"{path}/trials", points, key="points")["items"][0]["number"] == 1
        shown = caller.json("GET", path)
        assert (shown["num_trials"], shown["counts"]["completed"], shown["seq"]) == (2, 1, seq + 1)
        assert len(caller.json("GET", f"{trial}/measurements")["items"]) == 1


@pytest.mark.slow
def test_a_script_does_not_notice(start_server: StartServer) -> None:
    server = start_server()
    seen: Counter[int] = Counter()
    values: dict[int, float] = {}
    lock = threading.Lock()

    def train(trial: tuner.Trial) -> float:
        with lock:
            seen[trial.number] += 1
        x = float(str(trial.params["x"]))
        for step in range(2):
            trial.report(step, x)
        values[trial.number] = x / 3
        return values[trial.number]

    with LossyProxy(server.url, loss=0.2, seed=8) as proxy, tuner.Client(proxy.url) as client:
        client.list_studies()
        study = client.create_study(
            "lossy", space={"x": tuner.Float(0, 1)}, objectives={"loss": "minimize"}, sampler="random", pruner="none"
        )
        study.enqueue([{"x": 0.25}, {"x": 0.75}])
        study.optimize(train, trials=40, workers=8)
        trials = list(study.trials())
    assert [trial.number for trial in trials] == list(range(40))
    assert seen == Counter(range(40))
    assert {trial.number: (trial.values or {})["loss"] for trial in trials} == values
    assert {trial.attempt for trial in trials} == {1}
    assert proxy.num_replies_lost > 10


@pytest.mark.slow
def test_a_worker_does_not_notice(start_server: StartServer, new_worker: NewWorker) -> None:
    server = start_server()
    wine = tables.wine()
    with LossyProxy(server.url, loss=0.2, seed=9) as proxy, Caller([server.url]) as caller:
        dataset = upload(caller, "wine", wine.csv, wine.target)
        study = create_trained(caller, "lossy", dataset, "linear", trials=4)
        path = f"/v1/studies/{study['id']}"
        new_worker(proxy.url).start()
        wait_for(lambda: caller.json("GET", path)["state"] == "completed", 90)
        trials = list(caller.pages(f"{path}/trials"))
        for trial in trials:
            files = caller.json("GET", f"{path}/trials/{trial['number']}/artifacts")["items"]
            assert {(1, "model.zip"), (1, "predictions.npz")} <= {(file["attempt"], file["name"]) for file in files}
    assert [(trial["state"], trial["attempt"]) for trial in trials] == [("completed", 1)] * 4
    assert proxy.num_replies_lost > 3
