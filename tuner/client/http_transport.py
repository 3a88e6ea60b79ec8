"""The service over HTTP."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from tuner import __version__
from tuner.client.backoff import Backoff
from tuner.errors import (
    ConnectionFailed,
    IncompatibleServer,
    InvalidInput,
    LeaseLost,
    NotFound,
    ServerError,
    TunerError,
    Unavailable,
)
from tuner.wire import (
    ArtifactPage,
    ArtifactResource,
    ChangeDataset,
    ChangeStudy,
    ClaimReply,
    ClaimTrials,
    CompleteTrial,
    CreateStudy,
    DatasetPage,
    DatasetResource,
    EnqueueTrials,
    FamilyPage,
    Health,
    Problem,
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
)
from tuner.wire.trials import MeasurementPage

logger = logging.getLogger(__name__)

VERSION_HEADER = "Tuner-Version"
LEASE_HEADER = "Tuner-Lease"
SHA256_HEADER = "Tuner-Sha256"
KEY_HEADER = "Idempotency-Key"

CONNECT_SECONDS = 5.0
# Reading and profiling an upload takes its time on the server.
UPLOAD_SECONDS = 600.0
# A wrong address should be told of soon; a server that has answered before is more likely restarting.
FIRST_PATIENCE_SECONDS = 2.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 8.0
LONGEST_RETRY_AFTER_SECONDS = 120.0
_RETRIED = {429, 502, 503, 504, 507}
_CHUNK = 1 << 18

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
        self._url = _checked_url(base_url)
        self._api_key = _checked_key(api_key)
        self._timeout_seconds = timeout_seconds
        self._patience_seconds = patience_seconds
        self._has_answered = False
        self._is_closed = False
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._connections = self._open()

    @property
    def address(self) -> str:
        return self._url

    def close(self) -> None:
        self._is_closed = True
        self._connections.close()

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
        return _read(StudyResource, self._send("PATCH", _study(study), body=body))

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

    def importances(self, study: str) -> dict[str, float]:
        return self._get(_Importances, f"{_study(study)}/importances").importances

    def enqueue(self, study: str, body: EnqueueTrials, *, key: str) -> TrialsCreated:
        return self._post(TrialsCreated, f"{_study(study)}/trials", body, key=key)

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
        response = self._send(
            "POST",
            f"{_trial(study, number)}/report",
            body=body,
            timeout_seconds=timeout_seconds,
            patience_seconds=patience_seconds,
        )
        return _read(ReportReply, response)

    def complete(self, study: str, number: int, body: CompleteTrial) -> TrialResource:
        return self._post(TrialResource, f"{_trial(study, number)}/complete", body)

    def release(self, study: str, number: int, body: ReleaseTrial) -> TrialResource:
        attempts = _Attempts()
        try:
            response = self._send("POST", f"{_trial(study, number)}/release", body=body, attempts=attempts)
        except LeaseLost:
            # The first request may have arrived and its answer been lost: then the lease is gone, as was wanted.
            if attempts.count == 1:
                raise
            return self.trial(study, number)
        return _read(TrialResource, response)

    def put_artifact(
        self, study: str, number: int, attempt: int, name: str, path: Path, *, lease: str
    ) -> ArtifactResource:
        target = _artifact(study, number, attempt, name)
        return _read(ArtifactResource, self._upload("PUT", target, path, {}, {LEASE_HEADER: lease}))

    def artifacts(self, study: str, number: int) -> ArtifactPage:
        return self._get(ArtifactPage, f"{_trial(study, number)}/artifacts")

    def read_artifact(self, study: str, number: int, attempt: int, name: str) -> Iterator[bytes]:
        return self._download(_artifact(study, number, attempt, name))

    def upload_dataset(self, path: Path, *, name: str, target: str | None) -> DatasetResource:
        query = {"name": name, "target": target}
        return _read(DatasetResource, self._upload("POST", "/v1/datasets", path, query, {}))

    def dataset(self, dataset: str) -> DatasetResource:
        return self._get(DatasetResource, _dataset(dataset))

    def datasets(self, *, name: str | None = None, limit: int = 100, cursor: str | None = None) -> DatasetPage:
        return self._get(DatasetPage, "/v1/datasets", {"name": name, "limit": limit, "cursor": cursor})

    def change_dataset(self, dataset: str, body: ChangeDataset) -> DatasetResource:
        return _read(DatasetResource, self._send("PATCH", _dataset(dataset), body=body))

    def delete_dataset(self, dataset: str) -> None:
        self._delete(_dataset(dataset))

    def read_dataset(self, dataset: str) -> Iterator[bytes]:
        return self._download(f"{_dataset(dataset)}/content")

    def families(self, *, dataset: str | None = None) -> FamilyPage:
        return self._get(FamilyPage, "/v1/families", {"dataset": dataset})

    def _get(self, reply: type[_Reply], path: str, query: Mapping[str, object] | None = None) -> _Reply:
        return _read(reply, self._send("GET", path, query=query))

    def _post(
        self,
        reply: type[_Reply],
        path: str,
        body: BaseModel | None = None,
        *,
        key: str | None = None,
        wait_seconds: float = 0.0,
    ) -> _Reply:
        headers = {KEY_HEADER: key} if key else {}
        return _read(reply, self._send("POST", path, body=body, headers=headers, wait_seconds=wait_seconds))

    def _delete(self, path: str) -> None:
        attempts = _Attempts()
        try:
            self._send("DELETE", path, attempts=attempts)
        except NotFound:
            # Not found after a repetition: the first request has done it.
            if attempts.count == 1:
                raise

    def _upload(
        self, method: str, target: str, path: Path, query: Mapping[str, object], headers: Mapping[str, str]
    ) -> httpx.Response:
        headers = {**headers, "Content-Type": "application/octet-stream", SHA256_HEADER: _sha256(path)}
        return self._send(method, target, query=query, file=path, headers=headers, wait_seconds=UPLOAD_SECONDS)

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: BaseModel | None = None,
        file: Path | None = None,
        headers: Mapping[str, str] | None = None,
        wait_seconds: float = 0.0,
        timeout_seconds: float | None = None,
        patience_seconds: float | None = None,
        attempts: _Attempts | None = None,
    ) -> httpx.Response:
        """Send a request, again where that may help, and return the good answer.

        Only fields that were set go out, so that a newer client can talk to an older server.
        """
        attempts = attempts or _Attempts()
        sent = {"Content-Type": "application/json"} if body is not None else {}
        content = body.model_dump_json(exclude_unset=True).encode() if body is not None else None
        started = time.monotonic()
        while True:
            attempts.count += 1
            try:
                with _opened(file) as stream:
                    response = self._http.request(
                        method,
                        self._url + path,
                        params=_query(query),
                        content=stream if file else content,
                        headers={**sent, **(headers or {})},
                        timeout=self._timeout(wait_seconds, timeout_seconds),
                    )
                failure = self._failure(response)
                if failure is None:
                    return response
                if response.status_code not in _RETRIED:
                    raise failure
            except httpx.RequestError as error:
                failure = self._unreachable(error)
            left = started + self._patience(patience_seconds) - time.monotonic()
            pause = attempts.pause(failure, left)
            if pause is None:
                raise failure
            logger.info("request repeated", extra={"action": f"{method} {path}", "pause_seconds": round(pause, 3)})
            time.sleep(pause)

    def _download(self, path: str) -> Iterator[bytes]:
        """The body of a resource, in pieces; the last one comes only if the SHA-256 of the whole is right."""
        digest = hashlib.sha256()
        try:
            with self._http.stream("GET", self._url + path, timeout=self._timeout()) as response:
                if not response.is_success:
                    response.read()
                failure = self._failure(response)
                if failure is not None:
                    raise failure
                held = b""
                for chunk in response.iter_bytes(_CHUNK):
                    digest.update(chunk)
                    if held:
                        yield held
                    held = chunk
                expected = response.headers.get(SHA256_HEADER)
                if expected and expected.lower() != digest.hexdigest():
                    raise ConnectionFailed(
                        f"What {self._url} sent for {path} is damaged: its SHA-256 is {digest.hexdigest()}, "
                        f"{expected} was announced.",
                        hint="Try again.",
                    )
                if held:
                    yield held
        except httpx.RequestError as error:
            raise self._unreachable(error) from error

    @property
    def _http(self) -> httpx.Client:
        if self._is_closed:
            raise TunerError("This client has been closed.", hint="Make a new tuner.Client().")
        if self._pid != os.getpid():
            # A forked child shares its parent's sockets; requests of both would mingle.
            with self._lock:
                if self._pid != os.getpid():
                    self._connections = self._open()
                    self._pid = os.getpid()
        return self._connections

    def _open(self) -> httpx.Client:
        headers = {VERSION_HEADER: __version__, "User-Agent": f"tuner/{__version__}"}
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        return httpx.Client(
            headers=headers,
            # Waiting asks hold a connection each; the number of the caller's threads is the limit.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
            # A proxy named in the environment cannot reach this machine's own address.
            trust_env=not _is_loopback(self._url),
        )

    def _timeout(self, wait_seconds: float = 0.0, most_seconds: float | None = None) -> httpx.Timeout:
        seconds = self._timeout_seconds + wait_seconds
        if most_seconds is not None:
            seconds = min(seconds, most_seconds)
        return httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS), pool=None)

    def _patience(self, most_seconds: float | None = None) -> float:
        patience = self._patience_seconds if most_seconds is None else min(self._patience_seconds, most_seconds)
        return patience if self._has_answered else min(FIRST_PATIENCE_SECONDS, patience)

    def _failure(self, response: httpx.Response) -> TunerError | None:
        """What a response tells of, None when it is good."""
        version = response.headers.get(VERSION_HEADER)
        if version is not None:
            self._has_answered = True
            _check_version(version, self._url)
        if response.is_success:
            return None if version is not None else self._stranger(response)
        if response.headers.get("Content-Type", "").startswith("application/problem+json"):
            try:
                error = Problem.model_validate_json(response.content).to_error()
            except ValidationError:
                return self._stranger(response)
        elif response.status_code in _RETRIED:
            error = Unavailable(f"{self._url} answers with status {response.status_code}.", hint="Try again later.")
        elif version is not None:
            error = ServerError(
                f"{self._url} answers with status {response.status_code}.", hint="The server's log says why."
            )
        else:
            return self._stranger(response)
        if isinstance(error, Unavailable):
            error.retry_after_seconds = _retry_after(response)
        return error

    def _stranger(self, response: httpx.Response) -> IncompatibleServer:
        kind = response.headers.get("Content-Type", "no content type")
        return IncompatibleServer(
            f"What answers at {self._url} is not a tuner server (status {response.status_code}, {kind}).",
            hint="Check the URL, its port, and whether a proxy stands between.",
        )

    def _unreachable(self, error: httpx.RequestError) -> ConnectionFailed:
        reason = str(error) or type(error).__name__
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) or not self._has_answered:
            return ConnectionFailed(
                f"No tuner server answers at {self._url} ({reason}).",
                hint="Start one with `tuner serve`, or set TUNER_URL to where one runs. "
                "Without a URL, tuner works in this process.",
            )
        return ConnectionFailed(
            f"The server at {self._url} did not answer ({reason}).",
            hint="See whether it still runs; its log says more.",
        )


class _Importances(BaseModel):
    importances: dict[str, float]


class _Attempts:
    """How often a request has been sent, and how long to pause before the next time."""

    def __init__(self) -> None:
        self.count = 0
        self._backoff = Backoff(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)

    def pause(self, failure: TunerError, left: float) -> float | None:
        """Full jitter over a doubling range, after what the server asks for; None when that is beyond what is left."""
        asked = failure.retry_after_seconds if isinstance(failure, Unavailable) else 0.0
        jitter = self._backoff.next_seconds()
        return min(asked + jitter, left) if left > asked else None


def _read(reply: type[_Reply], response: httpx.Response) -> _Reply:
    try:
        return reply.model_validate_json(response.content)
    except ValidationError as error:
        raise IncompatibleServer(
            f"The answer to {response.request.method} {response.request.url.path} has an unknown form: {error}",
            hint="Install the same version of tuner here and on the server.",
        ) from None


def _check_version(theirs: str, url: str) -> None:
    if _compatible_part(theirs) != _compatible_part(__version__):
        raise IncompatibleServer(
            f"The server at {url} has version {theirs}, this client {__version__}.",
            hint=f"Install the server's version here: pip install 'tuner=={theirs}'",
        )


def _compatible_part(version: str) -> list[str]:
    """The leading numbers that must be equal: the major version, and the minor one while the major is 0."""
    numbers = version.split(".")
    return numbers[: 2 if numbers[0] == "0" else 1]


def _checked_url(url: str) -> str:
    address = url.strip().rpartition("://")[2].strip("/")
    url = url.strip().rstrip("/")
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError) as error:
        raise InvalidInput(f"{url!r} is not a URL: {error}.", hint="Write http://HOST:PORT.") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise InvalidInput(f"{url!r} is not the URL of a server.", hint=f"Write http://{address or 'HOST:PORT'}.")
    return url


def _checked_key(api_key: str | None) -> str | None:
    if api_key is not None and not (api_key.isascii() and api_key.isprintable()):
        raise InvalidInput("The API key must consist of printable ASCII characters.", hint="Copy it again.")
    return api_key


def _is_loopback(url: str) -> bool:
    host = httpx.URL(url).host
    return host in ("localhost", "::1") or host.startswith("127.")


def _query(query: Mapping[str, object] | None) -> list[tuple[str, str | int | float | bool | None]] | None:
    if query is None:
        return None
    return [
        (name, str(value))
        for name, given in query.items()
        for value in (given if isinstance(given, list) else [given])
        if value is not None
    ]


@contextmanager
def _opened(path: Path | None) -> Iterator[BinaryIO | None]:
    if path is None:
        yield None
        return
    with path.open("rb") as file:
        yield file


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _retry_after(response: httpx.Response) -> float:
    """Seconds that the server asks to wait; its other form, a date, is not used by ours."""
    try:
        seconds = float(response.headers.get("Retry-After", "0"))
    except ValueError:
        return 1.0
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS)


def _study(study: str) -> str:
    return f"/v1/studies/{quote(study, safe='')}"


def _trial(study: str, number: int) -> str:
    return f"{_study(study)}/trials/{number}"


def _artifact(study: str, number: int, attempt: int, name: str) -> str:
    return f"{_trial(study, number)}/attempts/{attempt}/artifacts/{quote(name, safe='')}"


def _dataset(dataset: str) -> str:
    return f"/v1/datasets/{quote(dataset, safe='')}"
