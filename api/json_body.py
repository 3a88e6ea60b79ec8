"""JSON request bodies, read strictly.

What the two databases or two readers of JSON would take differently is refused: numbers that are not finite or beyond
64 bits, NUL, unpaired surrogates, names given twice, nesting without end.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from api.body_limits import limited_stream
from api.settings import ApiSettings
from tuner.errors import InvalidInput, Place
from tuner.space.parameters import escape

_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
# Python refuses to convert digits without end; what is longer than this is beyond 64 bits in any case.
_MAX_DIGITS = 30
_MAX_PLACES = 20
_MAX_POINTER = 500


class JsonRoute(APIRoute):
    """A route whose JSON body is read by ``read_json``, within its limits, before FastAPI validates it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def read_and_handle(request: Request) -> Response:
            strict = StrictJsonRequest(request.scope, request.receive)
            # Here, not when FastAPI asks for it: that would turn our errors into a 400 without a reason.
            await strict.json()
            return await handle(strict)

        return read_and_handle


class StrictJsonRequest(Request):
    """A request whose body is read by ``read_json``, within its limits."""

    async def body(self) -> bytes:
        if not hasattr(self, "_content"):
            limit = _settings(self).max_body_bytes
            self._content = b"".join([chunk async for chunk in limited_stream(self, limit, "TUNER_API_MAX_BODY_BYTES")])
        return self._content

    async def json(self) -> Any:  # Any: whatever JSON says
        if not hasattr(self, "_value"):
            content = await self.body()
            if content and not _is_json(self.headers.get("content-type", "")):
                raise HTTPException(415, "The body must be announced as JSON.")
            self._value = read_json(content, _settings(self).max_json_depth) if content else None
        return self._value


def read_json(content: bytes, max_depth: int) -> Any:  # Any: whatever JSON says
    """The value of a JSON text.

    Raises:
        InvalidInput: It is not JSON, or uses what is refused; ``places`` says where.
    """
    faulty = False

    def refuse(detail: str) -> _Fault:
        nonlocal faulty
        faulty = True
        return _Fault(detail)

    def integer(digits: str) -> int | _Fault:
        if len(digits) <= _MAX_DIGITS and _LOWEST <= (number := int(digits)) <= _HIGHEST:
            return number
        return refuse(f"is beyond 64 bits ({digits:.40}); expected a whole number from {_LOWEST} to {_HIGHEST}")

    def real(digits: str) -> float | _Fault:
        number = float(digits)
        return number if math.isfinite(number) else refuse(f"is too large ({digits:.40}); expected a finite number")

    def constant(name: str) -> _Fault:
        return refuse(f"is {name}; expected a finite number. A trial without a result is completed as failed")

    def table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            seen: set[str] = set()
            for name, _ in pairs:
                if name in seen:
                    result[name] = refuse("is given twice; expected each name once")
                seen.add(name)
        return result

    try:
        text = content.decode()
        value = json.loads(text, parse_int=integer, parse_float=real, parse_constant=constant, object_pairs_hook=table)
    except UnicodeDecodeError as error:
        raise _malformed(f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise _malformed(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise _refused([Place("#", _too_deep(max_depth))]) from None
    # The walk costs more than the parser, so it is only taken by texts that could hold something to refuse.
    if faulty or "\\u" in text or text.count("[") + text.count("{") > max_depth:
        places = [place for place, _ in zip(_faults(value, max_depth), range(_MAX_PLACES), strict=False)]
        if places:
            raise _refused(places)
    return value


class _Fault:
    """Stands in a parsed value for what is refused, until the walk finds its place."""

    def __init__(self, detail: str) -> None:
        self.detail = detail


def _faults(value: object, max_depth: int) -> Iterator[Place]:
    remaining: list[tuple[str, object, int]] = [("#", value, 1)]
    while remaining:
        pointer, item, depth = remaining.pop()
        if isinstance(item, _Fault):
            yield Place(pointer, item.detail)
        elif isinstance(item, str):
            if (wrong := _text_fault(item)) is not None:
                yield Place(pointer, wrong)
        elif isinstance(item, dict | list):
            if depth > max_depth:
                yield Place(pointer, _too_deep(max_depth))
                continue
            pairs = list(item.items() if isinstance(item, dict) else enumerate(item))
            for name, member in reversed(pairs):
                below = f"{pointer}/{escape(name)}"[:_MAX_POINTER]
                if isinstance(name, str) and (wrong := _text_fault(name)) is not None:
                    yield Place(below, f"its name {wrong}")
                remaining.append((below, member, depth + 1))


def _text_fault(text: str) -> str | None:
    if "\0" in text:
        return "contains a NUL character; expected text without it"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "contains an unpaired surrogate; expected Unicode text"
    return None


def _settings(request: Request) -> ApiSettings:
    settings: ApiSettings = request.app.state.settings
    return settings


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def _too_deep(max_depth: int) -> str:
    return f"is nested more than {max_depth} levels deep; expected a flatter document"


def _malformed(why: str) -> InvalidInput:
    return InvalidInput(
        f"The body is not JSON: {why}.", hint="Send one JSON object in UTF-8.", places=[Place("#", why)]
    )


def _refused(places: list[Place]) -> InvalidInput:
    first = places[0]
    message = f"{first.pointer} {first.detail}." if len(places) == 1 else f"{len(places)} places of the body are wrong."
    return InvalidInput(message, hint="Correct what is listed under errors.", places=places)
