"""Studies are paused, resumed, given other budgets, cancelled and deleted while clients work on them."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select

from tests.storms.caller import Body, Caller
from tests.storms.conftest import StartServer
from tests.storms.crowd import Crowd, create_study
from tests.storms.oracle import Oracle
from tests.storms.test_server_kills import wait_for_progress
from tests.storms.test_zombies import wait_for
from tuner.storage import tables
from tuner.storage.database import parse_url

DURATIONS = [pytest.param(8, marks=pytest.mark.slow), pytest.param(120, marks=pytest.mark.soak)]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seconds", DURATIONS)
def test_a_study_stays_whole_whatever_is_done_to_it(
    start_server: StartServer, database_url: str, tmp_path: Path, seconds: int
) -> None:
    server = start_server(database_url)
    oracle = Oracle()
    chance = random.Random(10)
    with Caller([server.url]) as caller:
        study = create_study(caller, "controlled")
        path = f"/v1/studies/{study}"
        with Crowd([server.url], study, oracle, num_clients=8, seed=10, ends=("cancelled",)) as crowd:
            ends_at = time.monotonic() + seconds
            while time.monotonic() < ends_at:
                time.sleep(chance.uniform(0, 0.3))
                crowd.check_alive()
                control(caller, path, chance)
            twice(caller, "PATCH", path, {"budget": {}})
            twice(caller, "POST", f"{path}/resume")
            wait_for_progress(crowd, oracle, 20)
            cancelled = twice(caller, "POST", f"{path}/cancel")
            assert cancelled["state"] == "cancelled"
            crowd.wait_ended(60)
        # What vanished clients hold is taken from them when their leases run out.
        wait_for(lambda: caller.json("GET", path)["counts"]["running"] == 0)
        shown = oracle.check(caller, study, database_url)
        assert shown["state"] == "cancelled"
        assert shown["counts"]["waiting"] == 0
        assert oracle.num_vanished > 0
        assert caller.insist("POST", f"{path}/pause").status_code == 409
        assert caller.insist("POST", f"{path}/resume").status_code == 409
        assert caller.insist("POST", f"{path}/suggest", json={"worker": "w"}).status_code == 409
        num_trials, num_completed = shown["num_trials"], shown["counts"]["completed"]
        assert num_completed > 0
        twice(caller, "POST", f"{path}/cancel")
        assert caller.json("GET", path)["num_trials"] == num_trials
        files = tmp_path / "home" / "artifacts" / study
        assert files.exists() is bool(oracle.artifacts)
        assert caller.insist("DELETE", path).status_code == 204
        assert caller.insist("DELETE", path).status_code == 404
        assert caller.insist("GET", path).status_code == 404
        assert num_rows(database_url) == 0
        wait_for(lambda: not files.exists())


@pytest.mark.slow
def test_a_study_can_be_deleted_under_load(start_server: StartServer, database_url: str) -> None:
    server = start_server(database_url)
    with Caller([server.url]) as caller:
        for turn in range(3):
            oracle = Oracle()
            study = create_study(caller, f"deleted-{turn}")
            path = f"/v1/studies/{study}"
            with Crowd([server.url], study, oracle, num_clients=8, seed=11 + turn) as crowd:
                wait_for_progress(crowd, oracle, 30)
                refused = caller.insist("DELETE", path)
                assert refused.status_code == 409
                assert "running" in refused.json()["detail"]
                caller.json("POST", f"{path}/pause")
                assert caller.insist("DELETE", path).status_code == 204
                crowd.wait_ended(60)
            assert oracle.faults == []
            assert num_rows(database_url) == 0
    assert "Traceback" not in server.log


@pytest.mark.slow
def test_a_budget_that_moves_is_kept_exactly(start_server: StartServer, database_url: str) -> None:
    server = start_server(database_url)
    oracle = Oracle()
    with Caller([server.url]) as caller:
        study = create_study(caller, "growing", budget={"trials": 20})
        path = f"/v1/studies/{study}"
        for budget in (20, 50, 51, 130):
            shown = twice(caller, "PATCH", path, {"budget": {"trials": budget}})
            assert shown["state"] == "running"
            with Crowd([server.url], study, oracle, num_clients=8, seed=budget) as crowd:
                crowd.wait_ended(60)
            shown = oracle.check(caller, study, database_url)
            assert (shown["state"], shown["num_trials"]) == ("completed", budget)
        # What has been created is not taken back.
        shown = twice(caller, "PATCH", path, {"budget": {"trials": 7}})
        assert (shown["state"], shown["num_trials"]) == ("completed", 130)


def control(caller: Caller, path: str, chance: random.Random) -> None:
    """Do one thing to a study, and once more."""
    match chance.choice(["pause", "resume", "resume", "budget", "unlimited", "stop", "enqueue"]):
        case "pause":
            if caller.json("GET", path)["state"] != "completed":
                twice(caller, "POST", f"{path}/pause", expected=(200, 409))
        case "resume":
            twice(caller, "POST", f"{path}/resume", expected=(200, 409))
        case "budget":
            num_trials = caller.json("GET", path)["num_trials"]
            twice(caller, "PATCH", path, {"budget": {"trials": max(1, num_trials + chance.randrange(-5, 40))}})
        case "unlimited":
            twice(caller, "PATCH", path, {"budget": {}})
        case "stop":
            num_trials = caller.json("GET", path)["num_trials"]
            if num_trials:
                twice(caller, "POST", f"{path}/trials/{num_trials - 1}/stop")
        case "enqueue":
            point = {"x": chance.random(), "units": 8, "optimizer": "adam"}
            key = f"enqueue-{chance.getrandbits(64):x}"
            twice(caller, "POST", f"{path}/trials", {"trials": [{"params": point}]}, key=key, expected=(201, 409))


def twice(
    caller: Caller,
    method: str,
    path: str,
    body: Body | None = None,
    *,
    key: str | None = None,
    expected: tuple[int, ...] = (200,),
) -> Body:
    """Do the same thing two times; what was answered last."""
    sent = {} if body is None else {"json": body}
    for _ in range(2):
        answer = caller.insist(method, path, key=key, **sent)
        assert answer.status_code in expected, answer.text
    return dict(answer.json())


def num_rows(database_url: str) -> int:
    """Rows of studies and of all that belongs to them."""
    engine = create_engine(parse_url(database_url))
    found = (tables.studies, tables.trials, tables.measurements, tables.artifacts)
    try:
        with engine.connect() as connection:
            return sum(connection.scalar(select(func.count()).select_from(table)) or 0 for table in found)
    finally:
        engine.dispose()
