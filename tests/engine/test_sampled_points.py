"""What a trial and its study say of how points were found, and what happens when there are no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.acting import POINT, ActingStudy
from tuner.engine import Engine
from tuner.samplers import Suggestion, registry
from tuner.samplers.random import RandomSampler
from tuner.storage.tables import MAX_METHOD

NewStudy = Callable[..., ActingStudy]


class TwoMethods(RandomSampler):
    """Names one method for even numbers, and none for odd ones."""

    learns = True

    def suggest(self, view: Any, count: int, rng: Any) -> list[Suggestion]:
        found = super().suggest(view, count, rng)
        first = len(view.trials)
        return [Suggestion(each.params, "even" if (first + i) % 2 == 0 else None) for i, each in enumerate(found)]


class LongName(RandomSampler):
    def suggest(self, view: Any, count: int, rng: Any) -> list[Suggestion]:
        return [Suggestion(each.params, "x" * 1_000) for each in super().suggest(view, count, rng)]


@pytest.fixture(autouse=True)
def samplers(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in (TwoMethods, LongName):
        monkeypatch.setitem(registry._CLASSES, each.__name__, (__name__, each.__name__))


def test_a_trial_names_the_method_that_found_it_or_else_the_sampler(new_study: NewStudy) -> None:
    study = new_study(sampler="TwoMethods")
    asked = [leased.trial.sampled_by for leased in study.ask(3)]
    assert asked == ["even", "TwoMethods", "even"]
    assert [trial.sampled_by for trial in study.trials()] == asked


def test_points_that_were_given_have_no_method(new_study: NewStudy) -> None:
    study = new_study()
    study.enqueue(POINT)
    study.enqueue(POINT, values=0.5)
    assert study.ask_one().trial.sampled_by is None
    assert [trial.sampled_by for trial in study.trials()] == [None, None]


def test_a_retried_trial_keeps_its_method(new_study: NewStudy) -> None:
    study = new_study()
    study.release(study.ask_one())
    assert study.ask_one().trial.sampled_by == "random"


def test_samplers_see_the_method_of_each_trial(engine: Engine, new_study: NewStudy) -> None:
    study = new_study(sampler="TwoMethods")
    study.ask(2)
    assert [trial.sampled_by for trial in engine.trials._views.of(study.id)[1].trials] == ["even", "TwoMethods"]


def test_the_name_of_a_method_is_cut_to_what_the_column_holds(new_study: NewStudy) -> None:
    assert new_study(sampler="LongName").ask_one().trial.sampled_by == "x" * MAX_METHOD
