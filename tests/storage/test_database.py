"""Reading beside writing, lost connections, replicas, forks."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text

from tests.conftest import ManualClock
from tuner.errors import ForkedEngine, InvalidInput, Unavailable
from tuner.storage import Database
from tuner.storage.database import parse_url, sqlite_file
from tuner.storage.tables import replies

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
on_postgres = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)


def add(key: str) -> Callable[[Connection, datetime], None]:
    def operation(connection: Connection, now: datetime) -> None:
        row = {"project_id": "p", "idempotency_key": key, "body_hash": "h", "reply": "{}", "created_at": now}
        connection.execute(insert(replies).values(row))

    return operation


def keys(connection: Connection) -> list[str]:
    return list(connection.scalars(select(replies.c.idempotency_key).order_by(replies.c.idempotency_key)))


def stored(database: Database) -> list[str]:
    with database.read() as connection:
        return keys(connection)


def hang_up(connection: Connection, now: datetime) -> None:
    """End this very connection, as a crash of the server does."""
    connection.execute(text("select pg_terminate_backend(pg_backend_pid())"))


def held_up(database: Database) -> threading.Event:
    """Make the writer busy until the event is set: what is handed over meanwhile becomes one batch."""
    busy, gate = threading.Event(), threading.Event()

    def hold(connection: Connection, now: datetime) -> None:
        busy.set()
        gate.wait()

    database.write(hold)
    busy.wait()
    return gate


def url_of(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


@pytest.fixture
def replica(database: Database, clock: ManualClock) -> Iterator[Database]:
    """The same database, opened by another process."""
    replica = Database(url_of(database), clock=clock, flush=False)
    yield replica
    replica.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/db", "sqlite://", "sqlite:///:memory:"])
def test_what_is_no_database_of_ours_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        parse_url(url)


def test_the_home_folder_may_be_written_as_a_tilde() -> None:
    assert sqlite_file("sqlite:///~/tuner.db") == Path("~/tuner.db").expanduser()
    assert sqlite_file("postgresql://host/db") is None


def test_a_reader_sees_one_state_until_it_is_done(database: Database) -> None:
    with database.read() as connection:
        assert keys(connection) == []
        database.write(add("a")).result()
        assert keys(connection) == []
    assert stored(database) == ["a"]


@on_sqlite
@pytest.mark.parametrize(("durable", "level"), [(True, 2), (False, 1)])
def test_only_what_must_be_durable_waits_for_the_disk_on_sqlite(database_url: str, durable: bool, level: int) -> None:
    database = Database(database_url)
    for _ in range(2):
        asked = database.write(lambda connection, now: connection.scalar(text("pragma synchronous")), durable=durable)
        assert asked.result() == level
    database.close()


@on_postgres
@pytest.mark.parametrize(("durable", "setting"), [(True, "on"), (False, "off")])
def test_only_what_must_be_durable_waits_for_the_disk_on_postgres(
    database_url: str, durable: bool, setting: str
) -> None:
    database = Database(database_url)
    for _ in range(2):
        asked = database.write(
            lambda connection, now: connection.scalar(text("show synchronous_commit")), durable=durable
        )
        assert asked.result() == setting
    database.close()


@on_postgres
class TestLostConnections:
    def test_a_write_whose_connection_is_lost_says_so_and_the_next_one_works(self, database: Database) -> None:
        with pytest.raises(Unavailable):
            database.write(hang_up).result()
        database.write(add("a")).result()
        assert stored(database) == ["a"]

    def test_all_that_shared_the_transaction_are_told(self, database: Database) -> None:
        gate = held_up(database)
        futures = [database.write(add("a")), database.write(hang_up), database.write(add("b"))]
        gate.set()
        for future in futures:
            with pytest.raises(Unavailable):
                future.result()
        assert stored(database) == []

    def test_a_read_whose_connection_is_lost_says_so_and_the_next_one_works(self, database: Database) -> None:
        with pytest.raises(Unavailable), database.read() as connection:
            hang_up(connection, database.clock.now(connection))
        assert stored(database) == []

    def test_connections_that_were_lost_while_idle_are_replaced_unseen(
        self, database: Database, replica: Database
    ) -> None:
        assert stored(database) == []
        others = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
        others += " and pid <> pg_backend_pid() and application_name = ''"
        before = database.num_lost_connections
        replica.write(lambda connection, now: connection.execute(text(others))).result()
        database.write(add("a")).result()
        assert stored(database) == ["a"]
        assert database.num_lost_connections > before

    def test_a_database_that_is_away_is_not_ready(self, database: Database) -> None:
        assert database.is_ready()
        away = Database(url_of(database).replace("test_", "gone_"))
        assert not away.is_ready()
        with pytest.raises(Unavailable):
            away.write(add("a")).result()
        away.close()


@on_postgres
def test_a_full_pool_is_overload_and_no_fault(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database._readers.pool, "_timeout", 0.1)
    held = [database.read() for _ in range(10)]
    for each in held:
        each.__enter__()
    with pytest.raises(Unavailable):
        stored(database)
    for each in held:
        each.__exit__(None, None, None)


class TestReplicas:
    @on_postgres
    def test_studies_locked_in_opposite_orders_do_not_wait_in_a_circle(
        self, database: Database, replica: Database
    ) -> None:
        runs: list[str] = []

        def lock(study: str) -> Callable[[Connection, datetime], None]:
            def operation(connection: Connection, now: datetime) -> None:
                runs.append(study)
                row = replies.c.idempotency_key == study
                connection.execute(replies.update().where(row).values(body_hash="changed"))
                time.sleep(0.2)

            return operation

        for study in ("a", "b"):
            database.write(add(study)).result()
        gates = [held_up(here) for here in (database, replica)]
        futures = [database.write(lock(study), study=study) for study in ("a", "b")]
        futures += [replica.write(lock(study), study=study) for study in ("b", "a")]
        for gate in gates:
            gate.set()
        for future in futures:
            future.result()
        # A circle would have cost one of the two its transaction, and its operations a second run.
        assert sorted(runs) == ["a", "a", "b", "b"]

    def test_what_another_replica_added_first_is_found_at_a_second_look(
        self, database: Database, replica: Database
    ) -> None:
        def add_once(connection: Connection, now: datetime) -> bool:
            if connection.scalar(select(replies.c.idempotency_key)) is not None:
                return False
            add("a")(connection, now)
            return True

        futures = [here.write(add_once) for _ in range(10) for here in (database, replica)]
        assert sorted(future.result() for future in futures) == [False] * 19 + [True]


def test_a_future_cannot_be_cancelled_under_the_writers_hands(database: Database) -> None:
    gate = held_up(database)
    future = database.write(add("a"))
    assert not future.cancel()
    gate.set()
    future.result()
    database.write(add("b")).result()
    assert stored(database) == ["a", "b"]


def test_a_full_queue_refuses_more(database: Database) -> None:
    gate = held_up(database)
    futures: list[Future[None]] = []
    began = time.monotonic()
    with pytest.raises(Unavailable, match="Too many writes"):
        futures.extend(database.write(add(str(number))) for number in range(5_000))
    # Fewer only where the machine stood still: the first has waited too long then, which refuses as well.
    is_late = time.monotonic() - began > 2
    gate.set()
    assert len(futures) == 2_000 or (is_late and 0 < len(futures) < 2_000)
    assert all(future.exception() is None for future in futures)
    assert len(stored(database)) == len(futures)


@on_sqlite
def test_a_forked_copy_refuses_to_work(database: Database) -> None:
    with warnings.catch_warnings():
        # Python 3.12 and later warn of what this test is about.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        refused = 0
        for use in (lambda: database.write(add("a")), lambda: stored(database)):
            try:
                use()
            except ForkedEngine:
                refused += 1
        os._exit(0 if refused == 2 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert stored(database) == []
