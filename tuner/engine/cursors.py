"""Page cursors: opaque to clients, the sort key of a page's last row inside."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from tuner.errors import InvalidInput, Place

Part = int | float | str


def dump_cursor(kind: str, *parts: Part) -> str:
    """A cursor for lists of ``kind`` that goes on after the row with these sort keys."""
    text = json.dumps([kind, *parts], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def load_cursor(cursor: str | None, kind: str, types: Sequence[type]) -> tuple[Part, ...] | None:
    """The sort keys inside a cursor; None for the first page.

    Raises:
        InvalidInput: It is not a cursor of this kind of list.
    """
    if cursor is None:
        return None
    try:
        form = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        found, *parts = form
        fits = found == kind and len(parts) == len(types) and all(map(_is, parts, types))
    except (ValueError, TypeError, RecursionError):
        fits = False
    if not fits:
        raise InvalidInput(
            "The cursor does not belong to this list.",
            hint="Pass next_cursor of the page before unchanged, with the same parameters; leave it out to start.",
            places=[Place("?cursor", "not a cursor of this list")],
        )
    return tuple(parts)


def _is(part: object, wanted: type) -> bool:
    if isinstance(part, bool) or not isinstance(part, wanted):
        return False
    return not isinstance(part, int) or abs(part) < 2**62
