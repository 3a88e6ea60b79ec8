"""Workers: who asks for work, and what each of them does now."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from tuner.errors import Unavailable
from tuner.storage import Database, worker_rows
from tuner.storage.worker_rows import Abilities, RunningTrial, WorkerRow
from tuner.storage.writer import Turn
from tuner.wire import Capabilities, ClaimTrials, WorkerPage, WorkerResource, WorkerTrial

_KEEP = timedelta(days=1)
# Workers ask every few seconds; that they live need not be written so often.
_BETWEEN_NOTES = timedelta(seconds=10)
_MOST_NOTED = 10_000
# Sorted behind the ids of all studies: replicas whose transactions lock studies first, then workers, do not wait for
# each other in a circle.
_AFTER_STUDIES = "~"


class Workers:
    """The use cases about workers.

    Args:
        database: Where they are written down.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._note = _NoteWorkers()
        self._noted: dict[str, tuple[datetime, Capabilities]] = {}

    def saw(self, request: ClaimTrials, now: datetime) -> None:
        """A worker has asked for work. Written down if that was not done a moment ago; nobody waits for it."""
        noted = self._noted.get(request.worker)
        if noted is not None and now - noted[0] < _BETWEEN_NOTES and noted[1] == request.capabilities:
            return
        if len(self._noted) >= _MOST_NOTED:
            self._noted.clear()
        self._noted[request.worker] = (now, request.capabilities)
        # Under overload there is more urgent work; it will ask again.
        with suppress(Unavailable):
            self._database.write_together(self._note, _Sighting.of(request), study=_AFTER_STUDIES, durable=False)

    def all(self) -> WorkerPage:
        """All workers by name, and those who have been handed out trials that run now."""
        with self._database.read() as connection:
            known = {row.name: row for row in worker_rows.all_workers(connection)}
            running: dict[str, list[RunningTrial]] = {}
            for trial in worker_rows.running_trials(connection):
                running.setdefault(trial.worker, []).append(trial)
        names = sorted(known.keys() | running.keys())
        return WorkerPage(items=tuple(_worker(name, known.get(name), running.get(name, [])) for name in names))

    def forget(self) -> None:
        """Forget those that have been silent for a day."""
        self._database.write(lambda connection, now: worker_rows.forget_workers(connection, now - _KEEP)).result()


@dataclass(frozen=True)
class _Sighting:
    """A worker that has asked for work."""

    name: str
    abilities: Abilities

    @classmethod
    def of(cls, request: ClaimTrials) -> _Sighting:
        told = request.capabilities
        return cls(request.worker, Abilities(told.slots, told.families, told.backends, told.version))


class _NoteWorkers:
    """Writes down all workers that were seen since, in one order."""

    turn = Turn.OTHERS
    locks_study = True

    def __call__(self, connection: Connection, now: datetime, study: str, items: Sequence[_Sighting]) -> Sequence[None]:
        latest = {item.name: item.abilities for item in items}
        for name in sorted(latest):
            worker_rows.note_worker(connection, name, latest[name], now)
        return [None] * len(items)


def _worker(name: str, row: WorkerRow | None, running: Sequence[RunningTrial]) -> WorkerResource:
    abilities = Abilities(None, (), (), None) if row is None else row.abilities
    trials = sorted(running, key=lambda trial: (trial.started_at, trial.study_id, trial.number))
    seen = [trial.heard_at for trial in running] + ([] if row is None else [row.last_seen_at])
    return WorkerResource(
        name=name,
        slots=abilities.slots,
        busy=len(running),
        families=tuple(abilities.families),
        backends=tuple(abilities.backends),
        version=abilities.version,
        first_seen_at=trials[0].started_at if row is None else row.first_seen_at,
        last_seen_at=max(seen),
        trials=tuple(
            WorkerTrial(study=each.study_id, study_name=each.study_name, number=each.number, since=each.started_at)
            for each in trials
        ),
    )
