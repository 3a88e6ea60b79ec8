"""One candidate, trained: from a job to a saved model, its score, and its predictions for the validation rows."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tuner.artifact import ModelFacts, save_model
from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.errors import MissingExtra, TrainingFailed
from tuner.models import Estimator, ModelFamily, Report, Verdict, family
from tuner.space import Params
from tuner.training.metrics import Metric, metric, metrics

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.data.table import Table

MODEL_FOLDER = "model"
PREDICTIONS_FILE = "predictions.npz"


@dataclass(frozen=True)
class TrainingJob:
    """All that a child process needs to train one candidate.

    Args:
        dataset_path: The table, as it was uploaded.
        profile: The table's stored profile.
        target: What is predicted.
        family: Name of the model family.
        params: A point of the family's space, under its own names; what is left out takes the family's default.
        metric: Name of the metric.
        split_seed: Fixes which rows are held out; the same for all trials of a study.
        seed: Fixes the model's own random choices; differs from trial to trial.
        threads: Processor threads to use.
        folder: Where the model and the predictions go.
    """

    dataset_path: Path
    profile: DatasetProfile
    target: TargetProfile
    family: str
    params: Params
    metric: str
    split_seed: int
    seed: int
    threads: int
    folder: Path

    def to_json(self) -> dict[str, Any]:
        """The job as plain JSON types."""
        return {
            "dataset_path": str(self.dataset_path),
            "profile": self.profile.to_json(),
            "target": self.target.to_json(),
            "family": self.family,
            "params": self.params,
            "metric": self.metric,
            "split_seed": self.split_seed,
            "seed": self.seed,
            "threads": self.threads,
            "folder": str(self.folder),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The job that ``to_json`` wrote."""
        return cls(
            dataset_path=Path(document["dataset_path"]),
            profile=DatasetProfile.from_json(document["profile"]),
            target=TargetProfile.from_json(document["target"]),
            family=document["family"],
            params=dict(document["params"]),
            metric=document["metric"],
            split_seed=document["split_seed"],
            seed=document["seed"],
            threads=document["threads"],
            folder=Path(document["folder"]),
        )


@dataclass(frozen=True)
class TrainingResult:
    """What came of a job.

    Args:
        value: The metric of the saved model on the validation rows.
        best_step: The step whose model was saved.
        stopped: Whether ``report`` ended the training.
        metrics: Times, sizes, and every other metric of the task that is defined on the validation rows.
    """

    value: float
    best_step: int
    stopped: bool
    metrics: dict[str, float]


def train_candidate(job: TrainingJob, report: Callable[[int, float], bool]) -> TrainingResult:
    """Train a candidate on one part of the table and score it on the other.

    Writes ``model/``, a saved model, and ``predictions.npz`` with ``row_ids`` (n,) and ``prediction`` of shape
    (n, classes) or (n,), for the validation rows, in the precision in which they were scored.

    Args:
        job: What to train.
        report: Called after each step with the step and the metric, for families that learn in steps; returns whether
            to stop now. The best step's model is saved in that case too.

    Raises:
        TrainingFailed: The score is not a finite number (``nan``), or memory ran out (``out_of_memory``).
        MissingExtra: The family's libraries are not installed.
        InvalidDataset: The file is not the one that was profiled.
    """
    try:
        return _train(job, report)
    except MemoryError as error:
        raise TrainingFailed("out_of_memory", f"Memory ran out in training {job.family}: {error}") from error


def _train(job: TrainingJob, report: Callable[[int, float], bool]) -> TrainingResult:
    from tuner.data.splits import holdout
    from tuner.data.table import load_table

    chosen = family(job.family)
    if not chosen.is_available():
        raise MissingExtra(chosen.extra, f"The model family {chosen.name!r}")
    table = load_table(job.dataset_path, job.profile, job.target)
    split = holdout(table, job.split_seed)
    train, validation = table.take(split.train), table.take(split.validation)
    params = chosen.complete(job.params, job.profile, job.target)
    estimator = chosen.build(params, seed=job.seed, threads=job.threads)
    curve = _Curve(metric(job.metric, job.target.task), validation, chosen, report)

    fit_started = time.perf_counter()
    best_step = estimator.fit(train, validation, curve)
    predict_started = time.perf_counter()
    prediction = estimator.predict(validation.features)
    finished = time.perf_counter()

    value = curve.score(best_step, prediction)
    _save(job, params, estimator, value, table)
    _write_predictions(job.folder / PREDICTIONS_FILE, validation, prediction)
    return TrainingResult(
        value=value,
        best_step=best_step,
        stopped=curve.stopped,
        metrics=_all_metrics(validation, prediction)
        | {
            "fit_seconds": predict_started - fit_started,
            "predict_seconds_per_1000_rows": (finished - predict_started) * 1000 / validation.num_rows,
            "num_train_rows": train.num_rows,
            "num_validation_rows": validation.num_rows,
            "best_step": best_step,
            "model_bytes": sum(path.stat().st_size for path in (job.folder / MODEL_FOLDER).iterdir()),
        },
    )


class _Curve(Report):
    """Scores each step's predictions, remembers the best, and asks the caller whether to go on."""

    def __init__(
        self, metric: Metric, validation: Table, family: ModelFamily, report: Callable[[int, float], bool]
    ) -> None:
        self._metric = metric
        self._validation = validation
        self._family = family
        self._report = report
        self._best = Verdict(best_step=0)
        self._best_loss = math.inf
        self.stopped = False

    def __call__(self, step: int, prediction: NDArray[np.float64]) -> Verdict:
        value = self.score(step, prediction)
        loss = self._metric.direction.sign * value
        if loss < self._best_loss:
            self._best, self._best_loss = Verdict(best_step=step), loss
        # A family that learns in one go is done by now: there is no curve to show and nothing to stop.
        if self._family.step != "fit":
            self.stopped = self._report(step, value)
        return Verdict(self._best.best_step, stop=self.stopped)

    def score(self, step: int, prediction: NDArray[np.float64]) -> float:
        value = self._metric.score(self._validation.target, prediction)
        if not math.isfinite(value):
            raise TrainingFailed(
                "nan",
                f"The {self._metric.name} of {self._family.name} is {value} at step {step} ({self._family.step}).",
            )
        return value


def _save(job: TrainingJob, params: Params, estimator: Estimator, value: float, table: Table) -> None:
    facts = ModelFacts(
        family=job.family,
        params=params,
        target=job.target,
        target_form=job.profile.column(job.target.name).form,
        columns=table.columns,
        metric=job.metric,
        value=value,
    )
    save_model(job.folder / MODEL_FOLDER, [estimator], facts)


def _write_predictions(path: Path, validation: Table, prediction: NDArray[np.float64]) -> None:
    import numpy as np

    np.savez(path, row_ids=validation.row_ids, prediction=prediction)


def _all_metrics(validation: Table, prediction: NDArray[np.float64]) -> dict[str, float]:
    scores = {
        other.name: other.score(validation.target, prediction)
        for other in metrics().values()
        if validation.task in other.tasks
    }
    return {name: score for name, score in scores.items() if math.isfinite(score)}
