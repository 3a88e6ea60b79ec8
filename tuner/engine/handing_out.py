"""Handing out trials: one visit of the database for all who ask a study at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import Connection

from tuner.engine import transitions
from tuner.engine.idempotency import same_reply
from tuner.engine.identity import new_id, new_token
from tuner.engine.stock import Point, Stock
from tuner.errors import StudyClosed, TunerError
from tuner.records import Lease, Origin, StudyState, TrialState
from tuner.storage import study_rows
from tuner.storage.study_rows import StudyChange, StudyRow
from tuner.storage.trial_changes import Handout, NewTrial
from tuner.storage.writer import Turn


@dataclass(frozen=True)
class Asking:
    """A request for trials.

    Args:
        count: How many at most.
        handout: To whom.
        stock: Where new points are.
        answer: Makes the reply, inside the transaction.
        reply: Class of the reply.
        key: The client's idempotency key, if any.
        request_hash: What was asked for, to tell a repetition from a mistake.
        are_candidates_wanted: Whether candidates are handed out, waiting or new; else only what the engine has made.
    """

    count: int
    handout: Handout
    stock: Stock
    answer: Callable[[Connection, StudyRow, Sequence[Lease]], BaseModel]
    reply: type[BaseModel]
    key: str | None
    request_hash: str
    are_candidates_wanted: bool = True


@dataclass(frozen=True)
class Missing:
    """There is budget for trials, but no points yet."""

    count: int


class HandOut:
    """Gives waiting trials or, if there are none, new ones to those who ask."""

    turn = Turn.ASKS
    locks_study = True

    def __call__(
        self, connection: Connection, now: datetime, study: str, items: Sequence[Asking]
    ) -> Sequence[BaseModel | Missing | TunerError | None]:
        """For each request its reply, None when there is nothing to do, or word that points are missing."""
        stored = study_rows.find_replies(connection, [item.key for item in items if item.key is not None])
        fresh: dict[str, tuple[str, str]] = {}
        change: StudyChange | None = None
        replies: list[BaseModel | Missing | TunerError | None] = []
        for item in items:
            try:
                known = (stored.get(item.key) or fresh.get(item.key)) if item.key is not None else None
                if known is not None:
                    replies.append(same_reply(known, item.request_hash, item.reply))
                    continue
                change = change or StudyChange(study_rows.get_study(connection, study, now, lock=True))
                reply = _answer(connection, change, item, now)
            except TunerError as refusal:
                reply = refusal
            if isinstance(reply, BaseModel) and item.key is not None:
                fresh[item.key] = (item.request_hash, reply.model_dump_json())
            replies.append(reply)
        # Who was refused has changed nothing: a study whose time is over is ended by the timer.
        if change is not None and not change.is_empty:
            transitions.settle(connection, change, now)
        study_rows.insert_replies(connection, [(key, *texts) for key, texts in fresh.items()], now)
        return replies


def _answer(
    connection: Connection, change: StudyChange, item: Asking, now: datetime
) -> BaseModel | Missing | TunerError | None:
    row = change.row
    if row.study.state is not StudyState.RUNNING or change.is_out_of_time(now):
        return _closed(row)
    change.begin_event()
    leases = transitions.hand_out(
        connection, change, item.count, item.handout, now, candidates=item.are_candidates_wanted
    )
    if not leases:
        left = change.trials_left
        wanted = item.count if left is None else min(item.count, left)
        if wanted == 0 or change.is_exhausted or not item.are_candidates_wanted:
            return None
        points = item.stock.find(change, wanted)
        if points is None:
            return Missing(wanted)
        change.search = points[-1].search
        change.exhausted = len(points) < wanted
        item.stock.demand.handed_out(len(points), change.counts[TrialState.RUNNING])
        leases = _create(change, points, item.handout, now)
    return item.answer(connection, row, leases)


def _create(change: StudyChange, points: Sequence[Point], handout: Handout, now: datetime) -> list[Lease]:
    """Add trials that run from their first moment."""
    first = change.row.study.next_number + change.numbers
    handouts = [replace(handout, token=new_token()) for _ in points]
    new = [
        NewTrial(new_id(now), first + position, Origin.SAMPLER, point.params, own, sampled_by=point.sampled_by)
        for position, (point, own) in enumerate(zip(points, handouts, strict=True))
    ]
    made = transitions.add(change, new, now)
    return [transitions.lease(trial, own) for trial, own in zip(made, handouts, strict=True)]


def _closed(row: StudyRow) -> StudyClosed:
    spec, state = row.spec, row.study.state
    if state is StudyState.RUNNING:
        return StudyClosed(f"Study {spec.name!r} has used its time.", hint="Raise its budget to go on.")
    why = f" ({row.study.state_reason})" if row.study.state_reason else ""
    hint = {
        StudyState.PAUSED: "Resume it to go on.",
        StudyState.COMPLETED: "Raise its budget to go on.",
    }.get(state, "Create a new study.")
    if state is StudyState.COMPLETED and row.exhausted_at is not None:
        hint = "Every point was tried: create a study with a finer space, or another sampler."
    return StudyClosed(f"Study {spec.name!r} hands out no trials: it is {state}{why}.", hint=hint)
