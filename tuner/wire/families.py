"""Bodies about model families."""

from __future__ import annotations

from typing import Any

from tuner.wire.base import Resource
from tuner.wire.studies import TargetResource


class FamilyResource(Resource):
    """A model family. ``space`` is its default search space, for the dataset that was named.

    ``default`` says whether it competes there if a study names no models; null where there is no target. ``network``
    says whether it is built with Keras, so that a study may say on which backend.
    """

    name: str
    title: str
    step: str
    available: bool
    network: bool = False
    default: bool | None = None
    space: dict[str, Any] | None = None


class FamilyPage(Resource):
    """All model families. With a target also what predicting it means, and the metric if none is asked for."""

    items: tuple[FamilyResource, ...]
    target: TargetResource | None = None
    metric: str | None = None
