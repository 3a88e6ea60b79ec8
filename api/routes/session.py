"""Sessions of browsers."""

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response
from pydantic import Field

from api.json_body import JsonRoute
from api.responses import problems
from api.security import check_key
from api.session import COOKIE, SESSION_SECONDS, new_session
from api.settings import ApiSettings
from tuner.wire.base import Request as RequestBody

router = APIRouter(prefix="/v1/session", tags=["session"], route_class=JsonRoute)


class OpenSession(RequestBody):
    """The key that the server was started with."""

    key: Annotated[str, Field(max_length=1_000)]


@router.post("", status_code=204, summary="Open a browser's session", responses=problems(401))
async def open_session(
    body: Annotated[OpenSession, Body(examples=[{"key": "the-key-of-the-server"}])],
    request: Request,
    response: Response,
) -> None:
    """Sets a cookie that is accepted wherever the key is. Does nothing on a server without a key."""
    settings: ApiSettings = request.app.state.settings
    if settings.key is None:
        return
    key = settings.key.get_secret_value().encode()
    check_key(body.key.encode(), key)
    response.set_cookie(
        COOKIE,
        new_session(key),
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


@router.delete("", status_code=204, summary="End a browser's session")
async def end_session(response: Response) -> None:
    """Removes the cookie."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
