"""Model families."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.gateway import CurrentGateway
from api.parameters import FamilyQuery
from api.responses import problems
from tuner.wire import FamilyPage

router = APIRouter(prefix="/v1/families", tags=["families"])


@router.get("", summary="List model families", responses=problems(404))
async def list_families(query: Annotated[FamilyQuery, Query()], gateway: CurrentGateway) -> FamilyPage:
    """The families that can be trained; with ``dataset``, each with its default search space for that table."""
    return await gateway.read(gateway.engine.families, query.dataset)
