"""SQL that changes trials: the transitions between their states.

Every transition is one conditional UPDATE whose row count is checked: whoever comes second changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import Connection, bindparam, update

from tuner.records import FailureReason, Origin, StudySpec, Trial, TrialState, ValueKind
from tuner.space import Params
from tuner.storage.prepared import Prepared, PreparedInsert, parameters
from tuner.storage.ranks import RANK_CLASSES, Rank, rank_of
from tuner.storage.study_rows import PROJECT
from tuner.storage.tables import EPOCH, trials
from tuner.storage.trial_rows import IS_RUNNING, IS_WAITING, Held, TrialRow, get_by_key

_INSERT = PreparedInsert(
    trials,
    "project_id",
    "id",
    "study_key",
    "number",
    "state",
    "origin",
    "sampled_by",
    "params",
    "members",
    "folds",
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


_START = Prepared(
    update(trials)
    .where(trials.c.key == bindparam("trial_key"), IS_WAITING)
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
    .where(trials.c.key == bindparam("trial_key"), IS_RUNNING, trials.c.lease_token == bindparam("token"))
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
        sampled_by: The method that found its parameters, if a sampler did.
        members: Numbers of the trials it is made from, if it is no candidate.
        folds: Folds that it is to be trained for, if it is bagged.
    """

    id: str
    number: int
    origin: Origin
    params: Params
    handout: Handout | None = None
    values: Mapping[str, float] | None = None
    sampled_by: str | None = None
    members: tuple[int, ...] = ()
    folds: int | None = None

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
        rank: Its place in the leaderboard.
    """

    study_key: int
    trial: Trial
    handout: Handout | None
    rank: Rank

    @classmethod
    def of(cls, new: NewTrial, study_key: int, study_id: str, spec: StudySpec, seq: int, now: datetime) -> Self:
        """What is stored for a new trial of a study."""
        handout = new.handout
        rank = rank_of(spec, new.state, new.values, origin=new.origin)
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
            sampled_by=new.sampled_by,
            members=new.members,
            folds=new.folds,
            is_feasible=rank.is_feasible,
        )
        return cls(study_key, trial, handout, rank)


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
        "sampled_by": trial.sampled_by,
        "params": trial.params,
        "members": list(trial.members) or None,
        "folds": trial.folds,
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
        # What the engine makes of results is wanted before further candidates.
        "due_at": trial.created_at if trial.origin.is_candidate else EPOCH,
        "metrics": trial.metrics,
        "rank_class": added.rank.rank_class,
        "rank_value": added.rank.rank_value,
        "seq": trial.seq,
        "created_at": trial.created_at,
        "started_at": trial.started_at,
        "finished_at": trial.finished_at,
    }


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
    return get_by_key(connection, key, study_id).trial


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
        rank: Its place in the leaderboard.
    """

    row: TrialRow
    ending: Ending
    seq: int
    rank: Rank

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
            is_feasible=self.rank.is_feasible,
        )


def finish(connection: Connection, ended: Sequence[EndedTrial], now: datetime) -> None:
    """End trials that have been read and locked by this transaction."""
    if not ended:
        return
    changed = _FINISH.run_each(connection, [_finished(each, now) for each in ended])
    assert changed == len(ended), "a locked trial was changed by somebody else"


def _finished(ended: EndedTrial, now: datetime) -> dict[str, object]:
    row, ending = ended.row, ended.ending
    value = None if not ending.values else next(iter(ending.values.values()))
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
        "rank_class": ended.rank.rank_class,
        "rank_value": ended.rank.rank_value,
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


def set_note(connection: Connection, key: int, note: str | None, seq: int) -> None:
    """Put another note on a trial."""
    connection.execute(update(trials).where(trials.c.key == key).values(note=note, seq=seq))


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


def cancel_waiting(connection: Connection, study_key: int, seq: int, now: datetime) -> list[Origin]:
    """``waiting -> cancelled`` for all trials of a study; where each of them came from."""
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
        .returning(trials.c.origin)
    )
    return [Origin(row.origin) for row in changed]
