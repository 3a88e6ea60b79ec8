"""Requests that may be repeated: the reply is stored under the client's key, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection

from tuner.engine.changes import then
from tuner.errors import IdempotencyConflict, TunerError, Unavailable
from tuner.storage import Database, study_rows
from tuner.wire import Problem

R = TypeVar("R", bound=BaseModel)


class _Refusal(BaseModel):
    """What is stored in place of a reply when a request was refused for good."""

    refused: Problem


def write_once(
    database: Database,
    key: str | None,
    request: str,
    reply: type[R],
    operation: Callable[[Connection, datetime], R],
    *,
    study: str = "",
) -> Future[R]:
    """Write, with the effect of at most one run for each key. A repetition gets the first reply, or the first refusal.

    Args:
        database: Where to write.
        key: The client's key; None: write as often as asked.
        request: Hash of what was asked for, to tell a repetition from a mistake.
        reply: Class of the reply.
        operation: What to do. If it refuses, it has written nothing.
        study: Id of the study that it is about, if any.
    """
    if key is None:
        return database.write(operation, study=study)

    def run(connection: Connection, now: datetime) -> R | TunerError:
        try:
            stored = find_reply(connection, key, request, reply)
            if stored is not None:
                return stored
        except TunerError as refusal:
            return refusal
        try:
            answer = operation(connection, now)
        except Unavailable:
            # It may succeed the next time.
            raise
        except TunerError as refusal:
            text = _Refusal(refused=Problem.of(refusal, 0)).model_dump_json()
            study_rows.insert_replies(connection, [(key, request, text)], now)
            return refusal
        study_rows.insert_replies(connection, [(key, request, answer.model_dump_json())], now)
        return answer

    def tell(answer: R | TunerError) -> R:
        if isinstance(answer, TunerError):
            raise answer
        return answer

    return then(database.write(run, study=study), tell)


def find_reply(connection: Connection, key: str, request: str, reply: type[R]) -> R | None:
    """The reply to an earlier request with this key.

    Raises:
        IdempotencyConflict: That was another request.
        TunerError: The earlier request was refused.
    """
    found = study_rows.find_replies(connection, [key]).get(key)
    return None if found is None else same_reply(found, request, reply)


def same_reply(stored: tuple[str, str], request: str, reply: type[R]) -> R:
    """The reply that was stored for a request.

    Args:
        stored: Hash of the request that was made then, and the reply as text.
        request: Hash of the present request.
        reply: Class of the reply.

    Raises:
        IdempotencyConflict: They are different requests.
        TunerError: The earlier request was refused.
    """
    stored_request, body = stored
    if stored_request != request:
        raise IdempotencyConflict(
            "The idempotency key was used before, for a different request.", hint="Make a new key for each request."
        )
    if body.startswith('{"refused":'):
        raise _Refusal.model_validate_json(body).refused.to_error()
    return reply.model_validate_json(body)
