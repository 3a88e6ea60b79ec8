"""Errors about a document, told with their place in it."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from tuner.errors import InvalidArchitecture, Place


def invalid(pointer: str, detail: str, hint: str | None = None) -> InvalidArchitecture:
    """The error for one fault; ``pointer`` is relative to the document and completed by whoever was given that."""
    subject = pointer.strip("/").replace("/", ".") or "The architecture"
    return InvalidArchitecture(f"{subject} {detail}.", hint=hint, places=[Place(pointer, detail)])


def near(name: object, known: Collection[str], what: str) -> str:
    """A hint that offers the names most like ``name``, or all."""
    folded = {other.casefold(): other for other in known}
    found = [folded[match] for match in difflib.get_close_matches(str(name)[:100].casefold(), folded, n=3)]
    if found:
        return f"Did you mean {' or '.join(found)}?"
    return f"{what}: {', '.join(sorted(known))}." if known else f"{what}: none."
