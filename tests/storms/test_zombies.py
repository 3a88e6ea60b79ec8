"""Whoever is frozen past its lease and thaws cannot touch what its heir has done."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.acceptance import tables
from tests.storms.caller import Body, Caller
from tests.storms.conftest import NewWorker, StartServer
from tests.storms.crowd import create_study

HEIRLOOM = bytes(range(256)) * 100
# Of the heir's results: a number that no training comes upon.
VALUE = 0.1 + 0.2


class Zombie:
    """A program that is talked to line by line, and that can be frozen."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def hear(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "it ended"
        return json.loads(line)

    def go_on(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def raised(script: str, *arguments: str) -> Iterator[Zombie]:
    command = [sys.executable, "-P", str(Path(__file__).with_name(script)), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Zombie(process)
        finally:
            process.kill()


def inherit(caller: Caller, path: str, ask: Body, leases_of: Callable[[Body], list[Body]]) -> list[Body]:
    """Ask until something is handed out for the second time."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        answer = caller.json("POST", path, {"worker": "heir", "wait_seconds": 5.0, "lease_seconds": 600.0, **ask})
        leases = leases_of(answer)
        if leases:
            assert [leased["trial"]["attempt"] for leased in leases] == [2] * len(leases)
            return leases
    raise AssertionError("nothing came back")


def suggested(answer: Body) -> list[Body]:
    return list(answer["trials"])


def claimed(answer: Body) -> list[Body]:
    return [claim["leased"] for claim in answer["claims"]]


def bequeath(caller: Caller, trial: str, lease: str, name: str = "model.bin") -> None:
    """The heir's file."""
    answer = caller.insist(
        "PUT", f"{trial}/attempts/2/artifacts/{name}", headers={"Tuner-Lease": lease}, content=HEIRLOOM
    )
    assert answer.status_code == 201, answer.text


def complete(caller: Caller, trial: str, lease: str, objective: str = "loss") -> None:
    """The heir's result."""
    caller.json("POST", f"{trial}/complete", {"lease": lease, "state": "completed", "values": {objective: VALUE}})


def check_heirs(caller: Caller, trial: str, names: tuple[str, ...] = ("model.bin",), objective: str = "loss") -> None:
    """The trial is as its heir has left it."""
    shown = caller.json("GET", trial)
    assert (shown["state"], shown["attempt"], shown["worker"]) == ("completed", 2, "heir")
    assert shown["values"] == {objective: VALUE}
    files = caller.json("GET", f"{trial}/artifacts")["items"]
    assert [(file["attempt"], file["name"]) for file in files if file["attempt"] == 2] == [(2, name) for name in names]
    for name in names:
        assert caller.insist("GET", f"{trial}/attempts/2/artifacts/{name}").content == HEIRLOOM


def test_a_client_that_thaws_is_refused(start_server: StartServer, database_url: str) -> None:
    server = start_server(database_url)
    with Caller([server.url]) as caller:
        study = create_study(caller, "haunted", budget={"trials": 1})
        path = f"/v1/studies/{study}"
        with raised("zombie.py", server.url, study) as zombie:
            held = zombie.hear()
            trial = f"{path}/trials/{held['trial']['number']}"
            zombie.freeze()
            (leased,) = inherit(caller, f"{path}/suggest", {}, suggested)
            assert leased["trial"]["params"] == held["trial"]["params"]
            assert leased["lease"] != held["lease"]
            bequeath(caller, trial, leased["lease"])
            zombie.thaw()
            zombie.go_on()
            assert zombie.hear() == [409] * 8
            assert caller.json("GET", trial)["state"] == "running"
            complete(caller, trial, leased["lease"])
            zombie.go_on()
            assert zombie.hear() == [409] * 8
        check_heirs(caller, trial)
        assert [file["attempt"] for file in caller.json("GET", f"{trial}/artifacts")["items"]] == [2]
        assert caller.json("GET", f"{trial}/measurements")["items"] == []
        shown = caller.json("GET", path)
        assert (shown["state"], shown["best_value"]) == ("completed", VALUE)


def test_a_script_that_thaws_hears_that_its_leases_are_lost(start_server: StartServer) -> None:
    server = start_server()
    with Caller([server.url]) as caller:
        study = create_study(caller, "haunted", budget={"trials": 2})
        path = f"/v1/studies/{study}"
        with raised("sdk_zombie.py", server.url, study) as zombie:
            assert zombie.hear() == [0, 1]
            time.sleep(3)
            assert [caller.json("GET", f"{path}/trials/{number}")["state"] for number in (0, 1)] == ["running"] * 2
            zombie.freeze()
            heirs: list[Body] = []
            while len(heirs) < 2:
                heirs += inherit(caller, f"{path}/suggest", {}, suggested)
            for leased in heirs:
                trial = f"{path}/trials/{leased['trial']['number']}"
                bequeath(caller, trial, leased["lease"])
                complete(caller, trial, leased["lease"])
            zombie.thaw()
            zombie.go_on()
            assert zombie.hear() == ["lost", "lost"]
        for number in (0, 1):
            check_heirs(caller, f"{path}/trials/{number}")


@pytest.mark.slow
@pytest.mark.parametrize("is_whole", [False, True], ids=["parent-frozen", "all-frozen"])
def test_a_worker_that_thaws_gives_way_and_works_on(
    start_server: StartServer, new_worker: NewWorker, is_whole: bool
) -> None:
    server = start_server()
    worker = new_worker(server.url, TUNER_WORKER_LEASE_SECONDS="2", TUNER_WORKER_NAME="zombie")
    with Caller([server.url]) as caller:
        slow = upload(caller, "slow", tables.slow(), "y")
        study = create_trained(caller, "haunted", slow, "random_forest")
        trial = f"/v1/studies/{study['id']}/trials/0"
        (objective,) = study["objectives"]
        worker.start()
        wait_for(lambda: caller.insist("GET", trial).json().get("last_step") is not None)
        frozen = [psutil.Process(worker.pid)]
        if is_whole:
            frozen += frozen[0].children(recursive=True)
        for process in frozen:
            process.suspend()
        (leased,) = inherit(caller, "/v1/claims", {"capabilities": {"families": ["random_forest"]}}, claimed)
        for name in ("model.zip", "predictions.npz"):
            bequeath(caller, trial, leased["lease"], name)
        complete(caller, trial, leased["lease"], objective)
        for process in frozen:
            process.resume()
        # The worker has one slot: whoever trains this has let go of the other.
        small = tables.wine()
        second = create_trained(caller, "second", upload(caller, "wine", small.csv, small.target), "linear")
        wait_for(lambda: caller.json("GET", f"/v1/studies/{second['id']}")["state"] == "completed")
        assert caller.json("GET", f"/v1/studies/{second['id']}/trials/0")["worker"] == "zombie"
        check_heirs(caller, trial, ("model.zip", "predictions.npz"), objective)
        assert caller.json("GET", f"/v1/studies/{study['id']}")["best_value"] == VALUE


def upload(caller: Caller, name: str, table: bytes, target: str) -> str:
    """Upload a table; its id."""
    answer = caller.insist("POST", f"/v1/datasets?name={name}&target={target}", content=table)
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


def create_trained(caller: Caller, name: str, dataset: str, family: str, *, trials: int = 1, **fields: Any) -> Body:
    """A study whose trials a worker trains."""
    body: Body = {"name": name, "dataset": dataset, "models": [family], "budget": {"trials": trials}}
    body |= {"pruner": "none", "ensemble": False}
    if family == "random_forest":
        # Fifty trees that look at nearly every column: seconds of training, with a report for each batch of trees.
        body["space"] = {
            "version": 1,
            "parameters": {
                "random_forest.trees": {"type": "int", "low": 40, "high": 50, "step": 10},
                "random_forest.max_features": {"type": "float", "low": 0.9, "high": 1.0},
            },
        }
    return caller.json("POST", "/v1/studies", {**body, **fields}, key=name)


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
