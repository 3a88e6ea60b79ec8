"""The writer: order, isolation of failures, and futures that resolve after COMMIT."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Connection, insert, select, text

from tuner.errors import Conflict, Unavailable
from tuner.storage import Database
from tuner.storage.tables import replies


def add(key: str) -> Callable[[Connection, datetime], str]:
    def operation(connection: Connection, now: datetime) -> str:
        row = {"project_id": "p", "idempotency_key": key, "body_hash": "h", "reply": "{}", "created_at": now}
        connection.execute(insert(replies).values(row))
        return key

    return operation


def stored(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.scalars(select(replies.c.idempotency_key).order_by(replies.c.idempotency_key)))


def test_a_resolved_write_is_visible_to_readers(database: Database) -> None:
    assert database.write(add("a")).result() == "a"
    assert stored(database) == ["a"]


def test_writes_of_many_threads_all_arrive(database: Database) -> None:
    def write(start: int) -> None:
        for number in range(start, start + 20):
            database.write(add(f"{number:03}"), durable=number % 2 == 0).result()

    threads = [threading.Thread(target=write, args=(100 * index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stored(database)) == 160


def test_a_refused_operation_leaves_its_neighbours_alone(database: Database) -> None:
    gate = threading.Event()

    def hold(connection: Connection, now: datetime) -> None:
        gate.wait()

    def refuse(connection: Connection, now: datetime) -> None:
        add("refused")(connection, now)
        raise Conflict("no")

    database.write(hold)
    first, refused, last = database.write(add("a")), database.write(refuse), database.write(add("b"))
    gate.set()
    assert first.result() == "a"
    assert last.result() == "b"
    with pytest.raises(Conflict):
        refused.result()
    assert stored(database) == ["a", "b"]


def test_a_database_error_in_a_batch_hits_only_its_own_operation(database: Database) -> None:
    gate = threading.Event()

    def hold(connection: Connection, now: datetime) -> None:
        gate.wait()

    database.write(hold)
    futures = [database.write(add("a")), database.write(add("a")), database.write(add("b"))]
    gate.set()
    assert futures[0].result() == "a"
    with pytest.raises(Unavailable):
        futures[1].result()
    assert futures[2].result() == "b"
    assert stored(database) == ["a", "b"]


def test_a_fault_in_an_operation_reaches_its_caller_and_the_writer_goes_on(database: Database) -> None:
    def fail(connection: Connection, now: datetime) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.write(fail).result()
    assert database.write(add("a")).result() == "a"


def test_closing_finishes_what_was_handed_over_and_refuses_more(database: Database) -> None:
    future = database.write(add("a"))
    database.close()
    assert future.result() == "a"
    with pytest.raises(Unavailable):
        database.write(add("b"))


def test_readers_cannot_write_on_sqlite(database: Database) -> None:
    if not database.is_sqlite:
        with database.read() as connection:
            assert connection.scalar(text("select 1")) == 1
        return
    with pytest.raises(Unavailable), database.read() as connection:
        connection.execute(text("delete from replies"))
