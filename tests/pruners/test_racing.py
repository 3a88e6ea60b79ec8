import pytest

from tuner.errors import InvalidInput
from tuner.pruners import Decision
from tuner.pruners.racing import RacingPruner
from tuner.space import Float, SearchSpace
from tuner.testing.facts import make_trial, make_view

CONTINUE, PRUNE = Decision.CONTINUE, Decision.PRUNE
SPACE = SearchSpace({"x": Float(0, 1)})


def judge(pruner: RacingPruner, losses: list[float], peers: list[dict[int, float]], step: int) -> Decision:
    own = dict(enumerate(losses, start=1))
    trials = [make_trial(0, last_step=step, last_value=own[step])]
    trials += [make_trial(number, values=0.0) for number in range(1, len(peers) + 1)]
    return pruner.decide(make_view(SPACE, trials, curves={0: own, **dict(enumerate(peers, start=1))}), trials[0])


def test_scores_are_compared_at_the_same_step() -> None:
    # At its first fold the trial is behind; a lucky later fold does not count against the others.
    peers = [{1: 1.0 + i / 10, 2: 3.0 + i / 10} for i in range(10)]
    assert judge(RacingPruner(), [1.3], peers, 1) is CONTINUE
    assert judge(RacingPruner(), [1.5], peers, 1) is PRUNE
    assert judge(RacingPruner(), [1.5, 3.2], peers, 2) is CONTINUE


def test_nobody_is_judged_by_too_few() -> None:
    peers = [{1: 1.0}] * 4
    assert judge(RacingPruner(), [9.0], peers, 1) is CONTINUE
    assert judge(RacingPruner(num_startup_trials=4), [9.0], peers, 1) is PRUNE


def test_a_score_as_good_as_the_mark_goes_on() -> None:
    assert judge(RacingPruner(), [1.0], [{1: 1.0}] * 10, 1) is CONTINUE


@pytest.mark.parametrize("share", [0.0, 1.0, float("nan")])
def test_share_outside_0_to_1_is_refused(share: float) -> None:
    with pytest.raises(InvalidInput, match="share must be above 0 and below 1"):
        RacingPruner(share)
