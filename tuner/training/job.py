"""What a training process is told, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.space import Params

MODEL_FOLDER = "model"
PREDICTIONS_FILE = "predictions.npz"
PACKED_MODEL = "model.zip"
CHECKPOINT_FILE = "checkpoint.zip"


class Kind(StrEnum):
    """What is to be trained: a candidate on the scored folds, one on the other folds too, or an average of several."""

    CANDIDATE = "candidate"
    BAGGED = "bagged"
    ENSEMBLE = "ensemble"


@dataclass(frozen=True)
class JobMember:
    """A trial that this one is made from.

    Args:
        number: Its number.
        family: Its model family.
        predict_ms: Time its model takes to predict one row.
        predict_ms_per_1000_rows: Time it takes to predict a thousand rows together.
        num_bytes: Size of its model.
        folds: Folds whose models are in it.
        best_step: The step whose model it is.
        weight: Its weight in the ensemble before this one, 0.0 if it had none.
    """

    number: int
    family: str
    predict_ms: float
    num_bytes: int
    weight: float = 0.0
    predict_ms_per_1000_rows: float = 0.0
    folds: int = 1
    best_step: int | None = None


@dataclass(frozen=True)
class TrainingJob:
    """All that a child process needs for one training.

    Args:
        dataset_path: The table, as it was uploaded.
        profile: The table's stored profile.
        target: What is predicted.
        family: Name of the model family; ``ensemble`` for an average of candidates.
        params: A point of the family's space, under its own names; what is left out takes the family's default.
        metric: Name of the metric.
        split_seed: Fixes how the rows are divided into folds; the same for all trials of a study.
        folds: Parts that the rows are divided into.
        scored_folds: Parts, the first ones, that candidates are scored on.
        bagged_folds: Parts, the first ones, that a bagged candidate is trained for.
        seed: Fixes the model's own random choices; differs from trial to trial.
        threads: Processor threads to use.
        folder: Where the model and the predictions go.
        kind: What is trained.
        seconds: Time the training may take; None: as long as it needs.
        members: The trials it is made from, unless it is a candidate.
        max_predict_ms: How long an ensemble may take to predict one row; None: as long as it takes.
        backend: What Keras runs on in this training, for a network.
        architecture: The network that the family ``architecture`` builds.
        checkpoint: The file that an earlier attempt has left, to go on from; None: begin anew.
    """

    dataset_path: Path
    profile: DatasetProfile
    target: TargetProfile
    family: str
    params: Params
    metric: str
    split_seed: int
    folds: int
    scored_folds: int
    bagged_folds: int
    seed: int
    threads: int
    folder: Path
    kind: Kind = Kind.CANDIDATE
    seconds: float | None = None
    members: tuple[JobMember, ...] = ()
    max_predict_ms: float | None = None
    backend: str | None = None
    architecture: Mapping[str, Any] | None = None  # JSON, read by `tuner.architecture`
    checkpoint: Path | None = None

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
            "folds": self.folds,
            "scored_folds": self.scored_folds,
            "bagged_folds": self.bagged_folds,
            "seed": self.seed,
            "threads": self.threads,
            "folder": str(self.folder),
            "kind": self.kind.value,
            "seconds": self.seconds,
            "members": [vars(member) for member in self.members],
            "max_predict_ms": self.max_predict_ms,
            "backend": self.backend,
            "architecture": self.architecture,
            "checkpoint": None if self.checkpoint is None else str(self.checkpoint),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The job that ``to_json`` wrote."""
        read = dict(document)
        return cls(
            **read
            | {
                "dataset_path": Path(read["dataset_path"]),
                "profile": DatasetProfile.from_json(read["profile"]),
                "target": TargetProfile.from_json(read["target"]),
                "params": dict(read["params"]),
                "folder": Path(read["folder"]),
                "kind": Kind(read["kind"]),
                "members": tuple(JobMember(**member) for member in read["members"]),
                "checkpoint": None if read["checkpoint"] is None else Path(read["checkpoint"]),
            }
        )


@dataclass(frozen=True)
class TrainingResult:
    """What came of a job.

    Args:
        value: The metric of the predictions for the rows of the scored folds.
        best_step: The step whose model was saved; of several models the largest.
        stopped: Whether the training was ended early, by its caller or by its time.
        is_partial: Whether folds that should have been scored were left out, so that ``value`` is not comparable.
        metrics: Times, sizes, and every other metric of the task that is defined on the scored rows.
    """

    value: float
    best_step: int
    stopped: bool
    is_partial: bool = False
    metrics: dict[str, float] = field(default_factory=dict)
