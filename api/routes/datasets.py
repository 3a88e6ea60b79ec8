"""Datasets."""

import re
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response

from api.body_limits import limited_stream
from api.gateway import CurrentGateway
from api.json_body import JsonRoute
from api.parameters import DatasetId, DatasetQuery, PreviewQuery, Sha256, UploadQuery
from api.responses import file_response, problems, tagged
from tuner.errors import InvalidInput, Place
from tuner.wire import ChangeDataset, DatasetPage, DatasetPreview, DatasetResource

router = APIRouter(prefix="/v1/datasets", tags=["datasets"], route_class=JsonRoute)

_TABLE = {"schema": {"type": "string", "format": "binary"}}


@router.post(
    "",
    status_code=201,
    summary="Upload a table",
    responses={200: {"model": DatasetResource, "description": "The same table exists"}, **problems(413)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": _TABLE,
                "application/vnd.apache.parquet": _TABLE,
                "application/octet-stream": _TABLE,
            },
        }
    },
)
async def upload_dataset(
    query: Annotated[UploadQuery, Query()],
    request: Request,
    gateway: CurrentGateway,
    response: Response,
    sha256: Sha256 = None,
) -> DatasetResource:
    """Stores a CSV file, plain or gzip, or a Parquet file, sent as the body itself, and finds out its columns."""
    stream = limited_stream(request, gateway.settings.max_upload_bytes, "TUNER_API_MAX_UPLOAD_BYTES")
    try:
        outcome = await gateway.receive(
            stream,
            lambda chunks: gateway.engine.datasets.upload(
                chunks, name=query.name, target=query.target, columns=query.kinds, sha256=sha256
            ),
        )
    except InvalidInput as error:
        # Here the target and the kinds stand in the query; elsewhere in a JSON body.
        error.places = tuple(
            Place(re.sub("^#/(target|columns).*", r"?\1", place.pointer), place.detail) for place in error.places
        )
        raise
    response.status_code = 201 if outcome.created else 200
    response.headers["Location"] = f"/v1/datasets/{outcome.value.id}"
    return outcome.value


@router.get("", summary="List datasets", response_model=DatasetPage, responses={304: {"description": "Not changed"}})
async def list_datasets(request: Request, query: Annotated[DatasetQuery, Query()], gateway: CurrentGateway) -> Response:
    """Datasets, newest first."""
    page = await gateway.read(gateway.engine.datasets.page, name=query.name, limit=query.limit, cursor=query.cursor)
    return tagged(request, page)


@router.get(
    "/{dataset}",
    summary="Read a dataset's profile",
    response_model=DatasetResource,
    responses={304: {"description": "Not changed"}, **problems(404)},
)
async def read_dataset(dataset: DatasetId, request: Request, gateway: CurrentGateway) -> Response:
    """What is known of the table: its columns, their kinds and why."""
    return tagged(request, await gateway.read(gateway.engine.datasets.get, dataset))


@router.get(
    "/{dataset}/preview",
    summary="Read a table's first rows",
    response_model=DatasetPreview,
    responses={304: {"description": "Not changed"}, **problems(404)},
)
async def read_dataset_preview(
    dataset: DatasetId, request: Request, query: Annotated[PreviewQuery, Query()], gateway: CurrentGateway
) -> Response:
    """The first rows, as they were read when the table was uploaded."""
    return tagged(request, await gateway.read(gateway.engine.datasets.preview, dataset, query.rows))


@router.patch(
    "/{dataset}",
    summary="Rename a dataset, set its target or the kinds of its columns",
    responses=problems(404, 409, 413),
)
async def change_dataset(
    dataset: DatasetId,
    body: Annotated[ChangeDataset, Body(examples=[{"target": "survived", "columns": {"cabin": "category"}}])],
    gateway: CurrentGateway,
) -> DatasetResource:
    """Changes what is said of the table, never the table. Existing studies keep their target."""
    return await gateway.write(await gateway.read(gateway.engine.datasets.change, dataset, body))


@router.delete("/{dataset}", status_code=204, summary="Delete a dataset", responses=problems(404, 409))
async def delete_dataset(dataset: DatasetId, gateway: CurrentGateway) -> None:
    """Deletes a table that no study uses."""
    await gateway.write(gateway.engine.datasets.delete(dataset))


@router.get(
    "/{dataset}/content",
    summary="Download a table",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": _TABLE}}, **problems(404)},
)
async def read_dataset_content(dataset: DatasetId, gateway: CurrentGateway) -> Response:
    """The file, as it was uploaded."""

    def find() -> Response:
        resource = gateway.engine.datasets.get(dataset)
        path = gateway.engine.datasets.path(dataset)
        return file_response(
            path, kind="dataset", name=resource.name, media_type="application/octet-stream", sha256=resource.sha256
        )

    return await gateway.read(find)
