"""Whether the service answers."""

from fastapi import APIRouter

from api.gateway import CurrentGateway
from api.responses import problems
from tuner import __version__
from tuner.errors import Unavailable
from tuner.wire import Health

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Whether the process lives")
async def read_health(gateway: CurrentGateway) -> Health:
    """Answers 200 as long as the process does; ``ready`` tells of the database. Needs no key."""
    return Health(version=__version__, ready=await gateway.is_ready())


@router.get("/readyz", summary="Whether the service can work", responses=problems(503))
async def read_readiness(gateway: CurrentGateway) -> Health:
    """Answers 200 when the database answers, otherwise 503. Needs no key."""
    if not await gateway.is_ready():
        raise Unavailable("The database does not answer.", hint="See the server's log.")
    return Health(version=__version__, ready=True)
