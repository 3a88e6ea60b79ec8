"""Studies."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response

from api.gateway import CurrentGateway
from api.json_body import JsonRoute
from api.parameters import IdempotencyKey, ImportancesQuery, ParetoQuery, StudyId, StudyQuery
from api.responses import problems, tagged
from tuner.wire import ChangeStudy, CreateStudy, Importances, ParetoFront, Recommendation, StudyPage, StudyResource

router = APIRouter(prefix="/v1/studies", tags=["studies"], route_class=JsonRoute)

_EXAMPLES = {
    "your own training": {
        "summary": "A space whose trials you run yourself",
        "value": {
            "name": "mine",
            "space": {
                "version": 1,
                "parameters": {
                    "optimizer": {"type": "categorical", "choices": ["adam", "sgd"]},
                    "lr": {"type": "float", "low": 1e-5, "high": 0.1, "log": True},
                    "momentum": {"type": "float", "low": 0.0, "high": 0.99, "when": {"optimizer": ["sgd"]}},
                },
            },
            "objectives": {"accuracy": "maximize"},
            "constraints": {"latency_ms": {"at_most": 20}},
            "budget": {"trials": 100},
        },
    },
    "a dataset": {
        "summary": "A table that the service's workers train on",
        "value": {
            "name": "titanic",
            "dataset": "01981c1e-9d44-7b0a-8a11-6f0e2c4b9d35",
            "models": ["lightgbm", "random_forest"],
            "metric": "roc_auc",
            "budget": {"trials": 200, "seconds": 600},
        },
    },
}


@router.post(
    "",
    status_code=201,
    summary="Create a study",
    responses={200: {"model": StudyResource, "description": "The same study exists"}, **problems(404, 409, 413)},
)
async def create_study(
    body: Annotated[CreateStudy, Body(openapi_examples=_EXAMPLES)],
    gateway: CurrentGateway,
    response: Response,
    key: IdempotencyKey = None,
) -> StudyResource:
    """Creates a study, which starts at once. The same specification under the same name is the same study."""
    outcome = await gateway.write(await gateway.read(gateway.engine.studies.create, body, key))
    response.status_code = 201 if outcome.created else 200
    response.headers["Location"] = f"/v1/studies/{outcome.value.id}"
    return outcome.value


@router.get("", summary="List studies", response_model=StudyPage, responses={304: {"description": "Not changed"}})
async def list_studies(request: Request, query: Annotated[StudyQuery, Query()], gateway: CurrentGateway) -> Response:
    """Studies, newest first."""
    page = await gateway.read(
        gateway.engine.studies.page, state=query.state, name=query.name, limit=query.limit, cursor=query.cursor
    )
    return tagged(request, page)


@router.get(
    "/{study}",
    summary="Read a study",
    response_model=StudyResource,
    responses={304: {"description": "Not changed"}, **problems(404)},
)
async def read_study(study: StudyId, request: Request, gateway: CurrentGateway) -> Response:
    """One study with its counts, its best trial and the budget used."""
    return tagged(request, await gateway.read(gateway.engine.studies.get, study))


@router.patch("/{study}", summary="Change a study's budget", responses=problems(404, 409, 413))
async def change_study(
    study: StudyId,
    body: Annotated[ChangeStudy, Body(examples=[{"budget": {"trials": 400}}])],
    gateway: CurrentGateway,
) -> StudyResource:
    """A raised budget sets a completed study running again."""
    return await gateway.write(gateway.engine.studies.change(study, body))


@router.delete("/{study}", status_code=204, summary="Delete a study", responses=problems(404, 409))
async def delete_study(study: StudyId, gateway: CurrentGateway) -> None:
    """Deletes a study with its trials and artifacts, for good."""
    await gateway.write(gateway.engine.studies.delete(study))


@router.post("/{study}/pause", summary="Pause a study", responses=problems(404, 409))
async def pause_study(study: StudyId, gateway: CurrentGateway) -> StudyResource:
    """Hands out no more trials; those that run go on."""
    return await gateway.write(gateway.engine.studies.pause(study))


@router.post("/{study}/resume", summary="Resume a paused study", responses=problems(404, 409))
async def resume_study(study: StudyId, gateway: CurrentGateway) -> StudyResource:
    """Hands out trials again."""
    return await gateway.write(gateway.engine.studies.resume(study))


@router.post("/{study}/cancel", summary="Cancel a study", responses=problems(404, 409))
async def cancel_study(study: StudyId, gateway: CurrentGateway) -> StudyResource:
    """Ends the study; running trials are told to stop and keep what they have reached."""
    return await gateway.write(gateway.engine.studies.cancel(study))


@router.get("/{study}/importances", summary="Which parameters matter", responses=problems(404))
async def read_importances(
    study: StudyId, query: Annotated[ImportancesQuery, Query()], gateway: CurrentGateway
) -> Importances:
    """How much each parameter decides whether a trial is among the best tenth."""
    return await gateway.read(gateway.engine.rankings.importances, study, query.objective)


@router.get(
    "/{study}/pareto",
    summary="Read the Pareto front",
    response_model=ParetoFront,
    responses={304: {"description": "Not changed"}, **problems(404)},
)
async def read_pareto_front(
    study: StudyId, request: Request, query: Annotated[ParetoQuery, Query()], gateway: CurrentGateway
) -> Response:
    """The feasible trials that no other one beats in every objective, and the hypervolume they cover."""
    return tagged(request, await gateway.read(gateway.engine.rankings.front, study, query.point))


@router.get("/{study}/recommendation", summary="Read which trial to use", responses=problems(404))
async def read_recommendation(study: StudyId, gateway: CurrentGateway) -> Recommendation:
    """The best completed trial once noise is taken out of the results, where the sampler can; else as observed."""
    return await gateway.read(gateway.engine.rankings.recommendation, study)
