"""Hot queries find their rows through an index, however many others there are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, text

from tests.conftest import ManualClock
from tests.engine.acting import ActingStudy
from tuner.engine import Engine
from tuner.engine.identity import new_id
from tuner.storage import Database, measurement_rows, ranks, study_rows, trial_rows, worker_rows
from tuner.storage.database import connect
from tuner.storage.tables import measurements, studies, trials

_STATES = ["completed"] * 15 + ["pruned"] * 2 + ["failed", "running", "waiting"]
_NUM_TRIALS = 1_500


@pytest.fixture
def filled(engine: Engine, database: Database, clock: ManualClock) -> str:
    """Three studies with 1,500 trials each; the id of one of them."""
    made = [ActingStudy.create(engine, f"study-{position}") for position in range(3)]

    def fill(connection: Connection, now: Any) -> None:
        for study_key in connection.scalars(select(studies.c.key)):
            rows = [_trial(study_key, number, now) for number in range(_NUM_TRIALS)]
            connection.execute(insert(trials), rows)
        found = connection.execute(select(trials.c.key, trials.c.study_key, trials.c.number)).all()
        connection.execute(
            insert(measurements),
            [
                {
                    "project_id": "default",
                    "study_key": row.study_key,
                    "trial_key": row.key,
                    "number": row.number,
                    "attempt": 1,
                    "step": 1,
                    "value": 1.0,
                    "value_kind": "finite",
                    "reported_at": now,
                }
                for row in found
            ],
        )
        if not database.is_sqlite:
            # As autovacuum does; SQLite files are used as they are.
            connection.execute(text("analyze"))

    database.write(fill).result()
    return made[1].id


def _trial(study_key: int, number: int, now: Any) -> dict[str, Any]:
    state = _STATES[number % len(_STATES)]
    return {
        "project_id": "default",
        "id": new_id(now),
        "study_key": study_key,
        "number": number,
        "state": state,
        "origin": "sampler",
        "params": {},
        "attempt": 1,
        "num_lost": 0,
        "worker": "worker",
        "lease_seconds": 60.0,
        "started_at": now,
        "lease_expires_at": now + timedelta(seconds=number) if state == "running" else None,
        "due_at": now + timedelta(seconds=number),
        "metrics": {},
        "rank_class": ranks.RANK_CLASSES[trial_rows.TrialState(state)],
        "rank_value": float(number * 7919 % _NUM_TRIALS),
        "seq": number + 1,
        "created_at": now,
    }


@pytest.fixture
def plan_of(database: Database) -> Iterator[Callable[[Callable[[Connection], object]], str]]:
    """Runs a query and tells how the database went about the last statement that the driver was given."""
    connections = connect(database.url, writing=False)

    def explain(query: Callable[[Connection], object]) -> str:
        with connections.connect() as connection, listening(connection) as statements:
            query(connection)
            statement, parameters = next(each for each in reversed(statements) if "pg_current_snapshot" not in each[0])
            prefix = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
            rows = connection.exec_driver_sql(prefix + statement, parameters).all()
        return "\n".join(str(row[-1]) for row in rows)

    yield explain
    connections.dispose()


@contextmanager
def listening(connection: Connection) -> Iterator[list[tuple[str, Any]]]:
    """Statements and parameters that reach the driver, prepared ones included."""
    heard: list[tuple[str, Any]] = []
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        # What it hears has its values filled in.
        driver.set_trace_callback(lambda statement: heard.append((statement, ())))
        yield heard
        driver.set_trace_callback(None)
        return
    import psycopg

    class Listener(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            heard.append((query, params))
            return super().execute(query, params, **options)

    driver.cursor_factory = Listener
    yield heard
    driver.cursor_factory = psycopg.Cursor


def assert_uses(plan: str, index: str) -> None:
    """The index is used, no table is read from end to end, and nothing is sorted."""
    assert index in plan, plan
    assert not re.search(r"SCAN (trials|measurements)|Seq Scan on (trials|measurements)", plan), plan
    assert not re.search(r"TEMP B-TREE|\bSort\b", plan), plan


def keys(database: Database, study_id: str, clock: ManualClock) -> int:
    with database.read() as connection:
        return study_rows.get_study(connection, study_id, clock.instant).key


@pytest.mark.parametrize("after", [None, (0, 700.0, 3)])
def test_a_page_of_the_leaderboard(
    database: Database, filled: str, clock: ManualClock, plan_of: Any, after: tuple[int, float, int] | None
) -> None:
    key = keys(database, filled, clock)
    plan = plan_of(lambda connection: trial_rows.page_by_rank(connection, key, filled, (), after, 50))
    assert_uses(plan, "ix_trials_study_key_rank_class_rank_value_number")


def test_the_best_trial(database: Database, filled: str, clock: ManualClock, plan_of: Any) -> None:
    key = keys(database, filled, clock)
    plan = plan_of(lambda connection: trial_rows.best_completed(connection, key))
    assert_uses(plan, "ix_trials_study_key_rank_class_rank_value_number")


def test_a_page_by_number(database: Database, filled: str, clock: ManualClock, plan_of: Any) -> None:
    key = keys(database, filled, clock)
    plan = plan_of(lambda connection: trial_rows.page_by_number(connection, key, filled, (), 700, 50))
    assert_uses(plan, "uq_trials_study_key_number" if not database.is_sqlite else "sqlite_autoindex_trials")


def test_trials_that_are_due(database: Database, filled: str, clock: ManualClock, plan_of: Any) -> None:
    key = keys(database, filled, clock)
    plan = plan_of(lambda connection: trial_rows.due_trials(connection, key, clock.instant, 1))
    assert_uses(plan, "ix_trials_waiting")


def test_leases_that_have_run_out(database: Database, filled: str, clock: ManualClock, plan_of: Any) -> None:
    late = clock.instant + timedelta(seconds=60)
    plan = plan_of(lambda connection: trial_rows.expired_leases(connection, late, 10))
    assert_uses(plan, "ix_trials_leases")


def test_trials_that_run_in_any_study(database: Database, filled: str, plan_of: Any) -> None:
    plan = plan_of(worker_rows.running_trials)
    if database.is_sqlite:
        assert "USING INDEX ix_trials_leases" in plan, plan
    else:
        # The planner may read the partial index as a bitmap.
        assert "ix_trials_leases" in plan, plan
        assert "Seq Scan on trials" not in plan, plan


def test_what_running_trials_have_reported(database: Database, filled: str, clock: ManualClock, plan_of: Any) -> None:
    key = keys(database, filled, clock)
    plan = plan_of(lambda connection: measurement_rows.running_measurements(connection, key, 100))
    assert not re.search("SCAN (measurements|trials)|Seq Scan on trials", plan), plan


def test_where_the_measurements_of_a_study_end(
    database: Database, filled: str, clock: ManualClock, plan_of: Any
) -> None:
    key = keys(database, filled, clock)
    plan = plan_of(lambda connection: measurement_rows.latest_bookmark(connection, key))
    assert re.search("ix_measurements_study_key_key|pk_measurements", plan), plan


def test_trials_that_changed_since(database: Database, filled: str, clock: ManualClock, plan_of: Any) -> None:
    key = keys(database, filled, clock)
    plan = plan_of(lambda connection: trial_rows.changed_since(connection, key, filled, _NUM_TRIALS - 5))
    assert_uses(plan, "ix_trials_study_key_seq")


def test_measurements_that_are_new(database: Database, filled: str, clock: ManualClock, plan_of: Any) -> None:
    key = keys(database, filled, clock)
    with database.read() as connection:
        last = max(connection.scalars(select(measurements.c.key)))
    bookmark = measurement_rows.Bookmark(last - 20)
    plan = plan_of(lambda connection: measurement_rows.measurements_after(connection, key, bookmark))
    if database.is_sqlite:
        assert_uses(plan, "ix_measurements_study_key_key")
    else:
        # So few rows come after the bookmark that the primary key finds them as well.
        assert re.search("ix_measurements_study_key_key|pk_measurements", plan), plan


def test_trials_by_their_numbers(database: Database, filled: str, clock: ManualClock, plan_of: Any) -> None:
    key = keys(database, filled, clock)
    index = "uq_trials_study_key_number" if not database.is_sqlite else "sqlite_autoindex_trials"
    for read in (
        lambda connection: trial_rows.held_trials(connection, key, [3, 700, 1_400]),
        lambda connection: trial_rows.get_trials(connection, key, filled, [3, 700, 1_400]),
    ):
        plan = plan_of(read)
        assert index in plan, plan
        assert not re.search("SCAN trials|Seq Scan on trials", plan), plan


@pytest.mark.parametrize("lock", [False, True])
def test_a_study(database: Database, filled: str, clock: ManualClock, plan_of: Any, lock: bool) -> None:
    plan = plan_of(lambda connection: study_rows.get_study(connection, filled, clock.instant, lock=lock))
    # Three studies fit on one page: PostgreSQL may well read it whole.
    assert re.search("SEARCH studies USING INDEX" if database.is_sqlite else "on studies", plan), plan


def test_replies_to_repeated_requests(database: Database, filled: str, plan_of: Any) -> None:
    plan = plan_of(lambda connection: study_rows.find_replies(connection, ["a", "b", "c"]))
    assert re.search("SEARCH replies USING INDEX" if database.is_sqlite else "on replies", plan), plan
