"""Any training, from its job to the files that it leaves."""

from __future__ import annotations

from dataclasses import replace

from tuner.artifact import pack
from tuner.training.candidate import train_candidate
from tuner.training.channel import Channel
from tuner.training.ensemble import train_ensemble
from tuner.training.job import MODEL_FOLDER, PACKED_MODEL, Kind, TrainingJob, TrainingResult


def train(job: TrainingJob, channel: Channel) -> TrainingResult:
    """Do what a job asks for, and put the saved model into one file.

    Raises:
        TrainingFailed: There is no result, for a reason that the error names.
        MissingExtra: A library is not installed.
        InvalidDataset: The file is not the one that was profiled.
    """
    result = train_ensemble(job, channel) if job.kind is Kind.ENSEMBLE else train_candidate(job, channel)
    packed = job.folder / PACKED_MODEL
    pack(job.folder / MODEL_FOLDER, packed)
    return replace(result, metrics=result.metrics | {"model_bytes": float(packed.stat().st_size)})
