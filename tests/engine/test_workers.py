"""Workers: who asks for work, and what each of them does now."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from tests.conftest import ManualClock
from tests.engine.acting import ActingStudy
from tuner.engine import Engine
from tuner.storage import Database
from tuner.wire import Capabilities, ClaimedTrial, ClaimTrials, WorkerResource

ABILITIES: dict[str, Any] = {"families": ["linear", "knn"], "backends": ["jax"], "slots": 4, "version": "0.1.0"}


def claim(engine: Engine, worker: str = "box-1", **abilities: Any) -> tuple[ClaimedTrial, ...]:
    body = ClaimTrials(worker=worker, capabilities=Capabilities(**(ABILITIES | abilities)))
    return engine.suggestions.claim(body).claims


def shown(engine: Engine) -> dict[str, WorkerResource]:
    # It goes through the writer, who has then done what was handed over before.
    engine.workers.forget()
    return {worker.name: worker for worker in engine.workers.all().items}


def test_a_worker_that_asks_for_work_is_known_with_what_it_can_do(engine: Engine, clock: ManualClock) -> None:
    assert claim(engine) == ()
    worker = shown(engine)["box-1"]
    assert (worker.slots, worker.busy, worker.version) == (4, 0, "0.1.0")
    assert (worker.families, worker.backends, worker.trials) == (("linear", "knn"), ("jax",), ())
    assert worker.first_seen_at == worker.last_seen_at == clock.instant


def test_what_it_trains_is_told_with_its_study(
    engine: Engine, trained: Callable[..., ActingStudy], clock: ManualClock
) -> None:
    study = trained("trees")
    began = clock.instant
    claimed = claim(engine) + claim(engine)
    clock.advance(3)
    worker = shown(engine)["box-1"]
    assert worker.busy == len(claimed) == 2
    told = [(trial.study, trial.study_name, trial.number, trial.since) for trial in worker.trials]
    assert told == [(study.id, "trees", number, began) for number in (0, 1)]
    study.fail(claimed[0].leased)
    assert [trial.number for trial in shown(engine)["box-1"].trials] == [1]


def test_a_worker_with_no_free_slot_is_heard_through_its_leases(
    engine: Engine, trained: Callable[..., ActingStudy], clock: ManualClock
) -> None:
    study = trained("trees")
    (claimed,) = claim(engine)
    clock.advance(45)
    study.heartbeat(claimed.leased)
    heard = clock.instant
    clock.advance(20)
    worker = shown(engine)["box-1"]
    assert worker.last_seen_at == heard
    assert worker.first_seen_at == heard - timedelta(seconds=45)


def test_who_asks_a_study_for_trials_is_shown_while_it_has_some(engine: Engine, study: ActingStudy) -> None:
    leased = study.ask_one(worker="laptop")
    worker = shown(engine)["laptop"]
    assert (worker.slots, worker.busy, worker.families, worker.version) == (None, 1, (), None)
    study.complete(leased)
    assert shown(engine) == {}


def test_workers_are_listed_by_name(engine: Engine, study: ActingStudy) -> None:
    claim(engine, "b")
    claim(engine, "c")
    study.ask_one(worker="a")
    assert list(shown(engine)) == ["a", "b", "c"]


@contextmanager
def counted_writes(database: Database) -> Any:
    statements: list[str] = []

    def listen(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("UPDATE workers", "INSERT INTO workers")):
            statements.append(statement)

    event.listen(database._writers, "before_cursor_execute", listen)
    yield statements
    event.remove(database._writers, "before_cursor_execute", listen)


def test_it_is_written_down_every_ten_seconds_at_most(engine: Engine, database: Database, clock: ManualClock) -> None:
    claim(engine)
    shown(engine)
    with counted_writes(database) as writes:
        for _ in range(9):
            clock.advance(1)
            claim(engine)
        shown(engine)
        assert writes == []
        clock.advance(1)
        claim(engine)
        assert shown(engine)["box-1"].last_seen_at == clock.instant
        assert len(writes) == 1


def test_new_abilities_are_written_down_at_once(engine: Engine, clock: ManualClock) -> None:
    claim(engine)
    first_seen_at = shown(engine)["box-1"].first_seen_at
    clock.advance(1)
    claim(engine, slots=8, families=["linear"])
    worker = shown(engine)["box-1"]
    assert (worker.slots, worker.families) == (8, ("linear",))
    assert (worker.first_seen_at, worker.last_seen_at) == (first_seen_at, clock.instant)


def test_many_workers_that_ask_together_are_all_known(engine: Engine) -> None:
    for number in range(30):
        claim(engine, f"box-{number:02}")
    assert len(shown(engine)) == 30


def test_the_silent_are_forgotten_after_a_day(
    engine: Engine, trained: Callable[..., ActingStudy], clock: ManualClock
) -> None:
    claim(engine, "silent")
    trained("long")
    body = ClaimTrials(worker="busy", capabilities=Capabilities(**ABILITIES), lease_seconds=2 * 86_400)
    assert len(engine.suggestions.claim(body).claims) == 1
    clock.advance(86_400 + 1)
    claim(engine, "fresh")
    engine.workers.forget()
    # Of the busy one nothing was heard either, but its training goes on.
    assert {name: worker.slots for name, worker in shown(engine).items()} == {"busy": 4, "fresh": 4}
