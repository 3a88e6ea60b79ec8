import asyncio
import logging

import httpx
import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from api.problems import ProblemMiddleware, problem_response, status_of
from tests.api.conftest import problem
from tuner.errors import InvalidInput, LeaseLost, NotFound, Place, TunerError, Unauthorized, Unavailable, error_classes
from tuner.wire import Problem

STATUSES = {
    "invalid-input": 422,
    "invalid-search-space": 422,
    "invalid-architecture": 422,
    "invalid-dataset": 422,
    "unknown-name": 422,
    "too-large": 413,
    "not-found": 404,
    "conflict": 409,
    "study-exists": 409,
    "study-closed": 409,
    "lease-lost": 409,
    "trial-finished": 409,
    "dataset-in-use": 409,
    "idempotency-conflict": 409,
    "stale-cursor": 409,
    "unauthorized": 401,
    "forbidden": 403,
    "unavailable": 503,
    "storage-full": 507,
    "database-in-use": 503,
    "database-outdated": 503,
    "forked-engine": 503,
    "wait-timeout": 504,
    "missing-extra": 501,
}
# They are the client's or a worker's own, or our failure: whoever meets one here gets a 500.
OURS = {"error", "connection-failed", "incompatible-server", "server-error", "training-failed"}


def request_of(error: Exception, *, after_start: bool = False) -> httpx.Response:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        if after_start:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise error

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(ProblemMiddleware(failing))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/somewhere")

    return asyncio.run(get())


def test_every_error_has_a_status_that_was_decided_on() -> None:
    found = {code: status_of(cls.restored("m", None, ())) for code, cls in error_classes().items()}
    assert found == STATUSES | dict.fromkeys(OURS, 500)


@pytest.mark.parametrize("cls", error_classes().values())
def test_an_error_survives_the_way_to_the_client(cls: type[TunerError]) -> None:
    error = cls.restored("What happened.", "What to do.", [Place("#/a", "wrong")])
    restored = Problem.model_validate_json(bytes(problem_response(error).body)).to_error()
    assert type(restored) is cls
    assert str(restored) == str(error)


def test_an_error_of_the_engine_is_told(caplog: pytest.LogCaptureFixture) -> None:
    found = problem(request_of(LeaseLost("s/1", "somebody else holds it")), 409, "lease-lost")
    assert "somebody else" in found["detail"]
    assert caplog.records == []


def test_an_unexpected_error_is_logged_and_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    answer = request_of(RuntimeError("the password is swordfish"))
    problem(answer, 500, "server-error")
    assert "swordfish" not in answer.text
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.__dict__["path"] == "/somewhere"


def test_an_error_of_ours_is_logged_and_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    answer = request_of(TunerError("internal state of the engine"))
    problem(answer, 500, "server-error")
    assert "internal state" not in answer.text
    assert len(caplog.records) == 1


def test_a_failure_within_an_answer_breaks_it_off() -> None:
    with pytest.raises(RuntimeError, match="file gone"):
        request_of(RuntimeError("file gone"), after_start=True)


def test_a_client_that_has_gone_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(AssertionError):
        request_of(ClientDisconnect())
    assert caplog.records == []


def test_an_overloaded_server_says_when_to_come_back() -> None:
    error = Unavailable("Too much to do.")
    error.retry_after_seconds = 2.4
    assert problem_response(error).headers["retry-after"] == "3"


def test_a_missing_key_says_how_to_show_one() -> None:
    assert problem_response(Unauthorized("No key.")).headers["www-authenticate"] == 'Bearer realm="tuner"'


@pytest.mark.parametrize(
    "error", [InvalidInput("Wrong."), NotFound("study", "x"), InvalidInput("Wrong.", places=[Place("#", "x")])]
)
def test_every_problem_says_what_to_do(error: TunerError) -> None:
    assert Problem.model_validate_json(bytes(problem_response(error).body)).hint
