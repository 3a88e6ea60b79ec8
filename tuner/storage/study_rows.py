"""SQL about studies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from tuner.errors import NotFound
from tuner.records import Budget, Study, StudySpec, StudyState, TrialState
from tuner.storage.prepared import Prepared, PreparedIn, PreparedInsert, parameters
from tuner.storage.specs import dump_spec, load_spec
from tuner.storage.tables import datasets, replies, studies

if TYPE_CHECKING:
    from tuner.storage.trial_changes import AddedTrial, EndedTrial

PROJECT = "default"

_BY_ID = Prepared(select(studies).where(studies.c.id == bindparam("study")))
_LOCKED_BY_ID = Prepared(select(studies).where(studies.c.id == bindparam("study")).with_for_update())
_FIXED_FACTS = Prepared(select(studies.c.key, studies.c.spec).where(studies.c.id == bindparam("study")))
_COUNTS = [(state, f"num_{state}") for state in TrialState]
_UPDATE = Prepared(
    update(studies)
    .where(studies.c.key == bindparam("study_key"), studies.c.seq == bindparam("former_seq"))
    .values(
        parameters(
            "state",
            "state_reason",
            "budget_trials",
            "budget_seconds",
            "seq",
            "next_number",
            "num_uncounted",
            "consecutive_lost",
            "running_seconds",
            "running_since",
            "search_note",
            "exhausted_at",
            "updated_at",
            *(column for _, column in _COUNTS),
        )
    )
)
_KEY_AND_SEQ = Prepared(select(studies.c.key, studies.c.seq).where(studies.c.id == bindparam("study")))
_REPLIES = PreparedIn(
    lambda names: select(replies.c.idempotency_key, replies.c.body_hash, replies.c.reply).where(
        replies.c.project_id == PROJECT, replies.c.idempotency_key.in_(parameters(*names).values())
    )
)
_INSERT_REPLY = PreparedInsert(replies, "project_id", "idempotency_key", "body_hash", "reply", "created_at")


@dataclass(frozen=True)
class StudyRow:
    """A study as stored: the fact, and what only the engine needs to know.

    Args:
        key: Primary key.
        study: The fact, without its best trial.
        num_uncounted: Trials outside the budget: imported, made by the engine, or cancelled while waiting.
        consecutive_lost: Trials in a row that ended ``failed(lost_worker)``.
        running_seconds: Length of the running intervals that have ended.
        running_since: Start of the present one.
        exhausted_at: Since when the sampler has no more points; None: it may have.
    """

    key: int
    study: Study
    num_uncounted: int
    consecutive_lost: int
    running_seconds: float
    running_since: datetime | None
    exhausted_at: datetime | None = None

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
        exhausted: Whether the sampler turns out to have no more points, which stays so.
        noted: Whether a trial has another note, which moves it nowhere.
        search: What the sampler does, if it has found points.
    """

    row: StudyRow
    numbers: int = 0
    uncounted: int = 0
    state: StudyState | None = None
    state_reason: str | None = None
    budget: Budget | None = None
    consecutive_lost: int | None = None
    exhausted: bool = False
    noted: bool = False
    search: str | None = None

    def __post_init__(self) -> None:
        self.counts = dict(self.row.study.counts)
        self.added: list[AddedTrial] = []
        self.ended: list[EndedTrial] = []
        self._num_moves = 0
        self._num_events = 1

    @property
    def seq(self) -> int:
        """The seq that the present event gives the study and every trial it touches."""
        return self.row.study.seq + self._num_events

    def begin_event(self) -> None:
        """What follows has a seq of its own, if anything has happened before."""
        if not self.is_empty:
            self._num_events += 1

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
        is_marked = self.exhausted or self.noted
        return self._num_moves == 0 and not is_marked and all(decision is None for decision in decided)

    @property
    def num_open(self) -> int:
        """Trials that have not ended, this change included."""
        return self.counts[TrialState.WAITING] + self.counts[TrialState.RUNNING]

    @property
    def is_exhausted(self) -> bool:
        """Whether the sampler has no more points, this change included."""
        return self.exhausted or self.row.exhausted_at is not None

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
    row = (_LOCKED_BY_ID if lock else _BY_ID).one_or_none(connection, study=study_id)
    if row is None:
        raise NotFound("study", study_id)
    return _study(row, now)


def fixed_facts(connection: Connection, study_id: str) -> tuple[int, StudySpec]:
    """The study's key, and its specification without the budget: what never changes.

    Raises:
        NotFound: There is none.
    """
    row = _FIXED_FACTS.one_or_none(connection, study=study_id)
    if row is None:
        raise NotFound("study", study_id)
    return row.key, load_spec(row.spec)


def key_and_seq(connection: Connection, study_id: str) -> tuple[int, int]:
    """The study's key, and how far it has come.

    Raises:
        NotFound: There is none.
    """
    row = _KEY_AND_SEQ.one_or_none(connection, study=study_id)
    if row is None:
        raise NotFound("study", study_id)
    return row.key, row.seq


def all_seqs(connection: Connection, limit: int) -> dict[str, int]:
    """How far each study has come, by id, the newest ``limit`` studies."""
    query = select(studies.c.id, studies.c.seq).where(studies.c.project_id == PROJECT)
    rows = connection.execute(query.order_by(studies.c.key.desc()).limit(limit))
    return {row.id: row.seq for row in rows}


def existing_ids(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Those of the ids that studies have."""
    return set(connection.scalars(select(studies.c.id).where(studies.c.id.in_(list(ids)))))


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
    """Running dataset studies, those with the fewest running trials first.

    Whether one has something to train, its plan says: after the last candidate there is an ensemble to be made.
    """
    query = (
        select(studies)
        .where(studies.c.state == StudyState.RUNNING, studies.c.dataset_key.is_not(None))
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
    study, budget = row.study, change.budget or row.spec.budget
    running_seconds, running_since = row.running_seconds, row.running_since
    state_reason = study.state_reason if change.state is None else change.state_reason
    if (change.state or study.state) is StudyState.RUNNING and change.counts[TrialState.RUNNING]:
        # Whatever it waited for has come.
        state_reason = None
    if change.state is not None:
        was_running, is_running = running_since is not None, change.state is StudyState.RUNNING
        if was_running and not is_running:
            running_seconds, running_since = row.used_seconds(now), None
        elif is_running and not was_running:
            running_since = now
    changed = _UPDATE.run(
        connection,
        study_key=row.key,
        former_seq=study.seq,
        state=(change.state or study.state).value,
        state_reason=state_reason,
        budget_trials=budget.trials,
        budget_seconds=budget.seconds,
        seq=change.seq,
        next_number=study.next_number + change.numbers,
        num_uncounted=row.num_uncounted + change.uncounted,
        consecutive_lost=row.consecutive_lost if change.consecutive_lost is None else change.consecutive_lost,
        running_seconds=running_seconds,
        running_since=running_since,
        search_note=change.search or study.search,
        exhausted_at=(row.exhausted_at or now) if change.is_exhausted else None,
        updated_at=now,
        **{f"num_{state}": count for state, count in change.counts.items()},
    )
    assert changed == 1, "the study's row was changed by somebody else in spite of its lock"


def delete_study(connection: Connection, key: int) -> None:
    """Remove the study with all that belongs to it."""
    connection.execute(delete(studies).where(studies.c.key == key))


def find_replies(connection: Connection, idempotency_keys: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Body hash and reply that were stored under each of the keys."""
    rows = _REPLIES.all(connection, idempotency_keys)
    return {row.idempotency_key: (row.body_hash, row.reply) for row in rows}


def insert_replies(connection: Connection, stored: Sequence[tuple[str, str, str]], now: datetime) -> None:
    """Store replies: for each its key, the hash of the request's body, and the text."""
    if stored:
        rows = [
            {"project_id": PROJECT, "idempotency_key": key, "body_hash": body, "reply": reply, "created_at": now}
            for key, body, reply in stored
        ]
        _INSERT_REPLY.run(connection, rows)


def delete_replies(connection: Connection, before: datetime) -> None:
    """Forget replies that are too old to be asked for again."""
    connection.execute(delete(replies).where(replies.c.created_at < before))


def _study(row: Any, now: datetime) -> StudyRow:
    """The study in a row of either kind, SQLAlchemy's or a prepared statement's, which have no common type."""
    used_seconds = row.running_seconds
    if row.running_since is not None:
        used_seconds += max(0.0, (now - row.running_since).total_seconds())
    study = Study(
        id=row.id,
        spec=_spec(row.spec, row.budget_trials, row.budget_seconds),
        state=StudyState(row.state),
        state_reason=row.state_reason,
        seq=row.seq,
        next_number=row.next_number,
        counts={state: getattr(row, column) for state, column in _COUNTS},
        best_number=None,
        best_value=None,
        used_seconds=used_seconds,
        created_at=row.created_at,
        updated_at=row.updated_at,
        search=row.search_note,
        num_uncounted=row.num_uncounted,
    )
    return StudyRow(
        key=row.key,
        study=study,
        num_uncounted=row.num_uncounted,
        consecutive_lost=row.consecutive_lost,
        running_seconds=row.running_seconds,
        running_since=row.running_since,
        exhausted_at=row.exhausted_at,
    )


@lru_cache(maxsize=512)
def _spec(text: str, trials: int | None, seconds: float | None) -> StudySpec:
    return replace(load_spec(text), budget=Budget(trials=trials, seconds=seconds))
