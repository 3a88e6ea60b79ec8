"""A server with a key: whoever has it works as before, whoever has not is turned away."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from tests.acceptance import tables
from tests.acceptance.service import Service

KEY = "correct-horse-battery-staple"

TRAIN = """
import json, tuner
client = tuner.Client()
data = client.upload_dataset("wine.csv", target="sort")
study = client.create_study("wine", dataset=data, models=["linear"], budget=tuner.Budget(trials=2))
study.wait(timeout=60, progress=False)
print(json.dumps([str(study.state), study.best_model().predict("wine.csv").tolist()[0]]))
"""


@pytest.fixture
def guarded(new_service: Callable[..., Service]) -> Service:
    service = new_service(api_key=KEY)
    service.start_server()
    return service


@pytest.mark.slow
def test_sdk_worker_and_command_work_with_the_key(guarded: Service) -> None:
    guarded.start_worker()
    (guarded.folder / "wine.csv").write_bytes(tables.wine().csv)
    state, label = guarded.run_script(TRAIN)
    assert state == "completed"
    assert label in ("Barolo", "Grignolino", "Barbera")
    studies = guarded.run("-m", "tuner.cli", "studies", "--json")
    assert [study["name"] for study in json.loads(studies.stdout)] == ["wine"]
    board = guarded.run("-m", "tuner.cli", "leaderboard", "wine", "--json")
    # Two candidates, the score to beat, and their ensemble.
    assert [trial["rank"] for trial in json.loads(board.stdout)["trials"]] == [1, 2, 3, 4]
    assert all(KEY not in log for _, log in guarded.logs())


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {KEY}"}])
def test_a_stranger_gets_401(guarded: Service, headers: dict[str, str]) -> None:
    answer = httpx.get(f"{guarded.url}/v1/studies", headers=headers, trust_env=False)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert httpx.get(f"{guarded.url}/healthz", headers=headers, trust_env=False).status_code == 200


def test_the_sdk_tells_that_the_key_is_missing(guarded: Service) -> None:
    outcome = guarded.run("-c", "import tuner; tuner.Client().list_studies()", TUNER_API_KEY="")
    assert "tuner.errors.Unauthorized" in outcome.stderr
    assert "TUNER_API_KEY" in outcome.stderr


def test_the_command_tells_that_the_key_is_wrong(guarded: Service) -> None:
    outcome = guarded.run("-m", "tuner.cli", "studies", TUNER_API_KEY="wrong")
    assert outcome.returncode == 1
    assert "The key is wrong." in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_worker_without_the_key_ends_and_says_why(guarded: Service) -> None:
    worker = guarded.launch_worker(TUNER_API_KEY="")
    assert worker.wait() == 1
    assert "TUNER_API_KEY" in worker.log
    assert "Traceback" not in worker.log


def test_other_machines_need_a_key(new_service: Callable[..., Service]) -> None:
    service = new_service()
    outcome = service.run("-m", "api", "--host", "0.0.0.0", "--port", "0")
    assert outcome.returncode == 1
    assert "TUNER_API_KEY" in outcome.stderr
