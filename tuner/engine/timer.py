"""The timer: finds expired leases and spent time budgets, whether or not anybody asks."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Connection

from tuner.engine import transitions
from tuner.engine.changes import Changes, then
from tuner.engine.limits import Limits
from tuner.errors import NotFound, Unavailable
from tuner.records import TrialState
from tuner.storage import Database, study_rows, trial_rows
from tuner.storage.study_rows import StudyChange

logger = logging.getLogger(__name__)

_BATCH = 500
_FORGET_EVERY_SECONDS = 3600.0


class Timer:
    """A thread that looks around every ``limits.timer_seconds``.

    Args:
        database: Where to look.
        changes: Told of what it does.
        limits: How often it looks.
        tidy: What else is to be done at each look.
        forget: What else is to be done every hour.
    """

    def __init__(
        self,
        database: Database,
        changes: Changes,
        limits: Limits,
        tidy: Callable[[], None],
        forget: Callable[[], None],
    ) -> None:
        self._database = database
        self._changes = changes
        self._limits = limits
        self._tidy = tidy
        self._forget = forget
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tuner-timer", daemon=True)

    def start(self) -> None:
        """Begin to look around."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the look under way."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Expire leases and end studies that are out of time, once."""
        with self._database.read() as connection:
            now = self._database.clock.now(connection)
            expired = trial_rows.expired_leases(connection, now, _BATCH)
            timed = study_rows.studies_with_time_budget(connection, now)
        # All are handed over before the first is waited for, so that they share transactions.
        writes = [self._expire(study_id, number) for study_id, number in expired]
        writes += [self._end_by_time(row.study.id) for row in timed if StudyChange(row).is_out_of_time(now)]
        _wait(writes)
        self._tidy()

    def void_held_leases(self) -> None:
        """Take back what a dead embedded engine had handed out; its trials wait again at once."""
        with self._database.read() as connection:
            held = trial_rows.held_leases(connection)
        _wait([self._void(study_id, number) for study_id, number in held])

    def _run(self) -> None:
        since_forgetting = _FORGET_EVERY_SECONDS
        while not self._stopped.wait(self._limits.timer_seconds):
            try:
                self.look()
                since_forgetting += self._limits.timer_seconds
                if since_forgetting >= _FORGET_EVERY_SECONDS:
                    self._forget_replies()
                    self._forget()
                    since_forgetting = 0.0
            except Unavailable as error:
                logger.warning("timer could not look", extra={"reason": error.message})
            except Exception:
                # The edge of the timer's loop: it must go on, whatever one look ran into.
                logger.exception("timer failed")

    def _expire(self, study_id: str, number: int) -> Future[None]:
        def operation(connection: Connection, now: datetime) -> str | None:
            study = study_rows.get_study(connection, study_id, now, lock=True)
            row = trial_rows.get_trial(connection, study_id, number, lock=True)
            if row is None or row.trial.state is not TrialState.RUNNING:
                return None
            # It may have been renewed since the look.
            if row.trial.lease_expires_at is None or row.trial.lease_expires_at >= now:
                return None
            change = StudyChange(study)
            transitions.lose(
                connection,
                change,
                row,
                now,
                retry_seconds=self._limits.retry_seconds,
                lost_trials_to_pause=self._limits.lost_trials_to_pause,
            )
            transitions.settle(connection, change, now)
            return row.trial.worker

        def log(worker: str | None) -> None:
            if worker is not None:
                logger.warning("lease expired", extra={"study_id": study_id, "trial": number, "worker": worker})

        return then(self._changes.told(self._database.write(operation, study=study_id), study_id), log)

    def _void(self, study_id: str, number: int) -> Future[None]:
        def operation(connection: Connection, now: datetime) -> None:
            study = study_rows.get_study(connection, study_id, now, lock=True)
            row = trial_rows.get_trial(connection, study_id, number, lock=True)
            if row is not None and row.trial.state is TrialState.RUNNING:
                change = StudyChange(study)
                transitions.give_back(connection, change, row, now)
                transitions.settle(connection, change, now)

        return self._changes.told(self._database.write(operation, study=study_id), study_id)

    def _end_by_time(self, study_id: str) -> Future[None]:
        def operation(connection: Connection, now: datetime) -> None:
            study = study_rows.get_study(connection, study_id, now, lock=True)
            transitions.settle(connection, StudyChange(study), now)

        return self._changes.told(self._database.write(operation, study=study_id), study_id)

    def _forget_replies(self) -> None:
        keep = timedelta(hours=self._limits.reply_hours)
        self._database.write(lambda connection, now: study_rows.delete_replies(connection, now - keep)).result()


def _wait(writes: list[Future[None]]) -> None:
    for write in writes:
        # A study that has been deleted meanwhile needs nothing more.
        with suppress(NotFound):
            write.result()
