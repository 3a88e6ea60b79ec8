"""Asking for work: waiting trials first, then new ones from the sampler."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection

from tuner.automl.steps import Hold, Search
from tuner.engine import points, transitions
from tuner.engine.changes import Changes, pass_on, then
from tuner.engine.claims import claimed_trials
from tuner.engine.handing_out import Asking, HandOut, Missing
from tuner.engine.idempotency import find_reply
from tuner.engine.identity import body_hash
from tuner.engine.judging import next_decision_step
from tuner.engine.planning import Planning
from tuner.engine.stock import End, Stock
from tuner.engine.unserved import Unserved, what_lacks
from tuner.engine.views import Views
from tuner.errors import NotFound, StudyClosed, TunerError, Unavailable
from tuner.records import Lease, StudyState
from tuner.samplers import Sampler, create_sampler
from tuner.storage import Database, study_rows
from tuner.storage.study_rows import StudyChange, StudyRow
from tuner.storage.trial_changes import Handout
from tuner.wire import ClaimReply, ClaimTrials, LeasedTrial, Suggest, SuggestReply

Reply = TypeVar("Reply", SuggestReply, ClaimReply)

# Other replicas' changes send no word: look again at least this often while somebody waits for work.
LOOK_AGAIN_SECONDS = 1.0
_MAX_STOCKS = 256


@dataclass
class _Study:
    """What is kept for a study that is asked.

    Args:
        stock: Its points.
        waiting: Requests that wait for points, with the futures of their replies and how many points each wants.
        is_refilling: Whether a thread is making points.
        wants_more: Whether points should be made though nobody waits for them.
    """

    stock: Stock
    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: list[tuple[Asking, Future[BaseModel | None], int]] = field(default_factory=list)
    is_refilling: bool = False
    wants_more: bool = False


class Suggestions:
    """The use cases of asking for work.

    Args:
        database: Where studies live.
        views: What samplers see.
        changes: Says when it is worth looking again.
        sampling: Where samplers run.
        holder: Id of an embedded engine, whose death voids the leases it gave; None for a server.
        on_claim: Is told of each look for work, and when it was. Must be quick.
    """

    def __init__(
        self,
        database: Database,
        views: Views,
        changes: Changes,
        sampling: Executor,
        holder: str | None,
        on_claim: Callable[[ClaimTrials, datetime], None],
    ) -> None:
        self._database = database
        self._views = views
        self._changes = changes
        self._sampling = sampling
        self._holder = holder
        self._on_claim = on_claim
        self._hand_out = HandOut()
        self._planning = Planning(database, views, changes)
        self._unserved = Unserved(database, changes)
        self._studies: OrderedDict[str, _Study] = OrderedDict()
        self._lock = threading.Lock()

    def suggest(self, study_id: str, request: Suggest, key: str | None = None) -> SuggestReply:
        """Trials to run, at most as many as asked for; none when nothing was free in the time allowed.

        Raises:
            StudyClosed: The study is paused or has ended.
        """

        def attempt() -> SuggestReply | None:
            reply = self.suggest_now(study_id, request, key).result()
            return reply if reply.trials else None

        return self._wait(attempt, request.wait_seconds) or _NO_TRIALS

    def suggest_now(self, study_id: str, request: Suggest, key: str | None = None) -> Future[SuggestReply]:
        """As ``suggest``, without waiting for a trial to become free.

        Raises:
            NotFound: There is no such study; set on the future.
            StudyClosed: The study is paused or has ended; set on the future.
        """

        def answer(connection: Connection, row: StudyRow, leases: Sequence[Lease]) -> SuggestReply:
            return SuggestReply(trials=_leased(row, leases), study_state=row.study.state)

        request_hash = body_hash(f"suggest {study_id}", request, without=frozenset({"wait_seconds"}))
        handout = Handout(request.worker, self._holder, "", request.lease_seconds)

        def asking(study: _Study) -> Asking:
            return Asking(request.count, handout, study.stock, answer, SuggestReply, key, request_hash)

        return then(self._ask(study_id, asking), _suggest_reply)

    def claim(self, request: ClaimTrials, key: str | None = None) -> ClaimReply:
        """Work of any study that the service trains itself, for a worker that has all that it needs."""
        handout = Handout(request.worker, self._holder, "", request.lease_seconds)
        request_hash = body_hash("claim", request, without=frozenset({"wait_seconds"}))

        def asking(step: Search | Hold) -> Callable[[_Study], Asking]:
            seconds = step.seconds if isinstance(step, Search) else None

            def answer(connection: Connection, row: StudyRow, leases: Sequence[Lease]) -> ClaimReply:
                return ClaimReply(claims=claimed_trials(connection, row, leases, seconds))

            return lambda study: Asking(
                request.count,
                handout,
                study.stock,
                answer,
                ClaimReply,
                key,
                request_hash,
                are_candidates_wanted=isinstance(step, Search),
            )

        def attempt() -> ClaimReply | None:
            with self._database.read() as connection:
                if key is not None:
                    # What was claimed under this key may have been the last of its study, which is then not asked.
                    stored = find_reply(connection, key, request_hash, ClaimReply)
                    if stored is not None:
                        return stored
                now = self._database.clock.now(connection)
                rows = study_rows.studies_with_work(connection, now)
            self._on_claim(request, now)
            for row in rows:
                lacks = what_lacks(row.spec, request)
                if lacks is not None:
                    with suppress(NotFound):
                        self._unserved.note(row, lacks, request, now)
                else:
                    # It may have been ended or deleted since.
                    with suppress(StudyClosed, NotFound):
                        reply = self._ask(row.study.id, asking(self._planning.look(row))).result()
                        if reply is not None:
                            assert isinstance(reply, ClaimReply)
                            return reply
            return None

        return self._wait(attempt, request.wait_seconds) or ClaimReply(claims=())

    def prepare(self, study_id: str) -> None:
        """Make points ahead, if the study is being asked: a result has come, so it will be asked again."""
        with self._lock:
            study = self._studies.get(study_id)
        if study is not None and study.stock.sampler.learns:
            study.stock.demand.result()
            self._refill_later(study_id, study, more=True)

    def sampler_of(self, row: StudyRow) -> Sampler:
        """The study's sampler, with what it remembers if the study is being asked."""
        with self._lock:
            study = self._studies.get(row.study.id)
        return create_sampler(row.spec.sampler) if study is None else study.stock.sampler

    def _wait(self, attempt: Callable[[], Reply | None], seconds: float) -> Reply | None:
        """The first answer within ``seconds`` of looking again whenever something changes."""
        deadline = time.monotonic() + seconds
        while True:
            seen = self._changes.count
            reply = attempt()
            left = deadline - time.monotonic()
            if reply is not None or left <= 0:
                return reply
            self._changes.wait(seen, min(left, LOOK_AGAIN_SECONDS))

    def _ask(self, study_id: str, asking: Callable[[_Study], Asking]) -> Future[BaseModel | None]:
        """The reply to a request once it is committed; None when there is nothing to do."""
        result: Future[BaseModel | None] = Future()
        result.set_running_or_notify_cancel()

        def hand_over(found: Future[_Study]) -> None:
            error = found.exception()
            if error is not None:
                result.set_exception(error)
            else:
                self._hand_over(study_id, found.result(), asking(found.result()), result)

        self._study(study_id).add_done_callback(hand_over)
        return result

    def _hand_over(self, study_id: str, study: _Study, asking: Asking, result: Future[BaseModel | None]) -> None:
        def on_done(done: Future[BaseModel | Missing | None]) -> None:
            error = done.exception()
            if error is not None:
                result.set_exception(error)
                return
            reply = done.result()
            if isinstance(reply, Missing):
                with study.lock:
                    study.waiting.append((asking, result, reply.count))
                self._refill_later(study_id, study)
                return
            result.set_result(reply)
            stock = study.stock
            if stock.demand.is_shared if stock.sampler.learns else stock.num_left < points.BLIND_AHEAD // 2:
                self._refill_later(study_id, study, more=True)

        try:
            write = self._database.write_together(self._hand_out, asking, study=study_id)
        except TunerError as refusal:
            result.set_exception(refusal)
            return
        write.add_done_callback(on_done)

    def _refill_later(self, study_id: str, study: _Study, *, more: bool = False) -> None:
        with study.lock:
            study.wants_more = study.wants_more or more
            if study.is_refilling:
                return
            study.is_refilling = True
        try:
            self._sampling.submit(self._refill, study_id, study)
        except RuntimeError:
            self._fail_waiting(study, Unavailable("The engine is closing.", hint="Try again once it is back."))

    def _refill(self, study_id: str, study: _Study) -> None:
        """Make points as long as somebody waits for them, one batch after the other."""
        while True:
            with study.lock:
                waiting, study.waiting = study.waiting, []
                if not waiting and not study.wants_more:
                    study.is_refilling = False
                    return
                study.wants_more = False
            try:
                self._make_points(study_id, study.stock, sum(count for _, _, count in waiting))
            except Exception as error:
                # The edge of the sampling thread: whoever waits must hear of it.
                for _, result, _ in waiting:
                    result.set_exception(error)
                continue
            for asking, result, _ in waiting:
                self._hand_over(study_id, study, asking, result)

    def _fail_waiting(self, study: _Study, error: TunerError) -> None:
        with study.lock:
            waiting, study.waiting = study.waiting, []
            study.is_refilling = False
        for _, result, _ in waiting:
            result.set_exception(error)

    def _make_points(self, study_id: str, stock: Stock, num_wanted: int) -> None:
        """Put points into stock: as many as are wanted now, and some for those who come next."""
        if stock.sampler.learns:
            row, view = self._views.of(study_id)
            narrow = self._planning.focus(row, view)
            end = points.learned(stock, row, narrow, num_wanted)
            if end is not None and narrow is not view:
                # The families in focus are used up, the others may not be.
                end = points.learned(stock, row, view, num_wanted)
        else:
            with self._database.read() as connection:
                row = study_rows.get_study(connection, study_id, self._database.clock.now(connection))
            end = points.blind(stock, row, num_wanted)
        if end is not None and end.holds(StudyChange(row), row.study.next_number):
            self._exhaust(study_id, end)

    def _exhaust(self, study_id: str, end: End) -> None:
        """Note that the sampler has no more points, if that is still so."""

        def operation(connection: Connection, now: datetime) -> None:
            change = StudyChange(study_rows.get_study(connection, study_id, now, lock=True))
            if end.holds(change, change.row.study.next_number) and not change.is_exhausted:
                change.exhausted = True
                transitions.settle(connection, change, now)

        self._changes.told(self._database.write(operation, study=study_id), study_id).result()

    def _study(self, study_id: str) -> Future[_Study]:
        """What is kept for the study; made in a thread if it is asked for the first time, since that reads."""
        found: Future[_Study] = Future()
        found.set_running_or_notify_cancel()
        with self._lock:
            known = self._studies.get(study_id)
            if known is not None:
                self._studies.move_to_end(study_id)
        pass_on(found, lambda: known or self._open(study_id), None if known else self._sampling)
        return found

    def _open(self, study_id: str) -> _Study:
        with self._database.read() as connection:
            _, spec = study_rows.fixed_facts(connection, study_id)
        made = _Study(Stock(create_sampler(spec.sampler)))
        with self._lock:
            kept = self._studies.setdefault(study_id, made)
            if len(self._studies) > _MAX_STOCKS:
                self._studies.popitem(last=False)
            return kept


_NO_TRIALS = SuggestReply(trials=(), study_state=StudyState.RUNNING)


def _suggest_reply(reply: BaseModel | None) -> SuggestReply:
    assert reply is None or isinstance(reply, SuggestReply)
    return reply or _NO_TRIALS


def _leased(row: StudyRow, leases: Sequence[Lease]) -> tuple[LeasedTrial, ...]:
    first_decision = next_decision_step(row.spec, None)
    return tuple(LeasedTrial.of(lease, first_decision) for lease in leases)
