"""What studies may choose from."""

from fastapi import APIRouter, Request, Response

from api.gateway import CurrentGateway
from api.responses import tagged
from tuner.wire import StudyOptions

router = APIRouter(prefix="/v1/options", tags=["studies"])


@router.get(
    "",
    summary="List what a study may choose from",
    response_model=StudyOptions,
    responses={304: {"description": "Not changed"}},
)
async def list_options(request: Request, gateway: CurrentGateway) -> Response:
    """Samplers, pruners and their options, metrics by task, and backends: what each is for, and which are default."""
    return tagged(request, gateway.engine.options())
