"""Following the schedule of dataset studies: trials that are no candidates, and the end."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from tuner.automl.focus import carrying_families, focused
from tuner.automl.progress import Progress
from tuner.automl.schedule import next_step
from tuner.automl.steps import Finish, GiveUp, Hold, Make, Search
from tuner.automl.timing import training_seconds
from tuner.data.profile import DatasetProfile
from tuner.engine import transitions
from tuner.engine.changes import Changes
from tuner.engine.identity import new_id
from tuner.engine.views import Views
from tuner.models import family, split_params
from tuner.records import Origin, StudyState, StudyView, Trial, TrialState
from tuner.storage import Database, file_rows, study_rows, trial_rows
from tuner.storage.study_rows import StudyChange, StudyRow
from tuner.storage.trial_changes import Ending, NewTrial

# The study may change between the look and the decision about it.
_TRIES = 5
_MAX_PROFILES = 64
_NO_TIME = "There was no time for it."


class Planning:
    """Decides for a worker that is free what a dataset study has for it."""

    def __init__(self, database: Database, views: Views, changes: Changes) -> None:
        self._database = database
        self._views = views
        self._changes = changes
        self._lock = threading.Lock()
        self._profiles: dict[str, DatasetProfile] = {}

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
            estimates = self._estimates(seen, trials)
            step = next_step(Progress(seen.spec, trials, seen.study.used_seconds, is_search_over, estimates))
            if isinstance(step, Search | Hold):
                return step
            if self._carry_out(seen, step) and not isinstance(step, GiveUp):
                break
        return Hold()

    def focus(self, row: StudyRow, view: StudyView) -> StudyView:
        """The view in which further candidates are looked for: once there is an ensemble, that of its families.

        Raises:
            NotFound: The study has been deleted.
        """
        if not row.spec.ends_with_ensemble:
            return view
        seen, trials = self._views.all_trials(row.study.id)
        progress = Progress(seen.spec, trials, seen.study.used_seconds, False)
        families = carrying_families(
            progress.family_weights(), progress.ranked_families(), progress.family_durations(), progress.seconds_left
        )
        return focused(view, families)

    def _estimates(self, seen: StudyRow, trials: Sequence[Trial]) -> dict[int, float]:
        """How long the opening points take to train, by number."""
        spec = seen.spec
        assert spec.target is not None
        assert spec.validation is not None
        profile = self._profile(spec.dataset_id)
        estimates = {}
        for trial in trials:
            if trial.origin is Origin.ENQUEUED:
                name, params = split_params(trial.params)
                found = family(name, architecture=spec.architecture)
                complete = found.complete(params, profile, spec.target)
                seconds = found.fit_seconds(profile, spec.target, complete)
                estimates[trial.number] = seconds * spec.validation.scored_folds
        return estimates

    def _profile(self, dataset_id: str | None) -> DatasetProfile:
        assert dataset_id is not None
        with self._lock:
            known = self._profiles.get(dataset_id)
        if known is None:
            with self._database.read() as connection:
                known = file_rows.get_dataset(connection, dataset_id).profile
            with self._lock:
                self._profiles[dataset_id] = known
                while len(self._profiles) > _MAX_PROFILES:
                    self._profiles.pop(next(iter(self._profiles)))
        return known

    def _carry_out(self, seen: StudyRow, step: Make | GiveUp | Finish) -> bool:
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
            elif isinstance(step, GiveUp):
                rows = trial_rows.get_trials(connection, row.key, row.study.id, step.numbers)
                for trial in rows.values():
                    if trial.trial.state is TrialState.WAITING:
                        transitions.end(change, trial, Ending(TrialState.CANCELLED, message=_NO_TIME))
            else:
                transitions.cancel_waiting(connection, change, now)
                reason = transitions.end_of_search(change) or transitions.out_of_time(connection, change)
                change.state, change.state_reason = StudyState.COMPLETED, reason
            transitions.settle(connection, change, now)
            return True

        write = self._database.write(operation, study=seen.study.id)
        return self._changes.told(write, seen.study.id).result()
