"""Workers are killed again and again, in the middle of their trainings."""

from __future__ import annotations

import random
import time
from datetime import datetime

import pytest

from tests.acceptance import tables
from tests.storms.caller import Body, Caller
from tests.storms.conftest import NewWorker, StartServer
from tests.storms.test_zombies import create_trained, upload, wait_for

LEASE_SECONDS = 2.0
HANDOUT_SECONDS = LEASE_SECONDS + 2.0
IMPATIENT = {"TUNER_WORKER_LEASE_SECONDS": str(LEASE_SECONDS), "TUNER_WORKER_CANCEL_SECONDS": "0"}
MAX_ATTEMPTS = 2
# Workers take seconds to start,.
PATIENCE_SECONDS = 600.0


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("num_trials", "num_kills"),
    [pytest.param(5, 6, marks=pytest.mark.slow), pytest.param(25, 40, marks=pytest.mark.soak)],
)
def test_every_trial_comes_to_an_end(
    start_server: StartServer, new_worker: NewWorker, database_url: str, num_trials: int, num_kills: int
) -> None:
    server = start_server(database_url)
    workers = [new_worker(server.url, **IMPATIENT, TUNER_WORKER_NAME=f"worker-{index}") for index in range(2)]
    chance = random.Random(4)
    with Caller([server.url]) as caller:
        wine = tables.wine()
        dataset = upload(caller, "wine", wine.csv, wine.target)
        study = create_trained(caller, "fragile", dataset, "linear", trials=num_trials, max_attempts=MAX_ATTEMPTS)
        path = f"/v1/studies/{study['id']}"
        for worker in workers:
            worker.launch()
        pauses = 0
        deadline = time.monotonic() + PATIENCE_SECONDS
        killed: set[tuple[int, int]] = set()
        while len(killed) < num_kills:
            pauses += resume_if_paused(caller, path)
            running = caller.json("GET", f"{path}/trials?state=running")["items"]
            found = next((trial for trial in running if (trial["number"], trial["attempt"]) not in killed), None)
            if found is None:
                if caller.json("GET", path)["state"] == "completed":
                    break
                assert time.monotonic() < deadline, "no worker claims a trial"
                time.sleep(0.01)
                continue
            killed.add((found["number"], found["attempt"]))
            victim = workers[int(found["worker"].rpartition("-")[2])]
            time.sleep(chance.uniform(0, 0.3))
            victim.kill()
            victim.launch()
        while (shown := caller.json("GET", path))["state"] != "completed":
            assert time.monotonic() < deadline, shown
            pauses += resume_if_paused(caller, path)
            time.sleep(0.1)
        trials = list(caller.pages(f"{path}/trials"))
    assert [trial["number"] for trial in trials] == list(range(num_trials))
    lost = [trial for trial in trials if trial["state"] == "failed"]
    for trial in lost:
        assert (trial["failure"], trial["attempt"]) == ("lost_worker", MAX_ATTEMPTS), trial
    completed = [trial for trial in trials if trial["state"] == "completed"]
    assert len(completed) + len(lost) == num_trials
    assert all(trial["attempt"] <= MAX_ATTEMPTS for trial in completed)
    assert shown["counts"] == dict.fromkeys(shown["counts"], 0) | {
        "completed": len(completed),
        "failed": len(lost),
    }
    # Some that were killed at the last moment had ended already.
    assert sum(trial["attempt"] == 2 for trial in trials) > 0
    assert pauses <= len(lost) // 3


@pytest.mark.slow
def test_a_lost_trial_is_handed_out_again_soon(
    start_server: StartServer, new_worker: NewWorker, database_url: str
) -> None:
    server = start_server(database_url)
    names = [f"worker-{index}" for index in range(2)]
    workers = {name: new_worker(server.url, **IMPATIENT, TUNER_WORKER_NAME=name) for name in names}
    with Caller([server.url]) as caller:
        dataset = upload(caller, "slow", tables.slow(), "y")
        for worker in workers.values():
            worker.start()
        study = create_trained(caller, "lost", dataset, "random_forest")
        trial = f"/v1/studies/{study['id']}/trials/0"
        wait_for(lambda: caller.insist("GET", trial).json().get("last_step") is not None)
        victim = caller.json("GET", trial)["worker"]
        (heir,) = set(names) - {victim}
        killed_at = time.time()
        workers[victim].kill()
        wait_for(lambda: caller.json("GET", trial)["attempt"] == 2, 30)
        shown = caller.json("GET", trial)
        assert shown["worker"] == heir
        # The last renewal may be of the moment before the kill.
        assert datetime.fromisoformat(shown["started_at"]).timestamp() - killed_at <= HANDOUT_SECONDS


def resume_if_paused(caller: Caller, path: str) -> bool:
    """Go on after three trials in a row were lost; whether that was so."""
    shown: Body = caller.json("GET", path)
    if shown["state"] != "paused":
        return False
    assert "3 trials in a row" in shown["state_reason"]
    caller.json("POST", f"{path}/resume")
    return True
