"""SQL about measurements: the values that running trials report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from tuner.records import Measurement, ValueKind
from tuner.storage.study_rows import PROJECT
from tuner.storage.tables import measurements, trials
from tuner.storage.trial_rows import Renewed, TrialRow, number_of

_OPEN_TRANSACTIONS = text(
    "select pg_snapshot_xmin(snapshot)::text::bigint, pg_snapshot_xmax(snapshot)::text::bigint "
    "from pg_current_snapshot() as snapshot"
)


def record(
    connection: Connection,
    trial: Renewed | TrialRow,
    step: int,
    value: float,
    now: datetime,
) -> None:
    """Store a measurement of a trial's present attempt. The same step again takes the place of the earlier value."""
    number, attempt = (
        (trial.number, trial.attempt) if isinstance(trial, Renewed) else (trial.trial.number, trial.trial.attempt)
    )
    row = {
        "project_id": PROJECT,
        "study_key": trial.study_key,
        "trial_key": trial.key,
        "number": number,
        "attempt": attempt,
        "step": step,
        "value": value,
        "value_kind": ValueKind.FINITE,
        "reported_at": now,
    }
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    added = dialect.insert(measurements).values(row).on_conflict_do_nothing().returning(measurements.c.key)
    if connection.execute(added).one_or_none() is None:
        # Not an UPDATE: readers find what is new by its key, so a new value needs a new one.
        connection.execute(
            delete(measurements).where(
                measurements.c.trial_key == trial.key,
                measurements.c.attempt == attempt,
                measurements.c.step == step,
            )
        )
        connection.execute(insert(measurements).values(row))
    connection.execute(
        update(trials)
        .where(trials.c.key == trial.key, (trials.c.last_step.is_(None)) | (trials.c.last_step <= step))
        .values(last_step=step, last_value=value, last_value_kind=ValueKind.FINITE)
    )


def measurements_of(connection: Connection, trial_key: int) -> list[Measurement]:
    """All measurements of a trial, by attempt and step."""
    query = (
        select(measurements)
        .where(measurements.c.trial_key == trial_key)
        .order_by(measurements.c.attempt, measurements.c.step)
    )
    return [_measurement(row) for row in connection.execute(query)]


@dataclass(frozen=True)
class Bookmark:
    """How far a study's measurements have been read.

    PostgreSQL gives keys out before their transactions commit, so a later key can become visible before an earlier one.
    A key is behind us for good once every transaction that was open when it was seen has ended; until then, what comes
    after the last such key is read again.

    Args:
        key: Everything up to this key has been read.
        seen_key: The highest key that was visible at some time after that.
        seen_before: Transactions with this id or a higher one began after ``seen_key`` was seen.
    """

    key: int = 0
    seen_key: int = 0
    seen_before: int = 0


def measurements_after(
    connection: Connection, study_key: int, bookmark: Bookmark
) -> tuple[list[Measurement], Bookmark]:
    """Measurements of a study that came after the bookmark, oldest first, and the bookmark to go on from.

    A measurement can be read more than once, and one that replaces another comes later than it.
    """
    query = (
        select(measurements)
        .where(measurements.c.study_key == study_key, measurements.c.key > bookmark.key)
        .order_by(measurements.c.key)
    )
    rows = list(connection.execute(query))
    highest = rows[-1].key if rows else bookmark.key
    found = [_measurement(row) for row in rows]
    if connection.dialect.name == "sqlite":
        return found, Bookmark(highest)
    oldest_open, next_to_begin = connection.execute(_OPEN_TRANSACTIONS).one()
    if oldest_open < bookmark.seen_before:
        return found, bookmark
    key = highest if oldest_open == next_to_begin else bookmark.seen_key
    return found, Bookmark(key, highest, next_to_begin)


def _measurement(row: Row[Any]) -> Measurement:
    value = number_of(row.value, row.value_kind)
    assert value is not None
    return Measurement(number=row.number, attempt=row.attempt, step=row.step, value=value)
