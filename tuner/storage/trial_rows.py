"""SQL that reads trials."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    bindparam,
    literal_column,
    select,
    tuple_,
)

from tuner.records import FailureReason, Origin, Trial, TrialState, ValueKind
from tuner.storage.prepared import Prepared, PreparedIn, parameters
from tuner.storage.ranks import COMPLETED, feasibility
from tuner.storage.tables import studies, trials

# Spelled out in the statement: with a parameter in its place no database can tell that a partial index will do.
IS_WAITING = trials.c.state == literal_column(f"'{TrialState.WAITING}'")
IS_RUNNING = trials.c.state == literal_column(f"'{TrialState.RUNNING}'")

_BY_KEY = Prepared(select(trials).where(trials.c.key == bindparam("trial_key")))
_BY_NUMBERS = PreparedIn(
    lambda names: (
        select(trials)
        .where(trials.c.study_key == bindparam("study_key"), trials.c.number.in_(parameters(*names).values()))
        .order_by(trials.c.key)
        .with_for_update()
    )
)
_HELD = PreparedIn(
    lambda names: (
        select(
            trials.c.key,
            trials.c.number,
            trials.c.attempt,
            trials.c.state,
            trials.c.lease_token,
            trials.c.lease_seconds,
            trials.c.stop,
            trials.c.last_step,
            trials.c.last_value,
            trials.c.last_value_kind,
        )
        .where(trials.c.study_key == bindparam("study_key"), trials.c.number.in_(parameters(*names).values()))
        .order_by(trials.c.key)
        .with_for_update()
    )
)
_CHANGED = Prepared(
    select(trials)
    .where(trials.c.study_key == bindparam("study_key"), trials.c.seq > bindparam("seq"))
    .order_by(trials.c.seq)
)
_DUE = Prepared(
    select(trials.c.key)
    .where(trials.c.study_key == bindparam("study_key"), IS_WAITING, trials.c.due_at <= bindparam("now"))
    .order_by(trials.c.due_at, trials.c.number)
    .limit(bindparam("limit", type_=Integer))
)
_DUE_OF_ENGINE = Prepared(
    select(trials.c.key)
    .where(
        trials.c.study_key == bindparam("study_key"),
        IS_WAITING,
        trials.c.due_at <= bindparam("now"),
        trials.c.origin.in_([literal_column(f"'{origin}'") for origin in Origin if not origin.is_candidate]),
    )
    .order_by(trials.c.due_at, trials.c.number)
    .limit(bindparam("limit", type_=Integer))
)


@dataclass(frozen=True)
class TrialRow:
    """A trial as stored: the fact, and what only the engine needs to know.

    Args:
        key: Primary key.
        study_key: Key of its study.
        trial: The fact.
        num_lost: Attempts that ended with a lost worker.
        lease_token: Who may report and finish; kept after the lease has run out, until somebody takes over.
        lease_seconds: How far a report renews the lease.
        stop: What the next report will be told.
        completion: Hash of the result that ended the trial.
    """

    key: int
    study_key: int
    trial: Trial
    num_lost: int
    lease_token: str | None
    lease_seconds: float | None
    stop: str | None
    completion: str | None


def get_trial(connection: Connection, study_id: str, number: int, *, lock: bool = False) -> TrialRow | None:
    """The trial, if there is one; with ``lock`` nobody else can change it until the transaction ends."""
    query = _trials().join(studies).where(studies.c.id == study_id, trials.c.number == number)
    row = connection.execute(query.with_for_update(of=trials) if lock else query).one_or_none()
    return None if row is None else _trial(row, study_id)


def get_by_key(connection: Connection, key: int, study_id: str) -> TrialRow:
    """The trial with this key, which there is."""
    return _trial(_BY_KEY.one_or_none(connection, trial_key=key), study_id)


def get_trials(connection: Connection, study_key: int, study_id: str, numbers: Sequence[int]) -> dict[int, TrialRow]:
    """Those of the trials that there are, by number, locked until the transaction ends."""
    rows = _BY_NUMBERS.all(connection, numbers, study_key=study_key)
    return {row.number: _trial(row, study_id) for row in rows}


def page_by_number(
    connection: Connection, study_key: int, study_id: str, states: Iterable[TrialState], after: int | None, limit: int
) -> list[Trial]:
    """Trials by number, from the one after ``after``."""
    query = _in_states(_trials().where(trials.c.study_key == study_key), states).order_by(trials.c.number).limit(limit)
    if after is not None:
        query = query.where(trials.c.number > after)
    return [_trial(row, study_id).trial for row in connection.execute(query)]


def page_by_rank(
    connection: Connection,
    study_key: int,
    study_id: str,
    states: Iterable[TrialState],
    after: tuple[int, float, int] | None,
    limit: int,
) -> list[tuple[Trial, tuple[int, float, int]]]:
    """Trials of a single-objective study, best first, each with the key after which the next page goes on."""
    key = (trials.c.rank_class, trials.c.rank_value, trials.c.number)
    query = _trials().where(trials.c.study_key == study_key).order_by(*key).limit(limit)
    query = _in_states(query, states)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*(bindparam(None, part) for part in after)))
    return [
        (_trial(row, study_id).trial, (row.rank_class, row.rank_value, row.number)) for row in connection.execute(query)
    ]


def changed_since(connection: Connection, study_key: int, study_id: str, seq: int) -> list[Trial]:
    """Trials that changed after ``seq``, by number."""
    # Sorted here: asked for trials by number, SQLite would walk through all of the study's.
    changed = [_trial(row, study_id).trial for row in _CHANGED.all(connection, study_key=study_key, seq=seq)]
    return sorted(changed, key=lambda trial: trial.number)


def best_completed(connection: Connection, study_key: int) -> tuple[int, float] | None:
    """Number and first objective of the best completed trial that keeps the outcome constraints."""
    query = (
        select(trials.c.number, trials.c.value)
        .where(trials.c.study_key == study_key, trials.c.rank_class == COMPLETED)
        .order_by(trials.c.rank_value, trials.c.number)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.number, row.value)


def has_completed_candidate(connection: Connection, study_key: int) -> bool:
    """Whether a candidate of the study has completed, and keeps the outcome constraints."""
    query = (
        select(trials.c.number)
        .where(
            trials.c.study_key == study_key,
            trials.c.rank_class == COMPLETED,
            trials.c.origin.in_([origin for origin in Origin if origin.is_candidate]),
        )
        .limit(1)
    )
    return connection.execute(query).first() is not None


def latest_completed(connection: Connection, study_key: int, origin: Origin) -> Mapping[str, float]:
    """The metrics of the last completed trial of this origin; empty if there is none."""
    query = (
        select(trials.c.metrics)
        .where(trials.c.study_key == study_key, trials.c.origin == origin, trials.c.state == TrialState.COMPLETED)
        .order_by(trials.c.number.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return {} if row is None else row.metrics


def due_trials(
    connection: Connection, study_key: int, now: datetime, limit: int, *, candidates: bool = True
) -> list[int]:
    """Keys of waiting trials that may be handed out, by the time they are due, then by number.

    Args:
        connection: Where to read.
        study_key: The study.
        now: The present.
        limit: How many at most.
        candidates: Whether candidates are among them; else only what the engine has made.
    """
    query = _DUE if candidates else _DUE_OF_ENGINE
    return [row.key for row in query.all(connection, study_key=study_key, now=now, limit=limit)]


@dataclass(frozen=True)
class Held:
    """What a report needs to know of a trial.

    Args:
        key: The trial's key.
        number: Its number.
        attempt: The attempt that runs, or ran last.
        is_running: Whether it runs.
        lease_token: Who holds it.
        lease_seconds: How far a report renews the lease.
        stop: What the worker must be told.
        last_step: Step of the latest report.
        last_value: Value of that report.
    """

    key: int
    number: int
    attempt: int
    is_running: bool
    lease_token: str | None
    lease_seconds: float | None
    stop: str | None
    last_step: int | None
    last_value: float | None


def held_trials(connection: Connection, study_key: int, numbers: Sequence[int]) -> dict[int, Held]:
    """Those of the trials that there are, by number, locked until the transaction ends."""
    return {
        row.number: Held(
            key=row.key,
            number=row.number,
            attempt=row.attempt,
            is_running=row.state == TrialState.RUNNING,
            lease_token=row.lease_token,
            lease_seconds=row.lease_seconds,
            stop=row.stop,
            last_step=row.last_step,
            last_value=number_of(row.last_value, row.last_value_kind),
        )
        for row in _HELD.all(connection, numbers, study_key=study_key)
    }


def expired_leases(connection: Connection, now: datetime, limit: int) -> list[tuple[str, int]]:
    """Study id and number of running trials whose lease has run out, the longest silent first."""
    query = (
        select(studies.c.id, trials.c.number)
        .join(studies)
        .where(IS_RUNNING, trials.c.lease_expires_at < now)
        .order_by(trials.c.lease_expires_at)
        .limit(limit)
    )
    return [(row.id, row.number) for row in connection.execute(query)]


def held_leases(connection: Connection) -> list[tuple[str, int]]:
    """Study id and number of running trials that an embedded engine holds."""
    query = select(studies.c.id, trials.c.number).join(studies).where(IS_RUNNING, trials.c.holder.is_not(None))
    return [(row.id, row.number) for row in connection.execute(query)]


def _trials() -> Select[Any]:
    return select(trials)


def _in_states(query: Select[Any], states: Iterable[TrialState]) -> Select[Any]:
    wanted = [str(state) for state in states]
    return query.where(trials.c.state.in_(wanted)) if wanted else query


def _trial(row: Any, study_id: str) -> TrialRow:
    """The trial in a row of either kind, SQLAlchemy's or a prepared statement's, which have no common type."""
    trial = Trial(
        id=row.id,
        study_id=study_id,
        number=row.number,
        state=TrialState(row.state),
        origin=Origin(row.origin),
        params=row.params,
        attempt=row.attempt,
        values=row.objectives,
        failure=None if row.failure is None else FailureReason(row.failure),
        message=row.message,
        worker=row.worker,
        last_step=row.last_step,
        last_value=number_of(row.last_value, row.last_value_kind),
        metrics=row.metrics,
        seq=row.seq,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        lease_expires_at=row.lease_expires_at,
        sampled_by=row.sampled_by,
        is_feasible=feasibility(row.rank_class),
        members=tuple(row.members or ()),
        folds=row.folds,
        note=row.note,
    )
    return TrialRow(
        key=row.key,
        study_key=row.study_key,
        trial=trial,
        num_lost=row.num_lost,
        lease_token=row.lease_token,
        lease_seconds=row.lease_seconds,
        stop=row.stop,
        completion=row.completion,
    )


def number_of(value: float | None, kind: str | None) -> float | None:
    """The number behind a column and its kind."""
    if kind is None or kind == ValueKind.FINITE:
        return value
    return {ValueKind.NAN: math.nan, ValueKind.POSITIVE_INFINITY: math.inf, ValueKind.NEGATIVE_INFINITY: -math.inf}[
        ValueKind(kind)
    ]
