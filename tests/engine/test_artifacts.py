"""Artifacts: only the attempt that holds the trial may leave them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ManualClock
from tests.engine.acting import ActingStudy, lose
from tuner.engine import Engine, Limits
from tuner.errors import InvalidInput, LeaseLost, NotFound, TooLarge
from tuner.storage import Database
from tuner.wire import ArtifactResource, LeasedTrial


def put(
    study: ActingStudy, leased: LeasedTrial, name: str, content: bytes, *, sha256: str | None = None
) -> ArtifactResource:
    trial = leased.trial
    return study.engine.artifacts.put(
        study.id, trial.number, trial.attempt, name, iter([content]), lease=leased.lease, sha256=sha256
    )


def read(study: ActingStudy, attempt: int, name: str) -> bytes:
    return study.engine.artifacts.find(study.id, 0, attempt, name)[1].read_bytes()


def test_an_artifact_comes_back_as_it_was_sent(study: ActingStudy) -> None:
    content = b"model" * 1_000
    stored = put(study, study.ask_one(), "model.zip", content)
    assert (stored.number, stored.attempt, stored.name, stored.size) == (0, 1, "model.zip", 5_000)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert read(study, 1, "model.zip") == content
    assert study.engine.artifacts.of_trial(study.id, 0).items == (stored,)


def test_the_same_name_again_takes_the_place_of_the_first(study: ActingStudy) -> None:
    leased = study.ask_one()
    put(study, leased, "log.txt", b"one")
    first = study.engine.artifacts.find(study.id, 0, 1, "log.txt")[1]
    put(study, leased, "log.txt", b"two")
    assert read(study, 1, "log.txt") == b"two"
    assert not first.exists()
    assert len(study.engine.artifacts.of_trial(study.id, 0).items) == 1


def test_two_names_may_have_the_same_content(study: ActingStudy) -> None:
    leased = study.ask_one()
    for name in ("a", "b"):
        put(study, leased, name, b"same")
    put(study, leased, "a", b"other")
    assert (read(study, 1, "a"), read(study, 1, "b")) == (b"other", b"same")


def test_content_that_does_not_match_its_hash_is_refused(study: ActingStudy, tmp_path: Path) -> None:
    leased = study.ask_one()
    with pytest.raises(InvalidInput, match="SHA-256"):
        put(study, leased, "model.zip", b"model", sha256="0" * 64)
    assert study.engine.artifacts.of_trial(study.id, 0).items == ()
    assert not list((tmp_path / "files" / "incoming").iterdir())


def test_a_matching_hash_is_accepted_in_any_case(study: ActingStudy) -> None:
    sha256 = hashlib.sha256(b"model").hexdigest().upper()
    assert put(study, study.ask_one(), "model.zip", b"model", sha256=sha256).sha256 == sha256.lower()


def test_a_foreign_lease_is_refused(study: ActingStudy) -> None:
    leased = study.ask_one()
    with pytest.raises(LeaseLost):
        put(study, leased.model_copy(update={"lease": "0" * 32}), "model.zip", b"model")


def test_a_zombie_cannot_touch_its_heirs_files(study: ActingStudy, clock: ManualClock) -> None:
    zombie = study.ask_one()
    lose(study, zombie, clock)
    heir = study.ask_one(worker="heir")
    put(study, heir, "model.zip", b"heir")
    with pytest.raises(LeaseLost, match="'heir' has taken it over"):
        put(study, zombie, "model.zip", b"zombie")
    assert read(study, 2, "model.zip") == b"heir"


def test_a_lease_is_good_for_its_own_attempt_only(study: ActingStudy, clock: ManualClock) -> None:
    zombie = study.ask_one()
    lose(study, zombie, clock)
    heir = study.ask_one()
    mixed = heir.model_copy(update={"trial": zombie.trial})
    with pytest.raises(LeaseLost, match="attempt 2 holds it, not 1"):
        put(study, mixed, "model.zip", b"model")


def test_a_lease_lost_while_the_file_came_in_is_refused(study: ActingStudy, clock: ManualClock) -> None:
    leased = study.ask_one()

    def chunks() -> Iterator[bytes]:
        yield b"half"
        lose(study, leased, clock)
        study.ask_one(worker="heir")
        yield b"half"

    with pytest.raises(LeaseLost, match="'heir'"):
        study.engine.artifacts.put(study.id, 0, 1, "model.zip", chunks(), lease=leased.lease)
    assert study.engine.artifacts.of_trial(study.id, 0).items == ()


def test_files_may_still_come_while_nobody_has_taken_over(study: ActingStudy, clock: ManualClock) -> None:
    leased = study.ask_one()
    lose(study, leased, clock)
    assert put(study, leased, "model.zip", b"model").attempt == 1


def test_an_ended_trial_takes_no_more_files(study: ActingStudy) -> None:
    leased = study.ask_one()
    study.complete(leased)
    with pytest.raises(LeaseLost, match="it has ended"):
        put(study, leased, "model.zip", b"model")


def test_every_attempt_keeps_its_own_files(study: ActingStudy, clock: ManualClock) -> None:
    first = study.ask_one()
    put(study, first, "checkpoint", b"1")
    lose(study, first, clock)
    put(study, study.ask_one(), "checkpoint", b"2")
    assert (read(study, 1, "checkpoint"), read(study, 2, "checkpoint")) == (b"1", b"2")


def test_the_log_is_that_of_the_latest_attempt_that_left_one(study: ActingStudy, clock: ManualClock) -> None:
    first = study.ask_one()
    assert study.engine.artifacts.log(study.id, 0) is None
    put(study, first, "log.txt", b"died")
    lose(study, first, clock)
    second = study.ask_one()
    put(study, second, "model.zip", b"model")
    log = study.engine.artifacts.log(study.id, 0)
    assert log is not None
    assert log.read_bytes() == b"died"


@pytest.mark.parametrize("name", ["", "../secret", "a/b", ".hidden", "ü", "a" * 101, "a\n"])
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_name_that_could_be_a_path_is_refused(study: ActingStudy, name: str) -> None:
    with pytest.raises(InvalidInput):
        put(study, study.ask_one(), name, b"x")


def test_a_missing_artifact_is_not_found(study: ActingStudy) -> None:
    put(study, study.ask_one(), "model.zip", b"model")
    for attempt, name in ((1, "other"), (2, "model.zip")):
        with pytest.raises(NotFound):
            study.engine.artifacts.find(study.id, 0, attempt, name)


def test_an_artifact_over_the_limit_is_refused(database: Database, tmp_path: Path) -> None:
    engine = Engine(database, tmp_path / "files", limits=Limits(max_artifact_bytes=10))
    study = ActingStudy.create(engine)
    leased = study.ask_one()
    assert put(study, leased, "a", b"x" * 10).size == 10
    with pytest.raises(TooLarge):
        put(study, leased, "b", b"x" * 11)
    assert not list((tmp_path / "files" / "incoming").iterdir())
