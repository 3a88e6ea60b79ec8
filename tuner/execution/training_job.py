"""From a claimed trial to the job of its training."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tuner.data.profile import DatasetProfile, target_profile
from tuner.models.baseline import baseline_family
from tuner.models.composition import BASELINE, split_params
from tuner.records import Origin
from tuner.training.job import JobMember, Kind, TrainingJob
from tuner.wire import ClaimedTrial, MemberFiles

_KINDS = {Origin.BAGGED: Kind.BAGGED, Origin.ENSEMBLE: Kind.ENSEMBLE}


def training_job(
    claim: ClaimedTrial,
    dataset: Path,
    threads: int,
    waited_seconds: float = 0.0,
    *,
    backend: str | None = None,
    checkpoint: Path | None = None,
) -> TrainingJob:
    """What the training of ``claim`` is told.

    Args:
        claim: The trial, its study and its table.
        dataset: The table's path on this machine.
        threads: Processor threads it may use.
        waited_seconds: Time since the claim.
        backend: What networks are trained on here, unless the study requires another one.
        checkpoint: Where an earlier attempt had come to.
    """
    study, trial = claim.study, claim.leased.trial
    assert study.target is not None
    assert study.metric is not None
    assert study.validation is not None
    profile = DatasetProfile.from_json(claim.dataset.profile)
    family, params = split_params(trial.params)
    forecast = None if study.target.forecast is None else study.target.forecast.to_record()
    target = target_profile(profile, study.target.name, study.target.task, forecast)
    seconds = claim.training_seconds
    return TrainingJob(
        dataset_path=dataset.absolute(),
        profile=profile,
        target=target,
        family=baseline_family(target) if family == BASELINE else family,
        params=params,
        metric=study.metric,
        split_seed=study.seed,
        folds=study.validation.folds,
        bagged_folds=trial.folds or study.validation.folds,
        scored_folds=study.validation.scored_folds,
        seed=_seed_of(study.seed, trial.number),
        threads=threads,
        folder=Path(),
        kind=_KINDS.get(trial.origin, Kind.CANDIDATE),
        seconds=None if seconds is None else max(0.0, seconds - waited_seconds),
        members=tuple(map(_member, claim.members)),
        max_predict_ms=study.validation.max_predict_ms,
        backend=study.backend or backend,
        architecture=study.architecture,
        checkpoint=None if checkpoint is None else checkpoint.absolute(),
    )


def _member(member: MemberFiles) -> JobMember:
    family, _ = split_params(member.params)
    best_step = member.metrics.get("best_step")
    return JobMember(
        number=member.number,
        family=family,
        predict_ms=member.metrics.get("predict_ms_one_row", 0.0),
        num_bytes=int(member.metrics.get("model_bytes", 0)),
        weight=member.weight,
        predict_ms_per_1000_rows=member.metrics.get("predict_ms_per_1000_rows", 0.0),
        folds=round(member.metrics.get("folds", 1)),
        best_step=None if best_step is None else round(best_step),
    )


def _seed_of(study_seed: int, number: int) -> int:
    """A seed for one trial, the same on every machine and in every attempt; 31 bits, as the libraries want."""
    digest = hashlib.sha256(f"{study_seed}/{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
