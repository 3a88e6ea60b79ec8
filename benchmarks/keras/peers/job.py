"""What a system is asked in its process, and what it leaves: read a job, search within the time, predict.

A file beside this one adds how one system searches, and is run as ``python run_keras_tuner.py JOB.json`` by the
interpreter that has the system. Nothing here needs more than NumPy, and nothing of the rest of this repository.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Job:
    """What is asked.

    Args:
        system: Its name, for files that know several.
        task: Name of the task.
        kind: What an example is; see ``benchmarks.keras.data``.
        family: The family of models to search.
        study_space: The space as a study takes it.
        peer_space: The same under the family's own names.
        plan: How many epochs a network gets.
        horizon: How many values of a series are predicted.
        seconds: Wall time of the search.
        trials: Trials at most.
        seed: Fixes the system's random choices, as far as it lets one.
        folder: Where ``data.npz`` is, where the system may write, and where the answer is expected.
    """

    system: str
    task: str
    kind: str
    family: str
    study_space: dict[str, Any]
    peer_space: dict[str, dict[str, Any]]
    plan: dict[str, int]
    horizon: int
    seconds: float
    trials: int
    seed: int
    folder: str


@dataclass(frozen=True)
class TrialTimes:
    """One trial. Instants are seconds since the epoch.

    Args:
        began_at: When it was handed out.
        ended_at: When its result was in.
        fit_seconds: How long its network was built and trained; None if it failed.
    """

    began_at: float
    ended_at: float
    fit_seconds: float | None


@dataclass(frozen=True)
class Answer:
    """What came of a job.

    Args:
        began_at: When the search was asked for.
        ended_at: When it was over.
        trials: Its trials in the order in which they began.
        best: What was chosen, in a few words.
        versions: Of the libraries.
    """

    began_at: float
    ended_at: float
    trials: list[TrialTimes]
    best: str
    versions: dict[str, str] = field(default_factory=dict)


def read_job() -> Job:
    """The job named on the command line."""
    return Job(**json.loads(Path(sys.argv[1]).read_text()))


def leave(job: Job, answer: Answer, predictions: Sequence[str] | np.ndarray, packages: Sequence[str]) -> None:
    """Write what came of a job.

    Args:
        job: What was asked.
        answer: How it went; the versions are added here.
        predictions: Class names, or values.
        packages: Distributions whose versions are worth knowing.
    """
    found = asdict(answer) | {"versions": {name: version(name) for name in packages}}
    predicted = np.asarray(predictions)
    # Class names may come as objects, which only pickles could hold.
    np.save(Path(job.folder) / "predictions.npy", predicted.astype(str) if predicted.dtype == object else predicted)
    (Path(job.folder) / "answer.json").write_text(json.dumps(found))


def read_data(job: Job) -> tuple[Any, np.ndarray, Any]:
    """What is learned from, its answers, and what is to be predicted. Sequences and texts are lists."""
    with np.load(Path(job.folder) / "data.npz") as stored:
        arrays = dict(stored)
    return _examples(job, arrays, "train"), arrays["answers"], _examples(job, arrays, "test")


def _examples(job: Job, arrays: dict[str, np.ndarray], part: str) -> Any:
    if job.kind == "sequence":
        return np.split(arrays[part], np.cumsum(arrays[f"{part}_lengths"])[:-1])
    return arrays[part].tolist() if job.kind in ("text", "series") else arrays[part]
