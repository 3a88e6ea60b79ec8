"""The tables. Whatever is ranked or filtered is a typed, indexed column; parameters and the like are JSON text."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

# Length of the name of a sampler's method.
MAX_METHOD = 40

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))

# SQLite only counts up by itself in an INTEGER column; PostgreSQL needs 64 bits said.
Key = BigInteger().with_variant(Integer, "sqlite")


class Instant(TypeDecorator[datetime]):
    """A UTC instant as microseconds since 1970: exact, ordered and the same on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(microseconds=value)


class Json(TypeDecorator[object]):
    """JSON as text. Not JSONB: it would turn 1e300 into a 301-digit integer and lose the order of keys."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        return None if value is None else _ENCODER.encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:
        return None if value is None else json.loads(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _key() -> Column[int]:
    return Column("key", Key, primary_key=True, autoincrement=True)


def _project() -> Column[str]:
    return Column("project_id", String(36), nullable=False)


datasets = Table(
    "datasets",
    metadata,
    _key(),
    _project(),
    Column("id", String(36), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("target", Text),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("profile", Json, nullable=False),
    Column("first_rows", Json),  # of the table, to be shown; read by nobody else
    Column("created_at", Instant, nullable=False),
    Index(None, "project_id", "name"),
    Index(None, "sha256"),
    sqlite_autoincrement=True,
)

studies = Table(
    "studies",
    metadata,
    _key(),
    _project(),
    Column("id", String(36), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("state_reason", Text),
    # Everything that never changes after creation; the budget, which may, has its own columns.
    Column("spec", Text, nullable=False),
    Column("dataset_key", Key, ForeignKey("datasets.key"), index=True),
    Column("search_note", Text),  # what the sampler did when it last found points
    Column("exhausted_at", Instant),  # since when the sampler has no more points
    Column("budget_trials", BigInteger),
    Column("budget_seconds", Double),
    Column("seq", BigInteger, nullable=False),
    Column("next_number", BigInteger, nullable=False),
    Column("num_uncounted", BigInteger, nullable=False),  # imported, made by the engine, or cancelled while waiting
    Column("num_waiting", BigInteger, nullable=False),
    Column("num_running", BigInteger, nullable=False),
    Column("num_completed", BigInteger, nullable=False),
    Column("num_pruned", BigInteger, nullable=False),
    Column("num_failed", BigInteger, nullable=False),
    Column("num_cancelled", BigInteger, nullable=False),
    Column("consecutive_lost", Integer, nullable=False),
    Column("running_seconds", Double, nullable=False),  # of the intervals that have ended
    Column("running_since", Instant),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("project_id", "name"),
    Index(None, "state", "dataset_key"),
    sqlite_autoincrement=True,
)

trials = Table(
    "trials",
    metadata,
    _key(),
    _project(),
    Column("id", String(36), nullable=False, unique=True),
    Column("study_key", Key, ForeignKey("studies.key", ondelete="CASCADE"), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("sampled_by", String(MAX_METHOD)),  # the method that found the parameters
    Column("params", Json, nullable=False),
    Column("members", Json),  # numbers of the trials that a bagged trial or an ensemble is made from
    Column("folds", Integer),  # that a bagged trial is to be trained for
    Column("attempt", Integer, nullable=False),
    Column("num_lost", Integer, nullable=False),
    Column("value", Double),  # the first objective
    Column("value_kind", String(8)),
    Column("objectives", Json),  # all objectives by name
    Column("failure", String(16)),
    Column("message", Text),
    Column("note", Text),  # what people say about it
    Column("worker", String(200)),
    Column("holder", String(36)),  # the embedded engine whose death voids the lease
    Column("lease_token", String(64)),
    Column("lease_seconds", Double),
    Column("lease_expires_at", Instant),
    Column("stop", String(16)),  # what the next report will be told
    Column("due_at", Instant),  # when a waiting trial may be handed out
    Column("last_step", BigInteger),
    Column("last_value", Double),
    Column("last_value_kind", String(8)),
    Column("metrics", Json, nullable=False),
    Column("completion", String(64)),  # hash of the result, to recognise a repetition
    # The leaderboard's order: completed, pruned, unfinished, completed beyond a constraint, failed. Within a class the
    # first objective as one to minimize, or how far the trial is beyond the constraints.
    Column("rank_class", Integer, nullable=False),
    Column("rank_value", Double, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    UniqueConstraint("study_key", "number"),
    Index(None, "study_key", "rank_class", "rank_value", "number"),
    Index(None, "study_key", "seq"),
    Index(
        "ix_trials_waiting",
        "study_key",
        "due_at",
        "number",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "ix_trials_leases",
        "lease_expires_at",
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
    sqlite_autoincrement=True,
)

measurements = Table(
    "measurements",
    metadata,
    _key(),
    _project(),
    Column("study_key", Key, ForeignKey("studies.key", ondelete="CASCADE"), nullable=False),
    Column("trial_key", Key, ForeignKey("trials.key", ondelete="CASCADE"), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("value", Double),
    Column("value_kind", String(8), nullable=False),
    Column("reported_at", Instant, nullable=False),
    UniqueConstraint("trial_key", "attempt", "step"),
    Index(None, "study_key", "key"),
    sqlite_autoincrement=True,
)

artifacts = Table(
    "artifacts",
    metadata,
    _key(),
    _project(),
    Column("trial_key", Key, ForeignKey("trials.key", ondelete="CASCADE"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("name", String(200), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("trial_key", "attempt", "name"),
    Index(
        "ix_artifacts_checkpoints",
        "trial_key",
        sqlite_where=text("name = 'checkpoint.zip'"),
        postgresql_where=text("name = 'checkpoint.zip'"),
    ),
    sqlite_autoincrement=True,
)

# Who has asked for work of late. Written now and then, not with every claim.
workers = Table(
    "workers",
    metadata,
    _key(),
    _project(),
    Column("name", String(200), nullable=False),
    Column("slots", Integer),
    Column("families", Json, nullable=False),
    Column("backends", Json, nullable=False),
    Column("version", String(200)),
    Column("first_seen_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    UniqueConstraint("project_id", "name"),
    sqlite_autoincrement=True,
)

# Replies by idempotency key, written in the transaction of the change they tell of.
replies = Table(
    "replies",
    metadata,
    Column("project_id", String(36), primary_key=True),
    Column("idempotency_key", String(200), primary_key=True),
    Column("body_hash", String(64), nullable=False),
    Column("reply", Text, nullable=False),
    Column("created_at", Instant, nullable=False, index=True),
)
