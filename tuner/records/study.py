"""A study: what is tuned, how, and how far it has come."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tuner.data.profile import TargetProfile
from tuner.errors import InvalidInput, Place
from tuner.records.states import Direction, StudyState, TrialState
from tuner.space import SearchSpace

MAX_BUDGET_TRIALS = 10_000_000
# Of its time, a study that has no model when that is over may go on for this part, within the bounds in seconds.
_GRACE_SHARE, _MIN_GRACE_SECONDS, _MAX_GRACE_SECONDS = 0.25, 2.0, 30.0


@dataclass(frozen=True)
class Budget:
    """How much a study may spend. It ends at whichever limit comes first; without limits it runs until cancelled.

    Args:
        trials: Trials created, whatever their end, except those cancelled while waiting. Retries are not new trials.
        seconds: Wall time while the study is running.
    """

    trials: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.trials is not None and not (
            isinstance(self.trials, int) and not isinstance(self.trials, bool) and 1 <= self.trials <= MAX_BUDGET_TRIALS
        ):
            raise _invalid_budget(
                "trials", f"must be a whole number from 1 to {MAX_BUDGET_TRIALS}, got {self.trials!r}"
            )
        if self.seconds is not None and not (
            isinstance(self.seconds, int | float) and not isinstance(self.seconds, bool) and 0 < self.seconds <= 1e9
        ):
            raise _invalid_budget("seconds", f"must be a number above 0, at most 1e9, got {self.seconds!r}")

    @property
    def grace_seconds(self) -> float:
        """How long after ``seconds`` the first model is worth waiting for, where there is but the score to beat."""
        return min(max(_GRACE_SHARE * (self.seconds or 0.0), _MIN_GRACE_SECONDS), _MAX_GRACE_SECONDS)


@dataclass(frozen=True)
class Objective:
    """A number that is tuned, and which way it is better."""

    name: str
    direction: Direction


@dataclass(frozen=True)
class OutcomeConstraint:
    """A bound on a number that comes with a trial's result, such as a latency: feasible trials keep it.

    Args:
        name: The number's name, among the values that the trial is told; it may be an objective's.
        at_most: Upper bound.
        at_least: Lower bound.
    """

    name: str
    at_most: float | None = None
    at_least: float | None = None

    def violation(self, value: float) -> float:
        """How far ``value`` is beyond the bounds, relative to the bound's size (at least 1e-12); 0.0 if they are kept.

        NaN counts as infinitely far.
        """
        if math.isnan(value):
            return math.inf
        over = 0.0 if self.at_most is None else (value - self.at_most) / max(abs(self.at_most), 1e-12)
        under = 0.0 if self.at_least is None else (self.at_least - value) / max(abs(self.at_least), 1e-12)
        return max(over, under, 0.0)


def total_violation(constraints: Iterable[OutcomeConstraint], values: Mapping[str, float]) -> float:
    """How far a result is beyond the constraints, all added up; 0.0 if it keeps them. A missing value counts as NaN."""
    return sum(constraint.violation(values.get(constraint.name, math.nan)) for constraint in constraints)


@dataclass(frozen=True)
class Validation:
    """How the candidates of a dataset study are judged, and what is made of the best of them.

    The rows are divided once, by the study's seed, into ``folds`` equal parts. A candidate is trained once for each of
    the first ``scored_folds`` of them, on all other rows, and its score is that of its predictions for these folds'
    rows: the same rows for every candidate. With all folds scored that is cross-validation; with one it is a holdout.

    Args:
        folds: Parts that the rows are divided into.
        scored_folds: Parts that candidates are scored on, from 1 to ``folds``.
        ensemble: Whether the best candidates are averaged in the end, after training them on the other folds too.
        max_predict_ms: How long the ensemble may take to predict one row, in milliseconds; None: as long as it takes.
    """

    folds: int
    scored_folds: int
    ensemble: bool = True
    max_predict_ms: float | None = None


@dataclass(frozen=True)
class StudySpec:
    """What the user asked for, complete with defaults: two equal specifications are the same study.

    Args:
        name: Unique within the project.
        space: What may be tuned. For a dataset study it is composed of the families' spaces.
        objectives: At least one; the first leads where only one can.
        sampler: Name of the sampler.
        pruner: Name of the pruner, or ``none``; with options that differ from the defaults, ``{"name": ..., ...}``.
        seed: Fixes every random choice of the study, the split of the rows included.
        budget: How much it may spend.
        max_attempts: How often a trial is tried while its workers die.
        dataset_id: The table that the service trains on; None for a study whose user trains.
        families: Model families that compete, for a dataset study.
        target: What is predicted, for a dataset study.
        metric: Name of the metric behind the objective, for a dataset study.
        constraints: Bounds on the outcome; trials that keep them rank before all others.
        validation: How candidates are judged, for a dataset study.
        backend: Name of the backend that networks must be trained on; None: whichever a worker has.
        architecture: The network that the family ``architecture`` builds, in its JSON form.
    """

    name: str
    space: SearchSpace
    objectives: tuple[Objective, ...]
    sampler: str
    pruner: str | Mapping[str, str | int | float | None]
    seed: int
    budget: Budget = field(default_factory=Budget)
    max_attempts: int = 3
    dataset_id: str | None = None
    families: tuple[str, ...] = ()
    target: TargetProfile | None = None
    metric: str | None = None
    constraints: tuple[OutcomeConstraint, ...] = ()
    validation: Validation | None = None
    backend: str | None = None
    architecture: Mapping[str, Any] | None = None  # JSON, read by `tuner.architecture`

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Directions of the objectives, in their order."""
        return tuple(objective.direction for objective in self.objectives)

    @property
    def ends_with_ensemble(self) -> bool:
        """Whether the engine makes an ensemble of the candidates."""
        return self.validation is not None and self.validation.ensemble

    @property
    def value_names(self) -> tuple[str, ...]:
        """Names of the values that come with a result: the objectives, then what else is constrained."""
        names = [objective.name for objective in self.objectives]
        return tuple(dict.fromkeys([*names, *(constraint.name for constraint in self.constraints)]))


@dataclass(frozen=True)
class Study:
    """A study as it stands now.

    Args:
        id: UUIDv7 in text form.
        spec: What was asked for; ``spec.budget`` may have been changed since.
        state: Where it stands.
        state_reason: Why, when it is not simply running.
        seq: Rises with every ask, result and control, never with reports.
        next_number: The number the next trial will get, so also how many there are.
        counts: Number of trials by state.
        best_number: The best completed trial, if any. With several objectives: the first on the Pareto front.
        best_value: Its first objective.
        used_seconds: Wall time spent running so far.
        created_at: UTC.
        updated_at: Last change other than a report, UTC.
        search: What the sampler did when it last found points, in its own words.
        num_uncounted: Trials outside the budget: imported, made by the engine, or cancelled while waiting.
    """

    id: str
    spec: StudySpec
    state: StudyState
    state_reason: str | None
    seq: int
    next_number: int
    counts: Mapping[TrialState, int]
    best_number: int | None
    best_value: float | None
    used_seconds: float
    created_at: datetime
    updated_at: datetime
    search: str | None = None
    num_uncounted: int = 0


def _invalid_budget(field_name: str, detail: str) -> InvalidInput:
    return InvalidInput(f"budget.{field_name} {detail}.", places=[Place(f"#/budget/{field_name}", detail)])
