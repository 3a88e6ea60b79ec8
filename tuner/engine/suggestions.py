"""Handing out trials: waiting ones first, then new ones from the sampler.

A suggestion is made for one (study, number, seq), outside every lock of the database, from a view caught up to that
seq, with random numbers from Philox(study seed, number): no two numbers can give equal points in a continuous space.
It is handed out if the number is still free and few enough results came since; otherwise it is made again.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

import numpy as np
from sqlalchemy import Connection

from tuner.engine import transitions
from tuner.engine.changes import Changes
from tuner.engine.datasets import present_dataset
from tuner.engine.idempotency import find_reply, once
from tuner.engine.identity import body_hash, new_id, new_token
from tuner.engine.judging import next_decision_step
from tuner.engine.studies import present
from tuner.engine.views import Views
from tuner.errors import NotFound, StudyClosed
from tuner.records import Lease, Origin, StudyState, TrialState
from tuner.samplers import Sampler, create_sampler
from tuner.space import Params
from tuner.storage import Database, file_rows, study_rows
from tuner.storage.study_rows import StudyChange, StudyRow
from tuner.storage.trial_rows import Handout, NewTrial
from tuner.wire import ClaimedTrial, ClaimReply, ClaimTrials, LeasedTrial, Suggest, SuggestReply

Reply = TypeVar("Reply", SuggestReply, ClaimReply)
_Operation = Callable[[Connection, datetime], Reply | None]

# Other replicas' changes send no word: look again at least this often while somebody waits for work.
_LOOK_AGAIN_SECONDS = 1.0
_MAX_SAMPLERS = 256
# A suggestion may be this many results old, or as many as trials are running if that is more.
_MAX_RESULTS_SINCE = 8


@dataclass
class _Sampling:
    """The sampler of one study. One suggestion at a time: each must know of the one before."""

    sampler: Sampler
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class _Proposal:
    """Points made for the numbers from ``first`` on, at ``seq``, when ``num_results`` trials had ended."""

    first: int
    seq: int
    num_results: int
    points: list[Params]

    def is_fresh(self, row: StudyRow) -> bool:
        """Whether the points may still be handed out."""
        if row.study.next_number != self.first:
            return False
        num_running = row.study.counts[TrialState.RUNNING]
        if num_running == 0:
            # Nobody else is at work, so nothing excuses an old view, and a seeded study reproduces exactly.
            return row.study.seq == self.seq
        return _num_results(row) - self.num_results <= max(_MAX_RESULTS_SINCE, num_running)


class Suggestions:
    """The use cases of asking for work.

    Args:
        database: Where studies live.
        views: What samplers see.
        changes: Says when it is worth looking again.
        holder: Id of an embedded engine, whose death voids the leases it gave; None for a server.
    """

    def __init__(self, database: Database, views: Views, changes: Changes, holder: str | None) -> None:
        self._database = database
        self._views = views
        self._changes = changes
        self._holder = holder
        self._samplings: OrderedDict[str, _Sampling] = OrderedDict()
        self._lock = threading.Lock()

    def suggest(self, study_id: str, request: Suggest, key: str | None = None) -> SuggestReply:
        """Trials to run, at most as many as asked for; none when nothing was free in the time allowed.

        Raises:
            StudyClosed: The study is paused or has ended.
        """
        handout = Handout(request.worker, self._holder, "", request.lease_seconds)
        request_hash = body_hash(f"suggest {study_id}", request, without=frozenset({"wait_seconds"}))

        def answer(connection: Connection, row: StudyRow, leases: Sequence[Lease]) -> SuggestReply:
            return SuggestReply(trials=_leased(row, leases), study_state=row.study.state)

        def guarded(operation: _Operation[SuggestReply]) -> _Operation[SuggestReply]:
            return once(key, request_hash, SuggestReply, operation)

        def attempt() -> SuggestReply | None:
            return self._hand_out(study_id, request.count, handout, guarded, answer)

        return self._wait(attempt, request.wait_seconds) or SuggestReply(trials=(), study_state=StudyState.RUNNING)

    def claim(self, request: ClaimTrials, key: str | None = None) -> ClaimReply:
        """Work of any study that the service trains itself, for a worker that can train all its families."""
        handout = Handout(request.worker, self._holder, "", request.lease_seconds)
        families = set(request.capabilities.families)
        request_hash = body_hash("claim", request, without=frozenset({"wait_seconds"}))

        def answer(connection: Connection, row: StudyRow, leases: Sequence[Lease]) -> ClaimReply:
            assert row.spec.dataset_id is not None
            dataset = present_dataset(file_rows.get_dataset(connection, row.spec.dataset_id))
            study = present(connection, row)
            return ClaimReply(
                claims=tuple(
                    ClaimedTrial(leased=leased, study=study, dataset=dataset) for leased in _leased(row, leases)
                )
            )

        def guarded(operation: _Operation[ClaimReply]) -> _Operation[ClaimReply]:
            return once(key, request_hash, ClaimReply, operation)

        def attempt() -> ClaimReply | None:
            with self._database.read() as connection:
                if key is not None:
                    # What was claimed under this key may have been the last of its study, which is then not asked.
                    stored = find_reply(connection, key, request_hash, ClaimReply)
                    if stored is not None:
                        return stored
                rows = study_rows.studies_with_work(connection, self._database.clock.now(connection))
            for row in rows:
                if families.issuperset(row.spec.families):
                    # It may have been ended or deleted since.
                    with suppress(StudyClosed, NotFound):
                        reply = self._hand_out(row.study.id, request.count, handout, guarded, answer)
                        if reply is not None:
                            return reply
            return None

        return self._wait(attempt, request.wait_seconds) or ClaimReply(claims=())

    def _wait(self, attempt: Callable[[], Reply | None], seconds: float) -> Reply | None:
        """The first answer within ``seconds`` of looking again whenever something changes."""
        deadline = time.monotonic() + seconds
        while True:
            seen = self._changes.count
            reply = attempt()
            left = deadline - time.monotonic()
            if reply is not None or left <= 0:
                return reply
            self._changes.wait(seen, min(left, _LOOK_AGAIN_SECONDS))

    def _hand_out(
        self,
        study_id: str,
        count: int,
        handout: Handout,
        guarded: Callable[[_Operation[Reply]], _Operation[Reply]],
        answer: Callable[[Connection, StudyRow, Sequence[Lease]], Reply],
    ) -> Reply | None:
        """Hand out waiting trials or, if there are none, new ones; None when there is nothing.

        Args:
            study_id: The study that is asked.
            count: How many trials at most.
            handout: To whom.
            guarded: Makes the operation safe to repeat.
            answer: Makes the reply, inside the transaction.
        """
        sampling = self._sampling(study_id)
        proposal: _Proposal | None = None
        with sampling.lock:
            while True:
                missing: list[int] = []

                def operation(
                    connection: Connection,
                    now: datetime,
                    proposal: _Proposal | None = proposal,
                    missing: list[int] = missing,
                ) -> Reply | None:
                    missing.clear()
                    row = study_rows.get_study(connection, study_id, now, lock=True)
                    change = StudyChange(row)
                    if row.study.state is not StudyState.RUNNING or change.is_out_of_time(now):
                        raise _closed(row)
                    leases = transitions.hand_out(connection, change, count, handout, now)
                    if not leases:
                        wanted = count if change.trials_left is None else min(count, change.trials_left)
                        if wanted == 0:
                            return None
                        if proposal is None or not proposal.is_fresh(row):
                            missing.append(wanted)
                            return None
                        leases = _create(connection, change, proposal.points[:wanted], handout, now)
                    transitions.settle(connection, change, now)
                    return answer(connection, row, leases)

                reply = self._database.write(guarded(operation), study=study_id).result()
                if reply is not None:
                    self._changes.notify()
                if not missing:
                    return reply
                proposal = self._propose(study_id, missing[0], sampling.sampler)

    def _propose(self, study_id: str, count: int, sampler: Sampler) -> _Proposal:
        row, view = self._views.of(study_id)
        first = row.study.next_number
        generator = np.random.Generator(np.random.Philox(key=np.array([view.seed, first], dtype=np.uint64)))
        return _Proposal(first, view.seq, _num_results(row), sampler.suggest(view, count, generator))

    def _sampling(self, study_id: str) -> _Sampling:
        with self._lock:
            if study_id in self._samplings:
                self._samplings.move_to_end(study_id)
                return self._samplings[study_id]
        with self._database.read() as connection:
            row = study_rows.get_study(connection, study_id, self._database.clock.now(connection))
        made = _Sampling(create_sampler(row.spec.sampler))
        with self._lock:
            kept = self._samplings.setdefault(study_id, made)
            if len(self._samplings) > _MAX_SAMPLERS:
                self._samplings.popitem(last=False)
            return kept


def _create(
    connection: Connection, change: StudyChange, points: Sequence[Params], handout: Handout, now: datetime
) -> list[Lease]:
    """Add trials that run from their first moment."""
    first = change.row.study.next_number
    handouts = [replace(handout, token=new_token()) for _ in points]
    new = [
        NewTrial(new_id(now), first + position, Origin.SAMPLER, point, own)
        for position, (point, own) in enumerate(zip(points, handouts, strict=True))
    ]
    made = transitions.add(connection, change, new, now)
    return [transitions.lease(trial, own) for trial, own in zip(made, handouts, strict=True)]


def _leased(row: StudyRow, leases: Sequence[Lease]) -> tuple[LeasedTrial, ...]:
    first_decision = next_decision_step(row.spec, None)
    return tuple(LeasedTrial.of(lease, first_decision) for lease in leases)


def _num_results(row: StudyRow) -> int:
    return row.study.next_number - row.num_open


def _closed(row: StudyRow) -> StudyClosed:
    spec, state = row.spec, row.study.state
    if state is StudyState.RUNNING:
        return StudyClosed(f"Study {spec.name!r} has used its time.", hint="Raise its budget to go on.")
    why = f" ({row.study.state_reason})" if row.study.state_reason else ""
    hint = {
        StudyState.PAUSED: "Resume it to go on.",
        StudyState.COMPLETED: "Raise its budget to go on.",
    }.get(state, "Create a new study.")
    return StudyClosed(f"Study {spec.name!r} hands out no trials: it is {state}{why}.", hint=hint)
