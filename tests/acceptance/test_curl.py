"""The service by ``curl`` alone, as somebody without Python uses it."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import tables
from tests.acceptance.service import Service

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")

SPACE = {
    "version": 1,
    "parameters": {
        "optimizer": {"type": "categorical", "choices": ["adam", "sgd"]},
        "lr": {"type": "float", "low": 1e-5, "high": 0.1, "log": True},
        "momentum": {"type": "float", "low": 0.0, "high": 0.99, "when": {"optimizer": ["sgd"]}},
    },
}


class Curl:
    """``curl`` in a folder, against one server."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder

    def __call__(self, path: str, *options: str) -> Any:
        """The JSON that a path answers."""
        return json.loads(self.text(path, *options))

    def text(self, path: str, *options: str) -> str:
        """What a path answers."""
        command = ["curl", "-sS", "--fail-with-body", *options, f"{self._url}/v1{path}"]
        outcome = subprocess.run(command, cwd=self._folder, capture_output=True, text=True, timeout=60, check=False)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        return outcome.stdout

    def send(self, path: str, body: object) -> Any:
        """The JSON that a path answers to a JSON body."""
        return self(path, "-H", "Content-Type: application/json", "-d", json.dumps(body))


@pytest.fixture
def curl(service: Service) -> Curl:
    service.start_server()
    return Curl(service.url, service.folder)


@pytest.mark.slow
def test_tuning_a_table(service: Service, curl: Curl) -> None:
    service.start_worker()
    table = tables.breast_cancer().csv
    (service.folder / "table.csv").write_bytes(table)
    (service.folder / "table.csv.gz").write_bytes(gzip.compress(table))
    datasets = [
        curl("/datasets?name=plain&target=benign", "--data-binary", "@table.csv"),
        curl("/datasets?name=packed&target=benign", "--data-binary", "@table.csv.gz"),
    ]
    assert [data["num_rows"] for data in datasets] == [455, 455]
    assert datasets[0]["profile"] == datasets[1]["profile"]

    fields = {"dataset": datasets[1]["id"], "models": ["linear", "lightgbm"], "budget": {"trials": 3}}
    own_space = {
        "version": 1,
        "parameters": {"lightgbm.learning_rate": {"type": "float", "low": 0.05, "high": 0.06}},
    }
    studies = [
        curl.send("/studies", {"name": "given", "space": own_space, **fields})["id"],
        curl.send("/studies", {"name": "theirs", **fields})["id"],
    ]
    deadline = time.monotonic() + 90
    while any(curl(f"/studies/{study}")["state"] == "running" for study in studies):
        assert time.monotonic() < deadline
        time.sleep(0.2)

    for study in studies:
        shown = curl(f"/studies/{study}")
        assert shown["num_counted"] == 3
        limit = shown["num_trials"] - 1
        board = curl(f"/studies/{study}/trials?order_by=rank&limit={limit}")
        rest = curl(f"/studies/{study}/trials?order_by=rank&limit={limit}&cursor={board['next_cursor']}")
        assert len(board["items"]) == limit
        assert len(rest["items"]) == 1
        assert rest["next_cursor"] is None
        best = board["items"][0]
        assert best["rank"] == 1
        assert best["number"] == shown["best_number"]
        path = f"/studies/{study}/trials/{best['number']}/attempts/{best['attempt']}/artifacts/model.zip"
        curl.text(path, "-o", f"{study}.zip")
        with zipfile.ZipFile(service.folder / f"{study}.zip") as archive:
            assert archive.testzip() is None
            assert "manifest.json" in archive.namelist()
    boosted = [trial for trial in service.trials(studies[0]) if trial["params"]["model"] == "lightgbm"]
    assert boosted
    assert all(0.05 <= trial["params"]["lightgbm.learning_rate"] <= 0.06 for trial in boosted)


def test_running_ones_own_trials(curl: Curl) -> None:
    body = {"name": "mine", "space": SPACE, "objectives": {"accuracy": "maximize"}, "budget": {"trials": 3}}
    path = f"/studies/{curl.send('/studies', body)['id']}"
    for number in range(3):
        (leased,) = curl.send(f"{path}/suggest", {"worker": "shell", "lease_seconds": 3600})["trials"]
        trial = f"{path}/trials/{leased['trial']['number']}"
        assert leased["trial"]["number"] == number
        assert ("momentum" in leased["trial"]["params"]) == (leased["trial"]["params"]["optimizer"] == "sgd")
        for step in range(2):
            reply = curl.send(f"{trial}/report", {"lease": leased["lease"], "step": step, "value": 0.5 + number / 10})
            assert reply["directive"] == "continue"
        result = {"lease": leased["lease"], "state": "completed", "values": {"accuracy": 0.6 + number / 10}}
        assert curl.send(f"{trial}/complete", result)["state"] == "completed"
        # An answer may get lost on its way: the same again is no mistake.
        assert curl.send(f"{trial}/complete", result)["state"] == "completed"
        assert [item["step"] for item in curl(f"{trial}/measurements")["items"]] == [0, 1]
    study = curl(path)
    assert study["state"] == "completed"
    assert (study["best_number"], study["best_value"]) == (2, pytest.approx(0.8))
    assert [trial["number"] for trial in curl(f"{path}/trials?order_by=rank")["items"]] == [2, 1, 0]


def test_a_refusal_is_a_problem_that_can_be_read(service: Service, curl: Curl) -> None:
    command = ["curl", "-sS", "-w", "%{http_code} %{content_type}", f"{service.url}/v1/studies/nothing"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert answer.endswith("404 application/problem+json")
    assert "There is no study 'nothing'." in answer
