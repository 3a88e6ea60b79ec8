"""From a claimed trial to the job of its training."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tuner.data.profile import DatasetProfile, target_profile
from tuner.models.composition import split_params
from tuner.training.candidate import TrainingJob
from tuner.wire import ClaimedTrial


def training_job(claim: ClaimedTrial, dataset: Path, threads: int) -> TrainingJob:
    """What the training of ``claim`` is told.

    Args:
        claim: The trial, its study and its table.
        dataset: The table's path on this machine.
        threads: Processor threads it may use.
    """
    study, trial = claim.study, claim.leased.trial
    assert study.target is not None
    assert study.metric is not None
    profile = DatasetProfile.from_json(claim.dataset.profile)
    family, params = split_params(trial.params)
    return TrainingJob(
        dataset_path=dataset.absolute(),
        profile=profile,
        target=target_profile(profile, study.target.name, study.target.task),
        family=family,
        params=params,
        metric=study.metric,
        split_seed=study.seed,
        seed=_seed_of(study.seed, trial.number),
        threads=threads,
        folder=Path(),
    )


def _seed_of(study_seed: int, number: int) -> int:
    """A seed for one trial, the same on every machine and in every attempt; 31 bits, as the libraries want."""
    digest = hashlib.sha256(f"{study_seed}/{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
