"""Trained models: what they are, their cards, and their predictions, which workers make."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request, Response
from pydantic import ValidationError

from api.body_limits import limited_stream
from api.gateway import CurrentGateway, Gateway
from api.json_body import JsonRoute, StrictJsonRequest
from api.predictions import Answer
from api.problems import MEDIA_TYPE, invalid_request
from api.responses import file_response, problems, tagged
from tuner.artifact.card import card_page
from tuner.artifact.package import read_facts
from tuner.engine.models import model_file, model_resource
from tuner.errors import InvalidInput, Place
from tuner.wire import Problem
from tuner.wire.base import Name
from tuner.wire.models import (
    ClaimPredictions,
    ModelResource,
    Predict,
    Prediction,
    PredictionClaim,
    PredictionWork,
)

router = APIRouter(tags=["models"])
claims_router = APIRouter(tags=["models"], route_class=JsonRoute)

ModelId = Annotated[
    Name,
    Path(
        description="Id of the model: the study's id, a dot, the trial's number.",
        examples=["01981c1e-7a70-7c3e-9c60-2f8b3d5a1e77.12"],
    ),
]
RequestId = Annotated[Name, Path(description="Id of the request, as it was claimed.", examples=["5f0c9a1b.17"])]

_ROWS = {"rows": [{"age": 41, "sex": "female", "fare": 26.0}]}
_CSV = "age,sex,fare\n41,female,26.0\n"
_BINARY = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
_PAGE = {"content": {"text/html": {"schema": {"type": "string"}}}}
_NO_CODE = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"


@router.get(
    "/v1/models/{model}",
    summary="Read what a model is",
    response_model=ModelResource,
    responses={304: {"description": "Not changed"}, **problems(404)},
)
async def read_model(model: ModelId, request: Request, gateway: CurrentGateway) -> Response:
    """What the model predicts, from which columns, and how well."""
    return tagged(request, await gateway.read(model_resource, gateway.engine, model))


@router.get(
    "/v1/models/{model}/file",
    summary="Download a model",
    response_class=Response,
    responses={200: _BINARY, **problems(404)},
)
async def read_model_file(model: ModelId, gateway: CurrentGateway) -> Response:
    """The packed model, as `tuner.artifact.load_model` takes it."""

    def find() -> Response:
        artifact, path = model_file(gateway.engine, model)
        return file_response(
            path, kind="model", name=f"{model}.zip", media_type="application/octet-stream", sha256=artifact.sha256
        )

    return await gateway.read(find)


@router.get(
    "/v1/models/{model}/card",
    summary="Read a model's card",
    response_class=Response,
    responses={200: _PAGE, **problems(404)},
)
async def read_model_card(model: ModelId, gateway: CurrentGateway) -> Response:
    """One HTML page: data, metrics, what the predictions hang on. It needs nothing from outside."""

    def draw() -> str:
        _, path = model_file(gateway.engine, model)
        return card_page(*read_facts(FilePath(path)), file=f"{model}.zip")

    headers = {"Content-Security-Policy": _NO_CODE, "Cache-Control": "no-cache"}
    return Response(await gateway.read(draw), headers=headers, media_type="text/html; charset=utf-8")


@router.post(
    "/v1/models/{model}/predictions",
    summary="Predict rows",
    response_model=Prediction,
    responses=problems(404, 413),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": Predict.model_json_schema(ref_template="#/components/schemas/{model}"),
                    "examples": {"one row": {"value": _ROWS}, "next values of series": {"value": {"horizon": 12}}},
                },
                "text/csv": {"schema": {"type": "string"}, "examples": {"one row": {"value": _CSV}}},
            },
        }
    },
)
async def predict_rows(model: ModelId, request: Request, gateway: CurrentGateway) -> Response:
    """Labels or values, and probabilities, for rows given as JSON objects or as a CSV file. A worker predicts them.

    The model of a forecast tells the next values of its series if no rows are given.
    """
    rows = await _rows(request, gateway)
    found = await gateway.located(model)
    work = PredictionWork.model_construct(
        id=gateway.predictions.new_id(),
        model=model,
        study=found.study,
        number=found.number,
        attempt=found.attempt,
        sha256=found.sha256,
        **rows,
    )
    return Response(await gateway.predictions.predict(work), media_type="application/json")


@claims_router.post(
    "/v1/predictions/claims",
    summary="Claim rows to predict",
    responses={202: {"model": PredictionClaim, "description": "Nothing to predict now; ask again"}, **problems(413)},
)
async def claim_predictions(
    body: Annotated[ClaimPredictions, Body(examples=[{"worker": "worker-1", "wait_seconds": 2}])],
    request: Request,
    gateway: CurrentGateway,
    response: Response,
) -> PredictionClaim:
    """Hands rows that wait to a worker, which answers each request by its id."""
    work = await gateway.predictions.claim(body.wait_seconds, request.is_disconnected)
    if not work:
        response.status_code = 202
    return PredictionClaim.model_construct(work=work)


@router.post(
    "/v1/predictions/{request_id}",
    status_code=204,
    summary="Answer a claimed request",
    responses=problems(404, 409, 413),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/Prediction"},
                    "examples": {"one row": {"value": {"model": "0198.1", "predictions": [3.5]}}},
                },
                MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}},
            },
        }
    },
)
async def answer_prediction(request_id: RequestId, request: Request, gateway: CurrentGateway) -> None:
    """Takes a worker's prediction, or the problem that it found, for the client that waits."""
    stream = limited_stream(request, gateway.settings.max_upload_bytes, "TUNER_API_MAX_UPLOAD_BYTES")
    content = b"".join([chunk async for chunk in stream])
    if not request.headers.get("content-type", "").startswith(MEDIA_TYPE):
        gateway.predictions.answer(request_id, Answer(content, None))
        return
    try:
        problem = Problem.model_validate_json(content)
    except ValidationError as error:
        raise invalid_request([{**each, "loc": ("body", *each["loc"])} for each in error.errors()], Problem) from None
    gateway.predictions.answer(request_id, Answer(None, problem))


async def _rows(request: Request, gateway: Gateway) -> dict[str, Any]:
    """The rows of a body, as fields of the work; Any: cells are of any JSON type."""
    if not request.headers.get("content-type", "").startswith("text/csv"):
        value = await StrictJsonRequest(request.scope, request.receive).json()
        try:
            body = Predict.model_validate(value)
            return {"rows": body.rows, "horizon": body.horizon}
        except ValidationError as error:
            raise invalid_request(
                [{**each, "loc": ("body", *each["loc"])} for each in error.errors()], Predict
            ) from None
    stream = limited_stream(request, gateway.settings.max_body_bytes, "TUNER_API_MAX_BODY_BYTES")
    content = b"".join([chunk async for chunk in stream])
    try:
        return {"csv": content.decode()}
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"Byte {error.start} of the body is not UTF-8.", hint="Send CSV in UTF-8.", places=[Place("#", "not UTF-8")]
        ) from None
