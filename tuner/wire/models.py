"""Bodies about trained models and their predictions."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field, model_validator

from tuner.errors import NotFound
from tuner.wire.artifacts import ArtifactResource
from tuner.wire.base import Name, Request, Resource, WaitSeconds

MAX_ROWS = 10_000

Label = str | bool | int | float

_MODEL_ID = re.compile(r"([^/.\s]{1,200})\.([0-9]{1,18})")


def model_id(study: str, number: int) -> str:
    """The id of the model of a trial: the study's id, a dot, the trial's number."""
    return f"{study}.{number}"


def split_model_id(text: str) -> tuple[str, int]:
    """The study's id and the trial's number in a model's id.

    Raises:
        NotFound: It is no such id.
    """
    found = _MODEL_ID.fullmatch(text)
    if found is None:
        raise NotFound("model", text, hint="A model's id is the study's id, a dot, and the trial's number.")
    return found[1], int(found[2])


class ModelColumn(Resource):
    """A column that rows need."""

    name: str
    kind: str


class ModelMember(Resource):
    """A trial whose model is in an ensemble, with its share of the prediction."""

    number: int
    family: str
    weight: float


class ModelResource(Resource):
    """A trained model: the one that a trial of a study over a dataset left behind.

    ``value`` is its ``metric`` on rows that it has not learned from, ``metrics`` are all figures that its training
    told. ``file`` is the packed model; ``download``, ``card`` and ``predictions`` are paths on this server. ``parts``
    is how many models are averaged.
    """

    id: str
    study: str
    number: int
    attempt: int
    family: str
    params: dict[str, Label | None]
    task: str
    target: str
    classes: tuple[Label, ...]
    columns: tuple[ModelColumn, ...]
    metric: str
    value: float
    standard_error: float | None
    folds: int
    parts: int
    members: tuple[ModelMember, ...]
    metrics: dict[str, float]
    versions: dict[str, str]
    file: ArtifactResource
    download: str
    card: str
    predictions: str


class Predict(Request):
    """Rows to predict, each with the model's columns; cells may be null.

    The model of a forecast needs no ``rows``: without them it tells the next values of every series, as many as it was
    trained for, or ``horizon`` of them.
    """

    rows: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_ROWS)] | None = None
    horizon: Annotated[int, Field(strict=True, ge=1, le=MAX_ROWS)] | None = None

    @model_validator(mode="after")
    def _one_question(self) -> Predict:
        if self.rows is not None and self.horizon is not None:
            raise ValueError("give rows or horizon, not both")
        return self


class Prediction(Resource):
    """What a model predicts.

    ``predictions`` holds a label or value for each row, ``probabilities`` one number for each of ``classes`` for each
    row; both ``classes`` and ``probabilities`` are empty for a quantity. ``rows`` are the times, and series, of a
    forecast that was asked for without rows.
    """

    model: str
    predictions: tuple[Label, ...]
    classes: tuple[Label, ...] = ()
    probabilities: tuple[tuple[float, ...], ...] = ()
    rows: tuple[dict[str, Label], ...] = ()


class ClaimPredictions(Request):
    """Asks for rows that wait to be predicted."""

    worker: Name
    wait_seconds: WaitSeconds = 0


class PredictionWork(Resource):
    """Rows that wait to be predicted: as objects, or as the text of a CSV file; neither for the next values of series.

    ``id`` names the request on the server that received it. ``sha256`` is that of the model's file.
    """

    id: str
    model: str
    study: str
    number: int
    attempt: int
    sha256: str
    rows: list[dict[str, Any]] | None = None
    csv: str | None = None
    horizon: int | None = None

    @model_validator(mode="after")
    def _one_form(self) -> PredictionWork:
        if self.rows is not None and self.csv is not None:
            raise ValueError("give rows or csv, one of them")
        return self


class PredictionClaim(Resource):
    """What is to be predicted now, if anything (status 202 when nothing)."""

    work: tuple[PredictionWork, ...]
