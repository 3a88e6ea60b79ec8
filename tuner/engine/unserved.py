"""Studies that no worker can serve: said in the study, where its user sees it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from tuner.engine import transitions
from tuner.engine.changes import Changes
from tuner.records import StudySpec, StudyState, TrialState
from tuner.storage import Database, study_rows
from tuner.storage.study_rows import StudyChange, StudyRow
from tuner.wire import ClaimTrials

# A worker that can may be busy for a moment, or just starting.
_IDLE = timedelta(seconds=10)


def what_lacks(spec: StudySpec, request: ClaimTrials) -> str | None:
    """What a worker that asks for work would need to train this study; None if it has all."""
    families = [name for name in spec.families if name not in request.capabilities.families]
    if families:
        return f"can train {', '.join(families)}"
    if spec.backend is not None and spec.backend not in request.capabilities.backends:
        return f"has the backend {spec.backend}"
    return None


class Unserved:
    """Notes in studies that nobody trains what they wait for."""

    def __init__(self, database: Database, changes: Changes) -> None:
        self._database = database
        self._changes = changes

    def note(self, row: StudyRow, lacks: str, request: ClaimTrials, now: datetime) -> None:
        """Say what ``request`` lacks for a study, if nobody else has come for it for a while either.

        The note goes with the next trial that is handed out.
        """
        if not _is_idle(row, now):
            return

        def operation(connection: Connection, now: datetime) -> None:
            current = study_rows.get_study(connection, row.study.id, now, lock=True)
            if _is_idle(current, now):
                change = StudyChange(current, state=StudyState.RUNNING)
                change.state_reason = f"waits for a worker that {lacks}, which {request.worker!r} does not"
                transitions.settle(connection, change, now)

        self._changes.told(self._database.write(operation, study=row.study.id), row.study.id).result()


def _is_idle(row: StudyRow, now: datetime) -> bool:
    study = row.study
    is_waiting = study.state is StudyState.RUNNING and not study.counts[TrialState.RUNNING]
    return is_waiting and study.state_reason is None and now - study.updated_at >= _IDLE
