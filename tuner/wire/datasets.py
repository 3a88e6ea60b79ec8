"""Bodies about datasets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tuner.wire.base import Name, Request, Resource


class DatasetResource(Resource):
    """A stored table. ``profile`` is what was found when it was read: rows, columns, their kinds and why."""

    id: str
    name: str
    target: str | None
    size: int
    sha256: str
    num_rows: int
    num_columns: int
    profile: dict[str, Any]
    created_at: datetime


class DatasetPage(Resource):
    """Some datasets, newest first, and where to go on."""

    items: tuple[DatasetResource, ...]
    next_cursor: str | None = None


class ChangeDataset(Request):
    """What may change about a stored table."""

    name: Name | None = None
    target: Name | None = None
