"""The main job: a table goes in, workers train, SQL ranks, the best model predicts."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.acceptance import tables
from tests.acceptance.service import Body, Service
from tests.acceptance.tables import HeldOut
from tuner.data.profile import Task
from tuner.training.metrics import Metric, metric

FAMILIES = ["linear", "random_forest", "lightgbm"]


def stored_score(service: Service, trial: Body, study: Body, table: HeldOut, judge: Metric) -> tuple[float, bytes]:
    """The score of a trial, from its stored predictions and the table; and which rows those are for."""
    path = f"/studies/{study['id']}/trials/{trial['number']}"
    stored = {artifact["name"]: artifact for artifact in service.get(f"{path}/artifacts")["items"]}
    assert {"model.zip", "predictions.npz"} <= set(stored)
    answer = service.request("GET", f"{path}/attempts/{trial['attempt']}/artifacts/predictions.npz")
    assert hashlib.sha256(answer.content).hexdigest() == stored["predictions.npz"]["sha256"]
    with np.load(io.BytesIO(answer.content), allow_pickle=False) as arrays:
        row_ids, prediction = arrays["row_ids"], arrays["prediction"]
    truth = table.seen[table.target].iloc[row_ids]
    if study["target"]["task"] != Task.REGRESSION:
        truth = truth.astype(str).map(list(study["target"]["classes"]).index)
    return judge.score(truth.to_numpy(), prediction), row_ids.tobytes()


@pytest.mark.parametrize(
    ("database_kind", "table", "task", "metric_name"),
    [
        ("sqlite", tables.wine(), "multiclass", "log_loss"),
        ("postgres", tables.wine(), "multiclass", "log_loss"),
        ("sqlite", tables.breast_cancer(), "binary", "roc_auc"),
        ("postgres", tables.diabetes(), "regression", "rmse"),
    ],
    ids=["multiclass-sqlite", "multiclass-postgres", "binary-sqlite", "regression-postgres"],
)
@pytest.mark.slow
def test_the_leaderboard_is_what_the_stored_predictions_are_worth(
    either_service: Service, table: HeldOut, task: str, metric_name: str
) -> None:
    service = either_service
    service.start_server()
    service.start_worker()
    dataset = service.upload(table.csv, "table", table.target)
    created = service.create_study(
        name="automatic", dataset=dataset, models=FAMILIES, budget={"trials": 10}, seed=1, sampler="random"
    )
    study = service.wait_finished(created)
    assert study["state"] == "completed"
    assert (study["target"]["task"], study["metric"]) == (task, metric_name)
    assert study["counts"]["completed"] + study["counts"]["pruned"] == study["num_trials"]
    assert study["num_counted"] == 10

    board = list(service.trials(created, order_by="rank", limit=3))
    assert sorted(trial["number"] for trial in board) == list(range(study["num_trials"]))
    completed = [trial for trial in board if trial["state"] == "completed"]
    assert board[: len(completed)] == completed
    assert [trial["rank"] for trial in completed] == list(range(1, len(completed) + 1))
    assert {trial["params"]["model"] for trial in completed} == {*FAMILIES, "baseline", "ensemble"}

    judge = metric(metric_name, Task(task))
    scored = [(trial, *stored_score(service, trial, study, table, judge)) for trial in completed]
    for trial, score, _ in scored:
        assert trial["values"] == {metric_name: score}
    assert len({row_ids for _, _, row_ids in scored}) == 1
    by_score = sorted(
        scored,
        key=lambda entry: (
            judge.direction.sign * entry[1],
            # Of equal scores that of more models leads.
            entry[0]["origin"] != "ensemble",
            entry[0]["number"],
        ),
    )
    assert [trial["number"] for trial, *_ in by_score] == [trial["number"] for trial in completed]
    assert (study["best_number"], study["best_value"]) == (completed[0]["number"], by_score[0][1])


@pytest.mark.slow
def test_the_best_model_predicts_rows_that_no_trial_has_seen(service: Service, tmp_path: Path) -> None:
    table = tables.wine()
    table.seen.to_csv(tmp_path / "seen.csv.gz", index=False)
    table.unseen.drop(columns="sort").to_csv(tmp_path / "unseen.csv", index=False)
    service.start_server()
    service.start_worker()
    script = f"""
import json, tuner
client = tuner.Client()
data = client.upload_dataset({str(tmp_path / "seen.csv.gz")!r}, name="wine", target="sort")
study = client.create_study("wine", dataset=data, models=["linear", "random_forest", "lightgbm"],
                            budget=tuner.Budget(trials=5))
study.wait(timeout=90, progress=False)
model = study.best_model()
best = study.leaderboard(limit=1).iloc[0]
print(json.dumps({{
    "address": client.address,
    "leads": bool(best["number"] == study.best_trial.number and best["rank"] == 1),
    "labels": model.predict({str(tmp_path / "unseen.csv")!r}).tolist(),
    "certain": model.predict_proba({str(tmp_path / "unseen.csv")!r}).sum(axis=1).round(6).eq(1).all().item(),
}}))
"""
    told = service.run_script(script)
    assert told["address"] == service.url
    assert told["leads"]
    assert told["certain"]
    assert (pd.Series(told["labels"]) == table.unseen["sort"]).mean() > 0.85
