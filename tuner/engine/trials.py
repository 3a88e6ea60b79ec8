"""Trials: read, enqueue, report, complete, hand back, stop, note."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from datetime import datetime

from sqlalchemy import Connection

from tuner.engine import transitions
from tuner.engine.changes import Changes, pass_on, then
from tuner.engine.cursors import dump_cursor, load_cursor
from tuner.engine.given_points import given_points
from tuner.engine.idempotency import write_once
from tuner.engine.identity import body_hash, new_id
from tuner.engine.judging import is_hopeless, needs_decision
from tuner.engine.leases import existing, why_lost
from tuner.engine.limits import Limits
from tuner.engine.rankings import Rankings
from tuner.engine.reports import Reported, Reporting, StoreReports
from tuner.engine.results import Completed, Completing, StoreResults
from tuner.engine.views import Views
from tuner.errors import Conflict, InvalidInput, Place, StaleCursor, StudyClosed
from tuner.records import Origin, StudyState, TrialState
from tuner.storage import Database, measurement_rows, study_rows, trial_changes, trial_rows
from tuner.storage.study_rows import StudyChange, StudyRow
from tuner.storage.trial_changes import Ending, NewTrial
from tuner.wire import (
    ChangeTrial,
    CompleteTrial,
    Directive,
    EnqueueTrials,
    MeasurementResource,
    ReleaseTrial,
    ReportReply,
    ReportTrial,
    TrialPage,
    TrialResource,
    TrialsCreated,
)
from tuner.wire.trials import MeasurementPage

ORDERS = ("number", "rank")


class Trials:
    """The use cases about single trials.

    Args:
        database: Where they live.
        views: What pruners see.
        rankings: Orders them by several objectives.
        changes: Is told of every commit.
        pruning: Where pruners decide. They look at the whole study: neither the writer nor a caller that must not block
            does that itself.
        on_result: Is told the id of each study that has a new result. Must be quick.
    """

    def __init__(
        self,
        database: Database,
        views: Views,
        rankings: Rankings,
        changes: Changes,
        pruning: Executor,
        on_result: Callable[[str], None],
        limits: Limits,
    ) -> None:
        self._database = database
        self._views = views
        self._rankings = rankings
        self._changes = changes
        self._pruning = pruning
        self._on_result = on_result
        self._limits = limits
        self._store_reports = StoreReports()
        self._store_results = StoreResults()

    def get(self, study_id: str, number: int) -> TrialResource:
        """One trial."""
        with self._database.read() as connection:
            return TrialResource.of(existing(connection, study_id, number).trial)

    def measurements(self, study_id: str, number: int) -> MeasurementPage:
        """A trial's learning curve."""
        with self._database.read() as connection:
            row = existing(connection, study_id, number)
            found = measurement_rows.measurements_of(connection, row.key)
        return MeasurementPage(items=tuple(map(MeasurementResource.of, found)))

    def page(
        self,
        study_id: str,
        *,
        states: Sequence[TrialState] = (),
        order_by: str = "number",
        limit: int = 100,
        cursor: str | None = None,
    ) -> TrialPage:
        """Trials by number or by rank.

        Raises:
            StaleCursor: With several objectives, the ranking changed since the page before.
        """
        if order_by not in ORDERS:
            raise InvalidInput(
                f"Trials cannot be ordered by {order_by!r}.",
                hint=f"Use one of: {', '.join(ORDERS)}.",
                places=[Place("?order_by", "unknown order")],
            )
        with self._database.read() as connection:
            study = study_rows.get_study(connection, study_id, self._database.clock.now(connection))
            if order_by == "number":
                return _page_by_number(connection, study, states, limit, cursor)
            if len(study.spec.objectives) == 1:
                return _page_by_rank(connection, study, states, limit, cursor)
        return self._page_by_fronts(study_id, states, limit, cursor)

    def enqueue(self, study_id: str, request: EnqueueTrials, key: str | None = None) -> Future[TrialsCreated]:
        """Add points to be tried next, and trials that were finished elsewhere.

        Parameters that a point to be tried lacks are drawn.

        Raises:
            InvalidInput: A point does not fit the space; raised at once.
            StudyClosed: The study has ended; set on the future.
            Conflict: The points exceed the budget; set on the future.
        """
        with self._database.read() as connection:
            seen = study_rows.get_study(connection, study_id, self._database.clock.now(connection)).study
        expected = given_points(seen.spec, request.trials, seen.next_number)

        def operation(connection: Connection, now: datetime) -> TrialsCreated:
            row = study_rows.get_study(connection, study_id, now, lock=True)
            if row.study.state not in (StudyState.RUNNING, StudyState.PAUSED):
                raise StudyClosed(f"Study {row.spec.name!r} is {row.study.state}.", hint="Raise its budget first.")
            change = StudyChange(row)
            first = row.study.next_number
            # Draws belong to trial numbers, and somebody may have taken these in the meantime.
            points = expected if first == seen.next_number else given_points(row.spec, request.trials, first)
            left, num_counted = change.trials_left, sum(values is None for _, values in points)
            if left is not None and num_counted > left:
                raise Conflict(
                    f"The study has budget for {left} more trials, and {num_counted} were given.",
                    hint="Raise the budget first, or enqueue fewer.",
                )
            new = [
                NewTrial(
                    new_id(now),
                    first + position,
                    Origin.ENQUEUED if values is None else Origin.IMPORTED,
                    params,
                    values=values,
                )
                for position, (params, values) in enumerate(points)
            ]
            made = transitions.add(change, new, now)
            transitions.settle(connection, change, now)
            return TrialsCreated(items=tuple(map(TrialResource.of, made)))

        request_hash = body_hash(f"enqueue {study_id}", request)
        write = write_once(self._database, key, request_hash, TrialsCreated, operation, study=study_id)
        return self._changes.told(write, study_id)

    def report(self, study_id: str, number: int, request: ReportTrial) -> Future[ReportReply]:
        """Renew the lease, store a value, and learn whether to go on.

        Raises:
            LeaseLost: The token holds the trial no longer; set on the future.
        """
        item = Reporting(number, request.lease, request.reported)
        written = self._database.write_together(self._store_reports, item, study=study_id, durable=False)
        result: Future[ReportReply] = Future()
        result.set_running_or_notify_cancel()

        def answer(done: Future[Reported]) -> None:
            error = done.exception()
            if error is not None:
                result.set_exception(error)
                return
            stored = done.result()
            if stored.reply.directive is Directive.CONTINUE and needs_decision(
                stored.spec, stored.last_step, item.reported
            ):
                pass_on(result, lambda: self._judged(study_id, item, stored), self._pruning)
            else:
                result.set_result(stored.reply)

        written.add_done_callback(answer)
        return result

    def complete(self, study_id: str, number: int, request: CompleteTrial) -> Future[TrialResource]:
        """End a trial. The same result twice has its effect once.

        A result that comes after the lease ran out is welcome while nobody else has taken the trial over: its training
        has been paid for.

        Raises:
            LeaseLost: Somebody else holds the trial.
            TrialFinished: It has ended with another result.
            InvalidInput: The values do not match the objectives.
        """
        completion = body_hash("complete", request, without=frozenset({"lease"}))
        item = Completing(number, request, completion)
        written = self._database.write_together(self._store_results, item, study=study_id)

        def show(completed: Completed) -> TrialResource:
            if completed.wakes:
                self._changes.notify(study_id)
            self._on_result(study_id)
            return completed.trial

        return then(written, show)

    def release(self, study_id: str, number: int, request: ReleaseTrial) -> Future[TrialResource]:
        """Hand a running trial back untrained, or say that its training was ended from outside.

        Raises:
            LeaseLost: The token holds the trial no longer.
        """

        def operation(connection: Connection, now: datetime) -> TrialResource:
            study = study_rows.get_study(connection, study_id, now, lock=True)
            row = existing(connection, study_id, number, lock=True)
            if row.lease_token != request.lease or row.trial.state is not TrialState.RUNNING:
                raise why_lost(row, request.lease)
            change = StudyChange(study)
            if request.lost is None:
                transitions.give_back(connection, change, row, now)
            else:
                transitions.lose(
                    connection,
                    change,
                    row,
                    now,
                    retry_seconds=self._limits.retry_seconds,
                    lost_trials_to_pause=self._limits.lost_trials_to_pause,
                    why=request.lost,
                )
            transitions.settle(connection, change, now)
            return TrialResource.of(existing(connection, study_id, number).trial)

        return self._changes.told(self._database.write(operation, study=study_id), study_id)

    def stop(self, study_id: str, number: int) -> Future[TrialResource]:
        """Cancel a waiting trial at once; have a running one stop at its next report and keep what it has."""

        def operation(connection: Connection, now: datetime) -> TrialResource:
            study = study_rows.get_study(connection, study_id, now, lock=True)
            row = existing(connection, study_id, number, lock=True)
            if row.trial.state is TrialState.WAITING:
                change = StudyChange(study)
                transitions.end(change, row, Ending(TrialState.CANCELLED, message="stopped"))
                transitions.settle(connection, change, now)
            elif row.trial.state is TrialState.RUNNING:
                trial_changes.stop_at_report(connection, row.key)
            return TrialResource.of(existing(connection, study_id, number).trial)

        return self._changes.told(self._database.write(operation, study=study_id), study_id)

    def change(self, study_id: str, number: int, request: ChangeTrial) -> Future[TrialResource]:
        """Put another note on a trial, or remove it."""
        note = request.note or None

        def operation(connection: Connection, now: datetime) -> TrialResource:
            study = study_rows.get_study(connection, study_id, now, lock=True)
            row = existing(connection, study_id, number, lock=True)
            if note != row.trial.note:
                # Pages that show the study hear of it as of every other change.
                change = StudyChange(study, noted=True)
                trial_changes.set_note(connection, row.key, note, change.seq)
                transitions.settle(connection, change, now)
            return TrialResource.of(existing(connection, study_id, number).trial)

        return self._database.write(operation, study=study_id)

    def _judged(self, study_id: str, item: Reporting, stored: Reported) -> ReportReply:
        """The reply to a report, changed to ``prune`` when the study's pruner says so."""
        reply, held = stored.reply, stored.held
        _, view = self._views.of(study_id)
        trial = view.trial(item.number)
        if trial is None or trial.attempt != held.attempt:
            return reply
        if not is_hopeless(stored.spec, view, trial, item.reported):
            return reply
        # Heartbeats must hear it too, should this reply get lost.
        self._database.write(
            lambda connection, now: trial_changes.prune_at_report(connection, held.key, held.attempt),
            study=study_id,
            durable=False,
        ).result()
        return reply.model_copy(update={"directive": Directive.PRUNE})

    def _page_by_fronts(self, study_id: str, states: Sequence[TrialState], limit: int, cursor: str | None) -> TrialPage:
        ranking = self._rankings.of(study_id)
        after = load_cursor(cursor, "fronts", [int, int])
        seq, first = (ranking.seq, 0) if after is None else (int(after[0]), int(after[1]))
        if seq != ranking.seq:
            raise StaleCursor("The ranking has changed since the page before.", hint="Start again without a cursor.")
        ranked = [
            (rank, trial) for rank, trial in enumerate(ranking.trials, start=1) if not states or trial.state in states
        ]
        items = tuple(
            TrialResource.of(trial, rank if trial.is_feasible else None)
            for rank, trial in ranked[first : first + limit]
        )
        following = dump_cursor("fronts", seq, first + limit) if len(ranked) > first + limit else None
        return TrialPage(items=items, next_cursor=following)


def _page_by_number(
    connection: Connection, study: StudyRow, states: Sequence[TrialState], limit: int, cursor: str | None
) -> TrialPage:
    after = load_cursor(cursor, "trials", [int])
    last = None if after is None else int(after[0])
    found = trial_rows.page_by_number(connection, study.key, study.study.id, states, last, limit + 1)
    following = dump_cursor("trials", found[limit - 1].number) if len(found) > limit else None
    return TrialPage(items=tuple(map(TrialResource.of, found[:limit])), next_cursor=following)


def _page_by_rank(
    connection: Connection, study: StudyRow, states: Sequence[TrialState], limit: int, cursor: str | None
) -> TrialPage:
    # The cursor carries how many rows came before, so that ranks go on without counting them again.
    after = load_cursor(cursor, "rank", [int, float, int, int])
    key = None if after is None else (int(after[0]), float(after[1]), int(after[2]))
    before = 0 if after is None else int(after[3])
    found = trial_rows.page_by_rank(connection, study.key, study.study.id, states, key, limit + 1)
    items = tuple(
        TrialResource.of(trial, before + position if trial.is_feasible else None)
        for position, (trial, _) in enumerate(found[:limit], start=1)
    )
    following = None
    if len(found) > limit:
        following = dump_cursor("rank", *found[limit - 1][1], before + limit)
    return TrialPage(items=items, next_cursor=following)
