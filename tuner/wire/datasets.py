"""Bodies about datasets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from tuner.wire.base import Name, Request, Resource, Text


class DatasetWarningResource(Resource):
    """Something that people should look at before they trust a model: a code for programs, sentences for people."""

    code: str
    message: str
    column: str | None = None


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
    warnings: tuple[DatasetWarningResource, ...] = ()
    created_at: datetime


class DatasetPreview(Resource):
    """The first rows of a table, a cell for each column: a number, text, or null where there is no value.

    Long texts are cut and end with an ellipsis. Of a picture or a sequence its shape is told.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]
    num_rows: int = Field(description="Rows of the whole table.")


class DatasetPage(Resource):
    """Some datasets, newest first, and where to go on."""

    items: tuple[DatasetResource, ...]
    next_cursor: str | None = None


class ChangeDataset(Request):
    """What may change about a stored table."""

    name: Name | None = None
    target: Name | None = None
    columns: dict[Text, Text] = Field({}, max_length=10_000, description="Kinds for some columns, by name.")
