"""SQL about workers: who has asked for work of late, and what they run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from tuner.storage.study_rows import PROJECT
from tuner.storage.tables import studies, trials, workers
from tuner.storage.trial_rows import IS_RUNNING


@dataclass(frozen=True)
class Abilities:
    """What a worker says of itself.

    Args:
        slots: Trials that it trains at one time.
        families: Model families that it can train.
        backends: Backends of Keras that it has.
        version: The release of tuner that it runs.
    """

    slots: int | None
    families: Sequence[str]
    backends: Sequence[str]
    version: str | None


@dataclass(frozen=True)
class WorkerRow:
    """A worker as stored."""

    name: str
    abilities: Abilities
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True)
class RunningTrial:
    """A trial that somebody runs.

    Args:
        worker: Who.
        study_id: Its study.
        study_name: The study's name.
        number: Its number.
        started_at: When its present attempt began.
        heard_at: When its lease was last renewed.
    """

    worker: str
    study_id: str
    study_name: str
    number: int
    started_at: datetime
    heard_at: datetime


def note_worker(connection: Connection, name: str, abilities: Abilities, now: datetime) -> None:
    """Remember that a worker has asked for work."""
    seen = {
        "slots": abilities.slots,
        "families": list(abilities.families),
        "backends": list(abilities.backends),
        "version": abilities.version,
        "last_seen_at": now,
    }
    where = (workers.c.project_id == PROJECT, workers.c.name == name)
    if connection.execute(update(workers).where(*where).values(seen)).rowcount == 0:
        connection.execute(insert(workers).values(project_id=PROJECT, name=name, first_seen_at=now, **seen))


def all_workers(connection: Connection) -> list[WorkerRow]:
    """All workers that have not been forgotten."""
    return [_worker(row) for row in connection.execute(select(workers).where(workers.c.project_id == PROJECT))]


def forget_workers(connection: Connection, before: datetime) -> None:
    """Forget workers that have been silent since, but for those that run something."""
    running = select(trials.c.worker).where(IS_RUNNING, trials.c.worker.is_not(None))
    connection.execute(delete(workers).where(workers.c.last_seen_at < before, workers.c.name.not_in(running)))


def running_trials(connection: Connection) -> list[RunningTrial]:
    """All trials that run now, those first whose leases end first."""
    query = (
        select(
            trials.c.worker,
            studies.c.id,
            studies.c.name,
            trials.c.number,
            trials.c.started_at,
            trials.c.lease_seconds,
            trials.c.lease_expires_at,
        )
        .join(studies)
        .where(IS_RUNNING, trials.c.project_id == PROJECT)
        .order_by(trials.c.lease_expires_at)
    )
    return [
        RunningTrial(
            worker=row.worker,
            study_id=row.id,
            study_name=row.name,
            number=row.number,
            started_at=row.started_at,
            heard_at=row.lease_expires_at - timedelta(seconds=row.lease_seconds),
        )
        for row in connection.execute(query)
    ]


def _worker(row: Row[Any]) -> WorkerRow:
    return WorkerRow(
        name=row.name,
        abilities=Abilities(row.slots, row.families, row.backends, row.version),
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
    )
