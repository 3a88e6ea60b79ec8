"""Bodies about studies."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from tuner.data.profile import TargetProfile, Task
from tuner.data.series.forecast import MAX_HORIZON, Forecast
from tuner.records import Budget, Direction, OutcomeConstraint, Study, StudyState, TrialState, Validation
from tuner.wire.base import Name, Number, Request, Resource, Whole

# The space has its own reader, with better messages than a schema's: `tuner.space.SearchSpace.from_json`.
SpaceBody = Annotated[
    dict[str, Any],
    Field(
        description="A search space in its one JSON form, version 1.",
        examples=[{"version": 1, "parameters": {"lr": {"type": "float", "low": 1e-5, "high": 0.1, "log": True}}}],
    ),
]


# As with spaces, `tuner.architecture` is its reader.
ArchitectureBody = Annotated[
    dict[str, Any],
    Field(
        description="A network in its one JSON form, version 1.",
        examples=[{"version": 1, "layers": [{"layer": "Dense", "units": {"type": "int", "low": 16, "high": 256}}]}],
    ),
]

AUTO_FAMILIES = "auto"
"""Stands among a study's ``models`` for those that suit its table."""

_MAX_NAME = 200
MAX_FOLDS = 20


def _named(form: object) -> object:
    is_object = isinstance(form, dict) and all(isinstance(option, str) for option in form)
    if not isinstance(form, str) and not is_object:
        raise ValueError('must be a name, or an object such as {"name": "asha", "grace_steps": 5}')
    if isinstance(form, str) and len(form) > _MAX_NAME:
        raise ValueError(f"must be a name of at most {_MAX_NAME} characters")
    return form


# Which names and options there are is for the pruners themselves to say: `tuner.pruners.create_pruner`.
PrunerBody = Annotated[
    str | dict[str, Any],
    BeforeValidator(_named),
    Field(
        description="Name of the pruner, or an object with its name and its options.",
        examples=["asha", {"name": "threshold", "at_most": 5.0, "grace_steps": 3}],
    ),
]


class BudgetBody(Request):
    """How much the study may spend: whichever limit comes first ends it."""

    trials: Annotated[int, Field(strict=True, ge=1, le=10_000_000)] | None = None
    seconds: Annotated[float, Field(strict=True, gt=0, le=1e9)] | None = None

    def to_record(self) -> Budget:
        """The budget as a fact."""
        return Budget(trials=self.trials, seconds=self.seconds)


class ConstraintBody(Request):
    """A bound on a number that comes with a trial's result; trials that keep all of them rank first."""

    at_most: Number | None = None
    at_least: Number | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.at_most is None and self.at_least is None:
            raise ValueError("give at_most, at_least or both")
        if self.at_most is not None and self.at_least is not None and self.at_least > self.at_most:
            raise ValueError(f"at_least ({self.at_least:g}) must not be above at_most ({self.at_most:g})")
        return self

    def to_record(self, name: str) -> OutcomeConstraint:
        """The constraint as a fact about the number ``name``."""
        return OutcomeConstraint(name, at_most=self.at_most, at_least=self.at_least)


class ForecastBody(Request):
    """How far ahead a time series is predicted.

    ``horizon`` are the rows of a series to predict. ``time`` is the column that orders the rows, the only date column
    if null; ``series`` tells several series apart; ``season`` are the rows after which a pattern repeats, found out
    from the data if null. ``known`` are the columns whose values are known for times to come.
    """

    horizon: Annotated[int, Field(strict=True, ge=1, le=MAX_HORIZON)]
    time: Name | None = None
    series: Name | None = None
    season: Annotated[int, Field(strict=True, ge=2, le=MAX_HORIZON)] | None = None
    known: tuple[Name, ...] = ()

    def to_record(self) -> Forecast:
        """The forecast as a fact."""
        return Forecast(self.horizon, self.time, self.series, self.season, self.known)

    @classmethod
    def of(cls, forecast: Forecast) -> ForecastBody:
        """The body that shows ``forecast``."""
        return cls(**forecast.to_json())


class CreateStudy(Request):
    """A new study: either over a ``dataset``, which workers train on, or over a ``space`` whose user trains.

    For a dataset study, ``models`` are the families that compete; ``auto`` among them, like null, stands for those that
    suit the table. ``folds`` are the parts that candidates are cross-validated on, chosen by the size of the table
    if null; ``ensemble`` says whether the best candidates are averaged in the end, and ``max_predict_ms`` how long that
    average may take to predict one row. The pruner, if null, is the one that suits.

    ``forecast`` makes the target the values to come of a time series. ``backend`` is what networks must be trained on:
    ``jax``, ``torch`` or ``tensorflow``. ``architecture`` is a network of your own, in its JSON form: it is tuned alone
    if ``models`` is null, else it competes as ``architecture`` among them.
    """

    name: Name
    space: SpaceBody | None = None
    objectives: Annotated[dict[Name, Direction], Field(min_length=1, max_length=16)] | None = None
    constraints: Annotated[dict[Name, ConstraintBody], Field(max_length=16)] | None = None
    sampler: Name = "auto"
    pruner: PrunerBody | None = None
    seed: Whole | None = None
    budget: BudgetBody = BudgetBody()
    max_attempts: Annotated[int, Field(strict=True, ge=1, le=100)] = 3
    dataset: Name | None = None
    target: Name | None = None
    task: Task | None = None
    models: Annotated[list[Name], Field(min_length=1, max_length=100)] | None = None
    metric: Name | None = None
    folds: Annotated[int, Field(strict=True, ge=2, le=MAX_FOLDS)] | None = None
    ensemble: Annotated[bool, Field(strict=True)] | None = None
    max_predict_ms: Annotated[float, Field(strict=True, gt=0, le=1e6)] | None = None
    forecast: ForecastBody | None = None
    backend: Name | None = None
    architecture: ArchitectureBody | None = None


class ChangeStudy(Request):
    """What may change after creation. A raised budget sets a completed study running again."""

    budget: BudgetBody | None = None


class TargetResource(Resource):
    """What is predicted."""

    name: str
    task: Task
    task_reason: str
    classes: tuple[str, ...]
    forecast: ForecastBody | None = None

    @classmethod
    def of(cls, target: TargetProfile) -> TargetResource:
        """The body that shows ``target``."""
        return cls(
            name=target.name,
            task=target.task,
            task_reason=target.task_reason,
            classes=target.classes,
            forecast=None if target.forecast is None else ForecastBody.of(target.forecast),
        )


class ValidationResource(Resource):
    """How candidates are judged: the rows are divided into ``folds`` parts, and the first ``scored_folds`` are scored.

    ``ensemble`` says whether the best are averaged in the end, and ``max_predict_ms`` how long that average may take to
    predict one row.
    """

    folds: int
    scored_folds: int
    ensemble: bool
    max_predict_ms: float | None

    @classmethod
    def of(cls, validation: Validation) -> ValidationResource:
        """The body that shows ``validation``."""
        return cls(
            folds=validation.folds,
            scored_folds=validation.scored_folds,
            ensemble=validation.ensemble,
            max_predict_ms=validation.max_predict_ms,
        )


class StudyResource(Resource):
    """A study as it stands. ``search`` says what the sampler did when it last found points.

    ``validation`` is how the candidates of a dataset study are judged. ``num_counted`` are the trials that the budget
    counts: not those that were imported, made by the service or cancelled before they began.

    With several objectives ``best_number`` and ``best_value`` tell of the first trial on the Pareto front, and are null
    in a list and in events, where finding the front of every study would be too much work.
    """

    id: str
    name: str
    state: StudyState
    state_reason: str | None
    seq: int
    space: dict[str, Any]
    objectives: dict[str, Direction]
    constraints: dict[str, ConstraintBody] = Field(default_factory=dict)
    sampler: str
    pruner: str | dict[str, Any]
    seed: int
    budget: BudgetBody
    max_attempts: int
    dataset: str | None
    target: TargetResource | None
    models: tuple[str, ...]
    metric: str | None
    validation: ValidationResource | None = None
    backend: str | None = None
    architecture: dict[str, Any] | None = None
    num_trials: int
    num_counted: int
    counts: dict[TrialState, int]
    best_number: int | None
    best_value: float | None
    used_seconds: float
    created_at: datetime
    updated_at: datetime
    search: str | None = None

    @classmethod
    def of(cls, study: Study) -> StudyResource:
        """The body that shows ``study``."""
        spec = study.spec
        return cls(
            id=study.id,
            name=spec.name,
            state=study.state,
            state_reason=study.state_reason,
            seq=study.seq,
            space=spec.space.to_json(),
            objectives={objective.name: objective.direction for objective in spec.objectives},
            constraints={
                each.name: ConstraintBody(at_most=each.at_most, at_least=each.at_least) for each in spec.constraints
            },
            sampler=spec.sampler,
            pruner=spec.pruner if isinstance(spec.pruner, str) else dict(spec.pruner),
            seed=spec.seed,
            budget=BudgetBody(trials=spec.budget.trials, seconds=spec.budget.seconds),
            max_attempts=spec.max_attempts,
            dataset=spec.dataset_id,
            target=None if spec.target is None else TargetResource.of(spec.target),
            models=spec.families,
            metric=spec.metric,
            validation=None if spec.validation is None else ValidationResource.of(spec.validation),
            backend=spec.backend,
            architecture=None if spec.architecture is None else dict(spec.architecture),
            num_trials=study.next_number,
            num_counted=study.next_number - study.num_uncounted,
            counts=dict(study.counts),
            best_number=study.best_number,
            best_value=study.best_value,
            used_seconds=study.used_seconds,
            created_at=study.created_at,
            updated_at=study.updated_at,
            search=study.search,
        )

    @property
    def is_finished(self) -> bool:
        """Whether the study hands out no more trials, unless it is given more budget."""
        return self.state in (StudyState.COMPLETED, StudyState.CANCELLED, StudyState.FAILED)


class StudyPage(Resource):
    """Some studies, newest first, and where to go on."""

    items: tuple[StudyResource, ...]
    next_cursor: str | None = None


class Importances(Resource):
    """How much each parameter decides whether a trial is among the best tenth, by name, as shares of 1."""

    importances: dict[str, float]
