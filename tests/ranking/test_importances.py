import logging
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import optuna
import pytest

from tuner.ranking import parameter_importances
from tuner.records import Direction, FailureReason, OutcomeConstraint, StudyView, TrialState
from tuner.space import Categorical, Float, Int, Params, SearchSpace
from tuner.testing.facts import make_trial, make_view

SPACE = SearchSpace({"strong": Float(0, 1), "weak": Float(0, 1), "fixed": Int(3, 3)})
BRANCHES = SearchSpace(
    {
        "model": Categorical(["tree", "net"]),
        "tree.depth": Int(1, 10, when={"model": ["tree"]}),
        "net.rate": Float(1e-5, 1, log=True, when={"model": ["net"]}),
        "net.name": Categorical(["a", "b"], when={"model": ["net"]}),
    }
)


def sampled(space: SearchSpace, loss: Callable[[Params], float], num_trials: int = 200) -> StudyView:
    rng = np.random.default_rng(0)
    points = [space.draw(rng) for _ in range(num_trials)]
    return make_view(space, [make_trial(number, point, loss(point)) for number, point in enumerate(points)])


def strong_loss(params: Params) -> float:
    return 10 * abs(params["strong"] - 0.3) + params["weak"] / 100


def test_parameter_that_decides_leads() -> None:
    shares = parameter_importances(sampled(SPACE, strong_loss))
    assert list(shares) == ["strong", "weak", "fixed"]
    assert shares["strong"] > 0.8


def test_shares_add_up_to_one() -> None:
    assert sum(parameter_importances(sampled(SPACE, strong_loss)).values()) == pytest.approx(1)


def test_parameter_with_a_single_value_decides_nothing() -> None:
    assert parameter_importances(sampled(SPACE, strong_loss))["fixed"] == 0


def test_direction_only_mirrors_the_values() -> None:
    view = sampled(SPACE, strong_loss)
    trials = [make_trial(t.number, t.params, -t.values["loss"]) for t in view.trials if t.values]
    mirrored = make_view(SPACE, trials, directions={"loss": Direction.MAXIMIZE})
    assert parameter_importances(mirrored) == pytest.approx(parameter_importances(view))


def test_conditional_parameter_counts_where_it_is_active() -> None:
    def loss(params: Params) -> float:
        return 5.0 if params["model"] == "tree" else abs(np.log10(params["net.rate"]) + 3)

    shares = parameter_importances(sampled(BRANCHES, loss))
    assert shares["net.rate"] > 0.5
    assert shares["tree.depth"] < 0.01
    assert shares["net.name"] < 0.1


def test_parameters_never_active_are_left_out() -> None:
    trials = [make_trial(n, {"model": "tree", "tree.depth": 1 + n % 10}, float(n % 10)) for n in range(40)]
    assert set(parameter_importances(make_view(BRANCHES, trials))) == {"model", "tree.depth"}


def test_branch_seen_once_is_no_obstacle() -> None:
    trials = [make_trial(n, {"model": "tree", "tree.depth": 1 + n % 10}, float(n % 10)) for n in range(40)]
    trials.append(make_trial(40, {"model": "net", "net.rate": 0.1, "net.name": "a"}, 99.0))
    assert sum(parameter_importances(make_view(BRANCHES, trials)).values()) == pytest.approx(1)


def test_several_objectives_have_importances() -> None:
    rng = np.random.default_rng(0)
    directions = {"loss": Direction.MINIMIZE, "accuracy": Direction.MAXIMIZE}
    points = [SPACE.draw(rng) for _ in range(100)]
    trials = [
        make_trial(n, point, {"loss": strong_loss(point), "accuracy": -strong_loss(point)})
        for n, point in enumerate(points)
    ]
    assert parameter_importances(make_view(SPACE, trials, directions=directions))["strong"] > 0.8


@pytest.mark.parametrize("num_trials", [0, 1, 3])
def test_fewer_than_four_completed_trials_say_nothing(num_trials: int) -> None:
    view = sampled(SPACE, strong_loss, num_trials)
    rest = [make_trial(number, failure=FailureReason.ERROR) for number in range(num_trials, 20)]
    rest.append(make_trial(20, {"strong": 0.5}, state=TrialState.PRUNED, last_step=3, last_value=1.0))
    assert parameter_importances(make_view(SPACE, [*view.trials, *rest])) == {}


def test_equal_results_say_nothing() -> None:
    assert parameter_importances(sampled(SPACE, lambda params: 1.0)) == {}


def test_agrees_with_optuna_on_a_plain_space() -> None:
    view = sampled(SPACE, strong_loss)
    study = optuna.create_study()
    distributions: dict[str, optuna.distributions.BaseDistribution] = {
        name: optuna.distributions.FloatDistribution(0, 1) for name in ("strong", "weak")
    }
    for trial in view.trials:
        assert trial.values is not None
        params = {name: trial.params[name] for name in distributions}
        study.add_trial(
            optuna.trial.create_trial(params=params, distributions=distributions, value=trial.values["loss"])
        )
    expected = optuna.importance.get_param_importances(study)
    assert parameter_importances(view) == pytest.approx({**expected, "fixed": 0.0})


def test_trials_beyond_a_constraint_count_as_bad() -> None:
    """The loss depends on ``weak`` alone, but only trials with a small ``strong`` are feasible."""
    rng = np.random.default_rng(0)
    points = [SPACE.draw(rng) for _ in range(200)]
    trials = [
        make_trial(number, point, {"loss": point["weak"] / 1000, "latency": point["strong"]})
        for number, point in enumerate(points)
    ]
    view = make_view(SPACE, trials)
    assert parameter_importances(view)["strong"] < 0.1
    constrained = replace(view, constraints=(OutcomeConstraint("latency", at_most=0.1),))
    assert parameter_importances(constrained)["strong"] > 0.4


def test_trials_that_failed_because_of_their_point_count_as_bad() -> None:
    rng = np.random.default_rng(0)
    trials = []
    for number in range(200):
        point = SPACE.draw(rng)
        if point["strong"] > 0.1:
            trials.append(make_trial(number, point, failure=FailureReason.OUT_OF_MEMORY))
        else:
            trials.append(make_trial(number, point, point["weak"]))
    told = [trial for trial in trials if trial.values]
    assert parameter_importances(make_view(SPACE, trials))["strong"] > 0.5
    assert parameter_importances(make_view(SPACE, told))["strong"] < 0.3


def test_an_objective_can_be_chosen() -> None:
    rng = np.random.default_rng(0)
    directions = {"loss": Direction.MINIMIZE, "accuracy": Direction.MAXIMIZE}
    points = [SPACE.draw(rng) for _ in range(200)]
    trials = [
        make_trial(number, point, {"loss": point["strong"], "accuracy": point["weak"]})
        for number, point in enumerate(points)
    ]
    view = make_view(SPACE, trials, directions=directions)
    assert parameter_importances(view, "loss")["strong"] > 0.8
    assert parameter_importances(view, "accuracy")["weak"] > 0.8
    assert parameter_importances(view)["weak"] == pytest.approx(0.5, abs=0.3)


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.INFO):
        parameter_importances(sampled(SPACE, strong_loss, 20))
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")
