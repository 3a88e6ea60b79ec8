"""Model families."""

import re
from typing import Annotated

from fastapi import APIRouter, Query

from api.gateway import CurrentGateway
from api.parameters import FamilyQuery
from api.responses import problems
from tuner.errors import InvalidInput, Place
from tuner.wire import FamilyPage

router = APIRouter(prefix="/v1/families", tags=["families"])


@router.get("", summary="List model families", responses=problems(404))
async def list_families(query: Annotated[FamilyQuery, Query()], gateway: CurrentGateway) -> FamilyPage:
    """The families that can be trained; with ``dataset``, what each would do there.

    That is its default search space for that table and whether it competes if a study names no models, beside what
    predicting the target means there.
    """
    try:
        return await gateway.read(
            lambda: gateway.engine.families(
                query.dataset, target=query.target, task=query.task, forecast=query.forecast
            )
        )
    except InvalidInput as error:
        # Here they stand in the query; elsewhere in a JSON body.
        error.places = tuple(
            Place(re.sub("^#/(?:forecast/)?([^/]+).*", r"?\1", place.pointer), place.detail) for place in error.places
        )
        raise
