"""Trials of a study: handing out, reports, results, the leaderboard."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response

from api.gateway import CurrentGateway
from api.hot_route import HotRoute
from api.json_body import JsonRoute
from api.parameters import IdempotencyKey, StudyId, TrialNumber, TrialQuery
from api.responses import file_response, problems, tagged
from tuner.errors import NotFound
from tuner.wire import (
    ChangeTrial,
    CompleteTrial,
    EnqueueTrials,
    ReleaseTrial,
    ReportReply,
    ReportTrial,
    Suggest,
    SuggestReply,
    TrialPage,
    TrialResource,
    TrialsCreated,
)
from tuner.wire.artifacts import LOG
from tuner.wire.trials import MeasurementPage

router = APIRouter(prefix="/v1/studies/{study}", tags=["trials"], route_class=JsonRoute)
hot_router = APIRouter(prefix="/v1/studies/{study}", tags=["trials"], route_class=HotRoute)

_LEASE = "5f2e4d1798a7c6b50b8d6a3ce4f3a291"
_RESULTS = {
    "completed": {"value": {"lease": _LEASE, "state": "completed", "values": {"accuracy": 0.93}}},
    "failed": {"value": {"lease": _LEASE, "state": "failed", "failure": "nan", "message": "loss is not a number"}},
}


@hot_router.post("/trials/{number}/report", summary="Report a value", responses=problems(404, 409, 413))
async def report_trial(
    study: StudyId,
    number: TrialNumber,
    body: Annotated[ReportTrial, Body(examples=[{"lease": _LEASE, "step": 3, "value": 0.91}])],
    gateway: CurrentGateway,
) -> ReportReply:
    """Stores an intermediate value and renews the lease; without step and value it is the heartbeat alone."""
    return await gateway.write(gateway.engine.trials.report(study, number, body))


@hot_router.post("/trials/{number}/complete", summary="End a trial", responses=problems(404, 409, 413))
async def complete_trial(
    study: StudyId,
    number: TrialNumber,
    body: Annotated[CompleteTrial, Body(openapi_examples=_RESULTS)],
    gateway: CurrentGateway,
) -> TrialResource:
    """Stores the result. The same result twice is fine."""
    return await gateway.write(gateway.engine.trials.complete(study, number, body))


@hot_router.post(
    "/suggest",
    summary="Ask for trials to run",
    responses={202: {"model": SuggestReply, "description": "No trial now; ask again"}, **problems(404, 409, 413)},
)
async def suggest_trials(
    study: StudyId,
    body: Annotated[Suggest, Body(examples=[{"worker": "laptop-1", "count": 1, "wait_seconds": 10}])],
    request: Request,
    gateway: CurrentGateway,
    response: Response,
    key: IdempotencyKey = None,
) -> SuggestReply:
    """Hands out trials with leases, waiting up to ``wait_seconds`` for one."""
    reply = await gateway.ask(
        request,
        body.wait_seconds,
        lambda: gateway.write(gateway.engine.suggestions.suggest_now(study, body, key)),
        lambda reply: not reply.trials,
        study,
    )
    if not reply.trials:
        response.status_code = 202
        response.headers["Retry-After"] = "1"
    return reply


@router.get(
    "/trials",
    summary="List trials, or the leaderboard",
    response_model=TrialPage,
    responses={304: {"description": "Not changed"}, **problems(404, 409)},
)
async def list_trials(
    study: StudyId, request: Request, query: Annotated[TrialQuery, Query()], gateway: CurrentGateway
) -> Response:
    """Trials by number, or best first with ``order_by=rank``."""
    page = await gateway.read(
        gateway.engine.trials.page,
        study,
        states=tuple(query.state),
        order_by=query.order_by,
        limit=query.limit,
        cursor=query.cursor,
    )
    return tagged(request, page)


@router.post("/trials", status_code=201, summary="Enqueue points", responses=problems(404, 409, 413))
async def enqueue_trials(
    study: StudyId,
    body: Annotated[EnqueueTrials, Body(examples=[{"trials": [{"params": {"optimizer": "adam", "lr": 0.001}}]}])],
    gateway: CurrentGateway,
    key: IdempotencyKey = None,
) -> TrialsCreated:
    """Adds points to try next and, with ``values``, trials that were finished elsewhere."""
    return await gateway.write(await gateway.read(gateway.engine.trials.enqueue, study, body, key))


@router.get(
    "/trials/{number}",
    summary="Read a trial",
    response_model=TrialResource,
    responses={304: {"description": "Not changed"}, **problems(404)},
)
async def read_trial(study: StudyId, number: TrialNumber, request: Request, gateway: CurrentGateway) -> Response:
    """One trial."""
    return tagged(request, await gateway.read(gateway.engine.trials.get, study, number))


@router.patch("/trials/{number}", summary="Change a trial's note", responses=problems(404, 413))
async def change_trial(
    study: StudyId,
    number: TrialNumber,
    body: Annotated[ChangeTrial, Body(examples=[{"note": "overfits after epoch 12; try more dropout"}])],
    gateway: CurrentGateway,
) -> TrialResource:
    """Puts a note on the trial in place of the one that it has; an empty one removes it."""
    return await gateway.write(gateway.engine.trials.change(study, number, body))


@router.post("/trials/{number}/release", summary="Hand a trial back", responses=problems(404, 409, 413))
async def release_trial(
    study: StudyId,
    number: TrialNumber,
    body: Annotated[ReleaseTrial, Body(examples=[{"lease": _LEASE}])],
    gateway: CurrentGateway,
) -> TrialResource:
    """Hands the trial back untrained; it waits again at once."""
    return await gateway.write(gateway.engine.trials.release(study, number, body))


@router.post("/trials/{number}/stop", summary="Stop a trial", responses=problems(404, 409))
async def stop_trial(study: StudyId, number: TrialNumber, gateway: CurrentGateway) -> TrialResource:
    """Cancels a waiting trial at once, a running one at its next report."""
    return await gateway.write(gateway.engine.trials.stop(study, number))


@router.get("/trials/{number}/measurements", summary="Read a learning curve", responses=problems(404))
async def list_measurements(study: StudyId, number: TrialNumber, gateway: CurrentGateway) -> MeasurementPage:
    """All values reported for the trial, by attempt and step."""
    return await gateway.read(gateway.engine.trials.measurements, study, number)


@router.get(
    "/trials/{number}/logs",
    summary="Download a trial's log",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems(404)},
)
async def read_log(study: StudyId, number: TrialNumber, gateway: CurrentGateway) -> Response:
    """What the training process of the latest attempt wrote."""

    def find() -> Response:
        path = gateway.engine.artifacts.log(study, number)
        if path is None:
            raise NotFound("log", number, hint="A log is stored when an attempt of the trial has ended.")
        return file_response(path, kind="log", name=LOG, media_type="text/plain; charset=utf-8")

    return await gateway.read(find)
