"""Failures as RFC 9457 problems: the one place that builds error bodies.

Handlers raise errors of ``tuner.errors``; the table below gives each class its status, the classes under it included.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, get_args

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tuner.errors import (
    Conflict,
    DatabaseInUse,
    DatabaseOutdated,
    Forbidden,
    ForkedEngine,
    InvalidInput,
    MissingExtra,
    NotFound,
    Place,
    ServerError,
    StorageFull,
    TooLarge,
    TunerError,
    Unauthorized,
    Unavailable,
    WaitTimeout,
)
from tuner.space.parameters import escape
from tuner.wire import Problem
from tuner.wire.problems import PREFIX

logger = logging.getLogger(__name__)

_REMEDY = "Correct what is listed under errors; GET /openapi.json describes the request."
_LAST_REMEDY = "GET /openapi.json describes what can be asked for."
_MAX_PLACES = 20
_MAX_POINTER = 500

MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[TunerError], int] = {
    InvalidInput: 422,
    TooLarge: 413,
    NotFound: 404,
    Conflict: 409,
    Unauthorized: 401,
    Forbidden: 403,
    StorageFull: 507,
    Unavailable: 503,
    DatabaseInUse: 503,
    DatabaseOutdated: 503,
    ForkedEngine: 503,
    WaitTimeout: 504,
    MissingExtra: 501,
    TunerError: 500,
}


def status_of(error: TunerError) -> int:
    """The status of ``error``: that of its nearest class in the table."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def problem_response(error: TunerError) -> Response:
    """The answer that tells of ``error``."""
    headers: dict[str, str] = {}
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(math.ceil(error.retry_after_seconds))
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = 'Bearer realm="tuner"'
    problem = Problem.of(error, status_of(error))
    if problem.hint is None:
        problem = problem.model_copy(update={"hint": _REMEDY if error.places else _LAST_REMEDY})
    return _answer(problem, headers)


class ProblemMiddleware:
    """Turns every exception that leaves the application into a problem. The last resort is a 500 that tells nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except ClientDisconnect:
            return
        except Exception as error:
            known = isinstance(error, TunerError) and status_of(error) != 500
            if not known:
                facts = {"method": scope.get("method"), "path": scope.get("path")}
                logger.error("request failed", exc_info=error, extra=facts)
            if started:
                # Half an answer is out: breaking the connection is the only way to tell.
                raise
            shown = error if known and isinstance(error, TunerError) else _concealed()
            await problem_response(shown)(scope, receive, send)


def install(app: FastAPI) -> None:
    """Let ``app`` answer FastAPI's and Starlette's own errors as problems, too."""
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(HTTPException, _answer_http)


async def _answer_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    route = request.scope.get("route")
    field = getattr(route, "body_field", None)
    body = field.field_info.annotation if field is not None else None
    return problem_response(invalid_request(error.errors(), body))


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return problem_response(NotFound("route", request.url.path, hint="GET /openapi.json lists all routes."))
    phrase = HTTPStatus(error.status_code).phrase
    detail, hint = error.detail, _LAST_REMEDY
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        detail, hint = f"{request.method} is not possible on {request.url.path}.", f"Use {allowed}."
    elif error.status_code == 415:
        hint = "Send the header Content-Type: application/json."
    problem = Problem(
        type=PREFIX + phrase.lower().replace(" ", "-"), title=phrase, status=error.status_code, detail=detail, hint=hint
    )
    return _answer(problem, error.headers or {})


def invalid_request(errors: Sequence[Mapping[str, Any]], body: type[BaseModel] | None = None) -> InvalidInput:
    """The error that tells of Pydantic's findings.

    Args:
        errors: As Pydantic and FastAPI list them; values are Any, because any input can be at fault.
        body: The model the body was checked against, to name the fields it has.
    """
    places = [Place(_pointer(error["loc"]), _words(error, body)) for error in errors[:_MAX_PLACES]]
    first = places[0]
    message = (
        f"{first.pointer} {first.detail}." if len(errors) == 1 else f"{len(errors)} places of the request are wrong."
    )
    return InvalidInput(message, hint=_REMEDY, places=places)


def _answer(problem: Problem, headers: Mapping[str, str]) -> Response:
    # Not Pydantic's own JSON: a name that was refused for its unpaired surrogate is told of in ASCII.
    content = json.dumps(problem.model_dump(exclude_none=True)).encode()
    return Response(content, problem.status, headers=headers, media_type=MEDIA_TYPE)


def _concealed() -> ServerError:
    return ServerError(
        "The server failed while it handled the request.", hint="Its log says why; report it if it recurs."
    )


def _pointer(location: Sequence[int | str]) -> str:
    source, *path = location
    if source == "query":
        return "?" + ".".join(map(str, path))
    if source == "path":
        return "{" + ".".join(map(str, path)) + "}"
    if source == "header":
        return f"header {path[0]}"
    # Pydantic marks a fault in a key, not in its value, by this last step.
    steps = path[:-1] if path and path[-1] == "[key]" else path
    return ("#" + "".join(f"/{escape(step)}" for step in steps))[:_MAX_POINTER]


def _words(error: Mapping[str, Any], body: type[BaseModel] | None) -> str:
    kind, message, given = error["type"], error["msg"], error.get("input")
    if kind == "missing":
        return "is missing" if len(error["loc"]) > 1 else "is missing: send a JSON object"
    if kind == "extra_forbidden":
        known = _fields(body, error["loc"][1:-1]) if error["loc"][0] == "body" else []
        return "is not known here" + (f"; expected one of {', '.join(known)}" if known else "")
    if kind == "value_error":
        return str(message).removeprefix("Value error, ")
    text = str(message).replace("Input should", "should", 1)
    if given is None or isinstance(given, bool | int | float | str):
        shown = "null" if given is None else json.dumps(given)
        return f"{text}, got {shown if len(shown) <= 60 else shown[:60] + '...'}"
    return f"{text}, got {'a list' if isinstance(given, list) else 'an object'}"


def _fields(model: type[BaseModel] | None, location: Sequence[int | str]) -> list[str]:
    """Names of the fields of the model at ``location`` below ``model``, as far as its annotations tell."""
    for step in location:
        if model is None:
            return []
        if isinstance(step, str) and step in model.model_fields:
            model = _model_in(model.model_fields[step].annotation)
    return list(model.model_fields) if model is not None else []


def _model_in(annotation: Any) -> type[BaseModel] | None:  # Any: annotations have no common type
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)
