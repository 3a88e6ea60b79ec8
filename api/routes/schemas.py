"""What documents in requests may hold, in the form that editors and other languages read."""

from fastapi import APIRouter, Request, Response

from api.responses import tagged_schema
from tuner.architecture.layers import json_schema

router = APIRouter(prefix="/v1", tags=["studies"])


@router.get(
    "/architecture-schema",
    summary="The JSON Schema of networks",
    response_class=Response,
    responses={
        200: {"content": {"application/schema+json": {"schema": {"type": "object"}}}},
        304: {"description": "Not changed"},
    },
)
async def read_architecture_schema(request: Request) -> Response:
    """What ``architecture`` of a new study may hold: layers with their arguments, and where parameters stand."""
    return tagged_schema(request, json_schema())
