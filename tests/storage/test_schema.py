"""Migrations and metadata describe the same schema."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from tuner.errors import DatabaseOutdated
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
