import dataclasses
from collections.abc import Mapping

import pytest

from tuner.errors import InvalidInput
from tuner.pruners import Decision
from tuner.pruners.patience import PatiencePruner
from tuner.records import Direction
from tuner.space import Float, SearchSpace
from tuner.testing.facts import make_trial, make_view

CONTINUE, PRUNE = Decision.CONTINUE, Decision.PRUNE
SPACE = SearchSpace({"x": Float(0, 1)})


def judge(
    curve: Mapping[int, float],
    pruner: PatiencePruner | None = None,
    step: int | None = None,
    direction: Direction = Direction.MINIMIZE,
) -> Decision:
    trial = make_trial(0, last_step=max(curve))
    view = make_view(SPACE, [trial], directions={"loss": direction}, curves={0: curve})
    asked = dataclasses.replace(trial, last_step=max(curve) if step is None else step)
    return (pruner or PatiencePruner(patience_steps=4)).decide(view, asked)


def test_trial_without_improvement_for_the_patience_is_pruned() -> None:
    assert judge({0: 1.0, 1: 0.5, 2: 0.6, 3: 0.5, 4: 0.7}) is CONTINUE
    assert judge({0: 1.0, 1: 0.5, 2: 0.6, 3: 0.5, 4: 0.7, 5: 0.8}) is PRUNE


def test_any_improvement_within_the_patience_saves_it() -> None:
    assert judge({0: 1.0, 1: 0.5, 3: 0.499, 5: 0.8}) is CONTINUE


def test_steps_count_not_reports() -> None:
    assert judge({0: 1.0, 10: 1.0}) is PRUNE
    assert judge({10: 1.0, 11: 1.0, 12: 1.0, 13: 1.0}) is CONTINUE


def test_small_improvement_may_count_as_none() -> None:
    curve = {0: 1.0, 4: 0.95}
    assert judge(curve, PatiencePruner(4, min_improvement=0.1)) is PRUNE
    assert judge(curve, PatiencePruner(4, min_improvement=0.04)) is CONTINUE


def test_nobody_is_pruned_during_the_grace_steps() -> None:
    pruner = PatiencePruner(patience_steps=1, grace_steps=6)
    assert judge({0: 1.0, 5: 2.0}, pruner) is CONTINUE
    assert judge({0: 1.0, 6: 2.0}, pruner) is PRUNE


def test_higher_is_better_when_the_objective_is_maximized() -> None:
    assert judge({0: 1.0, 4: 0.5}, direction=Direction.MAXIMIZE) is PRUNE
    assert judge({0: 1.0, 4: 1.5}, direction=Direction.MAXIMIZE) is CONTINUE


def test_late_report_is_judged_as_of_its_own_step() -> None:
    curve = {0: 1.0, 3: 1.0, 4: 1.0, 5: 0.1}
    assert judge(curve, step=4) is PRUNE
    assert judge(curve, step=5) is CONTINUE


@pytest.mark.parametrize(("argument", "value"), [("patience_steps", 0), ("min_improvement", -0.1), ("grace_steps", 0)])
def test_senseless_arguments_are_refused(argument: str, value: float) -> None:
    with pytest.raises(InvalidInput, match=f"{argument} must be at least"):
        PatiencePruner(**{argument: value})  # one of several kinds of number
