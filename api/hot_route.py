"""The route class of what runs several times for each trial.

FastAPI resolves the parameters of a handler anew for each request and validates its reply once more. Here that is done
by what the handler's signature says, once, at start: a third of the time that such a request takes. Declaration,
OpenAPI description and errors are those of any other route.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from typing import Any, get_args, get_origin

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.params import Header, Path
from pydantic import BaseModel, TypeAdapter, ValidationError

from api.gateway import CurrentGateway
from api.json_body import JsonRoute, StrictJsonRequest


class HotRoute(JsonRoute):
    """A route with a JSON body or none, whose handler takes nothing but

    values of the path and of headers, the body's model, ``Request``, ``Response`` (for status and headers) and
    ``CurrentGateway``, and returns a model.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        signature = inspect.signature(self.endpoint, eval_str=True)
        sources = [_source(name, parameter.annotation) for name, parameter in signature.parameters.items()]
        endpoint, status = self.endpoint, self.status_code or 200

        async def handle(request: Request) -> Response:
            strict = StrictJsonRequest(request.scope, request.receive)
            value = await strict.json()
            told = Response(status_code=status)
            errors: list[Any] = []
            arguments = {name: source(strict, value, told, errors) for name, source in sources}
            if errors:
                raise RequestValidationError(errors, body=value)
            reply: BaseModel = await endpoint(**arguments)
            headers = dict(told.headers)
            headers.pop("content-length", None)
            return Response(reply.__pydantic_serializer__.to_json(reply), told.status_code, headers, "application/json")

        return handle


# The request, its JSON value, the response that the handler may mark, and a list for what is found to be wrong.
_Source = Callable[[Request, Any, Response, list[Any]], Any]


def _source(name: str, annotation: Any) -> tuple[str, _Source]:
    """Where the argument of this name comes from. Any: annotations have no common type."""
    if annotation is Request:
        return name, lambda request, value, told, errors: request
    if annotation is Response:
        return name, lambda request, value, told, errors: told
    if annotation == CurrentGateway:
        return name, lambda request, value, told, errors: request.app.state.gateway
    kind, *marks = get_args(annotation) if get_origin(annotation) is not None else (annotation,)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return name, _body(kind)
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    if any(isinstance(mark, Path) for mark in marks):
        return name, _path(name, adapter)
    header = next(mark for mark in marks if isinstance(mark, Header))
    assert header.alias is not None
    return name, _header(header.alias, adapter)


def _body(model: type[BaseModel]) -> _Source:
    def read(request: Request, value: Any, told: Response, errors: list[Any]) -> Any:
        if value is None:
            errors.append({"type": "missing", "loc": ("body",), "msg": "Field required", "input": None})
            return None
        try:
            return model.model_validate(value)
        except ValidationError as error:
            errors.extend({**fault, "loc": ("body", *fault["loc"])} for fault in error.errors(include_url=False))
            return None

    return read


def _path(name: str, adapter: TypeAdapter[Any]) -> _Source:
    def read(request: Request, value: Any, told: Response, errors: list[Any]) -> Any:
        return _checked(adapter, request.scope["path_params"][name], ("path", name), errors)

    return read


def _header(alias: str, adapter: TypeAdapter[Any]) -> _Source:
    def read(request: Request, value: Any, told: Response, errors: list[Any]) -> Any:
        given = request.headers.get(alias)
        return None if given is None else _checked(adapter, given, ("header", alias), errors)

    return read


def _checked(adapter: TypeAdapter[Any], given: str, location: tuple[str, str], errors: list[Any]) -> Any:
    try:
        return adapter.validate_python(given)
    except ValidationError as error:
        errors.extend({**fault, "loc": location} for fault in error.errors(include_url=False))
        return None
