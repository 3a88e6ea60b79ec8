"""Bodies about model families."""

from __future__ import annotations

from typing import Any

from tuner.wire.base import Resource


class FamilyResource(Resource):
    """A model family. ``space`` is its default search space, for the dataset that was named."""

    name: str
    title: str
    step: str
    available: bool
    space: dict[str, Any] | None = None


class FamilyPage(Resource):
    """All model families."""

    items: tuple[FamilyResource, ...]
