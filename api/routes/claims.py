"""Work for the service's own workers."""

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response

from api.gateway import CurrentGateway
from api.json_body import JsonRoute
from api.parameters import IdempotencyKey
from api.responses import problems
from tuner.wire import ClaimReply, ClaimTrials

router = APIRouter(prefix="/v1/claims", tags=["claims"], route_class=JsonRoute)

_EXAMPLE = {"worker": "worker-1", "capabilities": {"families": ["lightgbm", "linear"]}, "count": 1, "wait_seconds": 10}


@router.post(
    "",
    summary="Claim trials of any study",
    responses={202: {"model": ClaimReply, "description": "No work now; ask again"}, **problems(409, 413)},
)
async def claim_trials(
    body: Annotated[ClaimTrials, Body(examples=[_EXAMPLE])],
    request: Request,
    gateway: CurrentGateway,
    response: Response,
    key: IdempotencyKey = None,
) -> ClaimReply:
    """Hands out trials of any study that the service trains itself, waiting up to ``wait_seconds`` for one."""
    once = body.model_copy(update={"wait_seconds": 0.0})
    reply = await gateway.ask(
        request,
        body.wait_seconds,
        lambda: gateway.claim(lambda: gateway.engine.suggestions.claim(once, key)),
        lambda reply: not reply.claims,
    )
    if not reply.claims:
        response.status_code = 202
        response.headers["Retry-After"] = "1"
    return reply
