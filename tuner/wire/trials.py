"""Bodies about trials."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from tuner.records import FailureReason, Measurement, Origin, Trial, TrialState
from tuner.wire.base import Name, Note, Number, Request, Resource, Text, Token, Whole

ScalarBody = str | bool | int | float | None


class Directive(StrEnum):
    """What a worker must do now, told in the reply to every report.

    ``prune``: stop, the pruner has decided. ``cancel``: stop, the study or the trial was ended from outside; keep what
    has been reached.
    """

    CONTINUE = "continue"
    PRUNE = "prune"
    CANCEL = "cancel"


class RecommendedBy(StrEnum):
    """What speaks for a trial: its ``observed`` result, or its ``posterior_mean`` once noise has been taken out."""

    OBSERVED = "observed"
    POSTERIOR_MEAN = "posterior_mean"


class TrialPoint(Request):
    """Parameter values to try next, or, with ``values``, a trial that was finished elsewhere.

    Parameters that a point to try lacks are drawn at random; a finished trial needs a value for each active one.
    """

    params: Annotated[dict[str, Any], Field(max_length=1_000)]
    values: dict[Name, Number] | None = None


class EnqueueTrials(Request):
    """Points that are handed out before the sampler is asked, and finished trials to learn from."""

    trials: Annotated[list[TrialPoint], Field(min_length=1, max_length=1_000)]


class ReportedValue(Request):
    """An intermediate value at a step."""

    step: Whole
    value: Number


Measurements = Annotated[tuple[ReportedValue, ...], Field(max_length=1_000)]


class ReportTrial(Request):
    """Intermediate values, one or several; without any it is the heartbeat. Renews the lease."""

    lease: Token
    step: Whole | None = None
    value: Number | None = None
    measurements: Measurements = ()

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.step is None) != (self.value is None):
            raise ValueError("step and value belong together: give both, or neither for a heartbeat")
        if self.step is not None and self.measurements:
            raise ValueError("give step and value for one report, or measurements for several, not both")
        return self

    @property
    def reported(self) -> list[tuple[int, float]]:
        """Steps and values in the order they were reported."""
        if self.step is not None and self.value is not None:
            return [(self.step, self.value)]
        return [(measurement.step, measurement.value) for measurement in self.measurements]


class ReportReply(Resource):
    """What to do now, and until when the worker may stay silent.

    ``next_decision_step`` is the first step whose report the pruner may answer with ``prune``; None: there is none.
    Reports before it may be held back for a moment and sent together.
    """

    directive: Directive
    lease_expires_at: datetime
    next_decision_step: int | None = None


class CompleteTrial(Request):
    """How the trial ended.

    ``completed`` needs ``values`` for every objective and constraint; ``pruned`` keeps its last report unless values
    are given; ``failed`` needs ``failure``; ``cancelled`` is for a worker that was told to and has nothing to show.
    ``measurements`` are intermediate values that have not been reported yet.
    """

    lease: Token
    state: TrialState
    values: dict[Name, Number] | None = None
    failure: FailureReason | None = None
    message: Text | None = None
    metrics: Annotated[dict[Name, Number], Field(max_length=100, default_factory=dict)]
    measurements: Measurements = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.state.is_finished:
            raise ValueError("state must be completed, pruned, failed or cancelled")
        if (self.state is TrialState.FAILED) != (self.failure is not None):
            raise ValueError("failure belongs to state failed, and is needed there")
        if self.state is TrialState.COMPLETED and not self.values:
            raise ValueError("a completed trial needs values, one for each objective and constraint")
        if self.state in (TrialState.FAILED, TrialState.CANCELLED) and self.values:
            raise ValueError("values belong to completed and pruned trials")
        return self


class ReleaseTrial(Request):
    """Hands a trial back untrained: it waits again at once, and the attempt does not count as lost.

    With ``lost``, the reason why its training was ended from outside, the attempt counts: the trial waits again as
    after the loss of its worker, and has failed with that reason after the last attempt.
    """

    lease: Token
    lost: Text | None = None


class ChangeTrial(Request):
    """What people may change about a trial: their note; an empty one removes it."""

    note: Note


class TrialResource(Resource):
    """A trial as it stands.

    ``rank`` is only filled on a leaderboard, for completed and feasible trials, from 1. ``sampled_by`` names the method
    that found the parameters, if a sampler did. ``is_feasible`` says of a completed trial whether it keeps the
    constraints. ``members`` are the numbers of the trials that a bagged trial or an ensemble is made from, ``folds``
    says for how many folds a bagged one is to be trained. ``note`` is what people say about it.
    """

    id: str
    study: str
    number: int
    state: TrialState
    origin: Origin
    sampled_by: str | None = None
    params: dict[str, ScalarBody]
    members: tuple[int, ...] = ()
    folds: int | None = None
    attempt: int
    values: dict[str, float] | None
    is_feasible: bool | None = None
    failure: FailureReason | None
    message: str | None
    note: str | None = None
    worker: str | None
    last_step: int | None
    last_value: float | None
    metrics: dict[str, float]
    rank: int | None = None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    duration_seconds: float | None

    @classmethod
    def of(cls, trial: Trial, rank: int | None = None) -> TrialResource:
        """The body that shows ``trial``."""
        return cls(
            id=trial.id,
            study=trial.study_id,
            number=trial.number,
            state=trial.state,
            origin=trial.origin,
            sampled_by=trial.sampled_by,
            params=dict(trial.params),
            members=trial.members,
            folds=trial.folds,
            attempt=trial.attempt,
            values=None if trial.values is None else dict(trial.values),
            is_feasible=trial.is_feasible,
            failure=trial.failure,
            message=trial.message,
            note=trial.note,
            worker=trial.worker,
            last_step=trial.last_step,
            last_value=trial.last_value,
            metrics=dict(trial.metrics),
            rank=rank,
            created_at=trial.created_at,
            started_at=trial.started_at,
            finished_at=trial.finished_at,
            duration_seconds=trial.duration_seconds,
        )


class TrialPage(Resource):
    """Some trials, and where to go on."""

    items: tuple[TrialResource, ...]
    next_cursor: str | None = None


class ParetoFront(Resource):
    """The feasible trials that no other one beats in every objective, and what they cover.

    ``hypervolume`` is the volume between them and the ``reference`` point; null where it is not finite, or where the
    exact one would take too long.
    """

    items: tuple[TrialResource, ...]
    reference: dict[str, float] | None
    hypervolume: float | None


class Recommendation(Resource):
    """The trial to use, and what speaks for it; both null while no completed trial keeps the constraints."""

    trial: TrialResource | None
    by: RecommendedBy | None


class TrialsCreated(Resource):
    """Trials that a request made, in the order of the request."""

    items: tuple[TrialResource, ...]


class MeasurementResource(Resource):
    """One reported value."""

    attempt: int
    step: int
    value: float

    @classmethod
    def of(cls, measurement: Measurement) -> MeasurementResource:
        """The body that shows ``measurement``."""
        return cls(attempt=measurement.attempt, step=measurement.step, value=measurement.value)


class MeasurementPage(Resource):
    """The learning curve of a trial, all attempts, by attempt and step."""

    items: tuple[MeasurementResource, ...]
