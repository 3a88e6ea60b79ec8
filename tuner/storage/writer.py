"""The writer: one thread through which every change of the database goes.

A write is an operation, a function of a connection and the present instant. Operations that wait together share one
transaction and one flush of the disk (group commit); each runs in a savepoint of its own, so that one's failure is not
another's. Its future is resolved only after COMMIT. Because a failed batch is repeated one by one, an operation must do
nothing but use its connection.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError

from tuner.errors import TunerError, Unavailable
from tuner.storage.clock import Clock

logger = logging.getLogger(__name__)

T = TypeVar("T")
Operation = Callable[[Connection, datetime], T]
Transaction = Callable[[bool], AbstractContextManager[Connection]]

MAX_BATCH = 512

# SQLSTATEs of operational errors that one operation is to blame for; the others are about the whole connection.
_DEADLOCK = "40P01"
_LOCK_TIMEOUT = "55P03"
_STATEMENT_TIMEOUT = "57014"


@dataclass(frozen=True)
class _Entry(Generic[T]):
    operation: Operation[T]
    study: str
    durable: bool
    future: Future[T]


class Writer:
    """Runs operations, as many as wait in one transaction; those of one study in the order they came.

    Args:
        transaction: Opens a transaction for writing, given whether it must survive a power cut.
        clock: Tells operations the time, once for each batch.
        capacity: Operations that may wait; one more is refused with ``Unavailable``.
    """

    def __init__(self, transaction: Transaction, clock: Clock, *, capacity: int = 2_000) -> None:
        self._transaction = transaction
        self._clock = clock
        self._queue: queue.Queue[_Entry[object] | None] = queue.Queue(capacity)
        self._closed = False
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="tuner-writer", daemon=True)
        self._thread.start()

    def submit(self, operation: Operation[T], *, study: str = "", durable: bool = True) -> Future[T]:
        """Hand over an operation; the future is resolved after COMMIT, or with the operation's error.

        Args:
            operation: What to do.
            study: Id of the study that the operation is about, if any.
            durable: Whether the change must survive a power cut once the future is resolved.

        Raises:
            Unavailable: The queue is full, or the writer is closed.
        """
        entry = _Entry(operation, study, durable, Future())
        # What has been handed over will be done: a caller that gives up must not cancel the future under our hands.
        entry.future.set_running_or_notify_cancel()
        with self._closing:
            if self._closed:
                raise Unavailable("The storage is closing.", hint="Try again once the server is back.")
            try:
                self._queue.put_nowait(entry)  # type: ignore[arg-type]  # one queue for all result types
            except queue.Full:
                raise Unavailable("Too many writes are waiting.", hint="Slow down and try again.") from None
        return entry.future

    def close(self) -> None:
        """Finish what has been handed over, then stop."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (entry := self._queue.get()) is not None:
            batch = [entry]
            is_last = False
            while len(batch) < MAX_BATCH:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    is_last = True
                    break
                batch.append(following)
            # Replicas that lock the same studies in one order do not wait for each other in a circle. What was handed
            # over for one study stays in order: a heartbeat must not come after the expiry that it arrived before.
            self._write(sorted(batch, key=lambda entry: entry.study))
            if is_last:
                return

    def _write(self, batch: list[_Entry[object]], tries_left: int = 2) -> None:
        try:
            outcomes = self._commit(batch)
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
            # The edge of the writer's loop: an unforeseen failure must reach its callers, and not end the thread.
            logger.exception("write failed")
            for entry in batch:
                entry.future.set_exception(error)
            return
        for entry, (result, failure) in zip(batch, outcomes, strict=True):
            if failure is None:
                entry.future.set_result(result)
            else:
                entry.future.set_exception(failure)

    def _commit(self, batch: list[_Entry[object]]) -> list[tuple[object, Exception | None]]:
        """Results or refusals of the operations, in order, once they are committed."""
        outcomes: list[tuple[object, Exception | None]] = []
        with self._transaction(any(entry.durable for entry in batch)) as connection:
            now = self._clock.now(connection)
            for entry in batch:
                savepoint = connection.begin_nested()
                try:
                    result = entry.operation(connection, now)
                except TunerError as refusal:
                    savepoint.rollback()
                    outcomes.append((None, refusal))
                except DBAPIError:
                    raise
                except Exception as error:
                    # A fault in one operation must not take its neighbours with it.
                    logger.exception("operation failed")
                    savepoint.rollback()
                    outcomes.append((None, error))
                else:
                    savepoint.commit()
                    outcomes.append((result, None))
        return outcomes


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
    return Unavailable(
        f"The database could not store the change: {error.__class__.__name__}.",
        hint="Try again, with the same idempotency key; if this recurs, look at the server's log, disk and database.",
    )
