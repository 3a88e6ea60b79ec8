"""Migrations and metadata describe the same schema."""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.engine import make_url

from tests.conftest import administer
from tuner.errors import DatabaseOutdated, Unavailable
from tuner.storage.database import connect, parse_url
from tuner.storage.schema import head_revision, require_current, upgrade
from tuner.storage.tables import metadata


def test_migrating_an_empty_database_gives_the_metadata(empty_database_url: str) -> None:
    before, after = upgrade(empty_database_url)
    assert (before, after) == (None, head_revision())
    engine = connect(parse_url(empty_database_url), writing=True)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_upgrading_twice_changes_nothing(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    assert upgrade(empty_database_url) == (head_revision(), head_revision())


def test_fresh_sqlite_file_gets_its_schema_by_itself(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'fresh.db'}"
    require_current(url)
    assert upgrade(url)[0] == head_revision()


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_empty_postgres_asks_for_an_upgrade(empty_database_url: str) -> None:
    with pytest.raises(DatabaseOutdated, match="is empty") as caught:
        require_current(empty_database_url)
    assert "tuner upgrade" in str(caught.value)


def test_schema_of_a_newer_version_is_refused(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    engine = connect(parse_url(empty_database_url), writing=True)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    engine.dispose()
    with pytest.raises(DatabaseOutdated, match="does not know"):
        require_current(empty_database_url)
    with pytest.raises(DatabaseOutdated, match="does not know"):
        upgrade(empty_database_url)


@pytest.mark.parametrize("look", [upgrade, require_current])
def test_a_database_that_does_not_answer_is_named_without_its_password(look: Callable[[str], object]) -> None:
    with pytest.raises(Unavailable, match="does not answer") as caught:
        look("postgresql://somebody:secret@127.0.0.1:1/somewhere")
    assert "somebody:***@127.0.0.1:1/somewhere" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_an_upgrade_waits_for_another_one(empty_database_url: str) -> None:
    engine = connect(parse_url(empty_database_url), writing=True, has_time_limits=False)
    with engine.connect() as connection, ThreadPoolExecutor() as pool:
        connection.execute(text("select pg_advisory_xact_lock(7302113)"))
        upgrading = pool.submit(upgrade, empty_database_url)
        # Longer than any lock is waited for in the service.
        time.sleep(2.5)
        assert not upgrading.done()
        connection.rollback()
        assert upgrading.result() == (None, head_revision())
    engine.dispose()


def test_a_database_without_an_encoding_of_its_own_works(postgres_url: str) -> None:
    name = f"ascii_{uuid.uuid4().hex}"
    administer(postgres_url, f"create database {name} encoding 'SQL_ASCII' locale 'C' template template0")
    url = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    try:
        upgrade(url)
        require_current(url)
    finally:
        administer(postgres_url, f"drop database {name} with (force)")
