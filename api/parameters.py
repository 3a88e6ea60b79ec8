"""Types of the values in paths, queries and headers, shared by the routes."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from fastapi import Header, Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from tuner.data.first_rows import MAX_ROWS
from tuner.data.profile import Task
from tuner.data.series.forecast import MAX_HORIZON, Forecast
from tuner.records import StudyState, TrialState
from tuner.wire.base import MAX_PAGE, Name
from tuner.wire.families import needs_dataset

_MAX_INTEGER = 2**63 - 1
_KEY_EXAMPLE = "0b8d6a3c5f2e4d1798a7c6b5e4f3a291"

StudyId = Annotated[Name, Path(description="Id of the study.", examples=["01981c1e-7a70-7c3e-9c60-2f8b3d5a1e77"])]
DatasetId = Annotated[Name, Path(description="Id of the dataset.", examples=["01981c1e-9d44-7b0a-8a11-6f0e2c4b9d35"])]
TrialNumber = Annotated[int, Path(ge=0, le=_MAX_INTEGER, description="The trial's number in its study, from 0.")]
Attempt = Annotated[int, Path(ge=0, le=_MAX_INTEGER, description="Which execution of the trial.")]
ArtifactName = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", description="Name of the file.", examples=["model.zip", "log.txt"]
    ),
]
IdempotencyKey = Annotated[
    Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]+$")] | None,
    Header(
        alias="Idempotency-Key",
        description="Any unique text. A repetition with the same key and body has no second effect and the same reply.",
        examples=[_KEY_EXAMPLE],
    ),
]
LeaseToken = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[!-~]+$"),
    Header(alias="Tuner-Lease", description="The lease under which the trial runs.", examples=[_KEY_EXAMPLE]),
]
Sha256 = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$")] | None,
    Header(alias="Tuner-Sha256", description="SHA-256 of the body in hex. A body with another one is refused."),
]


def _has_finite_value(text: str) -> str:
    try:
        if math.isfinite(float(text.rpartition(":")[2])):
            return text
    except ValueError:
        pass
    raise ValueError("must be objective:value, with a finite number")


ReferenceValue = Annotated[
    str, StringConstraints(max_length=300, pattern=r"^.+:[^:]+$"), AfterValidator(_has_finite_value)
]

ColumnChoice = Annotated[str, StringConstraints(max_length=1_100, pattern=r"^[\s\S]+:[a-z]+$")]


class Query(BaseModel):
    """The query of a request; a misspelt parameter is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PageQuery(Query):
    """Which page of a list."""

    limit: int = Field(100, ge=1, le=MAX_PAGE, description="Items on a page.")
    cursor: str | None = Field(None, max_length=2_000, description="next_cursor of the page before.")


class StudyQuery(PageQuery):
    """Which studies."""

    state: StudyState | None = Field(None, description="Only studies in this state.")
    name: Name | None = Field(None, description="Only the study of this name.")


class DatasetQuery(PageQuery):
    """Which datasets."""

    name: Name | None = Field(None, description="Only datasets of this name.")


class TrialQuery(PageQuery):
    """Which trials, in which order."""

    state: list[TrialState] = Field([], description="Only trials in one of these states. May be repeated.")
    order_by: Literal["number", "rank"] = Field(
        "number", description="`rank` is the leaderboard: best first, failed trials last."
    )


class ColumnsQuery(Query):
    """Which trials to show as columns."""

    since: int | None = Field(None, ge=-1, le=_MAX_INTEGER, description="Only trials that changed after this `seq`.")


class CurvesQuery(Query):
    """Whose learning curves."""

    numbers: list[Annotated[int, Field(ge=0, le=_MAX_INTEGER)]] | None = Field(
        None, max_length=1_000, description="Only these trials. May be repeated."
    )


class EventsQuery(Query):
    """From where a study is followed."""

    since: str | None = Field(None, max_length=100, description="An event's id; without it, from now.")


class ImportancesQuery(Query):
    """By what importances are judged."""

    objective: Name | None = Field(None, description="By which objective trials are good; by all of them without.")


class ParetoQuery(Query):
    """From where a hypervolume is measured."""

    reference: list[ReferenceValue] = Field(
        [],
        description="`objective:value`, once for each objective: what is just not good enough any more. "
        "Without it, the worst values among the feasible trials.",
        examples=[["loss:1.0", "latency_ms:50"]],
    )

    @property
    def point(self) -> dict[str, float] | None:
        """The reference point by objective."""
        return {name: float(value) for name, _, value in (each.rpartition(":") for each in self.reference)} or None


class UploadQuery(Query):
    """What an uploaded table is called and used for."""

    name: Name = Field(description="What to call the dataset.", examples=["titanic"])
    target: Name | None = Field(None, description="The column that studies predict unless they say otherwise.")
    columns: list[ColumnChoice] = Field(
        [],
        description="`column:kind`, once for each column that is to be used in another way than is found.",
        examples=[["zip:category", "customer:identifier"]],
    )

    @property
    def kinds(self) -> dict[str, str]:
        """The chosen kinds by column."""
        return {name: kind for name, _, kind in (each.rpartition(":") for each in self.columns)}


class PreviewQuery(Query):
    """How much of a table to show."""

    rows: int = Field(20, ge=1, le=MAX_ROWS, description="First rows of the table. Of very wide ones there are fewer.")


class FamilyQuery(Query):
    """What model families are asked about."""

    dataset: Name | None = Field(None, description="Id of the dataset that the families' spaces are made for.")
    target: Name | None = Field(None, description="The column to predict; by default the dataset's own target.")
    task: Task | None = Field(None, description="The task, to overrule the choice made from the target's values.")
    horizon: int | None = Field(
        None, ge=1, le=MAX_HORIZON, description="Rows to predict of a time series; it makes the task a forecast."
    )
    time: Name | None = Field(None, description="With `horizon`: the column that orders the rows.")
    series: Name | None = Field(None, description="With `horizon`: the column that tells several series apart.")
    season: int | None = Field(
        None, ge=2, le=MAX_HORIZON, description="With `horizon`: after how many rows a pattern repeats."
    )
    known: list[Name] = Field([], description="With `horizon`: columns that are known for times to come.")

    _of_a_dataset = field_validator("target", "task", "horizon")(needs_dataset)

    @field_validator("time", "series", "season", "known")
    @classmethod
    def _of_a_forecast(cls, value: object, found: ValidationInfo) -> object:
        if value and found.data.get("horizon") is None:
            raise ValueError("needs a horizon")
        return value

    @property
    def forecast(self) -> Forecast | None:
        """How far ahead, if a forecast is meant."""
        if self.horizon is None:
            return None
        return Forecast(self.horizon, self.time, self.series, self.season, tuple(self.known))
