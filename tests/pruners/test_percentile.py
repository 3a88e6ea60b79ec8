import pytest

from tuner.errors import InvalidInput
from tuner.pruners import Decision
from tuner.pruners.median import MedianPruner
from tuner.pruners.percentile import PercentilePruner
from tuner.space import Float, SearchSpace
from tuner.testing.facts import make_trial, make_view

CONTINUE, PRUNE = Decision.CONTINUE, Decision.PRUNE
SPACE = SearchSpace({"x": Float(0, 1)})
# Completed trials with losses 0, 10, ..., 100 from step 3 on: the percentile of a loss is the loss.
PEERS = {number: {3: 10.0 * (number - 1)} for number in range(1, 12)}


def judge(pruner: PercentilePruner, loss: float) -> Decision:
    trials = [make_trial(0, last_step=3), *(make_trial(number, values=0.0) for number in PEERS)]
    view = make_view(SPACE, trials, curves={0: {3: loss}, **PEERS})
    return pruner.decide(view, trials[0])


@pytest.mark.parametrize("percentile", [0.0, 25.0, 33.0, 100.0])
def test_mark_is_the_percentile_of_the_completed_trials(percentile: float) -> None:
    assert judge(PercentilePruner(percentile), percentile + 0.1) is PRUNE
    assert judge(PercentilePruner(percentile), percentile) is CONTINUE


@pytest.mark.parametrize("loss", [0.0, 49.9, 50.0, 50.1, 100.0])
def test_at_fifty_it_is_the_median_rule(loss: float) -> None:
    assert judge(PercentilePruner(50.0), loss) is judge(MedianPruner(), loss)


@pytest.mark.parametrize("percentile", [-0.1, 100.1, float("nan")])
def test_percentile_outside_0_to_100_is_refused(percentile: float) -> None:
    with pytest.raises(InvalidInput, match="percentile must be from 0 to 100"):
        PercentilePruner(percentile)
