"""A database, SQLite or PostgreSQL: connections for reading, the writer for everything else."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.pool import ConnectionPoolEntry

from tuner.errors import ForkedEngine, InvalidInput, MissingExtra, Unavailable
from tuner.storage.clock import Clock, PostgresClock, ProcessClock
from tuner.storage.prepared import PreparedIn, driver_of, parameters, run_script
from tuner.storage.tables import studies
from tuner.storage.writer import Bulk, Operation, Writer

T = TypeVar("T")
Item = TypeVar("Item", contravariant=True)
Reply = TypeVar("Reply", covariant=True)

_WITHOUT_FLUSH = "set local synchronous_commit = off"
_LOCK_STUDIES = PreparedIn(
    lambda names: (
        select(studies.c.key)
        .where(studies.c.id.in_(parameters(*names).values()))
        .order_by(studies.c.id)
        .with_for_update()
    )
)


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
        self.num_lost_connections = 0
        self.clock: Clock = clock or (ProcessClock() if self.is_sqlite else PostgresClock())
        self._pid = os.getpid()
        self._flush = flush
        self._readers = connect(self.url, writing=False)
        self._writers = connect(self.url, writing=True)
        self._connection: Connection | None = None
        for engine in (self._readers, self._writers):
            event.listen(engine, "handle_error", self._count_lost_connection)
        self._writer = Writer(self._transaction, self.clock)

    def write(self, operation: Operation[T], *, study: str = "", durable: bool = True) -> Future[T]:
        """Hand an operation to the writer.

        Args:
            operation: What to do, given a connection and the present instant.
            study: Id of the study that the operation is about, if any.
            durable: Whether the future waits until the change survives a power cut. Reports do without.

        Raises:
            Unavailable: Too many operations are waiting, or the database is closed.
        """
        self._refuse_fork()
        return self._writer.submit(operation, study=study, durable=durable)

    def write_together(self, bulk: Bulk[Item, Reply], item: Item, *, study: str, durable: bool = True) -> Future[Reply]:
        """Hand one item to the writer, to be treated together with others that wait; for the rest as ``write``."""
        self._refuse_fork()
        return self._writer.submit_item(bulk, item, study=study, durable=durable)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection with one consistent view of the data.

        Raises:
            Unavailable: The database does not answer.
        """
        self._refuse_fork()
        try:
            with self._readers.connect() as connection, connection.begin():
                yield connection
        except (OperationalError, NoFreeConnection) as error:
            if isinstance(error, OperationalError) and error.connection_invalidated:
                self.num_lost_connections += 1
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
        self._hang_up()
        self._writers.dispose()
        self._readers.dispose()

    @contextmanager
    def _transaction(self, durable: bool, changed: Sequence[str]) -> Iterator[Connection]:
        """A transaction on the writer's own connection, which is kept: fetching one from a pool costs as much.

        Args:
            durable: Whether it must survive a power cut.
            changed: Studies that will be changed, by id. Locked first of all, so that no replica holds a trial while it
                waits for the study of another one.
        """
        connection = self._begin(durable, changed)
        try:
            yield connection
            connection.commit()
        except BaseException as error:
            self._abort(connection)
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                self.num_lost_connections += 1
                self._hang_up()
            raise

    def _begin(self, durable: bool, changed: Sequence[str]) -> Connection:
        """Begin a transaction; on a new connection where the old one has been lost while it was idle."""
        for is_last in (self._connection is None, True):
            if self._connection is None:
                self._connection = self._open_writing()
            connection = self._connection
            try:
                if self.is_sqlite:
                    self._set_synchronous(connection, durable)
                connection.begin()
                if not self.is_sqlite:
                    # In one message, where the driver would send BEGIN by itself first. A lost connection shows here.
                    run_script(connection, "begin" if durable and self._flush else f"begin; {_WITHOUT_FLUSH}")
                    _LOCK_STUDIES.all(connection, changed)
                return connection
            except SQLAlchemyError as error:
                self._abort(connection)
                self._hang_up()
                if is_last or not (isinstance(error, DBAPIError) and error.connection_invalidated):
                    raise
                self.num_lost_connections += 1
        raise AssertionError("the second try is the last")

    def _open_writing(self) -> Connection:
        connection = self._writers.connect()
        # As for the driver of SQLite: we begin transactions ourselves.
        return connection if self.is_sqlite else connection.execution_options(isolation_level="AUTOCOMMIT")

    def _abort(self, connection: Connection) -> None:
        with suppress(SQLAlchemyError):
            connection.rollback()

    def _hang_up(self) -> None:
        if self._connection is not None:
            with suppress(SQLAlchemyError):
                self._connection.close()
            self._connection = None

    def _set_synchronous(self, connection: Connection, durable: bool) -> None:
        # WAL is a prefix log: the next FULL commit also makes the NORMAL ones before it durable.
        wanted = "OFF" if not self._flush else "FULL" if durable else "NORMAL"
        if connection.info.get("synchronous") != wanted:
            driver_of(connection).execute(f"PRAGMA synchronous={wanted}").close()
            connection.info["synchronous"] = wanted

    def _count_lost_connection(self, context: ExceptionContext) -> None:
        if context.is_disconnect:
            self.num_lost_connections += 1

    def _refuse_fork(self) -> None:
        if os.getpid() != self._pid:
            raise ForkedEngine(
                "This engine was opened in another process and copied by fork; its writer does not exist here.",
                hint="Open a Client in the new process, or run `tuner serve` and use it over HTTP.",
            )


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
        return parsed.set(drivername="sqlite+pysqlite", database=str(Path(parsed.database).expanduser()))
    raise InvalidInput(
        f"The database URL names {backend!r}.", hint="Use an SQLite file (sqlite:///PATH) or postgresql://..."
    )


def sqlite_file(url: str) -> Path | None:
    """The file behind an SQLite URL; None for PostgreSQL."""
    parsed = parse_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def connect(url: URL, *, writing: bool, has_time_limits: bool = True) -> Engine:
    """An SQLAlchemy engine with the settings each database needs.

    Args:
        url: The database.
        writing: Whether for the writer, or for readers.
        has_time_limits: False for a migration, which takes as long as it takes, and waits for another one.
    """
    if url.get_backend_name() == "sqlite":
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, pool_size=1 if writing else 16, max_overflow=0, pool_timeout=2)
        _set_up_sqlite(engine, writing)
        return engine
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise MissingExtra("postgres", "PostgreSQL") from error
    options = ""
    if has_time_limits:
        # A transaction of the writer is short, so one that is not hangs; a reader may go through a large study.
        statement_seconds = 10 if writing else 30
        options = f"-c statement_timeout={statement_seconds}s -c lock_timeout=2s"
        options += " -c idle_in_transaction_session_timeout=10s"
    return create_engine(
        url,
        pool_size=1 if writing else 10,
        max_overflow=0,
        pool_timeout=2,
        # The writer keeps its connection and finds out by itself; a reader must not fail for one lost while idle.
        pool_pre_ping=not writing,
        # A reader sees one snapshot, as on SQLite; it writes nothing, so it cannot fail to serialize.
        isolation_level="READ COMMITTED" if writing else "REPEATABLE READ",
        connect_args={"options": options, "connect_timeout": 5, "client_encoding": "utf8"},
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
