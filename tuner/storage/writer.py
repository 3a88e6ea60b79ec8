"""The writer: one thread through which every change of the database goes.

A write is an operation, a function of a connection and the present instant. Operations that wait together share one
transaction and one flush of the disk (group commit). Its future is resolved only after COMMIT. Because a failed batch
is repeated one by one, an operation must do nothing but use its connection.

What many callers do at once is a ``Bulk``: it is run once for all of them, so that a batch of thirty reports costs a
few statements and not a few for each. The others run one after the other, each in a savepoint of its own, so that one's
failure is not another's.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from itertools import groupby
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError

from tuner.errors import StorageFull, TunerError, Unavailable
from tuner.storage.clock import Clock
from tuner.storage.prepared import run_script

logger = logging.getLogger(__name__)

T = TypeVar("T")
Item = TypeVar("Item", contravariant=True)
Reply = TypeVar("Reply", covariant=True)
Operation = Callable[[Connection, datetime], T]
Transaction = Callable[[bool, Sequence[str]], AbstractContextManager[Connection]]

MAX_BATCH = 512

# SQLSTATEs of operational errors that one operation is to blame for; the others are about the whole connection.
_DEADLOCK = "40P01"
_LOCK_TIMEOUT = "55P03"
_STATEMENT_TIMEOUT = "57014"
_DISK_FULL = "53100"
_SQLITE_FULL = 13


class Turn(IntEnum):
    """When a bulk is run among the operations of its study that share a transaction.

    Nobody has an answer to any of them yet, so any order is right. This one lets a report that came in time renew its
    lease before the lease is found to have run out, and lets an ask see the results that came with it.
    """

    REPORTS = 0
    RESULTS = 1
    OTHERS = 2
    ASKS = 3


class Bulk(Protocol[Item, Reply]):
    """What is done at once for all who want it of one study."""

    @property
    def turn(self) -> Turn:
        """When, in a batch."""

    @property
    def locks_study(self) -> bool:
        """Whether it changes the study's row."""

    def __call__(
        self, connection: Connection, now: datetime, study: str, items: Sequence[Item]
    ) -> Sequence[Reply | TunerError]:
        """A reply or a refusal for each item, in order.

        A refusal is returned, not raised, and nothing may have been written for it: there is no savepoint to return to.
        """


@dataclass(frozen=True)
class _Entry:
    study: str
    durable: bool
    bulk: Bulk[Any, Any] | None
    work: Any  # the operation or, for a bulk, the item: entries of all kinds share one queue
    future: Future[Any] = field(default_factory=Future)
    submitted_at: float = field(default_factory=time.monotonic)

    @property
    def turn(self) -> Turn:
        return Turn.OTHERS if self.bulk is None else self.bulk.turn

    @property
    def locks_study(self) -> bool:
        return self.bulk is None or self.bulk.locks_study


class Writer:
    """Runs operations, as many as wait in one transaction.

    Args:
        transaction: Opens a transaction for writing, given whether it must survive a power cut, and the ids of studies
            to lock first of all.
        clock: Tells operations the time, once for each batch.
        capacity: Operations that may wait; one more is refused with ``Unavailable``.
        patience_seconds: How long the first in the queue may have waited before further ones are refused.
    """

    def __init__(
        self, transaction: Transaction, clock: Clock, *, capacity: int = 2_000, patience_seconds: float = 2.0
    ) -> None:
        self._transaction = transaction
        self._clock = clock
        self._capacity = capacity
        self._patience_seconds = patience_seconds
        self._queue: deque[_Entry] = deque()
        self._is_closed = False
        self._changed = threading.Condition(threading.Lock())
        self._thread = threading.Thread(target=self._run, name="tuner-writer", daemon=True)
        self._thread.start()

    def submit(self, operation: Operation[T], *, study: str = "", durable: bool = True) -> Future[T]:
        """Hand over an operation; the future is resolved after COMMIT, or with the operation's error.

        Args:
            operation: What to do.
            study: Id of the study that the operation is about, if any.
            durable: Whether the change must survive a power cut once the future is resolved.

        Raises:
            Unavailable: Too much is waiting, or the writer is closed.
        """
        return self._add(_Entry(study, durable, None, operation))

    def submit_item(self, bulk: Bulk[Item, Reply], item: Item, *, study: str, durable: bool = True) -> Future[Reply]:
        """Hand over one item of a bulk; for the rest as ``submit``."""
        return self._add(_Entry(study, durable, bulk, item))

    def close(self) -> None:
        """Finish what has been handed over, then stop."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join()

    def _add(self, entry: _Entry) -> Future[Any]:
        # What has been handed over will be done: a caller that gives up must not cancel the future under our hands.
        entry.future.set_running_or_notify_cancel()
        with self._changed:
            if self._is_closed:
                raise Unavailable("The storage is closing.", hint="Try again once the server is back.")
            waiting = len(self._queue)
            is_late = waiting > 0 and entry.submitted_at - self._queue[0].submitted_at > self._patience_seconds
            if waiting >= self._capacity or is_late:
                raise Unavailable("Too many writes are waiting.", hint="Slow down and try again.")
            self._queue.append(entry)
            self._changed.notify()
        return entry.future

    def _run(self) -> None:
        while batch := self._next_batch():
            # Replicas that lock the same studies in one order do not wait for each other in a circle.
            self._write(sorted(batch, key=lambda entry: (entry.study, entry.turn)))

    def _next_batch(self) -> list[_Entry]:
        """What waits, once something does; empty when the writer is closed and has done everything."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_closed)
            return [self._queue.popleft() for _ in range(min(len(self._queue), MAX_BATCH))]

    def _write(self, batch: list[_Entry], tries_left: int = 2) -> None:
        try:
            replies = self._commit(batch)
        except SQLAlchemyError as error:
            is_about_one = _is_about_one_operation(error)
            if is_about_one and len(batch) > 1:
                for entry in batch:
                    self._write([entry])
            elif is_about_one and _may_pass(error) and tries_left > 0:
                self._write(batch, tries_left - 1)
            else:
                logger.error("write failed", exc_info=error)
                for entry in batch:
                    entry.future.set_exception(_unavailable(error))
            return
        except Exception as error:
            if len(batch) > 1:
                # A fault in one operation must not take its neighbours with it.
                for entry in batch:
                    self._write([entry])
                return
            # The edge of the writer's loop: an unforeseen failure must reach its caller, and not end the thread.
            if not isinstance(error, TunerError):
                logger.exception("write failed")
            batch[0].future.set_exception(error)
            return
        for entry, reply in zip(batch, replies, strict=True):
            if isinstance(reply, TunerError):
                entry.future.set_exception(reply)
            else:
                entry.future.set_result(reply)

    def _commit(self, batch: list[_Entry]) -> list[Any]:
        """Replies or refusals, in order, once they are committed."""
        replies: list[Any] = []
        # Who locks nothing but studies, one after the other, needs no locks in advance.
        is_mixed = not all(entry.locks_study for entry in batch)
        changed = sorted({entry.study for entry in batch if is_mixed and entry.locks_study and entry.study})
        with self._transaction(any(entry.durable for entry in batch), changed) as connection:
            now = self._clock.now(connection)
            for (study, bulk), group in groupby(batch, key=lambda entry: (entry.study, entry.bulk)):
                entries = list(group)
                if bulk is not None:
                    replies += bulk(connection, now, study, [entry.work for entry in entries])
                elif len(batch) == 1:
                    # Its failure is the transaction's.
                    replies.append(entries[0].work(connection, now))
                else:
                    replies += [_run_apart(entry.work, connection, now) for entry in entries]
        return replies


def _run_apart(operation: Operation[T], connection: Connection, now: datetime) -> T | TunerError:
    """The operation's reply or refusal; a refusal leaves nothing behind."""
    # Straight to the driver: SQLAlchemy's own savepoints cost twenty times what SQLite's do.
    run_script(connection, "SAVEPOINT operation")
    try:
        reply = operation(connection, now)
    except TunerError as refusal:
        run_script(connection, "ROLLBACK TO SAVEPOINT operation")
        run_script(connection, "RELEASE SAVEPOINT operation")
        return refusal
    run_script(connection, "RELEASE SAVEPOINT operation")
    return reply


def _is_about_one_operation(error: SQLAlchemyError) -> bool:
    """Whether the other operations of the batch may succeed without the one that failed."""
    if not isinstance(error, OperationalError):
        return not (isinstance(error, DBAPIError) and error.connection_invalidated)
    return _sqlstate(error) in (_DEADLOCK, _LOCK_TIMEOUT, _STATEMENT_TIMEOUT)


def _may_pass(error: SQLAlchemyError) -> bool:
    """Whether another replica was first, to a name, a number or a lock: a second look finds what it did."""
    return isinstance(error, IntegrityError) or _sqlstate(error) == _DEADLOCK


def _sqlstate(error: SQLAlchemyError) -> str | None:
    """PostgreSQL's code of the error; None for a connection that failed, and on SQLite."""
    return getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None


def _unavailable(error: SQLAlchemyError) -> Unavailable:
    sqlite_code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    if _sqlstate(error) == _DISK_FULL or sqlite_code == _SQLITE_FULL:
        return StorageFull(
            "The database's disk is full, so the change was not stored.",
            hint="Free some space, then try again with the same idempotency key; the server goes on by itself.",
        )
    return Unavailable(
        f"The database could not store the change: {error.__class__.__name__}.",
        hint="Try again, with the same idempotency key; if this recurs, look at the server's log, disk and database.",
    )
