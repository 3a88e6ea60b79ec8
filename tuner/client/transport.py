"""The seam between the objects users hold and whatever answers them: a server over HTTP, or the engine in process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from tuner.wire import (
    ArtifactPage,
    ArtifactResource,
    AskFamilies,
    ChangeDataset,
    ChangeStudy,
    ChangeTrial,
    ClaimReply,
    ClaimTrials,
    CompleteTrial,
    CreateStudy,
    DatasetPage,
    DatasetResource,
    EnqueueTrials,
    FamilyPage,
    Health,
    Importances,
    ParetoFront,
    Recommendation,
    ReleaseTrial,
    ReportReply,
    ReportTrial,
    StudyPage,
    StudyResource,
    StudyState,
    Suggest,
    SuggestReply,
    TrialPage,
    TrialResource,
    TrialsCreated,
    TrialState,
    WorkerPage,
)
from tuner.wire.models import ModelResource, Predict, Prediction
from tuner.wire.trials import MeasurementPage


class Transport(Protocol):
    """Every operation of the service, as typed calls.

    Each call either returns after the operation is durable or raises an error of ``tuner.errors``. ``study`` is the id
    of a study; a ``key`` makes the call safe to repeat: the same key with the same body has its effect once.
    """

    @property
    def address(self) -> str:
        """Where the operations go, for people: a URL or a database's name."""

    def close(self) -> None:
        """Release connections. Calls after this fail."""

    def health(self) -> Health: ...

    def create_study(self, body: CreateStudy, *, key: str) -> StudyResource: ...
    def study(self, study: str) -> StudyResource: ...
    def studies(
        self, *, state: StudyState | None = None, name: str | None = None, limit: int = 100, cursor: str | None = None
    ) -> StudyPage: ...
    def change_study(self, study: str, body: ChangeStudy) -> StudyResource: ...
    def delete_study(self, study: str) -> None: ...
    def pause_study(self, study: str) -> StudyResource: ...
    def resume_study(self, study: str) -> StudyResource: ...
    def cancel_study(self, study: str) -> StudyResource: ...

    def trial(self, study: str, number: int) -> TrialResource: ...
    def trials(
        self,
        study: str,
        *,
        states: tuple[TrialState, ...] = (),
        order_by: str = "number",
        limit: int = 100,
        cursor: str | None = None,
    ) -> TrialPage:
        """A page of trials, ``order_by`` ``number`` or ``rank`` (the leaderboard)."""

    def measurements(self, study: str, number: int) -> MeasurementPage: ...
    def importances(self, study: str, *, objective: str | None = None) -> Importances: ...
    def pareto_front(self, study: str, *, reference: Mapping[str, float] | None = None) -> ParetoFront: ...
    def recommendation(self, study: str) -> Recommendation: ...
    def enqueue(self, study: str, body: EnqueueTrials, *, key: str) -> TrialsCreated: ...
    def change_trial(self, study: str, number: int, body: ChangeTrial) -> TrialResource: ...
    def stop_trial(self, study: str, number: int) -> TrialResource: ...

    def suggest(self, study: str, body: Suggest, *, key: str) -> SuggestReply: ...
    def claim(self, body: ClaimTrials, *, key: str) -> ClaimReply: ...
    def report(
        self,
        study: str,
        number: int,
        body: ReportTrial,
        *,
        timeout_seconds: float | None = None,
        patience_seconds: float | None = None,
    ) -> ReportReply:
        """Report, or renew the lease.

        A lease that has run out needs no answer any more: no request is waited for longer than ``timeout_seconds``, and
        none is repeated for longer than ``patience_seconds``, where these are shorter than the transport's own.
        """

    def complete(self, study: str, number: int, body: CompleteTrial) -> TrialResource: ...
    def release(self, study: str, number: int, body: ReleaseTrial) -> TrialResource: ...

    def put_artifact(
        self, study: str, number: int, attempt: int, name: str, path: Path, *, lease: str
    ) -> ArtifactResource: ...
    def artifacts(self, study: str, number: int) -> ArtifactPage: ...
    def read_artifact(self, study: str, number: int, attempt: int, name: str) -> Iterator[bytes]: ...

    def upload_dataset(
        self, path: Path, *, name: str, target: str | None, columns: Mapping[str, str] | None = None
    ) -> DatasetResource: ...
    def dataset(self, dataset: str) -> DatasetResource: ...
    def datasets(self, *, name: str | None = None, limit: int = 100, cursor: str | None = None) -> DatasetPage: ...
    def change_dataset(self, dataset: str, body: ChangeDataset) -> DatasetResource: ...
    def delete_dataset(self, dataset: str) -> None: ...
    def read_dataset(self, dataset: str) -> Iterator[bytes]: ...

    def model(self, model: str) -> ModelResource: ...
    def predict(self, model: str, body: Predict) -> Prediction: ...

    def families(self, body: AskFamilies) -> FamilyPage: ...
    def workers(self) -> WorkerPage: ...
