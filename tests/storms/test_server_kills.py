"""Servers are killed again and again while clients run trials, some of which are never heard of again."""

from __future__ import annotations

import random
import time

import pytest

from tests.storms.caller import Caller
from tests.storms.conftest import StartServer
from tests.storms.crowd import Crowd, create_study
from tests.storms.oracle import Oracle
from tuner.testing.server import ServerProcess

DURATIONS = [pytest.param(20, marks=pytest.mark.slow), pytest.param(240, marks=pytest.mark.soak)]
# Clients that vanished hold the last trials for a short lease, and a second loss would cost up to a minute.
END_SECONDS = 90.0


def storm(servers: list[ServerProcess], crowd: Crowd, oracle: Oracle, seconds: float, *, chance: random.Random) -> None:
    """Kill one server after the other, each time after some results, and start it again."""
    ends_at = time.monotonic() + seconds
    num_kills = 0
    while time.monotonic() < ends_at or num_kills < 3:
        wait_for_progress(crowd, oracle, chance.randrange(5, 60))
        time.sleep(chance.uniform(0, 0.3))
        victim = servers[num_kills % len(servers)]
        victim.kill()
        victim.start()
        num_kills += 1


def wait_for_progress(crowd: Crowd, oracle: Oracle, num_results: int) -> None:
    """Wait until so many more results have been acknowledged."""
    goal = len(oracle.told) + num_results
    deadline = time.monotonic() + 60
    while len(oracle.told) < goal:
        crowd.check_alive()
        assert time.monotonic() < deadline, "the clients got nowhere"
        time.sleep(0.01)


def end_study(caller: Caller, study: str, crowd: Crowd) -> None:
    """Let the trials there are come to their ends."""
    num_trials = caller.json("GET", f"/v1/studies/{study}")["num_trials"]
    caller.json("PATCH", f"/v1/studies/{study}", {"budget": {"trials": num_trials}})
    crowd.wait_ended(END_SECONDS)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seconds", DURATIONS)
def test_nothing_acknowledged_is_lost_when_the_server_is_killed(
    start_server: StartServer, database_url: str, seconds: int
) -> None:
    server = start_server(database_url)
    oracle = Oracle()
    with Caller([server.url]) as caller:
        study = create_study(caller, "killed")
        with Crowd([server.url], study, oracle, seed=1) as crowd:
            storm([server], crowd, oracle, seconds, chance=random.Random(1))
            end_study(caller, study, crowd)
        shown = oracle.check(caller, study, database_url)
    assert shown["state"] == "completed"
    assert crowd.traffic.num_unanswered > 0
    assert oracle.num_vanished > 0


@pytest.mark.timeout(600)
@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
@pytest.mark.parametrize("seconds", DURATIONS)
def test_nothing_acknowledged_is_lost_when_two_replicas_are_killed_in_turn(
    start_server: StartServer, database_url: str, seconds: int
) -> None:
    servers = [start_server(database_url) for _ in range(2)]
    urls = [server.url for server in servers]
    oracle = Oracle()
    with Caller(urls) as caller:
        study = create_study(caller, "killed")
        with Crowd(urls, study, oracle, seed=2) as crowd:
            storm(servers, crowd, oracle, seconds, chance=random.Random(2))
            end_study(caller, study, crowd)
        shown = oracle.check(caller, study, database_url)
    assert shown["state"] == "completed"
    assert crowd.traffic.num_unanswered > 0
    assert oracle.num_vanished > 0
