"""Checkpoints: handed to the next attempt, and gone when the trial has ended."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ManualClock
from tests.engine.acting import ActingStudy, lose
from tests.engine.test_artifacts import put
from tests.engine.test_claiming import claim
from tuner.engine import Engine
from tuner.wire import ClaimedTrial, ReleaseTrial, TrialState

CHECKPOINT = "checkpoint.zip"

NewStudy = Callable[..., ActingStudy]


@pytest.fixture
def stored(tmp_path: Path) -> Callable[[], list[bytes]]:
    """What lies in the folder of artifacts."""

    def read() -> list[bytes]:
        return sorted(path.read_bytes() for path in (tmp_path / "files" / "artifacts").rglob("*") if path.is_file())

    return read


def claimed(engine: Engine) -> ClaimedTrial:
    (only,) = claim(engine)
    return only


def test_the_first_attempt_has_none(engine: Engine, trained: NewStudy) -> None:
    trained("study")
    assert claimed(engine).checkpoint is None


def test_the_next_attempt_gets_the_newest(engine: Engine, trained: NewStudy, clock: ManualClock) -> None:
    study = trained("study", max_attempts=5)
    first = claimed(engine)
    put(study, first.leased, CHECKPOINT, b"one")
    put(study, first.leased, CHECKPOINT, b"two")
    lose(study, first.leased, clock)
    second = claimed(engine)
    assert second.checkpoint is not None
    assert (second.checkpoint.attempt, second.checkpoint.sha256) == (1, hashlib.sha256(b"two").hexdigest())
    # It ended before it had one of its own.
    study.release(second.leased)
    third = claimed(engine)
    assert third.checkpoint == second.checkpoint
    put(study, third.leased, CHECKPOINT, b"three")
    study.release(third.leased)
    fourth = claimed(engine).checkpoint
    assert fourth is not None
    assert (fourth.attempt, fourth.sha256) == (3, hashlib.sha256(b"three").hexdigest())


def test_a_newer_one_takes_the_place_of_all_before(
    engine: Engine, trained: NewStudy, stored: Callable[[], list[bytes]]
) -> None:
    study = trained("study")
    first = claimed(engine).leased
    put(study, first, CHECKPOINT, b"one")
    put(study, first, "log.txt", b"a log")
    study.release(first)
    put(study, claimed(engine).leased, CHECKPOINT, b"two")
    assert stored() == [b"a log", b"two"]
    kept = [(item.attempt, item.name) for item in engine.artifacts.of_trial(study.id, 0).items]
    assert kept == [(1, "log.txt"), (2, CHECKPOINT)]


@pytest.mark.parametrize("end", ["completed", "failed", "cancelled", "lost"])
def test_it_goes_with_the_end_of_the_trial(
    engine: Engine,
    trained: NewStudy,
    clock: ManualClock,
    stored: Callable[[], list[bytes]],
    end: str,
) -> None:
    study = trained("study", max_attempts=1)
    leased = claimed(engine).leased
    put(study, leased, CHECKPOINT, b"progress")
    put(study, leased, "log.txt", b"a log")
    engine.timer.look()
    assert stored() == [b"a log", b"progress"]
    match end:
        case "completed":
            study.complete(leased, {study.shown.metric or "": 0.5})
        case "failed":
            study.fail(leased)
        case "cancelled":
            study.end(leased, "cancelled")
        case "lost":
            lose(study, leased, clock)
    engine.timer.look()
    assert stored() == [b"a log"]
    assert [item.name for item in engine.artifacts.of_trial(study.id, 0).items] == ["log.txt"]


def test_a_waiting_trial_that_is_cancelled_loses_it_too(
    engine: Engine, trained: NewStudy, stored: Callable[[], list[bytes]]
) -> None:
    study = trained("study")
    leased = claimed(engine).leased
    put(study, leased, CHECKPOINT, b"progress")
    study.release(leased)
    study.cancel()
    engine.timer.look()
    assert stored() == []


class TestKilledTrainings:
    """A worker says that something has killed a training of its."""

    @staticmethod
    def lost(study: ActingStudy, claimed: ClaimedTrial) -> None:
        body = ReleaseTrial(lease=claimed.leased.lease, lost="it was killed by SIGKILL")
        study.engine.trials.release(study.id, claimed.leased.trial.number, body).result()

    def test_the_trial_is_tried_again_at_once(self, engine: Engine, trained: NewStudy) -> None:
        study = trained("study", max_attempts=2)
        self.lost(study, claimed(engine))
        again = claimed(engine)
        assert (again.leased.trial.number, again.leased.trial.attempt) == (0, 2)

    def test_it_has_failed_after_its_last_attempt(self, engine: Engine, trained: NewStudy) -> None:
        study = trained("study", max_attempts=2)
        for _ in range(2):
            self.lost(study, claimed(engine))
        trial = study.trial(0)
        assert (trial.state, trial.failure, trial.attempt) == (TrialState.FAILED, "error", 2)
        assert "2 times" in (trial.message or "")
        assert "SIGKILL" in (trial.message or "")

    def test_lost_workers_and_killed_trainings_count_together(
        self, engine: Engine, trained: NewStudy, clock: ManualClock
    ) -> None:
        study = trained("study", max_attempts=2)
        lose(study, claimed(engine).leased, clock)
        self.lost(study, claimed(engine))
        assert study.trial(0).state is TrialState.FAILED

    def test_one_that_was_to_be_stopped_is_cancelled(self, engine: Engine, trained: NewStudy) -> None:
        study = trained("study", max_attempts=2)
        running = claimed(engine)
        study.stop(0)
        self.lost(study, running)
        assert study.trial(0).state is TrialState.CANCELLED

    def test_three_in_a_row_pause_the_study(self, engine: Engine, trained: NewStudy) -> None:
        study = trained("study", max_attempts=1)
        for _ in range(3):
            self.lost(study, claimed(engine))
        assert study.shown.state == "paused"
