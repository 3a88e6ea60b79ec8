"""Our own: a study of one family, through a server and a worker with one slot that run before the clock."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from job import Answer, Job, TrialTimes, leave, read_data, read_job

import tuner
from tuner.cli.service import Service
from tuner.client.study import Study
from tuner.records import Origin, TrialState

# A worker that is stopped in the middle of a training need not finish it.
STOP_SECONDS = 5.0
TARGET = "answer"
BACKENDS = {"tuner_jax": "jax", "tuner_torch": "torch", "tuner_tensorflow": "tensorflow"}


def main() -> None:
    """Search, and predict with the best model."""
    job = read_job()
    backend, home = BACKENDS[job.system], Path(job.folder) / "home"
    home.mkdir()
    os.environ |= {"KERAS_BACKEND": backend}
    own = {"TUNER_HOME": str(home), "TUNER_WORKER_BACKENDS": backend}
    train, answers, test = read_data(job)
    with Service(os.environ | own, log=home / "service.log", patience_seconds=STOP_SECONDS) as service:
        service.start_api(port=0)
        service.wait_for_api()
        service.start_worker(slots=1)
        service.wait_for_worker()
        with tuner.Client(service.url) as client:
            dataset = client.upload_dataset(_table(job, train, answers), name=job.task, target=TARGET)
            began_at = time.time()
            study = _search(job, client, dataset)
            ended_at = time.time()
            trials = [
                TrialTimes(
                    trial.started_at.timestamp(), trial.finished_at.timestamp(), trial.metrics.get("fit_seconds")
                )
                for trial in study.trials((TrialState.COMPLETED, TrialState.PRUNED, TrialState.FAILED))
                if trial.started_at is not None
                and trial.finished_at is not None
                and trial.origin is not Origin.BASELINE
            ]
            if not any(study.trials(TrialState.COMPLETED)):
                reasons = {f"{trial.state}: {trial.message}" for trial in study.trials()}
                sys.exit(f"No trial was completed: {'; '.join(reasons)}")
            best = study.best_trial
            model = study.model(best.number, home / "model.zip")
    packages = ["tuner", "keras", {"tensorflow": "tensorflow_cpu"}.get(backend, backend)]
    predictions = _predictions(job, model, test)
    answer = Answer(began_at, ended_at, sorted(trials, key=lambda each: each.began_at), _described(job, best.params))
    leave(job, answer, predictions, packages)


def _search(job: Job, client: tuner.Client, dataset: Any) -> Study:
    study = client.create_study(
        job.task,
        dataset=dataset,
        models=[job.family],
        space=job.study_space if job.peer_space else None,
        seed=job.seed,
        budget=tuner.Budget(trials=job.trials, seconds=job.seconds),
        ensemble=False,
        forecast=job.horizon if job.kind == "series" else None,
    )
    return study.wait(progress=False)


def _table(job: Job, examples: Any, answers: np.ndarray) -> pd.DataFrame:
    match job.kind:
        case "table":
            return _numbers(examples).assign(**{TARGET: answers})
        case "series":
            return pd.DataFrame({"month": examples, TARGET: answers})
        case _:
            return pd.DataFrame({"x": list(examples), TARGET: answers})


def _numbers(rows: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[f"x{column}" for column in range(rows.shape[1])])


def _predictions(job: Job, model: Any, test: Any) -> np.ndarray:
    if job.kind == "series":
        return model.forecast()[TARGET].to_numpy()
    return np.asarray(model.predict(_numbers(test) if job.kind == "table" else pd.DataFrame({"x": list(test)})))


def _described(job: Job, params: Any) -> str:
    fixed = {name for name, form in job.peer_space.items() if form["type"] == "constant"}
    names = {name.partition(".")[2]: value for name, value in params.items() if name != "model"}
    return ", ".join(f"{name}={_short(value)}" for name, value in names.items() if name not in fixed)


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
