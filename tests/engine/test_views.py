"""Views: what samplers and pruners see is what the database holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine as Connections
from sqlalchemy import delete, select, text

from tests.conftest import ManualClock
from tests.engine.acting import ActingStudy, lose
from tuner.engine.views import Views
from tuner.errors import NotFound, Unavailable
from tuner.records import StudyView
from tuner.storage import Database, measurement_rows
from tuner.storage.database import connect
from tuner.storage.tables import measurements, trials

NewStudy = Callable[..., ActingStudy]
on_postgres = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)


@pytest.fixture
def views(database: Database) -> Views:
    return Views(database)


def curves(view: StudyView) -> dict[int, list[tuple[int, float]]]:
    return {number: [(each.step, each.value) for each in curve] for number, curve in view.curves.items()}


def test_a_view_that_caught_up_equals_one_made_anew(
    study: ActingStudy, views: Views, database: Database, clock: ManualClock
) -> None:
    for step in range(12):
        leased = study.ask_one()
        for report in range(step % 4):
            study.report(leased, report, float(step + report))
        match step % 3:
            case 0:
                study.complete(leased, float(step))
            case 1:
                lose(study, leased, clock)
        assert views.of(study.id)[1] == Views(database).of(study.id)[1]


def test_trials_come_by_number(study: ActingStudy, views: Views) -> None:
    first, second = study.ask(2)
    views.of(study.id)
    study.complete(second)
    study.ask_one()
    study.complete(first)
    assert [trial.number for trial in views.of(study.id)[1].trials] == [0, 1, 2]


def test_curves_are_those_of_the_present_attempt_by_step(study: ActingStudy, views: Views, clock: ManualClock) -> None:
    leased = study.ask_one()
    study.report(leased, 9, 0.9)
    lose(study, leased, clock)
    assert curves(views.of(study.id)[1]) == {0: [(9, 0.9)]}
    heir = study.ask_one()
    assert curves(views.of(study.id)[1]) == {}
    for step, value in ((3, 0.3), (1, 0.1), (2, 0.2), (1, 0.5)):
        study.report(heir, step, value)
    assert curves(views.of(study.id)[1]) == {0: [(1, 0.5), (2, 0.2), (3, 0.3)]}


def test_a_view_stays_as_it_was_when_the_study_goes_on(study: ActingStudy, views: Views) -> None:
    leased = study.ask_one()
    study.report(leased, 1, 0.1)
    before = views.of(study.id)[1]
    study.report(leased, 2, 0.2)
    study.complete(leased)
    views.of(study.id)
    assert curves(before) == {0: [(1, 0.1)]}
    assert before.trials[0].state == "running"


def test_the_view_of_an_unknown_study_is_not_found(views: Views) -> None:
    with pytest.raises(NotFound):
        views.of("nowhere")


class TestConnections:
    """What only PostgreSQL can do to a view."""

    pytestmark = on_postgres

    @pytest.fixture
    def other(self, database: Database) -> Iterator[Connections]:
        """Connections of another replica."""
        other = connect(database.url, writing=True)
        yield other
        other.dispose()

    def keys(self, database: Database) -> tuple[int, int]:
        """Keys of the one study and its one trial."""
        with database.read() as connection:
            row = connection.execute(select(trials.c.study_key, trials.c.key)).one()
        return row.study_key, row.key

    def test_reports_that_a_crash_took_back_are_forgotten(
        self, study: ActingStudy, views: Views, database: Database
    ) -> None:
        study.report(study.ask_one(), 1, 0.5)
        assert curves(views.of(study.id)[1]) == {0: [(1, 0.5)]}
        database.write(lambda connection, now: connection.execute(delete(measurements))).result()
        with pytest.raises(Unavailable), database.read() as connection:
            connection.execute(text("select pg_terminate_backend(pg_backend_pid())"))
        assert curves(views.of(study.id)[1]) == {}

    def test_a_report_that_commits_after_a_later_one_is_not_missed(
        self, study: ActingStudy, views: Views, database: Database, other: Connections
    ) -> None:
        study.ask_one()
        keys = self.keys(database)
        with other.connect() as slow:
            slow_transaction = slow.begin()
            slow.execute(text("select txid_current()"))
            # Takes its key now and commits later. The report beside it is of another step, but of the same trial.
            self.insert(slow, keys, step=1)
            database.write(lambda connection, now: self.insert(connection, keys, step=2)).result()
            assert curves(views.of(study.id)[1]) == {0: [(2, 2.0)]}
            database.write(lambda connection, now: self.insert(connection, keys, step=3)).result()
            assert curves(views.of(study.id)[1]) == {0: [(2, 2.0), (3, 3.0)]}
            slow_transaction.commit()
        assert curves(views.of(study.id)[1]) == {0: [(1, 1.0), (2, 2.0), (3, 3.0)]}

    def test_what_has_been_read_for_good_is_not_read_again(self, study: ActingStudy, database: Database) -> None:
        leased = study.ask_one()
        for step in range(5):
            study.report(leased, step, 0.5)
        study_key, _ = self.keys(database)
        with database.read() as connection:
            found, bookmark = measurement_rows.measurements_after(connection, study_key, measurement_rows.Bookmark())
            assert len(found) == 5
            assert measurement_rows.measurements_after(connection, study_key, bookmark)[0] == []

    def test_an_open_transaction_holds_the_bookmark_back_no_longer_than_it_lasts(
        self, study: ActingStudy, database: Database, other: Connections
    ) -> None:
        leased = study.ask_one()
        study_key, _ = self.keys(database)
        bookmark = measurement_rows.Bookmark()
        keys = []
        with other.connect() as slow, slow.begin():
            slow.execute(text("select txid_current()"))
            for step in range(3):
                study.report(leased, step, 0.5)
                with database.read() as connection:
                    _, bookmark = measurement_rows.measurements_after(connection, study_key, bookmark)
                keys.append(bookmark.key)
        for step in range(3):
            study.report(leased, step, 0.5)
            with database.read() as connection:
                _, bookmark = measurement_rows.measurements_after(connection, study_key, bookmark)
            keys.append(bookmark.key)
        assert keys[:3] == [0, 0, 0]
        assert 0 < keys[3] < keys[4] < keys[5]

    @staticmethod
    def insert(connection: object, keys: tuple[int, int], step: int) -> None:
        connection.execute(
            measurements.insert().values(
                project_id="default",
                study_key=keys[0],
                trial_key=keys[1],
                number=0,
                attempt=1,
                step=step,
                value=float(step),
                value_kind="finite",
                reported_at=datetime(2030, 1, 1, tzinfo=UTC),
            )
        )


def test_many_threads_may_look_at_once(study: ActingStudy, views: Views) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.extend(len(views.of(study.id)[1].trials) for _ in range(5))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    study.ask(10)
    for thread in threads:
        thread.join()
    assert set(seen) <= {0, 10}
