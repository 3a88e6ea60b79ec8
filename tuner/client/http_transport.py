"""The service over HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from tuner.client.http_requests import SHA256_HEADER, Attempts, HttpRequests
from tuner.errors import IncompatibleServer, LeaseLost, NotFound, TunerError
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
    Problem,
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
from tuner.wire.models import ClaimPredictions, ModelResource, Predict, Prediction, PredictionClaim
from tuner.wire.trials import MeasurementPage

LEASE_HEADER = "Tuner-Lease"
KEY_HEADER = "Idempotency-Key"
# Reading and profiling an upload takes its time on the server.
UPLOAD_SECONDS = 600.0
# The server lets rows wait for a worker for half a minute, unless its operator decides otherwise.
PREDICTION_SECONDS = 30.0
PROBLEM_TYPE = "application/problem+json"
_JSON = (("Content-Type", "application/json"),)

_Reply = TypeVar("_Reply", bound=BaseModel)


class HttpTransport:
    """Talks to a server. One object may be used by many threads, and by a forked child.

    Requests that fail for want of a connection or because the server is busy are repeated with growing, random pauses,
    each under the idempotency key it had at first.

    Args:
        base_url: Where the server answers, e.g. ``http://127.0.0.1:8000``.
        api_key: The server's key, if it has one.
        timeout_seconds: How long one request may stay without an answer, beyond any waiting that was asked for.
        patience_seconds: How long a request is repeated before its failure is told. Until the server has answered
            once it is two seconds at most.

    Raises:
        InvalidInput: ``base_url`` is not an http or https URL, or the key cannot stand in a header.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        *,
        timeout_seconds: float = 30.0,
        patience_seconds: float = 60.0,
    ) -> None:
        self._requests = HttpRequests(
            base_url, api_key, timeout_seconds=timeout_seconds, patience_seconds=patience_seconds
        )

    @property
    def address(self) -> str:
        return self._requests.url

    def close(self) -> None:
        self._requests.close()

    def health(self) -> Health:
        return self._get(Health, "/healthz")

    def create_study(self, body: CreateStudy, *, key: str) -> StudyResource:
        return self._post(StudyResource, "/v1/studies", body, key=key)

    def study(self, study: str) -> StudyResource:
        return self._get(StudyResource, _study(study))

    def studies(
        self, *, state: StudyState | None = None, name: str | None = None, limit: int = 100, cursor: str | None = None
    ) -> StudyPage:
        return self._get(StudyPage, "/v1/studies", {"state": state, "name": name, "limit": limit, "cursor": cursor})

    def change_study(self, study: str, body: ChangeStudy) -> StudyResource:
        return self._patch(StudyResource, _study(study), body)

    def delete_study(self, study: str) -> None:
        self._delete(_study(study))

    def pause_study(self, study: str) -> StudyResource:
        return self._post(StudyResource, f"{_study(study)}/pause")

    def resume_study(self, study: str) -> StudyResource:
        return self._post(StudyResource, f"{_study(study)}/resume")

    def cancel_study(self, study: str) -> StudyResource:
        return self._post(StudyResource, f"{_study(study)}/cancel")

    def trial(self, study: str, number: int) -> TrialResource:
        return self._get(TrialResource, _trial(study, number))

    def trials(
        self,
        study: str,
        *,
        states: tuple[TrialState, ...] = (),
        order_by: str = "number",
        limit: int = 100,
        cursor: str | None = None,
    ) -> TrialPage:
        query = {"state": list(states), "order_by": order_by, "limit": limit, "cursor": cursor}
        return self._get(TrialPage, f"{_study(study)}/trials", query)

    def measurements(self, study: str, number: int) -> MeasurementPage:
        return self._get(MeasurementPage, f"{_trial(study, number)}/measurements")

    def importances(self, study: str, *, objective: str | None = None) -> Importances:
        return self._get(Importances, f"{_study(study)}/importances", {"objective": objective})

    def pareto_front(self, study: str, *, reference: Mapping[str, float] | None = None) -> ParetoFront:
        point = [f"{name}:{value!r}" for name, value in (reference or {}).items()]
        return self._get(ParetoFront, f"{_study(study)}/pareto", {"reference": point})

    def recommendation(self, study: str) -> Recommendation:
        return self._get(Recommendation, f"{_study(study)}/recommendation")

    def enqueue(self, study: str, body: EnqueueTrials, *, key: str) -> TrialsCreated:
        return self._post(TrialsCreated, f"{_study(study)}/trials", body, key=key)

    def change_trial(self, study: str, number: int, body: ChangeTrial) -> TrialResource:
        return self._patch(TrialResource, _trial(study, number), body)

    def stop_trial(self, study: str, number: int) -> TrialResource:
        return self._post(TrialResource, f"{_trial(study, number)}/stop")

    def suggest(self, study: str, body: Suggest, *, key: str) -> SuggestReply:
        return self._post(SuggestReply, f"{_study(study)}/suggest", body, key=key, wait_seconds=body.wait_seconds)

    def claim(self, body: ClaimTrials, *, key: str) -> ClaimReply:
        return self._post(ClaimReply, "/v1/claims", body, key=key, wait_seconds=body.wait_seconds)

    def report(
        self,
        study: str,
        number: int,
        body: ReportTrial,
        *,
        timeout_seconds: float | None = None,
        patience_seconds: float | None = None,
    ) -> ReportReply:
        path = f"{_trial(study, number)}/report"
        return self._post(ReportReply, path, body, timeout_seconds=timeout_seconds, patience_seconds=patience_seconds)

    def complete(self, study: str, number: int, body: CompleteTrial) -> TrialResource:
        return self._post(TrialResource, f"{_trial(study, number)}/complete", body)

    def release(self, study: str, number: int, body: ReleaseTrial) -> TrialResource:
        attempts = Attempts()
        try:
            return self._post(TrialResource, f"{_trial(study, number)}/release", body, attempts=attempts)
        except LeaseLost:
            # The first request may have arrived and its answer been lost: then the lease is gone, as was wanted.
            if attempts.count == 1:
                raise
            return self.trial(study, number)

    def put_artifact(
        self, study: str, number: int, attempt: int, name: str, path: Path, *, lease: str
    ) -> ArtifactResource:
        target = _artifact(study, number, attempt, name)
        return self._upload(ArtifactResource, "PUT", target, path, headers=[(LEASE_HEADER, lease)])

    def artifacts(self, study: str, number: int) -> ArtifactPage:
        return self._get(ArtifactPage, f"{_trial(study, number)}/artifacts")

    def read_artifact(self, study: str, number: int, attempt: int, name: str) -> Iterator[bytes]:
        return self._requests.download(_artifact(study, number, attempt, name))

    def upload_dataset(
        self, path: Path, *, name: str, target: str | None, columns: Mapping[str, str] | None = None
    ) -> DatasetResource:
        kinds = [f"{column}:{kind}" for column, kind in (columns or {}).items()]
        query = {"name": name, "target": target, "columns": kinds}
        return self._upload(DatasetResource, "POST", "/v1/datasets", path, query=query)

    def dataset(self, dataset: str) -> DatasetResource:
        return self._get(DatasetResource, _dataset(dataset))

    def datasets(self, *, name: str | None = None, limit: int = 100, cursor: str | None = None) -> DatasetPage:
        return self._get(DatasetPage, "/v1/datasets", {"name": name, "limit": limit, "cursor": cursor})

    def change_dataset(self, dataset: str, body: ChangeDataset) -> DatasetResource:
        return self._patch(DatasetResource, _dataset(dataset), body)

    def delete_dataset(self, dataset: str) -> None:
        self._delete(_dataset(dataset))

    def read_dataset(self, dataset: str) -> Iterator[bytes]:
        return self._requests.download(f"{_dataset(dataset)}/content")

    def model(self, model: str) -> ModelResource:
        return self._get(ModelResource, _model(model))

    def predict(self, model: str, body: Predict) -> Prediction:
        return self._post(Prediction, f"{_model(model)}/predictions", body, wait_seconds=PREDICTION_SECONDS)

    def claim_predictions(self, body: ClaimPredictions) -> PredictionClaim:
        """Rows that clients of the server wait for; asked by workers."""
        return self._post(PredictionClaim, "/v1/predictions/claims", body, wait_seconds=body.wait_seconds)

    def answer_prediction(self, request: str, answer: Prediction | TunerError) -> None:
        """Answer claimed rows with a prediction, or with what is wrong with them."""
        kind, content = "application/json", b""
        if isinstance(answer, TunerError):
            kind, content = PROBLEM_TYPE, Problem.of(answer, 422).model_dump_json().encode()
        else:
            content = answer.model_dump_json().encode()
        path = f"/v1/predictions/{quote(request, safe='')}"
        self._requests.send("POST", path, content=content, headers=[("Content-Type", kind)])

    def families(self, body: AskFamilies) -> FamilyPage:
        asked = body.model_dump(mode="json")
        # The address has no place for an object in an object.
        forecast = asked.pop("forecast") or {}
        return self._get(FamilyPage, "/v1/families", asked | forecast)

    def workers(self) -> WorkerPage:
        return self._get(WorkerPage, "/v1/workers")

    def _get(self, reply: type[_Reply], path: str, query: Mapping[str, object] | None = None) -> _Reply:
        return _read(reply, self._requests.send("GET", path, query=query), path)

    def _post(
        self,
        reply: type[_Reply],
        path: str,
        body: BaseModel | None = None,
        *,
        key: str | None = None,
        wait_seconds: float = 0.0,
        timeout_seconds: float | None = None,
        patience_seconds: float | None = None,
        attempts: Attempts | None = None,
    ) -> _Reply:
        headers = _JSON if body is not None else ()
        answer = self._requests.send(
            "POST",
            path,
            content=_json(body),
            headers=(*headers, (KEY_HEADER, key)) if key else headers,
            wait_seconds=wait_seconds,
            timeout_seconds=timeout_seconds,
            patience_seconds=patience_seconds,
            attempts=attempts,
        )
        return _read(reply, answer, path)

    def _patch(self, reply: type[_Reply], path: str, body: BaseModel) -> _Reply:
        return _read(reply, self._requests.send("PATCH", path, content=_json(body), headers=_JSON), path)

    def _delete(self, path: str) -> None:
        attempts = Attempts()
        try:
            self._requests.send("DELETE", path, attempts=attempts)
        except NotFound:
            # Not found after a repetition: the first request has done it.
            if attempts.count == 1:
                raise

    def _upload(
        self,
        reply: type[_Reply],
        method: str,
        path: str,
        file: Path,
        *,
        query: Mapping[str, object] | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> _Reply:
        about = [("Content-Type", "application/octet-stream"), (SHA256_HEADER, _sha256(file)), *headers]
        answer = self._requests.send(method, path, query=query, file=file, headers=about, wait_seconds=UPLOAD_SECONDS)
        return _read(reply, answer, path)


def _json(body: BaseModel | None) -> bytes | None:
    """A body's JSON; only fields that were set go out, so that a newer client can talk to an older server."""
    return None if body is None else body.model_dump_json(exclude_unset=True).encode()


def _read(reply: type[_Reply], answer: bytes, path: str) -> _Reply:
    try:
        return reply.model_validate_json(answer)
    except ValidationError as error:
        raise IncompatibleServer(
            f"The server's answer for {path} has an unknown form: {error}",
            hint="Install the same version of tuner here and on the server.",
        ) from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _study(study: str) -> str:
    return f"/v1/studies/{quote(study, safe='')}"


def _trial(study: str, number: int) -> str:
    return f"{_study(study)}/trials/{number}"


def _artifact(study: str, number: int, attempt: int, name: str) -> str:
    return f"{_trial(study, number)}/attempts/{attempt}/artifacts/{quote(name, safe='')}"


def _model(model: str) -> str:
    return f"/v1/models/{quote(model, safe='')}"


def _dataset(dataset: str) -> str:
    return f"/v1/datasets/{quote(dataset, safe='')}"
