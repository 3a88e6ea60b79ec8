"""Models on a server, as a worker would have left them there."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.artifact.training import Fitted, fit, make_frame
from tuner.artifact import FoldModel, evaluate, pack, save_model
from tuner.data import Task

_names = itertools.count()


@dataclass(frozen=True)
class Published:
    """A model on a server.

    Args:
        id: Its id.
        fitted: What it was made of.
        path: The packed model.
    """

    id: str
    fitted: Fitted
    path: Path


def publish(client: httpx.Client, folder: Path, task: Task = Task.MULTICLASS) -> Published:
    """Put a linear model of two folds on a server, as the only trial of a study."""
    path, fitted = packed(folder, task)
    study, leased = claimed(client, task)
    place = f"/v1/studies/{study}/trials/0"
    lease = {"Tuner-Lease": leased["lease"]}
    put = client.put(f"{place}/attempts/1/artifacts/model.zip", content=path.read_bytes(), headers=lease)
    assert put.status_code == 201, put.text
    done = client.post(
        f"{place}/complete",
        json={
            "lease": leased["lease"],
            "state": "completed",
            "values": {"log_loss": 0.5},
            "metrics": {"fit_seconds": 1.5},
        },
    )
    assert done.status_code == 200, done.text
    return Published(f"{study}.0", fitted, path)


def packed(folder: Path, task: Task) -> tuple[Path, Fitted]:
    """A packed model with its evaluation."""
    fitted = fit(task, "linear")
    even = fitted.table.row_ids % 2 == 0
    models = [
        FoldModel(estimator.predict, fitted.table.row_ids[rows])
        for estimator, rows in zip(fitted.estimators, (even, ~even), strict=True)
    ]
    save_model(
        folder / "model", fitted.estimators, fitted.facts, evaluate(fitted.table, fitted.out_of_fold, models=models)
    )
    pack(folder / "model", folder / "model.zip")
    return folder / "model.zip", fitted


def claimed(client: httpx.Client, task: Task) -> tuple[str, dict[str, str]]:
    """The id of a study over a dataset, and its first trial under a lease."""
    content = make_frame(task).to_csv(index=False).encode()
    name = f"models-{next(_names)}"
    dataset = client.post("/v1/datasets", params={"name": name, "target": "target"}, content=content).json()
    body = {"name": name, "dataset": dataset["id"], "models": ["linear"], "metric": "log_loss", "budget": {"trials": 1}}
    study = client.post("/v1/studies", json=body)
    assert study.status_code == 201, study.text
    body = {"worker": "w", "capabilities": {"families": ["linear"]}, "count": 10}
    for _ in range(50):
        # Other tests' studies may be asked first; those with fewest running trials are.
        for each in client.post("/v1/claims", json=body).json()["claims"]:
            if each["study"]["id"] == study.json()["id"]:
                return study.json()["id"], each["leased"]
    raise AssertionError("no claim brings a trial of the study")
