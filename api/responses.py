"""Answers other than a plain body: tagged for polling, files, and the problems that a route can give."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel

from tuner.engine.live import COMPRESSION
from tuner.errors import NotFound
from tuner.wire import Problem

_MIN_COMPRESSED = 1_000


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:  # Any: the form that FastAPI declares
    """The problems a route can answer beside those every route can, for its OpenAPI description."""
    return {status: {"model": Problem, "description": HTTPStatus(status).phrase} for status in statuses}


def tagged(request: Request, resource: BaseModel) -> Response:
    """The body that shows ``resource``, or 304 without one if the client has it already."""
    return _tagged(request, resource.model_dump_json().encode(), "application/json")


def tagged_schema(request: Request, schema: Mapping[str, Any]) -> Response:  # Any: JSON
    """A JSON Schema, or 304 without one if the client has it already."""
    return compressed(request, _tagged(request, json.dumps(schema).encode(), "application/schema+json"))


def _tagged(request: Request, content: bytes, media_type: str) -> Response:
    # A hash of the body, because seq does not rise with reports and with the seconds used.
    tag = f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or tag in (part.strip() for part in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)


def compressed(request: Request, response: Response) -> Response:
    """The same answer, in gzip if the client takes it and it is worth it; takes long for a large one."""
    response.headers["Vary"] = "Accept-Encoding"
    if "gzip" in request.headers.get("accept-encoding", "") and len(response.body) >= _MIN_COMPRESSED:
        response.body = gzip.compress(response.body, COMPRESSION)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(response.body))
    return response


def file_response(path: Path, *, kind: str, name: str, media_type: str, sha256: str | None = None) -> Response:
    """A stored file as a download; blocking, because it looks at the file.

    Args:
        path: Where it lies.
        kind: What it is, for the error if it is gone.
        name: What to call it on the client's disk.
        media_type: Its media type.
        sha256: Its hash, where it is known.

    Raises:
        NotFound: It was deleted a moment ago.
    """
    try:
        found = os.stat(path)
    except FileNotFoundError:
        raise NotFound(kind, name) from None
    headers = {"Tuner-Sha256": sha256, "ETag": f'"{sha256}"'} if sha256 else {"Cache-Control": "no-cache"}
    return FileResponse(path, headers=headers, media_type=media_type, filename=name, stat_result=found)
