"""A database, SQLite or PostgreSQL: connections for reading, the writer for everything else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from tuner.errors import InvalidInput, MissingExtra, Unavailable
from tuner.storage.clock import Clock, PostgresClock, ProcessClock
from tuner.storage.writer import Operation, Writer

T = TypeVar("T")


class Database:
    """Reads at once, writes through the writer.

    Args:
        url: ``sqlite:///path`` or ``postgresql://...``.
        clock: Replaces the storage's clock, in tests.
        flush: False trades safety against power cuts for speed, in tests.
    """

    def __init__(self, url: str, *, clock: Clock | None = None, flush: bool = True) -> None:
        self.url = parse_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._flush = flush
        self.clock: Clock = clock or (ProcessClock() if self.is_sqlite else PostgresClock())
        self._synchronous = ""
        self._readers = connect(self.url, writing=False)
        self._writers = connect(self.url, writing=True)
        self._writer = Writer(self._writers, self.clock, self._prepare)

    def write(self, operation: Operation[T], *, durable: bool = True) -> Future[T]:
        """Hand an operation to the writer.

        Args:
            operation: What to do, given a connection and the present instant.
            durable: Whether the future waits until the change survives a power cut. Reports do without.
        """
        return self._writer.submit(operation, durable=durable)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection with one consistent view of the data."""
        try:
            with self._readers.connect() as connection, connection.begin():
                yield connection
        except (OperationalError, TimeoutError) as error:
            raise Unavailable(f"The database did not answer: {error.__class__.__name__}.", hint="Try again.") from error

    def now(self) -> datetime:
        """The present instant by the storage's clock."""
        with self.read() as connection:
            return self.clock.now(connection)

    def is_ready(self) -> bool:
        """Whether the database answers."""
        try:
            with self.read() as connection:
                connection.execute(text("select 1"))
        except (Unavailable, SQLAlchemyError):
            return False
        return True

    def close(self) -> None:
        """Finish the writes handed over and close all connections."""
        self._writer.close()
        self._writers.dispose()
        self._readers.dispose()

    def _prepare(self, connection: Connection, durable: bool) -> None:
        if not self.is_sqlite:
            return
        # WAL is a prefix log: the next FULL commit also makes the NORMAL ones before it durable.
        wanted = "OFF" if not self._flush else "FULL" if durable else "NORMAL"
        if wanted != self._synchronous:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute(f"PRAGMA synchronous={wanted}")
            self._synchronous = wanted


def parse_url(url: str) -> URL:
    """The URL with the driver we use.

    Raises:
        InvalidInput: Not a URL, or neither SQLite nor PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InvalidInput(
            f"{url!r} is not a database URL.", hint="Write sqlite:///PATH or postgresql://..."
        ) from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed.set(drivername="sqlite+pysqlite")
    raise InvalidInput(
        f"The database URL names {backend!r}.", hint="Use an SQLite file (sqlite:///PATH) or postgresql://..."
    )


def connect(url: URL, *, writing: bool) -> Engine:
    """An SQLAlchemy engine with the settings each database needs."""
    if url.get_backend_name() == "sqlite":
        Path(url.database or "").expanduser().parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, pool_size=1 if writing else 16, max_overflow=0, pool_timeout=10)
        _set_up_sqlite(engine, writing)
        return engine
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise MissingExtra("postgres", "PostgreSQL") from error
    options = "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000"
    return create_engine(
        url,
        pool_size=1 if writing else 10,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
        connect_args={"options": options, "connect_timeout": 5},
    )


def _set_up_sqlite(engine: Engine, writing: bool) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        # The driver would begin transactions by itself, and deferred ones: those fail with "database is locked".
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "busy_timeout=10000", "foreign_keys=ON", "wal_autocheckpoint=1000"):
            connection.execute(f"PRAGMA {pragma}").close()
        if not writing:
            connection.execute("PRAGMA query_only=ON").close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
