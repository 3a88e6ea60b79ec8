"""The service's OpenAPI description: FastAPI's, completed."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import MEDIA_TYPE
from api.security import PUBLIC_PATHS
from api.session import COOKIE
from tuner.wire.live import Gone, ReportColumns

_TAGS = [
    {"name": "studies", "description": "A study is one tuning problem: search space, objective, budget, trials."},
    {"name": "trials", "description": "A trial is one set of parameter values and what came of it."},
    {"name": "artifacts", "description": "Files that trials leave behind, such as models."},
    {"name": "live", "description": "Whole studies as columns, and streams of what changes."},
    {"name": "claims", "description": "Work for the service's own workers."},
    {"name": "workers", "description": "Who trains, and what."},
    {"name": "models", "description": "Trained models and their predictions."},
    {"name": "datasets", "description": "Tables that the service's workers train on."},
    {"name": "families", "description": "Kinds of models that can be trained."},
    {"name": "session", "description": "A cookie instead of the key, for browsers."},
    {"name": "health", "description": "Whether the service answers."},
]
# Any route can give these, so they are declared once here instead of on each.
_COMMON = {
    "401": "The key is missing or wrong.",
    "403": "Foreign host or origin.",
    "422": "The request breaks a rule; `errors` says where.",
    "500": "The server failed; its log says why.",
    "503": "Overloaded or without its database; try again after `Retry-After` seconds.",
}
_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_EVENTS = "text/event-stream"
_VERSION = {"Tuner-Version": {"$ref": "#/components/headers/Tuner-Version"}}
_LICENSE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
_METHODS = ("get", "put", "post", "patch", "delete")

Schema = dict[str, Any]  # Any: JSON


def describe(app: FastAPI) -> None:
    """Let ``app`` describe itself by ``build``, once."""

    def openapi() -> Schema:
        if app.openapi_schema is None:
            app.openapi_schema = build(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the description


def build(app: FastAPI) -> Schema:
    """FastAPI's description, completed by problems, the key and the tags' meaning."""
    schema = get_openapi(
        title=app.title, version=app.version, summary=app.summary, routes=app.routes, tags=_TAGS, license_info=_LICENSE
    )
    components = schema["components"]
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    for told in (ReportColumns, Gone):
        # Streams have no bodies, as OpenAPI counts them; these are what comes in their events.
        components["schemas"][told.__name__] = told.model_json_schema(mode="serialization")
    components["securitySchemes"] = {
        "key": {
            "type": "http",
            "scheme": "bearer",
            "description": "TUNER_API_KEY, if the server was started with one.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": COOKIE,
            "description": "What POST /v1/session gives a browser.",
        },
    }
    components["headers"] = {"Tuner-Version": {"description": "Version of the server.", "schema": {"type": "string"}}}
    components["responses"] = {
        f"Problem{status}": {"description": description, "content": _PROBLEM, "headers": _VERSION}
        for status, description in _COMMON.items()
    }
    schema["security"] = [{"key": []}, {"session": []}, {}]
    for path, operations in schema["paths"].items():
        for method in _METHODS:
            if method in operations:
                _complete(operations[method], is_public=path in PUBLIC_PATHS)
    return schema


def _complete(operation: Schema, *, is_public: bool) -> None:
    responses = operation["responses"]
    for status, response in responses.items():
        response["headers"] = _VERSION
        if _EVENTS in response.get("content", {}):
            # FastAPI says what one event is, by a word that OpenAPI 3.1 does not have.
            response["content"][_EVENTS] = {"schema": {"type": "string"}}
        if status >= "400":
            response["content"] = _PROBLEM
    impossible = {"401"} if is_public else set()
    if is_public and "requestBody" not in operation:
        impossible.add("422")
    for status in _COMMON:
        if status not in impossible:
            responses[status] = {"$ref": f"#/components/responses/Problem{status}"}
    if is_public:
        operation["security"] = []
    operation["responses"] = dict(sorted(responses.items()))
