"""Bodies with which trials are handed out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from tuner.records import Lease, StudyState
from tuner.wire.base import LeaseSeconds, Name, Request, Resource, WaitSeconds
from tuner.wire.datasets import DatasetResource
from tuner.wire.studies import StudyResource
from tuner.wire.trials import ScalarBody, TrialResource

Count = Annotated[int, Field(strict=True, ge=1, le=1_000)]


class Suggest(Request):
    """Asks a study for trials to run."""

    worker: Name
    count: Count = 1
    wait_seconds: WaitSeconds = 0
    lease_seconds: LeaseSeconds = 60


class LeasedTrial(Resource):
    """A trial and the right to run it: ``lease`` goes with every report and result.

    ``next_decision_step`` is the first step whose report the pruner may answer with ``prune``; None: there is none.
    """

    trial: TrialResource
    lease: str
    lease_seconds: float
    lease_expires_at: datetime
    next_decision_step: int | None = None

    @classmethod
    def of(cls, lease: Lease, next_decision_step: int | None) -> LeasedTrial:
        """The body that shows ``lease``."""
        return cls(
            trial=TrialResource.of(lease.trial),
            lease=lease.token,
            lease_seconds=lease.lease_seconds,
            lease_expires_at=lease.expires_at,
            next_decision_step=next_decision_step,
        )


class SuggestReply(Resource):
    """The trials handed out; empty (status 202) when there is none now but may be one later."""

    trials: tuple[LeasedTrial, ...]
    study_state: StudyState


class Capabilities(Request):
    """What a worker can train: model families, and for those that are networks the backends of Keras that it has.

    ``slots`` is how many trials it trains at one time, ``version`` the release of tuner that it runs.
    """

    families: Annotated[list[Name], Field(max_length=1_000)]
    backends: Annotated[list[Name], Field(max_length=100, default_factory=list)]
    slots: Count | None = None
    version: Name | None = None


class ClaimTrials(Request):
    """Asks for work of any study that the service trains itself."""

    worker: Name
    capabilities: Capabilities
    count: Count = 1
    wait_seconds: WaitSeconds = 0
    lease_seconds: LeaseSeconds = 60


class MemberFiles(Resource):
    """Another trial of the study, whose files the training may fetch: by name with the SHA-256 of each.

    ``weight`` is the trial's weight in the study's latest ensemble, 0 if it has none.
    """

    number: int
    attempt: int
    params: dict[str, ScalarBody]
    metrics: dict[str, float]
    files: dict[str, str]
    weight: float = 0.0


class CheckpointFile(Resource):
    """The newest checkpoint that an earlier attempt of the trial has left."""

    attempt: int
    sha256: str


class ClaimedTrial(Resource):
    """A leased trial with all that is needed to train it.

    ``training_seconds`` is how long the training may take, counted from the claim; null: as long as it needs. After
    ``cutoff_seconds``, also from the claim, it is not waited for any more.
    ``members`` are the trials from which it is put together, where it is an ensemble or trains a candidate further.
    ``checkpoint`` is what the training may go on from.
    """

    leased: LeasedTrial
    study: StudyResource
    dataset: DatasetResource
    training_seconds: float | None = None
    cutoff_seconds: float | None = None
    members: tuple[MemberFiles, ...] = ()
    checkpoint: CheckpointFile | None = None


class ClaimReply(Resource):
    """The trials claimed; empty (status 202) when there is no work now."""

    claims: tuple[ClaimedTrial, ...]
