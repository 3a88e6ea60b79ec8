"""Streams of events of a real server, read by a client that listens as browsers do."""

from __future__ import annotations

import itertools
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import api.live
from tests.api.conftest import SPACE, served
from tests.api.event_source import EventSource
from tuner.testing.server import ServerProcess

_names = itertools.count()


class Study:
    """A study on a server, and what is done with it."""

    def __init__(self, client: httpx.Client, **fields: Any) -> None:
        self._client = client
        body = {
            "name": f"watched-{next(_names)}",
            "space": SPACE,
            "objectives": {"loss": "minimize"},
            "sampler": "random",
        } | fields
        answer = self._client.post("/v1/studies", json=body)
        assert answer.status_code in (200, 201), answer.text
        self.id = str(answer.json()["id"])
        self.path = f"/v1/studies/{self.id}"
        self.events = f"{str(client.base_url).rstrip('/')}{self.path}/events"

    def columns(self) -> Any:
        return self._client.get(f"{self.path}/columns").json()

    def ask(self) -> dict[str, Any]:
        answer = self._client.post(f"{self.path}/suggest", json={"worker": "w"})
        assert answer.status_code == 200, answer.text
        leased: dict[str, Any] = answer.json()["trials"][0]
        return leased

    def report(self, leased: dict[str, Any], step: int, value: float) -> None:
        body = {"lease": leased["lease"], "step": step, "value": value}
        self._post(leased, "report", body)

    def complete(self, leased: dict[str, Any], loss: float = 0.5) -> None:
        self._post(leased, "complete", {"lease": leased["lease"], "state": "completed", "values": {"loss": loss}})

    def add(self, count: int) -> None:
        """Add trials that were finished elsewhere."""
        points = [{"params": {"x": number / count}, "values": {"loss": 0.5}} for number in range(count)]
        assert self._client.post(f"{self.path}/trials", json={"trials": points}).status_code == 201

    def delete(self) -> None:
        self._client.post(f"{self.path}/cancel").raise_for_status()
        self._client.delete(self.path).raise_for_status()

    def _post(self, leased: dict[str, Any], action: str, body: dict[str, Any]) -> None:
        path = f"{self.path}/trials/{leased['trial']['number']}/{action}"
        answer = self._client.post(path, json=body)
        assert answer.status_code == 200, answer.text


@contextmanager
def connected(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ServerProcess(tmp_path_factory.mktemp("streams")) as server:
        yield server.url


@pytest.fixture
def study(url: str) -> Iterator[Study]:
    with connected(url) as client:
        yield Study(client)


def test_a_study_is_followed_as_it_changes(study: Study) -> None:
    leased = study.ask()
    with EventSource(study.events) as stream:
        assert stream.response.status == 200
        assert stream.response.getheader("content-type", "").startswith("text/event-stream")
        assert stream.response.getheader("cache-control") == "no-cache"
        study.report(leased, 1, 0.75)
        reports = stream.until("reports").data
        assert (reports["numbers"], reports["steps"], reports["values"]) == ([0], [1], [0.75])
        study.complete(leased, 0.25)
        shown = stream.until("study").data
        assert (shown["id"], shown["best_value"], shown["counts"]["completed"]) == (study.id, 0.25, 1)
        trials = stream.until("trials")
        assert (trials.data["numbers"], trials.data["values"]) == ([0], {"loss": [0.25]})
        assert trials.data["seq"] == shown["seq"] == study.columns()["seq"]


def test_a_page_goes_on_from_the_columns_that_it_has(study: Study) -> None:
    study.complete(study.ask())
    running = study.ask()
    study.report(running, 1, 0.75)
    seq = study.columns()["seq"]
    study.complete(study.ask(), 0.125)
    with EventSource(f"{study.events}?since={seq}.0") as stream:
        trials = stream.until("trials").data
        assert (trials["since"], trials["numbers"]) == (seq, [2])
        reports = stream.until("reports").data
        assert (reports["numbers"], reports["values"]) == ([1], [0.75])


def test_a_stream_goes_on_after_a_restart_of_the_server(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "home") as server, connected(server.url) as client:
        check_resumed(server, Study(client))


def check_resumed(server: ServerProcess, study: Study) -> None:
    first, second = study.ask(), study.ask()
    with EventSource(study.events) as stream:
        study.report(first, 1, 0.5)
        stream.until("reports")
        study.complete(first, 0.5)
        stream.until("trials")
        server.kill()
        stream.wait_for_end()
    server.start()
    study.report(second, 4, 0.75)
    study.complete(second, 0.125)
    third = study.ask()
    # No browser is there in the meantime: it comes back with the last id that it has seen.
    with EventSource(study.events, last_id=stream.last_id) as resumed:
        told = {event.name: event.data for event in (resumed.next(), resumed.next(), resumed.next())}
        assert told.keys() == {"study", "trials", "reports"}
        assert told["trials"]["numbers"] == [1, third["trial"]["number"]]
        assert (told["reports"]["numbers"], told["reports"]["steps"]) == ([1], [4])
        study.complete(third)
        assert resumed.until("trials").data["numbers"] == [2]


def test_any_replica_resumes_a_stream(postgres_database_url: str, tmp_path: Path) -> None:
    environment = {"TUNER_DATABASE_URL": postgres_database_url}
    with (
        ServerProcess(tmp_path / "home", environment, folder=tmp_path / "one") as one,
        ServerProcess(tmp_path / "home", environment, folder=tmp_path / "two") as two,
        connected(two.url) as client,
    ):
        study = Study(client)
        leased, other = study.ask(), study.ask()
        with EventSource(f"{one.url}{study.path}/events") as stream:
            study.report(leased, 1, 0.5)
            # The other replica looks by itself.
            assert stream.until("reports").data["steps"] == [1]
            study.complete(leased)
            stream.until("trials")
        one.kill()
        study.report(other, 7, 0.25)
        with EventSource(study.events, last_id=stream.last_id) as resumed:
            steps: set[int] = set()
            while 7 not in steps:
                steps |= set(resumed.until("reports").data["steps"])
        study.delete()


def test_an_id_that_is_none_of_ours_begins_now(study: Study) -> None:
    study.complete(study.ask())
    for last_id in ("x", "1", "-1.0", "1.2.3", "9" * 30 + ".0"):
        with EventSource(study.events, last_id=last_id) as stream:
            leased = study.ask()
            assert stream.until("trials").data["numbers"] == [leased["trial"]["number"]]


def test_what_is_too_much_to_tell_is_a_reset(study: Study) -> None:
    study.add(600)
    with EventSource(f"{study.events}?since=0.0") as stream:
        reset = stream.next()
        assert (reset.name, reset.data) == ("reset", {})
        leased = study.ask()
        assert stream.until("trials").data["numbers"] == [leased["trial"]["number"]]
    # It went on from there, and so does who comes back.
    with EventSource(study.events, last_id=reset.id) as resumed:
        assert resumed.until("trials").data["numbers"] == [leased["trial"]["number"]]


def test_a_deleted_study_ends_its_streams(study: Study) -> None:
    with EventSource(study.events) as one, EventSource(study.events) as two:
        study.delete()
        for stream in (one, two):
            told = stream.wait_for_end()
            assert (told[-1].name, told[-1].data) == ("gone", {"study": study.id})
            assert stream.error is None
    with EventSource(study.events) as stream:
        assert stream.response.status == 404


def test_the_list_tells_of_all_studies(url: str) -> None:
    with connected(url) as client, EventSource(f"{url}/v1/studies/events") as stream:
        first = Study(client)
        assert stream.until("study").data["id"] == first.id
        second = Study(client)
        assert stream.until("study").data["id"] == second.id
        first.ask()
        shown = stream.until("study").data
        assert (shown["id"], shown["counts"]["running"]) == (first.id, 1)
        second.delete()
        assert stream.until("gone").data == {"study": second.id}


def test_open_streams_do_not_hold_a_stopping_server_up(tmp_path: Path) -> None:
    seconds = 20
    settings = {"TUNER_API_SHUTDOWN_SECONDS": str(seconds)}
    with ServerProcess(tmp_path / "home", settings) as server, connected(server.url) as client:
        study = Study(client)
        paths = [study.events, study.events, f"{server.url}/v1/studies/events"]
        streams = [EventSource(url) for url in paths]
        study.ask()
        for stream in streams:
            stream.next()
        began = time.monotonic()
        server.send_signal(signal.SIGTERM)
        assert server.wait() == 0
        assert time.monotonic() - began < seconds - 5
        # Ended by the server itself, not cut off when its patience was over.
        for stream in streams:
            stream.wait_for_end()
            stream.close()
            assert stream.error is None
        assert "Cancel" not in server.log
        assert "Traceback" not in server.log


def test_a_server_that_lost_its_readers_stops_looking(study: Study) -> None:
    for _ in range(3):
        with EventSource(study.events) as stream:
            leased = study.ask()
            stream.until("trials")
    # Nobody has watched for a while; who comes now is told again.
    time.sleep(1)
    with EventSource(study.events) as stream:
        study.complete(leased)
        assert stream.until("trials").data["numbers"] == [leased["trial"]["number"]]


def test_a_reader_that_does_not_keep_up_is_told_to_begin_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.live, "MAX_WAITING", 2)
    monkeypatch.setattr(api.live, "STUDY_SECONDS", 0.01)
    # Each event shows the study, and with it a space that is large.
    choices = ["x" * 900 + str(number) for number in range(200)]
    space = {"version": 1, "parameters": {"x": {"type": "categorical", "choices": choices}}}
    with served(tmp_path) as client:
        study = Study(client, space=space)
        with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as slow:
            slow.sendall(f"GET {study.path}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert slow.recv(15).endswith(b"200 OK")
            with EventSource(study.events) as quick:
                for _ in range(60):
                    leased = study.ask()
                    while leased["trial"]["number"] not in quick.until("trials").data["numbers"]:
                        pass
            slow.settimeout(20)
            told = b""
            while b"event: reset" not in told:
                told = told[-20:] + slow.recv(1 << 20)
            # Once it has caught up, it is told what comes.
            study.complete(leased)
            while b"event: trials" not in told.partition(b"event: reset")[2]:
                told += slow.recv(1 << 20)
