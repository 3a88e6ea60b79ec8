"""The disk fills up under load, and is freed again."""

from __future__ import annotations

import itertools
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance import tables
from tests.storms.caller import PASSING, Body, Caller
from tests.storms.conftest import StartServer
from tests.storms.crowd import Crowd, create_study
from tests.storms.oracle import Oracle
from tests.storms.test_server_kills import end_study, wait_for_progress

POINT = {"x": 0.5, "units": 8, "optimizer": "adam"}


class Filler:
    """Takes all the room there is, and all that becomes free, until it is told to stop. A context manager."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "filler"
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Filler:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._path.unlink()

    def _run(self) -> None:
        size = 1 << 20
        with self._path.open("wb", buffering=0) as file:
            while not self._stopped.is_set():
                try:
                    file.write(bytes(size))
                except OSError:
                    # Down to the last page, then wait for what others free.
                    size = max(4096, size // 2)
                    time.sleep(0.001)


@pytest.mark.root
@pytest.mark.slow
def test_a_full_disk_is_told_of_and_survived(start_server: StartServer, small_disk: Path) -> None:
    home = small_disk / "home"
    server = start_server(home=home)
    pid = server.pid
    oracle = Oracle()
    with Caller([server.url]) as caller:
        study = create_study(caller, "full")
        path = f"/v1/studies/{study}"
        with Crowd([server.url], study, oracle, num_clients=8, seed=5) as crowd:
            for _ in range(2):
                wait_for_progress(crowd, oracle, 100)
                with Filler(small_disk):
                    wait_for_refusals(crowd, 20)
                    # What is stored can be read.
                    assert caller.insist("GET", path).status_code == 200
                    assert caller.insist("GET", f"{path}/trials?limit=1000").status_code == 200
            wait_for_progress(crowd, oracle, 100)
            end_study(caller, study, crowd)
        assert oracle.check(caller, study, f"sqlite:///{home / 'tuner.db'}")["state"] == "completed"
    assert oracle.artifacts
    assert list((home / "incoming").iterdir()) == []
    assert server.pid == pid
    assert crowd.traffic.num_unanswered == 0
    server.stop()
    with closing(sqlite3.connect(home / "tuner.db")) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]


@pytest.mark.root
@pytest.mark.slow
def test_what_a_full_disk_refuses_is_taken_once_there_is_room(start_server: StartServer, small_disk: Path) -> None:
    server = start_server(home=small_disk / "home")
    wine = tables.wine()
    with Caller([server.url]) as caller:
        study = create_study(caller, "full")
        (leased,) = caller.json("POST", f"/v1/studies/{study}/suggest", {"worker": "w"}, key="ask")["trials"]
        trial = f"/v1/studies/{study}/trials/0"
        content = bytes(range(256)) * 1_000
        result = {"lease": leased["lease"], "state": "completed", "values": {"loss": 0.5}}
        requests: list[tuple[str, str, Body]] = [
            ("PUT", f"{trial}/attempts/1/artifacts/large.bin", {"content": content}),
            ("PUT", f"{trial}/attempts/1/artifacts/small.bin", {"content": b"1"}),
            ("POST", "/v1/datasets?name=wine&target=sort", {"content": wine.csv}),
            ("POST", f"/v1/studies/{study}/trials", {"json": {"trials": [{"params": POINT}] * 1_000}}),
            ("POST", f"{trial}/complete", {"json": result}),
        ]
        headers = {"Tuner-Lease": leased["lease"]}
        with Filler(small_disk):
            exhaust(caller, study)
            for method, path, sent in requests:
                answer = caller.once(method, path, headers=headers, **sent)
                assert answer is not None
                assert answer.status_code in PASSING, f"{path}: {answer.status_code} {answer.text}"
                assert answer.headers["Content-Type"] == "application/problem+json"
                assert answer.json()["status"] == answer.status_code
                assert answer.json()["hint"]
        caller.json("POST", f"/v1/studies/{study}/resume")
        for method, path, sent in requests:
            answer = caller.insist(method, path, headers=headers, **sent)
            assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        assert caller.insist("GET", f"{trial}/attempts/1/artifacts/large.bin").content == content
        assert caller.insist("GET", f"{trial}/attempts/1/artifacts/small.bin").content == b"1"
        assert caller.json("GET", trial)["values"] == {"loss": 0.5}
    assert list((small_disk / "home" / "incoming").iterdir()) == []


def wait_for_refusals(crowd: Crowd, count: int) -> None:
    """Wait until so many more requests have been told to try again later."""
    goal = crowd.traffic.num_refused + count
    deadline = time.monotonic() + 60
    while crowd.traffic.num_refused < goal:
        crowd.check_alive()
        assert time.monotonic() < deadline, "the disk did not run full"
        time.sleep(0.01)


def exhaust(caller: Caller, study: str) -> None:
    """Write more and more, then less and less, until there is no room for the least change."""
    points = {"json": {"trials": [{"params": POINT}] * 100}}
    exhaust_by(caller, [(f"/v1/studies/{study}/trials", points)])
    exhaust_by(caller, [(f"/v1/studies/{study}/pause", {}), (f"/v1/studies/{study}/resume", {})])


def exhaust_by(caller: Caller, writes: list[tuple[str, Body]]) -> None:
    for path, sent in itertools.islice(itertools.cycle(writes), 5_000):
        answer = caller.once("POST", path, **sent)
        assert answer is not None
        if answer.status_code in PASSING:
            return
        assert answer.is_success, answer.text
    raise AssertionError("the disk did not run full")
