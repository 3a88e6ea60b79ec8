"""Workers."""

from fastapi import APIRouter, Request, Response

from api.gateway import CurrentGateway
from api.responses import tagged
from tuner.wire import WorkerPage

router = APIRouter(prefix="/v1/workers", tags=["workers"])


@router.get("", summary="List workers", response_model=WorkerPage, responses={304: {"description": "Not changed"}})
async def list_workers(request: Request, gateway: CurrentGateway) -> Response:
    """Who has asked for work within a day or runs a trial, what each can do, and what it does now."""
    return tagged(request, await gateway.read(gateway.engine.workers.all))
