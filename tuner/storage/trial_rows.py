"""SQL about trials: reading them, and the transitions between their states.

Every transition is one conditional UPDATE whose row count is checked: whoever comes second changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    insert,
    literal,
    select,
    tuple_,
    update,
)

from tuner.records import Direction, FailureReason, Origin, StudySpec, Trial, TrialState, ValueKind
from tuner.space import Params
from tuner.storage.specs import load_spec
from tuner.storage.study_rows import PROJECT
from tuner.storage.tables import studies, trials

RANK_CLASSES = {
    TrialState.COMPLETED: 0,
    TrialState.PRUNED: 1,
    TrialState.RUNNING: 2,
    TrialState.WAITING: 2,
    TrialState.FAILED: 3,
    TrialState.CANCELLED: 3,
}


# Spelled out in the statement: with a parameter in its place no database can tell that a partial index will do.
_IS_WAITING = trials.c.state == literal(str(TrialState.WAITING), literal_execute=True)
_IS_RUNNING = trials.c.state == literal(str(TrialState.RUNNING), literal_execute=True)

# What a running trial's next report can be answered with, instead of going on.
PRUNE = "prune"
CANCEL = "cancel"


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


@dataclass(frozen=True)
class Handout:
    """What a worker gets: who it is and how long it may stay silent.

    Args:
        worker: The worker's name.
        holder: The embedded engine whose death voids the lease; None for a worker of its own.
        token: The lease's token.
        lease_seconds: How far each report renews the lease.
    """

    worker: str
    holder: str | None
    token: str
    lease_seconds: float


@dataclass(frozen=True)
class NewTrial:
    """A trial to be added.

    Args:
        id: UUIDv7.
        number: Its place in the study.
        origin: Where its parameters came from.
        params: Its parameters.
        handout: Who runs it at once; None: it waits.
        values: Objectives of a trial that was finished elsewhere.
    """

    id: str
    number: int
    origin: Origin
    params: Params
    handout: Handout | None = None
    values: Mapping[str, float] | None = None

    @property
    def state(self) -> TrialState:
        """The state it starts in."""
        if self.values is not None:
            return TrialState.COMPLETED
        return TrialState.WAITING if self.handout is None else TrialState.RUNNING


@dataclass(frozen=True)
class Ending:
    """How a trial ends.

    Args:
        state: The terminal state.
        values: Objectives by name, if any.
        failure: Why it failed.
        message: What was said about it.
        metrics: Further numbers.
        completion: Hash of the result, to recognise a repetition.
    """

    state: TrialState
    values: Mapping[str, float] | None = None
    failure: FailureReason | None = None
    message: str | None = None
    metrics: Mapping[str, float] | None = None
    completion: str | None = None


def insert_trials(
    connection: Connection,
    study_key: int,
    study_id: str,
    seq: int,
    direction: Direction,
    new: Sequence[NewTrial],
    now: datetime,
) -> list[Trial]:
    """Add trials; their numbers must be free."""
    rows = []
    for trial in new:
        handout = trial.handout
        lease = timedelta(seconds=handout.lease_seconds) if handout else None
        value = None if trial.values is None else next(iter(trial.values.values()))
        rows.append(
            {
                "project_id": PROJECT,
                "id": trial.id,
                "study_key": study_key,
                "number": trial.number,
                "state": trial.state,
                "origin": trial.origin,
                "params": trial.params,
                "attempt": 1 if handout else 0,
                "num_lost": 0,
                "value": value,
                "value_kind": None if value is None else ValueKind.FINITE,
                "objectives": None if trial.values is None else dict(trial.values),
                "worker": handout and handout.worker,
                "holder": handout and handout.holder,
                "lease_token": handout and handout.token,
                "lease_seconds": handout and handout.lease_seconds,
                "lease_expires_at": now + lease if lease else None,
                "due_at": now,
                "metrics": {},
                "rank_class": RANK_CLASSES[trial.state],
                "rank_value": 0.0 if value is None else direction.sign * value,
                "seq": seq,
                "created_at": now,
                "started_at": now if handout else None,
                "finished_at": now if trial.values is not None else None,
            }
        )
    connection.execute(insert(trials), rows)
    numbers = [trial.number for trial in new]
    query = _trials().where(trials.c.study_key == study_key, trials.c.number.in_(numbers)).order_by(trials.c.number)
    return [_trial(row, study_id).trial for row in connection.execute(query)]


def get_trial(connection: Connection, study_id: str, number: int, *, lock: bool = False) -> TrialRow | None:
    """The trial, if there is one; with ``lock`` nobody else can change it until the transaction ends."""
    query = _trials().join(studies).where(studies.c.id == study_id, trials.c.number == number)
    row = connection.execute(query.with_for_update(of=trials) if lock else query).one_or_none()
    return None if row is None else _trial(row, study_id)


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
    query = _trials().where(trials.c.study_key == study_key, trials.c.seq > seq).order_by(trials.c.seq)
    changed = [_trial(row, study_id).trial for row in connection.execute(query)]
    return sorted(changed, key=lambda trial: trial.number)


def best_completed(connection: Connection, study_key: int) -> tuple[int, float] | None:
    """Number and first objective of the best completed trial."""
    query = (
        select(trials.c.number, trials.c.value)
        .where(trials.c.study_key == study_key, trials.c.rank_class == 0)
        .order_by(trials.c.rank_value, trials.c.number)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.number, row.value)


def due_trials(connection: Connection, study_key: int, now: datetime, limit: int) -> list[int]:
    """Keys of waiting trials that may be handed out, by the time they are due, then by number."""
    query = (
        select(trials.c.key)
        .where(trials.c.study_key == study_key, _IS_WAITING, trials.c.due_at <= now)
        .order_by(trials.c.due_at, trials.c.number)
        .limit(limit)
    )
    return list(connection.scalars(query))


def start(connection: Connection, key: int, study_id: str, handout: Handout, seq: int, now: datetime) -> Trial | None:
    """``waiting -> running``; None when somebody else was first."""
    changed = connection.execute(
        update(trials)
        .where(trials.c.key == key, trials.c.state == TrialState.WAITING)
        .values(
            state=TrialState.RUNNING,
            attempt=trials.c.attempt + 1,
            worker=handout.worker,
            holder=handout.holder,
            lease_token=handout.token,
            lease_seconds=handout.lease_seconds,
            lease_expires_at=now + timedelta(seconds=handout.lease_seconds),
            stop=None,
            last_step=None,
            last_value=None,
            last_value_kind=None,
            started_at=now,
            seq=seq,
        )
    )
    if changed.rowcount != 1:
        return None
    return _trial(connection.execute(_trials().where(trials.c.key == key)).one(), study_id).trial


@dataclass(frozen=True)
class Renewed:
    """A lease after a report.

    Args:
        key: The trial's key.
        study_key: Its study's key.
        number: The trial's number.
        spec: What its study was asked for, without the budget.
        attempt: The attempt the report belongs to.
        last_step: The latest step before the report.
        expires_at: The lease's new end.
        stop: What the worker must be told.
    """

    key: int
    study_key: int
    number: int
    spec: StudySpec
    attempt: int
    last_step: int | None
    expires_at: datetime
    stop: str | None


def renew(connection: Connection, study_id: str, number: int, token: str, now: datetime) -> Renewed | None:
    """Move the lease's end away from ``now``; None when the token no longer holds a running trial."""
    query = (
        select(
            trials.c.key,
            trials.c.study_key,
            trials.c.attempt,
            trials.c.last_step,
            trials.c.lease_seconds,
            trials.c.stop,
            studies.c.spec,
        )
        .join(studies)
        .where(studies.c.id == study_id, trials.c.number == number)
    )
    row = connection.execute(query).one_or_none()
    if row is None or row.lease_seconds is None:
        return None
    expires_at = now + timedelta(seconds=row.lease_seconds)
    changed = connection.execute(
        update(trials)
        .where(trials.c.key == row.key, trials.c.state == TrialState.RUNNING, trials.c.lease_token == token)
        .values(lease_expires_at=expires_at)
    )
    if changed.rowcount != 1:
        return None
    return Renewed(
        row.key, row.study_key, number, load_spec(row.spec), row.attempt, row.last_step, expires_at, row.stop
    )


def finish(
    connection: Connection,
    row: TrialRow,
    ending: Ending,
    direction: Direction,
    seq: int,
    now: datetime,
) -> None:
    """End a trial that has been read and locked by this transaction.

    A completed trial ranks by its first objective, a pruned one by its last report, as in ``tuner.ranking``.
    """
    value = None if not ending.values else next(iter(ending.values.values()))
    rank_value = 0.0
    if ending.state is TrialState.COMPLETED:
        assert value is not None
        rank_value = direction.sign * value
    elif ending.state is TrialState.PRUNED:
        last = row.trial.last_value
        rank_value = math.inf if last is None else direction.sign * last
    changed = connection.execute(
        update(trials)
        .where(trials.c.key == row.key, trials.c.state == row.trial.state, trials.c.attempt == row.trial.attempt)
        .values(
            state=ending.state,
            value=value,
            value_kind=None if value is None else ValueKind.FINITE,
            objectives=None if ending.values is None else dict(ending.values),
            failure=ending.failure,
            message=ending.message,
            metrics=dict(ending.metrics or {}),
            completion=ending.completion,
            rank_class=RANK_CLASSES[ending.state],
            rank_value=rank_value,
            lease_expires_at=None,
            stop=None,
            finished_at=now,
            seq=seq,
        )
    )
    assert changed.rowcount == 1, "a locked trial was changed by somebody else"


def requeue(connection: Connection, row: TrialRow, *, lost: bool, due_at: datetime, keep_token: bool, seq: int) -> bool:
    """``running -> waiting``; False when the trial moved on since it was read.

    Args:
        connection: The transaction.
        row: The trial as read.
        lost: Whether the attempt counts as lost.
        due_at: When it may be handed out again.
        keep_token: Whether a late result of the former worker is still welcome.
        seq: The study's new seq.
    """
    changed = connection.execute(
        update(trials)
        .where(
            trials.c.key == row.key,
            trials.c.state == TrialState.RUNNING,
            trials.c.attempt == row.trial.attempt,
            trials.c.lease_expires_at == row.trial.lease_expires_at,
        )
        .values(
            state=TrialState.WAITING,
            num_lost=trials.c.num_lost + (1 if lost else 0),
            lease_expires_at=None,
            lease_token=row.lease_token if keep_token else None,
            holder=None,
            due_at=due_at,
            stop=None,
            seq=seq,
        )
    )
    return changed.rowcount == 1


def stop_at_report(connection: Connection, key: int) -> None:
    """Have a running trial's next report answered with ``cancel``."""
    connection.execute(
        update(trials).where(trials.c.key == key, trials.c.state == TrialState.RUNNING).values(stop=CANCEL)
    )


def prune_at_report(connection: Connection, key: int, attempt: int) -> None:
    """Have the attempt's next report answered with ``prune``, unless something else has been decided."""
    connection.execute(
        update(trials)
        .where(
            trials.c.key == key,
            trials.c.attempt == attempt,
            trials.c.state == TrialState.RUNNING,
            trials.c.stop.is_(None),
        )
        .values(stop=PRUNE)
    )


def stop_all_at_report(connection: Connection, study_key: int) -> None:
    """Have the next report of each running trial of a study answered with ``cancel``."""
    connection.execute(
        update(trials).where(trials.c.study_key == study_key, trials.c.state == TrialState.RUNNING).values(stop=CANCEL)
    )


def cancel_waiting(connection: Connection, study_key: int, seq: int, now: datetime) -> int:
    """``waiting -> cancelled`` for all trials of a study; how many there were."""
    changed = connection.execute(
        update(trials)
        .where(trials.c.study_key == study_key, trials.c.state == TrialState.WAITING)
        .values(
            state=TrialState.CANCELLED,
            rank_class=RANK_CLASSES[TrialState.CANCELLED],
            lease_token=None,
            finished_at=now,
            seq=seq,
        )
    )
    return changed.rowcount


def expired_leases(connection: Connection, now: datetime, limit: int) -> list[tuple[str, int]]:
    """Study id and number of running trials whose lease has run out, the longest silent first."""
    query = (
        select(studies.c.id, trials.c.number)
        .join(studies)
        .where(_IS_RUNNING, trials.c.lease_expires_at < now)
        .order_by(trials.c.lease_expires_at)
        .limit(limit)
    )
    return [(row.id, row.number) for row in connection.execute(query)]


def held_leases(connection: Connection) -> list[tuple[str, int]]:
    """Study id and number of running trials that an embedded engine holds."""
    query = select(studies.c.id, trials.c.number).join(studies).where(_IS_RUNNING, trials.c.holder.is_not(None))
    return [(row.id, row.number) for row in connection.execute(query)]


def _trials() -> Select[Any]:
    return select(trials)


def _in_states(query: Select[Any], states: Iterable[TrialState]) -> Select[Any]:
    wanted = [str(state) for state in states]
    return query.where(trials.c.state.in_(wanted)) if wanted else query


def _trial(row: Row[Any], study_id: str) -> TrialRow:
    state = TrialState(row.state)
    trial = Trial(
        id=row.id,
        study_id=study_id,
        number=row.number,
        state=state,
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
