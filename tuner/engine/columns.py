"""Trials as columns: a tenth of the size of as many objects, and nothing to look up for who draws them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from tuner.records import FailureReason, Measurement, Origin, Study, Trial, TrialState
from tuner.space import Scalar
from tuner.storage.ranks import rank_of
from tuner.wire.live import Curves, ReportColumns, TrialColumns

_STATES = tuple(state.value for state in TrialState)
_ORIGINS = tuple(origin.value for origin in Origin)
_FAILURES = tuple(failure.value for failure in FailureReason)

T = TypeVar("T")


def trial_columns(study: Study, trials: Sequence[Trial], since: int | None = None) -> TrialColumns:
    """The columns of some trials of a study.

    Args:
        study: As it stands at the same instant.
        trials: By number.
        since: The ``seq`` after which they have changed; None if they are all.
    """
    spec = study.spec
    workers = tuple(dict.fromkeys(trial.worker for trial in trials if trial.worker is not None))
    worker_places = _places(workers)
    state_places, origin_places, failure_places = _places(_STATES), _places(_ORIGINS), _places(_FAILURES)

    def instant(value: datetime | None) -> float | None:
        return None if value is None else round((value - study.created_at).total_seconds(), 3)

    # Unchecked: the facts come from our own tables, and checking a quarter of a million cells takes long.
    return TrialColumns.model_construct(
        study=study.id,
        seq=study.seq,
        since=since,
        state_names=_STATES,
        origin_names=_ORIGINS,
        failure_names=_FAILURES,
        worker_names=workers,
        numbers=[trial.number for trial in trials],
        states=[state_places[trial.state.value] for trial in trials],
        origins=[origin_places[trial.origin.value] for trial in trials],
        failures=[None if trial.failure is None else failure_places[trial.failure.value] for trial in trials],
        workers=[None if trial.worker is None else worker_places[trial.worker] for trial in trials],
        attempts=[trial.attempt for trial in trials],
        is_feasible=[trial.is_feasible for trial in trials],
        created=[instant(trial.created_at) or 0.0 for trial in trials],
        started=[instant(trial.started_at) for trial in trials],
        finished=[instant(trial.finished_at) for trial in trials],
        values={name: [_cell(trial.values, name) for trial in trials] for name in spec.value_names},
        params=_param_columns(spec.space.order, trials),
        metrics={name: [_cell(trial.metrics, name) for trial in trials] for name in _names(t.metrics for t in trials)},
        last_steps=[trial.last_step for trial in trials],
        last_values=[_short(trial.last_value) for trial in trials],
        rank_class=[
            rank_of(spec, trial.state, trial.values, trial.last_value, trial.origin).rank_class for trial in trials
        ],
        notes={trial.number: trial.note for trial in trials if trial.note is not None},
    )


def curve_columns(study_id: str, curves: Mapping[int, Sequence[Measurement]]) -> Curves:
    """Learning curves by trial."""
    return Curves.model_construct(
        study=study_id,
        numbers=list(curves),
        attempts=[curve[-1].attempt for curve in curves.values()],
        steps=[[measurement.step for measurement in curve] for curve in curves.values()],
        values=[[_rounded(measurement.value) for measurement in curve] for curve in curves.values()],
    )


def report_columns(reports: Sequence[Measurement]) -> ReportColumns:
    """Reports in the order in which they came."""
    return ReportColumns.model_construct(
        numbers=[report.number for report in reports],
        attempts=[report.attempt for report in reports],
        steps=[report.step for report in reports],
        values=[_rounded(report.value) for report in reports],
    )


def _param_columns(order: Sequence[str], trials: Sequence[Trial]) -> dict[str, list[Scalar]]:
    # Imported and enqueued trials may have parameters that the space does not know.
    names = dict.fromkeys([*order, *_names(trial.params for trial in trials)])
    columns: dict[str, list[Scalar]] = {}
    for name in names:
        cells = [trial.params.get(name) for trial in trials]
        columns[name] = [_rounded(cell) if isinstance(cell, float) else cell for cell in cells]
    return columns


def _names(mappings: Iterable[Mapping[str, T]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for mapping in mappings for name in mapping))


def _places(names: Sequence[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names)}


def _cell(values: Mapping[str, float] | None, name: str) -> float | None:
    return None if values is None else _short(values.get(name))


def _short(value: float | None) -> float | None:
    return None if value is None else _rounded(value)


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
