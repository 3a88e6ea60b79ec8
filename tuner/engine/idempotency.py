"""Requests that may be repeated: the reply is stored under the client's key, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection

from tuner.errors import IdempotencyConflict
from tuner.storage import study_rows

R = TypeVar("R", bound=BaseModel)
Answer = TypeVar("Answer", bound=BaseModel | None)


def once(
    key: str | None, request: str, reply: type[R], operation: Callable[[Connection, datetime], Answer]
) -> Callable[[Connection, datetime], Answer | R]:
    """The operation, with the effect of at most one run for each key.

    Args:
        key: The client's key; None: run it as often as asked.
        request: Hash of what was asked for, to tell a repetition from a mistake.
        reply: Class of the reply.
        operation: Answers None when it changed nothing; that is not stored.
    """
    if key is None:
        return operation

    def run(connection: Connection, now: datetime) -> Answer | R:
        stored = find_reply(connection, key, request, reply)
        if stored is not None:
            return stored
        answer = operation(connection, now)
        if answer is not None:
            study_rows.insert_replies(connection, [(key, request, answer.model_dump_json())], now)
        return answer

    return run


def find_reply(connection: Connection, key: str, request: str, reply: type[R]) -> R | None:
    """The reply to an earlier request with this key.

    Raises:
        IdempotencyConflict: That was another request.
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
    """
    stored_request, body = stored
    if stored_request != request:
        raise IdempotencyConflict(
            "The idempotency key was used before, for a different request.", hint="Make a new key for each request."
        )
    return reply.model_validate_json(body)
