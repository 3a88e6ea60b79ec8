import pytest

from tuner.errors import InvalidInput
from tuner.pruners import Decision
from tuner.pruners.threshold import ThresholdPruner
from tuner.records import Direction
from tuner.space import Float, SearchSpace
from tuner.testing.facts import make_trial, make_view

CONTINUE, PRUNE = Decision.CONTINUE, Decision.PRUNE
SPACE = SearchSpace({"x": Float(0, 1)})


def judge(pruner: ThresholdPruner, value: float, step: int = 5, direction: Direction = Direction.MINIMIZE) -> Decision:
    trial = make_trial(0, last_step=step, last_value=value)
    view = make_view(SPACE, [trial], directions={"score": direction}, curves={0: {1: 0.5, step: value}})
    return pruner.decide(view, trial)


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize(
    ("value", "decision"), [(-1.01, PRUNE), (-1.0, CONTINUE), (0.0, CONTINUE), (2.0, CONTINUE), (2.01, PRUNE)]
)
def test_value_outside_the_limits_is_pruned_whichever_way_is_better(
    value: float, decision: Decision, direction: Direction
) -> None:
    assert judge(ThresholdPruner(at_most=2.0, at_least=-1.0), value, direction=direction) is decision


def test_one_limit_is_enough() -> None:
    assert judge(ThresholdPruner(at_most=2.0), -1e300) is CONTINUE
    assert judge(ThresholdPruner(at_least=2.0), 1e300) is CONTINUE


def test_nobody_is_pruned_during_the_grace_steps() -> None:
    assert judge(ThresholdPruner(at_most=2.0, grace_steps=4), 9.0, step=3) is CONTINUE
    assert judge(ThresholdPruner(at_most=2.0, grace_steps=4), 9.0, step=4) is PRUNE


def test_threshold_without_a_limit_is_refused() -> None:
    with pytest.raises(InvalidInput, match="needs a limit") as caught:
        ThresholdPruner()
    assert caught.value.hint is not None
    assert "at_most" in caught.value.hint
