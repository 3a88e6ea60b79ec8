from collections.abc import Mapping
from dataclasses import replace

import pytest

from tuner.engine.judging import is_hopeless, needs_decision, next_decision_step
from tuner.records import Direction, Objective, Origin, StudySpec, StudyView, Validation
from tuner.space import Categorical, SearchSpace
from tuner.testing.facts import make_trial, make_view

SPACE = SearchSpace({"model": Categorical(["linear", "tree"])})


def falling(start: float, last_step: int) -> dict[int, float]:
    return {step: start - 0.4 + 0.4 * 0.7**step for step in range(last_step + 1)}


def spec_of(
    pruner: str | Mapping[str, str | int | float | None] = "asha", validation: Validation | None = None
) -> StudySpec:
    objectives = (Objective("loss", Direction.MINIMIZE),)
    return StudySpec("study", SPACE, objectives, "random", pruner, seed=0, validation=validation)


def view_of(own_family: str) -> StudyView:
    """Trial 0 has reported to step 3; ten trees were completed that were far better there."""
    trials = [make_trial(0, {"model": own_family}, last_step=3, last_value=0.6)]
    trials += [make_trial(number, {"model": "tree"}, 0.01 * number, last_step=9) for number in range(1, 11)]
    better = {number: falling(0.4 + 0.01 * number, 9) for number in range(1, 11)}
    return make_view(SPACE, trials, curves={0: falling(1.0, 3), **better})


@pytest.mark.parametrize("pruner", ["asha", "median"])
def test_trial_is_judged_by_its_own_model_family_only(pruner: str) -> None:
    spec = spec_of(pruner, Validation(folds=5, scored_folds=1))
    for family, expected in (("tree", True), ("linear", False)):
        view = view_of(family)
        assert is_hopeless(spec, view, view.trials[0], [(3, 0.6)]) is expected


def test_scores_of_folds_are_compared_across_families() -> None:
    view = view_of("linear")
    assert is_hopeless(spec_of("racing", Validation(folds=5, scored_folds=5)), view, view.trials[0], [(3, 0.6)])


def test_opening_point_is_kept_for_the_average() -> None:
    view = view_of("linear")
    opening = replace(view.trials[0], origin=Origin.ENQUEUED)
    for ensemble in (True, False):
        spec = spec_of("racing", Validation(folds=5, scored_folds=5, ensemble=ensemble))
        assert is_hopeless(spec, view, opening, [(3, 0.6)]) is not ensemble


@pytest.mark.parametrize("pruner", ["asha", "median"])
def test_without_families_all_trials_are_compared(pruner: str) -> None:
    view = view_of("linear")
    assert is_hopeless(spec_of(pruner), view, view.trials[0], [(3, 0.6)])


def test_options_of_the_pruner_say_when_it_decides() -> None:
    assert next_decision_step(spec_of("asha"), None) == 3
    assert next_decision_step(spec_of({"name": "asha", "grace_steps": 5}), None) == 5
    assert next_decision_step(spec_of({"name": "asha", "grace_steps": 5}), 5) == 10
    assert next_decision_step(spec_of("none"), None) is None


def test_only_reports_at_or_after_the_next_decision_are_judged() -> None:
    spec = spec_of("asha")
    assert not needs_decision(spec, None, [(0, 1.0), (2, 0.5)])
    assert needs_decision(spec, None, [(0, 1.0), (3, 0.5)])
    assert not needs_decision(spec, 3, [(4, 0.5), (5, 0.5)])
    assert needs_decision(spec, 3, [(4, 0.5), (6, 0.5)])


def test_report_that_comes_late_for_a_rung_is_judged_all_the_same() -> None:
    assert needs_decision(spec_of("asha"), 5, [(3, 0.5)])
    assert not needs_decision(spec_of("asha"), 5, [(2, 0.5)])
