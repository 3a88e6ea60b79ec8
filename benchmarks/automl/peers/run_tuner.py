"""Our own ``fit``: in this process, or through a server that was started before the clock."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
import pandas as pd
from adapter import Job, System, answer, read_job

import tuner
from tuner.cli.service import Service
from tuner.records import Origin, TrialState

# A worker that is stopped in the middle of a training need not finish it.
STOP_SECONDS = 5.0


class Tuner(System):
    """``tuner.fit`` with its defaults."""

    def fit(self, job: Job, train: pd.DataFrame) -> None:
        self._is_regression = job.is_regression
        self._called_at = time.time()
        self._result = tuner.fit(
            train, job.target, time_budget=job.seconds, metric=job.metric, seed=job.seed, progress=False
        )

    def ready(self) -> None:
        if not self._is_regression:
            self.classes = [str(label) for label in self._result.best_model.classes]
        # A model that always says the same can be used, but nobody would.
        completed = self._result.study.trials(TrialState.COMPLETED)
        instants = [
            trial.finished_at.timestamp()
            for trial in completed
            if trial.finished_at is not None and trial.origin is not Origin.BASELINE
        ]
        self.first_model_seconds = min(instants) - self._called_at if instants else None

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        return self._result.predict(rows) if self._is_regression else self._result.predict_proba(rows).to_numpy()

    def save(self, folder: Path) -> None:
        study = self._result.study
        study.model(study.best_trial.number, folder / "model.zip")

    def describe(self) -> str:
        best = self._result.study.best_trial
        return f"{best.params.get('model', best.origin)} of {self._result.study.num_trials} trials"


class TunerOverHttp(Tuner):
    """The same through a server, which is also asked for single rows."""

    def ready(self) -> None:
        super().ready()
        self._client = tuner.Client()
        study = self._result.study
        self._model = f"{study.id}.{study.best_trial.number}"

    def predict_row(self, row: pd.DataFrame) -> object:
        return self._client.predict(self._model, row)


@contextmanager
def _server(home: Path) -> Iterator[None]:
    """A server with one worker in a fresh home, as ``tuner serve`` starts them; clients find it in ``TUNER_URL``."""
    log = home / "service.log"
    with Service(os.environ | {"TUNER_HOME": str(home)}, log=log, patience_seconds=STOP_SECONDS) as service:
        service.start_api(port=0)
        os.environ["TUNER_URL"] = service.wait_for_api()
        service.start_worker()
        service.wait_for_worker()
        yield


if __name__ == "__main__":
    job = read_job()
    home = Path(job.folder) / "home"
    home.mkdir()
    os.environ["TUNER_HOME"] = str(home)
    over_http = job.system == "tuner_rest"
    with _server(home) if over_http else nullcontext():
        answer(job, TunerOverHttp() if over_http else Tuner(), ["tuner", "lightgbm", "scikit-learn", "pandas"])
