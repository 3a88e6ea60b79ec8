"""Notes on trials: short, of any trial at any time, and no more than that."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from tests.conftest import ManualClock
from tests.engine.acting import ActingStudy, lose
from tuner.errors import NotFound
from tuner.wire import ChangeTrial
from tuner.wire.base import MAX_NOTE


def test_a_note_stays_on_its_trial_until_it_is_replaced(study: ActingStudy, clock: ManualClock) -> None:
    leased = study.ask_one()
    assert leased.trial.note is None
    assert study.note(0, "looks odd").note == "looks odd"
    lose(study, leased, clock)
    again = study.ask_one()
    assert (again.trial.number, again.trial.note) == (0, "looks odd")
    assert study.complete(again).note == "looks odd"
    assert study.note(0, "was fine\nafter all \N{PARTY POPPER}").note == "was fine\nafter all \N{PARTY POPPER}"
    assert study.trial(0).note == study.trials()[0].note
    assert study.note(0, "").note is None
    assert study.trial(0).note is None


def test_a_note_changes_nothing_else(study: ActingStudy) -> None:
    study.ask_one()
    before = study.shown
    noted = study.note(0, "hm")
    after = study.shown
    assert after.seq == before.seq + 1
    assert (after.state, after.counts, after.num_trials) == (before.state, before.counts, before.num_trials)
    assert noted == study.trial(0)
    assert noted.state == "running"


def test_the_same_note_again_is_no_change(study: ActingStudy) -> None:
    study.ask_one()
    study.note(0, "hm")
    seq = study.shown.seq
    study.note(0, "hm")
    assert study.shown.seq == seq


@pytest.mark.parametrize("end", ["cancel", "pause"])
def test_trials_of_a_study_that_does_not_run_take_notes(study: ActingStudy, end: str) -> None:
    study.complete(study.ask_one())
    getattr(study, end)()
    state = study.shown.state
    assert study.note(0, "kept").note == "kept"
    assert study.shown.state is state


def test_a_note_leaves_the_points_to_come_as_they_are(new_study: Callable[..., ActingStudy]) -> None:
    plain, noted = (new_study(sampler="tpe", seed=7) for _ in range(2))
    for value in range(12):
        for study in (plain, noted):
            study.complete(study.ask_one(), value / 7 % 1)
        noted.note(value, "seen")
    assert [trial.params for trial in plain.trials()] == [trial.params for trial in noted.trials()]


def test_only_trials_that_there_are_take_notes(study: ActingStudy) -> None:
    with pytest.raises(NotFound, match="no trial"):
        study.note(0, "nothing")


@pytest.mark.parametrize("text", ["x" * (MAX_NOTE + 1), "a\0b", "\ud800"])
def test_a_note_is_short_and_can_be_stored(text: str) -> None:
    with pytest.raises(ValidationError):
        ChangeTrial(note=text)
    assert len(ChangeTrial(note="x" * MAX_NOTE).note) == MAX_NOTE
