"""A trial: one set of parameter values and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tuner.records.states import FailureReason, Origin, TrialState
from tuner.space import Scalar

MEMBER_WEIGHT = "weight_"
"""How an ensemble calls the weights of its members among its metrics; the member's number follows."""

CHECKPOINT = "checkpoint.zip"
"""The artifact from which a later attempt goes on; removed when the trial has ended."""


@dataclass(frozen=True)
class Trial:
    """A trial as it stands now.

    Args:
        id: UUIDv7 in text form.
        study_id: The study it belongs to.
        number: Its place in the study, from 0, without gaps.
        state: Where it stands.
        origin: Where its parameters came from.
        params: Values of the active parameters.
        attempt: Executions so far, the present one included; the fencing number of its artifacts.
        values: Objectives by name, once completed (or, for a pruned trial, as last reported).
        failure: Why it failed.
        message: What the worker said about it, e.g. a traceback.
        worker: Who runs or ran it.
        last_step: Step of the latest report of this attempt.
        last_value: Value of that report.
        metrics: Further numbers the worker gave, by name, e.g. ``fit_seconds``.
        seq: The study's ``seq`` when the trial last changed.
        created_at: When it was created, UTC.
        started_at: When its present attempt began.
        finished_at: When it ended.
        lease_expires_at: Until when its worker may stay silent.
        sampled_by: Which method found its parameters, if a sampler did.
        is_feasible: Whether it keeps the outcome constraints, once completed.
        members: Numbers of the trials it is made from: the candidate that a bagged trial trains further, or those that
            an ensemble may choose from.
        folds: Folds that a bagged trial is to be trained for, those that its candidate was scored on included.
        note: What people say about it.
    """

    id: str
    study_id: str
    number: int
    state: TrialState
    origin: Origin
    params: Mapping[str, Scalar]
    attempt: int
    values: Mapping[str, float] | None
    failure: FailureReason | None
    message: str | None
    worker: str | None
    last_step: int | None
    last_value: float | None
    metrics: Mapping[str, float]
    seq: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    lease_expires_at: datetime | None
    sampled_by: str | None = None
    is_feasible: bool | None = None
    members: tuple[int, ...] = ()
    folds: int | None = None
    note: str | None = None

    @property
    def duration_seconds(self) -> float | None:
        """Wall time of the attempt that ended the trial."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


@dataclass(frozen=True)
class Measurement:
    """One reported value: the first objective at ``step`` resources spent (epochs, rounds, folds)."""

    number: int
    attempt: int
    step: int
    value: float


@dataclass(frozen=True)
class Lease:
    """The right to run a trial: shown with every report and result, silent until ``expires_at``.

    Args:
        trial: The trial as handed out.
        token: 128 random bits in hex; whoever holds it holds the trial.
        expires_at: When the right ends unless renewed, UTC by the storage's clock.
        lease_seconds: How far each report renews it.
    """

    trial: Trial
    token: str
    expires_at: datetime
    lease_seconds: float


@dataclass(frozen=True)
class Artifact:
    """A file that a trial's attempt left behind."""

    study_id: str
    number: int
    attempt: int
    name: str
    size: int
    sha256: str
    created_at: datetime
