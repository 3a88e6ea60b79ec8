"""SQL about studies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Row, delete, insert, select, update

from tuner.errors import NotFound
from tuner.records import Budget, Study, StudySpec, StudyState, TrialState
from tuner.storage.specs import dump_spec, load_spec
from tuner.storage.tables import datasets, replies, studies

PROJECT = "default"


@dataclass(frozen=True)
class StudyRow:
    """A study as stored: the fact, and what only the engine needs to know.

    Args:
        key: Primary key.
        study: The fact, without its best trial.
        num_uncounted: Trials outside the budget: imported, or cancelled while waiting.
        consecutive_lost: Trials in a row that ended ``failed(lost_worker)``.
        running_seconds: Length of the running intervals that have ended.
        running_since: Start of the present one.
    """

    key: int
    study: Study
    num_uncounted: int
    consecutive_lost: int
    running_seconds: float
    running_since: datetime | None

    @property
    def spec(self) -> StudySpec:
        """What was asked for."""
        return self.study.spec

    def used_seconds(self, now: datetime) -> float:
        """Wall time spent running until ``now``."""
        if self.running_since is None:
            return self.running_seconds
        return self.running_seconds + max(0.0, (now - self.running_since).total_seconds())

    @property
    def num_open(self) -> int:
        """Trials that have not ended."""
        return self.study.counts[TrialState.WAITING] + self.study.counts[TrialState.RUNNING]


@dataclass
class StudyChange:
    """What a transaction does to a study's row, gathered while its trials change and written once.

    Args:
        row: The study as it was, locked.
    """

    row: StudyRow
    numbers: int = 0
    uncounted: int = 0
    state: StudyState | None = None
    state_reason: str | None = None
    budget: Budget | None = None
    consecutive_lost: int | None = None

    def __post_init__(self) -> None:
        self.counts = dict(self.row.study.counts)
        self._num_moves = 0

    @property
    def seq(self) -> int:
        """The seq that this change gives the study and every trial it touches."""
        return self.row.study.seq + 1

    def move(self, source: TrialState | None, target: TrialState, count: int = 1) -> None:
        """Count trials that go from ``source`` (None: they are new) to ``target``."""
        if source is not None:
            self.counts[source] -= count
        self.counts[target] += count
        self._num_moves += count

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been gathered."""
        decided = (self.state, self.budget, self.consecutive_lost)
        return self._num_moves == 0 and all(decision is None for decision in decided)

    @property
    def num_open(self) -> int:
        """Trials that have not ended, this change included."""
        return self.counts[TrialState.WAITING] + self.counts[TrialState.RUNNING]

    @property
    def trials_left(self) -> int | None:
        """How many trials may still be created, this change included; None without a limit."""
        row, limit = self.row, self._budget.trials
        num_created = row.study.next_number + self.numbers - row.num_uncounted - self.uncounted
        return None if limit is None else max(0, limit - num_created)

    def is_out_of_time(self, now: datetime) -> bool:
        """Whether the time budget is spent, this change included."""
        limit = self._budget.seconds
        return limit is not None and self.row.used_seconds(now) >= limit

    @property
    def _budget(self) -> Budget:
        return self.budget or self.row.spec.budget


def insert_study(connection: Connection, study_id: str, spec: StudySpec, now: datetime) -> None:
    """Add a running study without trials."""
    dataset_key = None
    if spec.dataset_id is not None:
        dataset_key = connection.scalar(select(datasets.c.key).where(datasets.c.id == spec.dataset_id))
        if dataset_key is None:
            raise NotFound("dataset", spec.dataset_id)
    connection.execute(
        insert(studies).values(
            project_id=PROJECT,
            id=study_id,
            name=spec.name,
            state=StudyState.RUNNING,
            spec=dump_spec(spec),
            dataset_key=dataset_key,
            budget_trials=spec.budget.trials,
            budget_seconds=spec.budget.seconds,
            seq=0,
            next_number=0,
            num_uncounted=0,
            consecutive_lost=0,
            running_seconds=0.0,
            running_since=now,
            created_at=now,
            updated_at=now,
            **{f"num_{state}": 0 for state in TrialState},
        )
    )


def get_study(connection: Connection, study_id: str, now: datetime, *, lock: bool = False) -> StudyRow:
    """The study; with ``lock``, no other transaction can change it or its trials' states until this one ends.

    Raises:
        NotFound: There is none.
    """
    query = select(studies).where(studies.c.id == study_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound("study", study_id)
    return _study(row, now)


def find_study(connection: Connection, name: str, now: datetime) -> StudyRow | None:
    """The study of that name."""
    row = connection.execute(
        select(studies).where(studies.c.project_id == PROJECT, studies.c.name == name)
    ).one_or_none()
    return None if row is None else _study(row, now)


def page_of_studies(
    connection: Connection,
    now: datetime,
    *,
    state: StudyState | None,
    name: str | None,
    before: int | None,
    limit: int,
) -> list[StudyRow]:
    """Studies, newest first, older than the one with key ``before``."""
    query = select(studies).where(studies.c.project_id == PROJECT).order_by(studies.c.key.desc()).limit(limit)
    if state is not None:
        query = query.where(studies.c.state == state)
    if name is not None:
        query = query.where(studies.c.name == name)
    if before is not None:
        query = query.where(studies.c.key < before)
    return [_study(row, now) for row in connection.execute(query)]


def studies_with_work(connection: Connection, now: datetime) -> list[StudyRow]:
    """Running dataset studies that may have a trial to train, those with the fewest running ones first."""
    created = studies.c.next_number - studies.c.num_uncounted
    query = (
        select(studies)
        .where(
            studies.c.state == StudyState.RUNNING,
            studies.c.dataset_key.is_not(None),
            (studies.c.num_waiting > 0) | studies.c.budget_trials.is_(None) | (created < studies.c.budget_trials),
        )
        .order_by(studies.c.num_running, studies.c.key)
    )
    return [_study(row, now) for row in connection.execute(query)]


def studies_with_time_budget(connection: Connection, now: datetime) -> list[StudyRow]:
    """Running studies that end by time."""
    query = select(studies).where(studies.c.state == StudyState.RUNNING, studies.c.budget_seconds.is_not(None))
    return [_study(row, now) for row in connection.execute(query)]


def apply(connection: Connection, change: StudyChange, now: datetime) -> None:
    """Write the gathered change; the study's row has been locked by this transaction."""
    row = change.row
    values: dict[str, object] = {
        "seq": change.seq,
        "next_number": row.study.next_number + change.numbers,
        "num_uncounted": row.num_uncounted + change.uncounted,
        "updated_at": now,
        **{f"num_{state}": count for state, count in change.counts.items()},
    }
    if change.consecutive_lost is not None:
        values["consecutive_lost"] = change.consecutive_lost
    if change.budget is not None:
        values |= {"budget_trials": change.budget.trials, "budget_seconds": change.budget.seconds}
    if change.state is not None:
        values |= {"state": change.state, "state_reason": change.state_reason}
        was_running, is_running = row.running_since is not None, change.state is StudyState.RUNNING
        if was_running and not is_running:
            values |= {"running_seconds": row.used_seconds(now), "running_since": None}
        elif is_running and not was_running:
            values["running_since"] = now
    changed = connection.execute(
        update(studies).where(studies.c.key == row.key, studies.c.seq == row.study.seq).values(values)
    )
    assert changed.rowcount == 1, "the study's row was changed by somebody else in spite of its lock"


def delete_study(connection: Connection, key: int) -> None:
    """Remove the study with all that belongs to it."""
    connection.execute(delete(studies).where(studies.c.key == key))


def find_reply(connection: Connection, idempotency_key: str) -> tuple[str, str] | None:
    """Body hash and reply that were stored under the key."""
    row = connection.execute(
        select(replies.c.body_hash, replies.c.reply).where(
            replies.c.project_id == PROJECT, replies.c.idempotency_key == idempotency_key
        )
    ).one_or_none()
    return None if row is None else (row.body_hash, row.reply)


def insert_reply(connection: Connection, idempotency_key: str, body_hash: str, reply: str, now: datetime) -> None:
    """Store a reply under its key."""
    connection.execute(
        insert(replies).values(
            project_id=PROJECT, idempotency_key=idempotency_key, body_hash=body_hash, reply=reply, created_at=now
        )
    )


def delete_replies(connection: Connection, before: datetime) -> None:
    """Forget replies that are too old to be asked for again."""
    connection.execute(delete(replies).where(replies.c.created_at < before))


def _study(row: Row[tuple[object, ...]], now: datetime) -> StudyRow:
    study = Study(
        id=row.id,
        spec=replace(load_spec(row.spec), budget=Budget(trials=row.budget_trials, seconds=row.budget_seconds)),
        state=StudyState(row.state),
        state_reason=row.state_reason,
        seq=row.seq,
        next_number=row.next_number,
        counts={state: row._mapping[f"num_{state}"] for state in TrialState},
        best_number=None,
        best_value=None,
        used_seconds=0.0,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
    stored = StudyRow(
        key=row.key,
        study=study,
        num_uncounted=row.num_uncounted,
        consecutive_lost=row.consecutive_lost,
        running_seconds=row.running_seconds,
        running_since=row.running_since,
    )
    return replace(stored, study=replace(study, used_seconds=stored.used_seconds(now)))
