"""What goes into a column comes out as it was, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Column as SqlColumn
from sqlalchemy import Connection, Engine, MetaData, Table, insert, select
from sqlalchemy.exc import StatementError

from tuner.storage.clock import PostgresClock, ProcessClock
from tuner.storage.database import connect, parse_url
from tuner.storage.tables import Instant, Json, Key


@pytest.fixture
def connection(empty_database_url: str) -> Any:
    engine: Engine = connect(parse_url(empty_database_url), writing=True)
    with engine.connect() as connection, connection.begin():
        yield connection
    engine.dispose()


def returned(connection: Connection, kind: Any, values: list[Any]) -> list[Any]:
    """The values after a way through a column of this kind."""
    table = Table("t", MetaData(), SqlColumn("key", Key, primary_key=True), SqlColumn("value", kind))
    table.create(connection)
    for key, value in enumerate(values):
        connection.execute(insert(table).values(key=key, value=value))
    return list(connection.scalars(select(table.c.value).order_by(table.c.key)))


def test_instants_are_exact_to_the_microsecond(connection: Connection) -> None:
    instants = [
        datetime(2026, 11, 23, 1, 2, 3, 456789, UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
        None,
    ]
    assert returned(connection, Instant, instants) == instants


def test_instants_come_back_in_utc(connection: Connection) -> None:
    local = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    (instant,) = returned(connection, Instant, [local])
    assert instant == local
    assert instant.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        1e300,
        5e-324,
        -0.0,
        1.0,
        2**53 + 1,
        0.1 + 0.2,
        "Grüße 😀 '\"\\",
        None,
        {"b": 1, "a": [True, None, {"c": 1e-300}]},
    ],
)
def test_json_is_kept_to_the_last_digit(connection: Connection, value: object) -> None:
    (kept,) = returned(connection, Json, [{"value": value}])
    assert repr(kept["value"]) == repr(value)


def test_json_keeps_the_order_of_keys(connection: Connection) -> None:
    (kept,) = returned(connection, Json, [{"z": 1, "a": 2, "m": 3}])
    assert list(kept) == ["z", "a", "m"]


def test_json_has_no_place_for_nan(connection: Connection) -> None:
    with pytest.raises(StatementError):
        returned(connection, Json, [{"value": float("nan")}])


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_process_clock_never_runs_backwards(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ProcessClock()
    times = iter([100.0, 50.0, 100.5])
    monkeypatch.setattr("time.time", lambda: next(times))
    instants = [clock.now(connection) for _ in range(3)]
    assert [instant.timestamp() for instant in instants] == [100.0, 100.0, 100.5]


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_the_clock_of_postgres_goes_on_within_a_transaction(connection: Connection) -> None:
    clock = PostgresClock()
    first, second = clock.now(connection), clock.now(connection)
    assert first < second
    assert first.tzinfo is UTC
