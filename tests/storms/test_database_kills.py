"""PostgreSQL is stopped without warning under load, again and again. The servers stay up."""

from __future__ import annotations

import random
import threading
import time

import pytest

from tests.storms.caller import Caller
from tests.storms.conftest import StartServer
from tests.storms.crowd import Crowd, create_study
from tests.storms.oracle import Oracle
from tests.storms.own_postgres import OwnPostgres
from tests.storms.test_server_kills import end_study, wait_for_progress

# A server that hangs while its database is away would answer after its statement timeout of half a minute.
ANSWER_SECONDS = 15.0
RECOVERY_SECONDS = 30.0
# How long the engine waits for a free connection.
POOL_SECONDS = 5.0


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("num_replicas", "seconds"),
    [
        pytest.param(2, 10, marks=pytest.mark.slow),
        pytest.param(1, 240, marks=pytest.mark.soak),
        pytest.param(2, 240, marks=pytest.mark.soak),
    ],
)
def test_nothing_acknowledged_is_lost_when_postgresql_is_killed(
    start_server: StartServer, own_postgres: OwnPostgres, num_replicas: int, seconds: int
) -> None:
    servers = [start_server(own_postgres.url) for _ in range(num_replicas)]
    urls = [server.url for server in servers]
    pids = [server.pid for server in servers]
    chance = random.Random(3)
    oracle = Oracle()
    with Caller(urls) as caller:
        study = create_study(caller, "database-killed")
        with Crowd(urls, study, oracle, seed=3) as crowd:
            ends_at = time.monotonic() + seconds
            num_kills = 0
            while time.monotonic() < ends_at or num_kills < 3:
                wait_for_progress(crowd, oracle, chance.randrange(5, 100))
                own_postgres.stop_immediately()
                num_refused = crowd.traffic.num_refused
                time.sleep(chance.uniform(0, 1.5))
                wait_until_refused(crowd, num_refused)
                own_postgres.start()
                num_kills += 1
            end_study(caller, study, crowd)
        shown = oracle.check(caller, study, own_postgres.url, keeps_reports=False)
    assert shown["state"] == "completed"
    assert [server.pid for server in servers] == pids
    # Whoever asked while the database was away heard of it soon, and nobody was hung up on.
    assert crowd.traffic.num_unanswered == 0
    assert crowd.traffic.slowest_seconds < ANSWER_SECONDS
    assert oracle.num_vanished > 0


@pytest.mark.slow
def test_a_server_works_again_soon_after_its_database_does(
    start_server: StartServer, own_postgres: OwnPostgres
) -> None:
    server = start_server(own_postgres.url)
    with Caller([server.url]) as caller:
        study = create_study(caller, "recovering")
        for _ in range(2):
            ask_and_tell(caller, study)
            own_postgres.stop_immediately()
            for method, path, body in (
                ("GET", f"/v1/studies/{study}", None),
                ("POST", f"/v1/studies/{study}/suggest", {"worker": "w"}),
                ("POST", f"/v1/studies/{study}/pause", None),
                ("GET", "/readyz", None),
            ):
                answer = caller.once(method, path, json=body)
                assert answer is not None
                assert answer.status_code == 503, answer.text
                assert answer.headers["Content-Type"] == "application/problem+json"
                assert int(answer.headers["Retry-After"]) >= 1
            health = caller.once("GET", "/healthz")
            assert health is not None
            assert health.json()["ready"] is False
            own_postgres.start()
            started = time.monotonic()
            ask_and_tell(caller, study)
            assert time.monotonic() - started < RECOVERY_SECONDS
        assert caller.json("GET", f"/v1/studies/{study}")["counts"]["completed"] == 8
        assert caller.traffic.slowest_seconds < ANSWER_SECONDS


@pytest.mark.slow
def test_no_connection_is_lost_to_the_pools(start_server: StartServer, own_postgres: OwnPostgres) -> None:
    server = start_server(own_postgres.url)
    with Caller([server.url]) as caller:
        study = create_study(caller, "pools")
        for _ in range(2):
            with Crowd([server.url], study, Oracle(), num_clients=4, vanishing=0) as crowd:
                readers = [threading.Thread(target=read_until_refused, args=(server.url, study)) for _ in range(12)]
                for reader in readers:
                    reader.start()
                time.sleep(0.2)
                num_refused = crowd.traffic.num_refused
                own_postgres.stop_immediately()
                wait_until_refused(crowd, num_refused)
                for reader in readers:
                    reader.join()
                own_postgres.start()
        # More at a time than there are connections: whoever waits for one that never comes back does so for seconds.
        oracle = Oracle()
        with Crowd([server.url], study, oracle, num_clients=16, vanishing=0, seed=9) as crowd:
            wait_for_progress(crowd, oracle, 100)
            crowd.stop()
        assert crowd.traffic.num_refused == 0
        assert crowd.traffic.slowest_seconds < POOL_SECONDS


def ask_and_tell(caller: Caller, study: str) -> None:
    for value in (0.5, 0.25):
        ask = {"worker": "w", "lease_seconds": 600.0}
        reply = caller.json("POST", f"/v1/studies/{study}/suggest", ask, key=f"key-{time.monotonic_ns()}")
        (leased,) = reply["trials"]
        result = {"lease": leased["lease"], "state": "completed", "values": {"loss": value}}
        caller.json("POST", f"/v1/studies/{study}/trials/{leased['trial']['number']}/complete", result)


def read_until_refused(url: str, study: str) -> None:
    with Caller([url]) as caller:
        while (answer := caller.once("GET", f"/v1/studies/{study}/trials?limit=100")) is not None:
            if answer.status_code != 200:
                assert answer.status_code == 503, answer.text
                return


def wait_until_refused(crowd: Crowd, num_before: int) -> None:
    """Wait until some client has been told to try again later."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while crowd.traffic.num_refused == num_before:
        assert time.monotonic() < deadline, "nobody was told that the database is away"
        time.sleep(0.01)
