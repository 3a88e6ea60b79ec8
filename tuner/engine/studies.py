"""Studies: create, find, control, delete."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import Connection

from tuner.automl.plan import opening_points
from tuner.engine import transitions
from tuner.engine.changes import Changes, then
from tuner.engine.cursors import dump_cursor, load_cursor
from tuner.engine.idempotency import write_once
from tuner.engine.identity import body_hash, new_id
from tuner.engine.outcome import Outcome
from tuner.engine.rankings import Rankings
from tuner.engine.specification import differing_fields, specify
from tuner.engine.views import Views
from tuner.errors import Conflict, InvalidInput, Place, StudyExists
from tuner.models import BASELINE, MODEL
from tuner.records import Origin, StudySpec, StudyState, TrialState
from tuner.space import Params
from tuner.storage import Blobs, Database, file_rows, study_rows, trial_rows
from tuner.storage.blobs import study_folder
from tuner.storage.study_rows import StudyChange, StudyRow
from tuner.storage.trial_changes import NewTrial
from tuner.wire import ChangeStudy, CreateStudy, StudyPage, StudyResource

_ENDED = (StudyState.COMPLETED, StudyState.CANCELLED, StudyState.FAILED)


class _Created(BaseModel):
    """What creating a study answered, as it is stored for a repetition of the request."""

    study: StudyResource
    created: bool


class Studies:
    """The use cases about studies.

    Args:
        database: Where they live.
        blobs: Where the artifacts of their trials lie.
        views: What is remembered of them.
        rankings: Finds the best trial of those with several objectives.
        changes: Is told of every commit.
        removals: Where files are deleted; that can take long.
    """

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        views: Views,
        rankings: Rankings,
        changes: Changes,
        removals: Executor,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._views = views
        self._rankings = rankings
        self._changes = changes
        self._removals = removals

    def create(self, request: CreateStudy, key: str | None = None) -> Future[Outcome[StudyResource]]:
        """Make a study, or find the one that was made by the same request before.

        Raises:
            InvalidInput: The request is wrong; raised at once.
            StudyExists: The name belongs to another study; set on the future.
        """
        with self._database.read() as connection:
            spec = specify(request, lambda dataset_id: file_rows.get_dataset(connection, dataset_id))
            opening = self._opening(connection, spec)

        def operation(connection: Connection, now: datetime) -> _Created:
            found = study_rows.find_study(connection, spec.name, now)
            if found is not None:
                _refuse_other(request, spec, found)
                return _Created(study=present(connection, found), created=False)
            study_id = new_id(now)
            study_rows.insert_study(connection, study_id, spec, now)
            change = StudyChange(study_rows.get_study(connection, study_id, now))
            new = [NewTrial(new_id(now), number, *each) for number, each in enumerate(opening)]
            transitions.add(change, new, now)
            transitions.settle(connection, change, now)
            return _Created(study=_presented(connection, study_id, now), created=True)

        write = write_once(self._database, key, body_hash("create-study", request), _Created, operation)
        return then(self._changes.told(write), lambda reply: Outcome(reply.study, reply.created))

    def get(self, study_id: str) -> StudyResource:
        """The study as it stands."""
        with self._database.read() as connection:
            row = study_rows.get_study(connection, study_id, self._database.clock.now(connection))
            shown = present(connection, row)
        if len(row.spec.objectives) > 1 and shown.counts[TrialState.COMPLETED]:
            best = self._rankings.of(study_id).trials[0]
            if best.is_feasible and best.values is not None:
                value = best.values[row.spec.objectives[0].name]
                shown = shown.model_copy(update={"best_number": best.number, "best_value": value})
        return shown

    def page(
        self,
        *,
        state: StudyState | None = None,
        name: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> StudyPage:
        """Studies, newest first."""
        after = load_cursor(cursor, "studies", [int])
        before = None if after is None else int(after[0])
        with self._database.read() as connection:
            now = self._database.clock.now(connection)
            rows = study_rows.page_of_studies(connection, now, state=state, name=name, before=before, limit=limit + 1)
            items = tuple(present(connection, row) for row in rows[:limit])
        following = dump_cursor("studies", rows[limit - 1].key) if len(rows) > limit else None
        return StudyPage(items=items, next_cursor=following)

    def change(self, study_id: str, request: ChangeStudy) -> Future[StudyResource]:
        """Change the budget; a raised one sets a completed study running again, a spent one completes it."""
        if request.budget is None:
            raise InvalidInput(
                "Nothing is to be changed.", hint="Give budget.", places=[Place("#/budget", "is missing")]
            )
        budget = request.budget.to_record()

        def edit(change: StudyChange, connection: Connection, now: datetime) -> None:
            change.budget = budget
            has_budget_left = change.trials_left != 0 and not change.is_out_of_time(now)
            if change.row.study.state is StudyState.COMPLETED and has_budget_left:
                change.state = StudyState.RUNNING

        return self._control(study_id, edit)

    def pause(self, study_id: str) -> Future[StudyResource]:
        """Hand out no more trials; running ones go on. Again: no effect."""

        def edit(change: StudyChange, connection: Connection, now: datetime) -> None:
            _refuse_ended(change.row, "paused")
            if change.row.study.state is StudyState.RUNNING:
                change.state, change.state_reason = StudyState.PAUSED, "paused by the user"

        return self._control(study_id, edit)

    def resume(self, study_id: str) -> Future[StudyResource]:
        """Hand out trials again. Again: no effect."""

        def edit(change: StudyChange, connection: Connection, now: datetime) -> None:
            _refuse_ended(change.row, "resumed")
            if change.row.study.state is StudyState.PAUSED:
                change.state, change.consecutive_lost = StudyState.RUNNING, 0

        return self._control(study_id, edit)

    def cancel(self, study_id: str) -> Future[StudyResource]:
        """End the study: waiting trials are cancelled, running ones are told to stop and may hand in what they have.

        Again: no effect.
        """

        def edit(change: StudyChange, connection: Connection, now: datetime) -> None:
            if change.row.study.state in _ENDED:
                return
            change.state, change.state_reason = StudyState.CANCELLED, "cancelled by the user"
            transitions.cancel_all(connection, change, now)

        return self._control(study_id, edit)

    def delete(self, study_id: str) -> Future[None]:
        """Remove the study, its trials and their artifacts.

        Raises:
            Conflict: It is running; set on the future.
        """

        def operation(connection: Connection, now: datetime) -> None:
            row = study_rows.get_study(connection, study_id, now, lock=True)
            if row.study.state is StudyState.RUNNING:
                raise Conflict(f"Study {row.spec.name!r} is running.", hint="Cancel or pause it first.")
            study_rows.delete_study(connection, row.key)

        def forget(_: None) -> None:
            self._views.forget(study_id)
            self._blobs.remove(study_folder(study_id))

        write = self._changes.told(self._database.write(operation, study=study_id), study_id)
        return then(write, forget, self._removals)

    def _control(
        self, study_id: str, edit: Callable[[StudyChange, Connection, datetime], None]
    ) -> Future[StudyResource]:
        def operation(connection: Connection, now: datetime) -> StudyResource:
            row = study_rows.get_study(connection, study_id, now, lock=True)
            change = StudyChange(row)
            edit(change, connection, now)
            transitions.settle(connection, change, now)
            return _presented(connection, study_id, now)

        return self._changes.told(self._database.write(operation, study=study_id), study_id)

    def _opening(self, connection: Connection, spec: StudySpec) -> list[tuple[Origin, Params]]:
        """The first trials of a dataset study: the score to beat, and points that are strong on most tables."""
        if spec.dataset_id is None or spec.target is None:
            return []
        dataset = file_rows.get_dataset(connection, spec.dataset_id)
        points = opening_points(
            spec.families, dataset.profile, spec.target, spec.space, spec.budget.seconds, spec.architecture
        )
        opening: list[tuple[Origin, Params]] = [(Origin.ENQUEUED, point) for point in points[: spec.budget.trials]]
        return [(Origin.BASELINE, {MODEL: BASELINE}), *opening] if spec.ends_with_ensemble else opening


def present(connection: Connection, row: StudyRow) -> StudyResource:
    """The resource that shows a stored study; with one objective, its best trial included."""
    study = row.study
    if study.counts[TrialState.COMPLETED] and len(row.spec.objectives) == 1:
        best = trial_rows.best_completed(connection, row.key)
        if best is not None:
            study = replace(study, best_number=best[0], best_value=best[1])
    return StudyResource.of(study)


def _presented(connection: Connection, study_id: str, now: datetime) -> StudyResource:
    return present(connection, study_rows.get_study(connection, study_id, now))


def _refuse_other(request: CreateStudy, asked: StudySpec, found: StudyRow) -> None:
    places = differing_fields(request, asked, found.spec)
    if places:
        names = ", ".join(place.pointer.removeprefix("#/") for place in places)
        raise StudyExists(
            f"There is a study {asked.name!r} already, and it differs in: {names}.",
            hint="Choose another name, delete the other study, or change its budget with PATCH.",
            places=places,
        )


def _refuse_ended(row: StudyRow, verb: str) -> None:
    if row.study.state in _ENDED:
        raise Conflict(
            f"Study {row.spec.name!r} is {row.study.state}; it cannot be {verb}.",
            hint="Raise the budget of a completed study, or create a new one.",
        )
