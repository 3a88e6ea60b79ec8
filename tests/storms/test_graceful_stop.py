"""SIGTERM under load: what a server has begun it finishes and answers, and then it ends."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from sqlalchemy import create_engine, func, select

from tests.storms.caller import Body, Caller
from tests.storms.conftest import StartServer
from tests.storms.crowd import create_study
from tuner.storage import tables
from tuner.storage.database import parse_url

SHUTDOWN_SECONDS = 10
# Beyond that the processor may be busy with something else.
LATE_SECONDS = 5.0


@dataclass
class Load:
    """Clients that send each request once, and stop at the first that is not answered."""

    url: str
    study: str
    num_clients: int = 16
    lock: threading.Lock = field(default_factory=threading.Lock)
    num_asked: int = 0
    num_told: int = 0
    num_statuses: dict[int, int] = field(default_factory=dict)

    @contextmanager
    def running(self) -> Iterator[None]:
        with ThreadPoolExecutor(self.num_clients) as pool:
            runs = [pool.submit(self._run, index) for index in range(self.num_clients)]
            yield
        for run in runs:
            run.result()

    def _run(self, index: int) -> None:
        path = f"/v1/studies/{self.study}"
        with Caller([self.url], seed=index) as caller:
            for turn in range(1_000_000):
                ask = {"worker": "w", "lease_seconds": 3600.0}
                key = f"{self.study}-{index}-{turn}"
                reply = self._post(caller, f"{path}/suggest", ask, {"Idempotency-Key": key})
                if reply is None:
                    return
                (leased,) = reply["trials"]
                with self.lock:
                    self.num_asked += 1
                result = {"lease": leased["lease"], "state": "completed", "values": {"loss": 0.5}}
                if self._post(caller, f"{path}/trials/{leased['trial']['number']}/complete", result, {}) is None:
                    return
                with self.lock:
                    self.num_told += 1

    def _post(self, caller: Caller, path: str, body: Body, headers: dict[str, str]) -> Body | None:
        answer = caller.once("POST", path, json=body, headers=headers)
        if answer is None:
            return None
        with self.lock:
            self.num_statuses[answer.status_code] = self.num_statuses.get(answer.status_code, 0) + 1
        return dict(answer.json()) if answer.is_success else None


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "num_stops", [pytest.param(2, marks=pytest.mark.slow), pytest.param(20, marks=pytest.mark.soak)]
)
def test_whatever_had_an_effect_was_answered(start_server: StartServer, database_url: str, num_stops: int) -> None:
    server = start_server(database_url, TUNER_API_SHUTDOWN_SECONDS=str(SHUTDOWN_SECONDS))
    for turn in range(num_stops):
        with Caller([server.url]) as caller:
            study = create_study(caller, f"study-{turn}")
        load = Load(server.url, study)
        with load.running():
            time.sleep(1 + turn % 5 / 10)
            server.send_signal(signal.SIGTERM)
            started = time.monotonic()
            assert server.wait() == 0
            assert time.monotonic() - started < SHUTDOWN_SECONDS + LATE_SECONDS
        assert load.num_told > 10
        # Some may have been told to come back later; nobody hears of a failure.
        assert set(load.num_statuses) <= {200, 503}
        assert stored(database_url, study) == (load.num_asked, load.num_told)
        server.start()
    assert "Traceback" not in server.log


@pytest.mark.slow
def test_waiting_asks_are_answered(start_server: StartServer, database_url: str) -> None:
    server = start_server(database_url, TUNER_API_SHUTDOWN_SECONDS=str(SHUTDOWN_SECONDS))
    with Caller([server.url]) as caller:
        study = create_study(caller, "exhausted", budget={"trials": 1})
        path = f"/v1/studies/{study}/suggest"
        caller.json("POST", path, {"worker": "w"}, key="first")

        def wait(index: int) -> int:
            with Caller([server.url], seed=index) as own:
                answer = own.once("POST", path, json={"worker": "w", "wait_seconds": 60.0})
            assert answer is not None
            return answer.status_code

        with ThreadPoolExecutor(32) as pool:
            statuses = pool.map(wait, range(32))
            time.sleep(1)
            server.send_signal(signal.SIGTERM)
            assert server.wait() == 0
            assert set(statuses) == {202}


def stored(database_url: str, study: str) -> tuple[int, int]:
    """Trials of a study, and how many of them are completed, by the database itself."""
    engine = create_engine(parse_url(database_url))
    trials, studies = tables.trials.c, tables.studies.c
    query = select(func.count()).select_from(tables.trials).join(tables.studies).where(studies.id == study)
    try:
        with engine.connect() as connection:
            num_trials = connection.scalar(query)
            num_completed = connection.scalar(query.where(trials.state == "completed"))
            assert num_trials is not None
            assert num_completed is not None
            return num_trials, num_completed
    finally:
        engine.dispose()
