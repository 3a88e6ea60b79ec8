"""Bodies about workers."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from tuner.wire.base import Resource


class WorkerTrial(Resource):
    """A trial that a worker runs now."""

    study: str
    study_name: str
    number: int
    since: datetime = Field(description="When its present attempt began.")


class WorkerResource(Resource):
    """Who trains: a worker of the service, or somebody who asks a study for trials and has some.

    Of the latter only the trials are known: ``slots`` is null, ``families`` and ``backends`` are empty. A worker has
    been seen when it asked for work or renewed a lease; one that has been silent for a day is forgotten.
    """

    name: str
    slots: int | None
    busy: int
    families: tuple[str, ...]
    backends: tuple[str, ...]
    version: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    trials: tuple[WorkerTrial, ...]


class WorkerPage(Resource):
    """All workers, by name."""

    items: tuple[WorkerResource, ...]
