"""Bodies about the service itself."""

from __future__ import annotations

from tuner.wire.base import Resource


class Health(Resource):
    """The service answers; ``ready`` says whether its database does."""

    version: str
    ready: bool
