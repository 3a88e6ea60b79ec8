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
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from tuner.errors import TunerError, Unavailable
from tuner.storage.clock import Clock

logger = logging.getLogger(__name__)

T = TypeVar("T")
Operation = Callable[[Connection, datetime], T]

MAX_BATCH = 512


@dataclass(frozen=True)
class _Entry(Generic[T]):
    operation: Operation[T]
    durable: bool
    future: Future[T]


class Writer:
    """Runs operations in order, as many as wait in one transaction.

    Args:
        engine: Connections for writing; on SQLite they begin with ``BEGIN IMMEDIATE``.
        clock: Tells operations the time, once for each batch.
        prepare: Called on the connection before each batch with whether the batch must survive a power cut.
        capacity: Operations that may wait; one more is refused with ``Unavailable``.
    """

    def __init__(
        self, engine: Engine, clock: Clock, prepare: Callable[[Connection, bool], None], *, capacity: int = 2_000
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._prepare = prepare
        self._queue: queue.Queue[_Entry[object] | None] = queue.Queue(capacity)
        self._closed = False
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="tuner-writer", daemon=True)
        self._thread.start()

    def submit(self, operation: Operation[T], *, durable: bool = True) -> Future[T]:
        """Hand over an operation; the future is resolved after COMMIT, or with the operation's error.

        Raises:
            Unavailable: The queue is full, or the writer is closed.
        """
        entry = _Entry(operation, durable, Future())
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
            self._write(batch)
            if is_last:
                return

    def _write(self, batch: list[_Entry[object]], tries_left: int = 2) -> None:
        try:
            outcomes = self._transaction(batch)
        except SQLAlchemyError as error:
            if len(batch) > 1:
                for entry in batch:
                    self._write([entry])
                return
            # Another replica took the same name or number first; a second look finds it.
            if isinstance(error, IntegrityError) and tries_left > 0:
                self._write(batch, tries_left - 1)
                return
            logger.error("write failed", exc_info=error)
            batch[0].future.set_exception(_unavailable(error))
            return
        except Exception as error:
            # The edge of the writer's loop: an unforeseen failure must reach its caller, and not end the thread.
            logger.exception("write failed")
            for entry in batch:
                entry.future.set_exception(error)
            return
        for entry, (result, failure) in zip(batch, outcomes, strict=True):
            if failure is None:
                entry.future.set_result(result)
            else:
                entry.future.set_exception(failure)

    def _transaction(self, batch: list[_Entry[object]]) -> list[tuple[object, Exception | None]]:
        """Results or refusals of the operations, in order, once they are committed."""
        outcomes: list[tuple[object, Exception | None]] = []
        with self._engine.connect() as connection:
            self._prepare(connection, any(entry.durable for entry in batch))
            with connection.begin():
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


def _unavailable(error: SQLAlchemyError) -> Unavailable:
    return Unavailable(
        f"The database could not store the change: {error.__class__.__name__}.",
        hint="Nothing was changed. Try again; if this recurs, look at the server's log, its disk and its database.",
    )
