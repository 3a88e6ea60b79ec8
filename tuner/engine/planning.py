"""Following the schedule of dataset studies: trials that are no candidates, and the end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from tuner.automl.schedule import Finish, Hold, Make, Progress, Search, next_step, training_seconds
from tuner.engine import transitions
from tuner.engine.changes import Changes
from tuner.engine.identity import new_id
from tuner.engine.views import Views
from tuner.records import Origin, StudyState
from tuner.storage import Database, study_rows
from tuner.storage.study_rows import StudyChange, StudyRow
from tuner.storage.trial_changes import NewTrial

# The study may change between the look and the decision about it.
_TRIES = 5


class Planning:
    """Decides for a worker that is free what a dataset study has for it."""

    def __init__(self, database: Database, views: Views, changes: Changes) -> None:
        self._database = database
        self._views = views
        self._changes = changes

    def look(self, row: StudyRow) -> Search | Hold:
        """Whether candidates may be trained, and how long. What is to be made first has been added by then.

        Raises:
            NotFound: The study has been deleted.
        """
        if not row.spec.ends_with_ensemble:
            return Search(training_seconds(row.spec, Origin.SAMPLER, row.study.used_seconds))
        for _ in range(_TRIES):
            seen, trials = self._views.all_trials(row.study.id)
            change = StudyChange(seen)
            is_search_over = change.trials_left == 0 or change.is_exhausted
            step = next_step(Progress(seen.spec, trials, seen.study.used_seconds, is_search_over))
            if isinstance(step, Search | Hold):
                return step
            if self._carry_out(seen, step):
                break
        return Hold()

    def _carry_out(self, seen: StudyRow, step: Make | Finish) -> bool:
        """Take the step, unless the study has changed since it was looked at."""

        def operation(connection: Connection, now: datetime) -> bool:
            row = study_rows.get_study(connection, seen.study.id, now, lock=True)
            if row.study.seq != seen.study.seq or row.study.state is not StudyState.RUNNING:
                return False
            change = StudyChange(row)
            if isinstance(step, Make):
                if step.is_last:
                    transitions.cancel_waiting(connection, change, now)
                number = row.study.next_number
                new = NewTrial(new_id(now), number, step.origin, step.params, members=step.members, folds=step.folds)
                transitions.add(change, [new], now)
            else:
                transitions.cancel_waiting(connection, change, now)
                reason = transitions.end_of_search(change) or "the time budget is spent"
                change.state, change.state_reason = StudyState.COMPLETED, reason
            transitions.settle(connection, change, now)
            return True

        write = self._database.write(operation, study=seen.study.id)
        return self._changes.told(write, seen.study.id).result()
