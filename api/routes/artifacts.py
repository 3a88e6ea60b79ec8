"""Files that trials leave behind."""

from fastapi import APIRouter, Request, Response

from api.body_limits import limited_stream
from api.gateway import CurrentGateway
from api.parameters import ArtifactName, Attempt, LeaseToken, Sha256, StudyId, TrialNumber
from api.responses import file_response, problems
from tuner.wire import ArtifactPage, ArtifactResource

router = APIRouter(prefix="/v1/studies/{study}/trials/{number}", tags=["artifacts"])

_BINARY = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@router.get("/artifacts", summary="List a trial's artifacts", responses=problems(404))
async def list_artifacts(study: StudyId, number: TrialNumber, gateway: CurrentGateway) -> ArtifactPage:
    """All files of the trial, by attempt and name."""
    return await gateway.read(gateway.engine.artifacts.of_trial, study, number)


@router.put(
    "/attempts/{attempt}/artifacts/{name}",
    status_code=201,
    summary="Upload an artifact",
    responses=problems(404, 409, 413),
    openapi_extra={"requestBody": {"required": True, **_BINARY}},
)
async def put_artifact(
    study: StudyId,
    number: TrialNumber,
    attempt: Attempt,
    name: ArtifactName,
    lease: LeaseToken,
    request: Request,
    gateway: CurrentGateway,
    sha256: Sha256 = None,
) -> ArtifactResource:
    """Stores the body as a file of this attempt. Only the attempt that holds the lease may."""
    stream = limited_stream(request, gateway.settings.max_artifact_bytes, "TUNER_API_MAX_ARTIFACT_BYTES")
    return await gateway.receive(
        stream,
        lambda chunks: gateway.engine.artifacts.put(study, number, attempt, name, chunks, lease=lease, sha256=sha256),
    )


@router.get(
    "/attempts/{attempt}/artifacts/{name}",
    summary="Download an artifact",
    response_class=Response,
    responses={200: _BINARY, **problems(404)},
)
async def read_artifact(
    study: StudyId, number: TrialNumber, attempt: Attempt, name: ArtifactName, gateway: CurrentGateway
) -> Response:
    """The file, as it was uploaded."""

    def find() -> Response:
        artifact, path = gateway.engine.artifacts.find(study, number, attempt, name)
        return file_response(
            path, kind="artifact", name=name, media_type="application/octet-stream", sha256=artifact.sha256
        )

    return await gateway.read(find)
