"""SQL about trials: reading them, and the transitions between their states.

Every transition is one conditional UPDATE whose row count is checked: whoever comes second changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    bindparam,
    literal_column,
    select,
    tuple_,
    update,
)

from tuner.records import Direction, FailureReason, Origin, Trial, TrialState, ValueKind
from tuner.space import Params
from tuner.storage.prepared import Prepared, PreparedIn, PreparedInsert, parameters
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
_IS_WAITING = trials.c.state == literal_column(f"'{TrialState.WAITING}'")
_IS_RUNNING = trials.c.state == literal_column(f"'{TrialState.RUNNING}'")

_INSERT = PreparedInsert(
    trials,
    "project_id",
    "id",
    "study_key",
    "number",
    "state",
    "origin",
    "params",
    "attempt",
    "num_lost",
    "value",
    "value_kind",
    "objectives",
    "worker",
    "holder",
    "lease_token",
    "lease_seconds",
    "lease_expires_at",
    "due_at",
    "metrics",
    "rank_class",
    "rank_value",
    "seq",
    "created_at",
    "started_at",
    "finished_at",
)
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
    .where(trials.c.study_key == bindparam("study_key"), _IS_WAITING, trials.c.due_at <= bindparam("now"))
    .order_by(trials.c.due_at, trials.c.number)
    .limit(bindparam("limit", type_=Integer))
)
_START = Prepared(
    update(trials)
    .where(trials.c.key == bindparam("trial_key"), _IS_WAITING)
    .values(
        state=TrialState.RUNNING.value,
        attempt=trials.c.attempt + 1,
        worker=bindparam("worker"),
        holder=bindparam("holder"),
        lease_token=bindparam("lease_token"),
        lease_seconds=bindparam("lease_seconds"),
        lease_expires_at=bindparam("lease_expires_at"),
        stop=None,
        last_step=None,
        last_value=None,
        last_value_kind=None,
        started_at=bindparam("started_at"),
        seq=bindparam("seq"),
    )
)
_RENEW = Prepared(
    update(trials)
    .where(trials.c.key == bindparam("trial_key"), _IS_RUNNING, trials.c.lease_token == bindparam("token"))
    .values(
        lease_expires_at=bindparam("lease_expires_at"),
        last_step=bindparam("last_step"),
        last_value=bindparam("last_value"),
        last_value_kind=bindparam("last_value_kind"),
    )
)
_FINISH = Prepared(
    update(trials)
    .where(
        trials.c.key == bindparam("trial_key"),
        trials.c.state == bindparam("former_state"),
        trials.c.attempt == bindparam("former_attempt"),
    )
    .values(
        parameters(
            "state",
            "value",
            "value_kind",
            "objectives",
            "failure",
            "message",
            "metrics",
            "completion",
            "rank_class",
            "rank_value",
            "last_step",
            "last_value",
            "last_value_kind",
            "finished_at",
            "seq",
        )
    )
    .values(lease_expires_at=None, stop=None)
)

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


@dataclass(frozen=True)
class AddedTrial:
    """A trial that this transaction adds to a study.

    Args:
        study_key: Key of the study.
        trial: The trial as it will be stored.
        handout: Who runs it; None: it waits, or was finished elsewhere.
        rank_value: Its first objective, as one to minimize; 0 without.
    """

    study_key: int
    trial: Trial
    handout: Handout | None
    rank_value: float

    @classmethod
    def of(cls, new: NewTrial, study_key: int, study_id: str, direction: Direction, seq: int, now: datetime) -> Self:
        """What is stored for a new trial of a study."""
        handout = new.handout
        trial = Trial(
            id=new.id,
            study_id=study_id,
            number=new.number,
            state=new.state,
            origin=new.origin,
            params=new.params,
            attempt=1 if handout else 0,
            values=None if new.values is None else dict(new.values),
            failure=None,
            message=None,
            worker=handout.worker if handout else None,
            last_step=None,
            last_value=None,
            metrics={},
            seq=seq,
            created_at=now,
            started_at=now if handout else None,
            finished_at=None if new.values is None else now,
            lease_expires_at=now + timedelta(seconds=handout.lease_seconds) if handout else None,
        )
        value = None if new.values is None else next(iter(new.values.values()))
        return cls(study_key, trial, handout, 0.0 if value is None else direction.sign * value)


def insert_trials(connection: Connection, added: Sequence[AddedTrial]) -> None:
    """Add trials; their numbers must be free."""
    if added:
        _INSERT.run(connection, [_inserted(each) for each in added])


def _inserted(added: AddedTrial) -> dict[str, object]:
    trial, handout = added.trial, added.handout
    value = None if trial.values is None else next(iter(trial.values.values()))
    return {
        "project_id": PROJECT,
        "id": trial.id,
        "study_key": added.study_key,
        "number": trial.number,
        "state": trial.state.value,
        "origin": trial.origin.value,
        "params": trial.params,
        "attempt": trial.attempt,
        "num_lost": 0,
        "value": value,
        "value_kind": None if value is None else ValueKind.FINITE.value,
        "objectives": trial.values,
        "worker": trial.worker,
        "holder": handout and handout.holder,
        "lease_token": handout and handout.token,
        "lease_seconds": handout and handout.lease_seconds,
        "lease_expires_at": trial.lease_expires_at,
        "due_at": trial.created_at,
        "metrics": trial.metrics,
        "rank_class": RANK_CLASSES[trial.state],
        "rank_value": added.rank_value,
        "seq": trial.seq,
        "created_at": trial.created_at,
        "started_at": trial.started_at,
        "finished_at": trial.finished_at,
    }


def get_trial(connection: Connection, study_id: str, number: int, *, lock: bool = False) -> TrialRow | None:
    """The trial, if there is one; with ``lock`` nobody else can change it until the transaction ends."""
    query = _trials().join(studies).where(studies.c.id == study_id, trials.c.number == number)
    row = connection.execute(query.with_for_update(of=trials) if lock else query).one_or_none()
    return None if row is None else _trial(row, study_id)


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
    return [row.key for row in _DUE.all(connection, study_key=study_key, now=now, limit=limit)]


def start(connection: Connection, key: int, study_id: str, handout: Handout, seq: int, now: datetime) -> Trial | None:
    """``waiting -> running``; None when somebody else was first."""
    changed = _START.run(
        connection,
        trial_key=key,
        worker=handout.worker,
        holder=handout.holder,
        lease_token=handout.token,
        lease_seconds=handout.lease_seconds,
        lease_expires_at=now + timedelta(seconds=handout.lease_seconds),
        started_at=now,
        seq=seq,
    )
    if changed != 1:
        return None
    return _trial(_BY_KEY.one_or_none(connection, trial_key=key), study_id).trial


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


@dataclass(frozen=True)
class Renewal:
    """A lease that is moved away from now, with the latest report if there is a newer one.

    Args:
        held: The trial as read and locked.
        expires_at: The lease's new end.
        last_step: Step of the latest report.
        last_value: Value of that report.
    """

    held: Held
    expires_at: datetime
    last_step: int | None
    last_value: float | None


def renew(connection: Connection, renewals: Sequence[Renewal]) -> None:
    """Renew leases of running trials that have been read and locked by this transaction."""
    if not renewals:
        return
    changed = _RENEW.run_each(
        connection,
        [
            {
                "trial_key": renewal.held.key,
                "token": renewal.held.lease_token,
                "lease_expires_at": renewal.expires_at,
                "last_step": renewal.last_step,
                "last_value": renewal.last_value,
                "last_value_kind": None if renewal.last_value is None else ValueKind.FINITE.value,
            }
            for renewal in renewals
        ],
    )
    assert changed == len(renewals), "a locked trial was changed by somebody else"


@dataclass(frozen=True)
class EndedTrial:
    """A trial that this transaction brings to its end.

    Args:
        row: The trial as read and locked.
        ending: How it ends.
        seq: The study's seq of this event.
    """

    row: TrialRow
    ending: Ending
    seq: int

    def trial(self, now: datetime) -> Trial:
        """The trial as it will be stored."""
        ending = self.ending
        return replace(
            self.row.trial,
            state=ending.state,
            values=None if ending.values is None else dict(ending.values),
            failure=ending.failure,
            message=ending.message,
            metrics=dict(ending.metrics or {}),
            lease_expires_at=None,
            finished_at=now,
            seq=self.seq,
        )


def finish(connection: Connection, ended: Sequence[EndedTrial], direction: Direction, now: datetime) -> None:
    """End trials that have been read and locked by this transaction.

    A completed trial ranks by its first objective, a pruned one by its last report, as in ``tuner.ranking``.
    """
    if not ended:
        return
    changed = _FINISH.run_each(connection, [_finished(each, direction, now) for each in ended])
    assert changed == len(ended), "a locked trial was changed by somebody else"


def _finished(ended: EndedTrial, direction: Direction, now: datetime) -> dict[str, object]:
    row, ending = ended.row, ended.ending
    value = None if not ending.values else next(iter(ending.values.values()))
    rank_value = 0.0
    if ending.state is TrialState.COMPLETED:
        assert value is not None
        rank_value = direction.sign * value
    elif ending.state is TrialState.PRUNED:
        last = row.trial.last_value
        rank_value = math.inf if last is None else direction.sign * last
    return {
        "trial_key": row.key,
        "former_state": row.trial.state.value,
        "former_attempt": row.trial.attempt,
        "state": ending.state.value,
        "value": value,
        "value_kind": None if value is None else ValueKind.FINITE.value,
        "objectives": None if ending.values is None else dict(ending.values),
        "failure": None if ending.failure is None else ending.failure.value,
        "message": ending.message,
        "metrics": dict(ending.metrics or {}),
        "completion": ending.completion,
        "rank_class": RANK_CLASSES[ending.state],
        "rank_value": rank_value,
        "last_step": row.trial.last_step,
        "last_value": row.trial.last_value,
        "last_value_kind": None if row.trial.last_value is None else ValueKind.FINITE.value,
        "finished_at": now,
        "seq": ended.seq,
    }


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
