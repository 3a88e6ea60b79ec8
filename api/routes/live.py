"""Whole studies for pages that draw them, and streams of what changes."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.gateway import CurrentGateway
from api.live import LiveEvent, Stream, read_position
from api.parameters import ColumnsQuery, CurvesQuery, EventsQuery, StudyId
from api.responses import compressed, problems, tagged
from tuner import __version__
from tuner.wire.live import Curves, TrialColumns

router = APIRouter(prefix="/v1/studies", tags=["live"])


@router.get(
    "/{study}/columns",
    summary="Read all trials as columns",
    response_model=TrialColumns,
    responses={304: {"description": "Not changed"}, **problems(404)},
)
async def read_columns(
    study: StudyId, request: Request, query: Annotated[ColumnsQuery, Query()], gateway: CurrentGateway
) -> Response:
    """Trials as parallel arrays: all of them, or with `since` those that have changed after that `seq`."""
    since, live = query.since, gateway.engine.live
    if since is not None:
        return await gateway.read(lambda: compressed(request, tagged(request, live.changed_columns(study, since))))
    snapshot = await gateway.read(live.columns, study)
    # With the version: another one may give the same trials other columns.
    headers = {
        "ETag": f'W/"{__version__}.{study}.{snapshot.seq}"',
        "Cache-Control": "no-cache",
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(snapshot.content, headers=headers, media_type="application/json")
    content = await gateway.read(lambda: snapshot.compressed)
    return Response(content, headers=headers | {"Content-Encoding": "gzip"}, media_type="application/json")


@router.get("/{study}/curves", summary="Read learning curves", response_model=Curves, responses=problems(404))
async def read_curves(
    study: StudyId, request: Request, query: Annotated[CurvesQuery, Query()], gateway: CurrentGateway
) -> Response:
    """The values that trials have reported, step by step, of their present attempts: of all, or of those named."""
    live = gateway.engine.live
    return await gateway.read(lambda: compressed(request, tagged(request, live.curves(study, query.numbers))))


async def _study_stream(
    study: StudyId,
    query: Annotated[EventsQuery, Query()],
    gateway: CurrentGateway,
    last_event_id: Annotated[str | None, Header(description="The last event that was received.")] = None,
) -> AsyncIterator[Stream]:
    since = read_position(last_event_id) or read_position(query.since)
    async with gateway.live.follow(study, since) as stream:
        yield stream


async def _list_stream(gateway: CurrentGateway) -> AsyncIterator[Stream]:
    async with gateway.live.follow_all() as stream:
        yield stream


@router.get("/events", summary="Follow all studies", response_class=EventSourceResponse, responses=problems(503))
async def follow_studies(stream: Annotated[Stream, Depends(_list_stream)]) -> AsyncIterator[ServerSentEvent]:
    """A stream of `study` (a study that has changed) and `gone` (one that was deleted)."""
    async for event in stream:
        yield _sent(event)


@router.get(
    "/{study}/events", summary="Follow a study", response_class=EventSourceResponse, responses=problems(404, 503)
)
async def follow_study(stream: Annotated[Stream, Depends(_study_stream)]) -> AsyncIterator[ServerSentEvent]:
    """A stream of `study`, `trials` (columns of those that changed), `reports`, `reset` (fetch anew) and `gone`.

    Goes on where `Last-Event-ID` says, or `since`: an event's id, which is `<seq>.<report>`.
    """
    async for event in stream:
        yield _sent(event)


def _sent(event: LiveEvent) -> ServerSentEvent:
    return ServerSentEvent(raw_data=event.data, event=event.name, id=event.id)
