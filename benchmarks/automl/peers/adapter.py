"""What every system does in its process: read a job, fit within the time, predict, and write what came of it.

A file beside this one adds how one system fits, and is run as ``python run_flaml.py JOB.json`` by the interpreter that
has the system. Nothing here needs more than NumPy and pandas, and nothing of the rest of this repository.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

NUM_ROW_PREDICTIONS = 100
WARM_UP_PREDICTIONS = 3
# Some systems need half a second for a row; their median needs no hundred of them.
ROW_SECONDS = 20.0


@dataclass(frozen=True)
class Job:
    """What is asked.

    Args:
        system: Its name, for files that know several.
        train: CSV file of the training rows, the target among them.
        test: CSV file of the rows to predict, without the target.
        target: The column to predict.
        task: ``binary``, ``multiclass`` or ``regression``.
        metric: ``roc_auc``, ``log_loss`` or ``rmse``.
        seconds: Wall time the fit may take.
        seed: Fixes the system's random choices, as far as it lets one.
        folder: Where the system may write, and where the answer is expected.
    """

    system: str
    train: str
    test: str
    target: str
    task: str
    metric: str
    seconds: float
    seed: int
    folder: str

    @property
    def is_regression(self) -> bool:
        """Whether numbers are predicted, not classes."""
        return self.task == "regression"


class System(ABC):
    """One system, from its fit on."""

    classes: Sequence[str] = ()
    """The labels in the order of the probabilities, once it is ready; none for regression."""
    first_model_seconds: float | None = None
    """From the call to the first model that could be used, once it is ready; the end of the call if None."""

    @abstractmethod
    def fit(self, job: Job, train: pd.DataFrame) -> None:
        """Fit within ``job.seconds``: what is timed. Imports, servers and the reading of files have come before."""

    @abstractmethod
    def ready(self) -> None:
        """Make ready to predict, after the clock: what users do once, when they put a model to use."""

    @abstractmethod
    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Probabilities, shape (n, classes), or values, shape (n,)."""

    def predict_row(self, row: pd.DataFrame) -> object:
        """What users call for one row, if that is another way."""
        return self.predict(row)

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write into the empty ``folder`` what is needed to predict elsewhere."""

    @abstractmethod
    def describe(self) -> str:
        """Which model it chose, in a few words."""


@dataclass(frozen=True)
class Answer:
    """What came of a job; see ``Outcome`` of the benchmark, which takes these over."""

    call_seconds: float
    first_model_seconds: float
    predict_seconds: float
    row_milliseconds: float
    artifact_bytes: int
    best: str
    classes: list[str]
    versions: dict[str, str]


def read_job() -> Job:
    """The job named on the command line."""
    return Job(**json.loads(Path(sys.argv[1]).read_text()))


def answer(job: Job, system: System, packages: Sequence[str]) -> None:
    """Do a job, and leave ``predictions.npy`` and ``answer.json`` in its folder.

    Args:
        job: What is asked.
        system: Who does it.
        packages: Distributions whose versions are worth knowing.
    """
    folder = Path(job.folder)
    train, test = pd.read_csv(job.train), pd.read_csv(job.test)
    began = time.perf_counter()
    system.fit(job, train)
    call_seconds = time.perf_counter() - began
    system.ready()
    began = time.perf_counter()
    predictions = np.asarray(system.predict(test), dtype=float)
    predict_seconds = time.perf_counter() - began
    np.save(folder / "predictions.npy", predictions)
    saved = folder / "artifact"
    saved.mkdir()
    system.save(saved)
    outcome = Answer(
        call_seconds=call_seconds,
        first_model_seconds=call_seconds if system.first_model_seconds is None else system.first_model_seconds,
        predict_seconds=predict_seconds,
        row_milliseconds=_median_milliseconds(system, test),
        artifact_bytes=sum(file.stat().st_size for file in saved.rglob("*") if file.is_file()),
        best=system.describe(),
        classes=list(system.classes),
        versions={name: version(name) for name in packages},
    )
    (folder / "answer.json").write_text(json.dumps(asdict(outcome)))


def with_categories(rows: pd.DataFrame, categories: dict[str, list[str]]) -> pd.DataFrame:
    """The columns named in ``categories`` as categories; a value that is not among them is missing."""
    known = {name: pd.Categorical(rows[name].map(_text), values) for name, values in categories.items()}
    return rows.assign(**known)


def categories_of(rows: pd.DataFrame) -> dict[str, list[str]]:
    """The values of each column that does not hold numbers."""
    names = [name for name in rows.columns if not pd.api.types.is_numeric_dtype(rows[name]) or rows[name].dtype == bool]
    return {name: sorted(rows[name].dropna().map(_text).unique()) for name in names}


def _median_milliseconds(system: System, rows: pd.DataFrame) -> float:
    """Median time for one row at a time, after a few that do not count."""
    taken = []
    ends_at = time.perf_counter() + ROW_SECONDS
    for index in range(WARM_UP_PREDICTIONS + NUM_ROW_PREDICTIONS):
        row = rows.iloc[[index % len(rows)]]
        began = time.perf_counter()
        system.predict_row(row)
        taken.append(1000 * (time.perf_counter() - began))
        if time.perf_counter() > ends_at and index >= WARM_UP_PREDICTIONS:
            break
    return statistics.median(taken[WARM_UP_PREDICTIONS:])


def _text(value: object) -> object:
    return value if pd.isna(value) else str(value)
