"""SQL about measurements: the values that running trials report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, delete, func, select, text

from tuner.records import Measurement, ValueKind
from tuner.storage.prepared import Prepared, PreparedInsert
from tuner.storage.study_rows import PROJECT
from tuner.storage.tables import measurements, trials
from tuner.storage.trial_rows import IS_RUNNING, number_of

_OPEN_TRANSACTIONS = text(
    "select pg_snapshot_xmin(snapshot)::text::bigint, pg_snapshot_xmax(snapshot)::text::bigint "
    "from pg_current_snapshot() as snapshot"
)


_INSERT = PreparedInsert(
    measurements,
    "project_id",
    "study_key",
    "trial_key",
    "number",
    "attempt",
    "step",
    "value",
    "value_kind",
    "reported_at",
)
_AFTER = Prepared(
    select(measurements)
    .where(measurements.c.study_key == bindparam("study"), measurements.c.key > bindparam("after"))
    .order_by(measurements.c.key)
)
_SOME_AFTER = Prepared(
    select(measurements)
    .where(measurements.c.study_key == bindparam("study"), measurements.c.key > bindparam("after"))
    .order_by(measurements.c.key)
    .limit(bindparam("limit", type_=Integer))
)
_HIGHEST = Prepared(
    select(func.max(measurements.c.key).label("key")).where(measurements.c.study_key == bindparam("study"))
)
# Where a reader begins in the middle: so many keys before the highest one. Those that are given out but not yet
# committed are fewer.
_OVERLAP = 1_000
_DELETE = Prepared(
    delete(measurements).where(
        measurements.c.trial_key == bindparam("trial"),
        measurements.c.attempt == bindparam("of_attempt"),
        measurements.c.step == bindparam("at_step"),
    )
)


@dataclass(frozen=True)
class Report:
    """A value to be stored for a trial's present attempt.

    Args:
        study_key: Key of the study.
        trial_key: Key of the trial.
        number: The trial's number.
        attempt: Its attempt.
        step: The step.
        value: The value.
        is_again: Whether the attempt may have reported the step before.
    """

    study_key: int
    trial_key: int
    number: int
    attempt: int
    step: int
    value: float
    is_again: bool


def record(connection: Connection, reports: Iterable[Report], now: datetime) -> None:
    """Store values; of one step the latest takes the place of the earlier ones. Their trials have been locked."""
    latest = {(report.trial_key, report.step): report for report in reports}
    again = [
        {"trial": report.trial_key, "of_attempt": report.attempt, "at_step": report.step}
        for report in latest.values()
        if report.is_again
    ]
    if again:
        # Not an UPDATE: readers find what is new by its key, so a new value needs a new one.
        _DELETE.run_each(connection, again)
    if latest:
        rows = [
            {
                "project_id": PROJECT,
                "study_key": report.study_key,
                "trial_key": report.trial_key,
                "number": report.number,
                "attempt": report.attempt,
                "step": report.step,
                "value": report.value,
                "value_kind": ValueKind.FINITE.value,
                "reported_at": now,
            }
            for report in latest.values()
        ]
        _INSERT.run(connection, rows)


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
    connection: Connection, study_key: int, bookmark: Bookmark, limit: int | None = None
) -> tuple[list[Measurement], Bookmark]:
    """Measurements of a study that came after the bookmark, oldest first, and the bookmark to go on from.

    A measurement can be read more than once, and one that replaces another comes later than it. With a limit there may
    be more than are given.
    """
    if limit is None:
        rows = _AFTER.all(connection, study=study_key, after=bookmark.key)
    else:
        rows = _SOME_AFTER.all(connection, study=study_key, after=bookmark.key, limit=limit)
    highest = rows[-1].key if rows else bookmark.key
    found = [_measurement(row) for row in rows]
    if connection.dialect.name == "sqlite":
        return found, Bookmark(highest)
    oldest_open, next_to_begin = connection.execute(_OPEN_TRANSACTIONS).one()
    if oldest_open < bookmark.seen_before:
        return found, bookmark
    key = highest if oldest_open == next_to_begin else bookmark.seen_key
    return found, Bookmark(key, highest, next_to_begin)


def latest_bookmark(connection: Connection, study_key: int) -> Bookmark:
    """Where somebody begins to read who wants to know what comes from now on. Some of what was before comes too."""
    highest = _HIGHEST.all(connection, study=study_key)[0].key or 0
    if connection.dialect.name == "sqlite":
        return Bookmark(highest)
    _, next_to_begin = connection.execute(_OPEN_TRANSACTIONS).one()
    return Bookmark(max(min(1, highest), highest - _OVERLAP), highest, next_to_begin)


def running_measurements(connection: Connection, study_key: int, limit: int) -> list[Measurement]:
    """What the trials of a study that run now have reported in their present attempts."""
    query = (
        select(measurements)
        .join(trials, measurements.c.trial_key == trials.c.key)
        .where(IS_RUNNING, trials.c.study_key == study_key, measurements.c.attempt == trials.c.attempt)
        .order_by(measurements.c.key)
        .limit(limit)
    )
    return [_measurement(row) for row in connection.execute(query)]


def _measurement(row: Any) -> Measurement:
    """The measurement in a row of either kind, SQLAlchemy's or a prepared statement's, which have no common type."""
    value = number_of(row.value, row.value_kind)
    assert value is not None
    return Measurement(number=row.number, attempt=row.attempt, step=row.step, value=value)
