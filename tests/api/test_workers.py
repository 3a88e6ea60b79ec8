"""Workers over HTTP, from what a real one says of itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.api.conftest import table
from tuner import __version__
from tuner.testing.client import seconds_until
from tuner.testing.server import ServerProcess, WorkerProcess

Make = Callable[..., dict[str, Any]]


def workers(client: httpx.Client) -> dict[str, dict[str, Any]]:
    return {worker["name"]: worker for worker in client.get("/v1/workers").json()["items"]}


def test_who_runs_a_trial_is_listed_with_it(client: httpx.Client, new_study: Make, ask: Make) -> None:
    study = new_study()
    leased = ask(study, worker="my-laptop")
    worker = workers(client)["my-laptop"]
    assert (worker["slots"], worker["busy"], worker["families"], worker["backends"]) == (None, 1, [], [])
    assert worker["trials"] == [
        {"study": study["id"], "study_name": study["name"], "number": 0, "since": leased["trial"]["started_at"]}
    ]


def test_a_claim_makes_a_worker_known(client: httpx.Client) -> None:
    abilities = {"families": ["linear"], "backends": ["jax"], "slots": 3, "version": "9.9"}
    assert client.post("/v1/claims", json={"worker": "claims", "capabilities": abilities}).status_code == 202
    assert seconds_until(lambda: "claims" in workers(client)) < 10
    worker = workers(client)["claims"]
    assert {name: worker[name] for name in abilities} == abilities
    assert worker["first_seen_at"] == worker["last_seen_at"]


def test_a_claim_that_says_little_is_enough(client: httpx.Client) -> None:
    assert client.post("/v1/claims", json={"worker": "terse", "capabilities": {"families": []}}).status_code == 202
    assert seconds_until(lambda: "terse" in workers(client)) < 10
    assert (workers(client)["terse"]["slots"], workers(client)["terse"]["version"]) == (None, None)


def test_an_unchanged_list_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get("/v1/workers")
    assert client.get("/v1/workers", headers={"If-None-Match": first.headers["etag"]}).status_code == 304


def test_a_real_worker_says_what_it_is_and_does(tmp_path: Path) -> None:
    with (
        ServerProcess(tmp_path / "server") as server,
        WorkerProcess(server.url, tmp_path / "worker", {"TUNER_WORKER_SLOTS": "2"}),
        httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client,
    ):
        assert seconds_until(lambda: bool(workers(client))) < 20
        (worker,) = workers(client).values()
        assert (worker["slots"], worker["version"]) == (2, __version__)
        assert "linear" in worker["families"]
        dataset = client.post("/v1/datasets", params={"name": "t", "target": "y"}, content=table()).json()
        body = {"name": "t", "dataset": dataset["id"], "models": ["linear"], "budget": {"trials": 20}}
        study = client.post("/v1/studies", json=body).json()

        seen: list[dict[str, Any]] = []

        def has_trained() -> bool:
            seen.extend(trial for each in workers(client).values() for trial in each["trials"])
            return bool(seen)

        assert seconds_until(has_trained, 60) < 60
        assert {(trial["study"], trial["study_name"]) for trial in seen} == {(study["id"], "t")}
