"""The schema's version: what the database has, what this code needs, and how to get there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from tuner.errors import DatabaseOutdated, Unavailable
from tuner.storage.database import connect, parse_url

# Any fixed number; it only has to be the same for all who upgrade one PostgreSQL database at once.
_UPGRADE_LOCK = 7_302_113


def upgrade(url: str) -> tuple[str | None, str]:
    """Bring the database to the newest schema; several processes may try at once.

    Returns:
        The revisions before and after.

    Raises:
        DatabaseOutdated: The schema is newer than this code.
        Unavailable: The database does not answer.
    """
    parsed = parse_url(url)
    engine = connect(parsed, writing=True, has_time_limits=False)
    try:
        with _reached(parsed), engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
            before = current_revision(connection)
            _refuse_newer(before)
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return before, head_revision()
    finally:
        engine.dispose()


def require_current(url: str) -> None:
    """Check that the database has the schema this code needs. A fresh SQLite file gets it at once.

    Raises:
        DatabaseOutdated: The schema is older or newer.
        Unavailable: The database does not answer.
    """
    parsed = parse_url(url)
    engine = connect(parsed, writing=True)
    try:
        with _reached(parsed), engine.begin() as connection:
            revision = current_revision(connection)
            is_empty = not inspect(connection).get_table_names()
    finally:
        engine.dispose()
    if revision == head_revision():
        return
    if is_empty and parsed.get_backend_name() == "sqlite":
        upgrade(url)
        return
    _refuse_newer(revision)
    found = "is empty" if revision is None else f"has schema {revision}"
    raise DatabaseOutdated(
        f"The database {found}; this version of tuner needs schema {head_revision()}.",
        hint="Make a backup, then run: tuner upgrade",
    )


def current_revision(connection: Connection) -> str | None:
    """The schema's revision in the database; None when it has none."""
    return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str:
    """The revision this code needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


@contextmanager
def _reached(url: URL) -> Iterator[None]:
    """Tell in our words that a database does not answer."""
    try:
        yield
    except OperationalError as error:
        shown = url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)
        raise Unavailable(
            f"The database {shown} does not answer: {str(error.orig).strip()}",
            hint="Check that it runs, and the address, user and password in its URL.",
        ) from None


def _refuse_newer(revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseOutdated(
            f"The database has schema {revision}, which this version of tuner does not know.",
            hint="It was written by a newer tuner: upgrade this installation.",
        )


def _config() -> Config:
    config = Config()
    # By path, not by name: a user's own package called "migrations" must not be found instead.
    config.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
