"""Bodies have a length limit, whether they announce their length or not."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import Request

from tuner.errors import TooLarge


async def limited_stream(request: Request, max_bytes: int, setting: str) -> AsyncIterator[bytes]:
    """The chunks of a body.

    Args:
        request: Whose body to read.
        max_bytes: How long it may be.
        setting: The environment variable that sets this limit.

    Raises:
        TooLarge: The body is longer; raised before the first chunk is read if the request says so itself.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > max_bytes:
        raise too_long(max_bytes, setting)
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > max_bytes:
            raise too_long(max_bytes, setting)
        if chunk:
            yield chunk


def too_long(max_bytes: int, setting: str) -> TooLarge:
    """The error for a body over its limit."""
    return TooLarge(
        f"The body is longer than {max_bytes:,} bytes.", hint=f"Send less, or raise {setting} on the server."
    )
