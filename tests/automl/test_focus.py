"""Search among the families that carry the average."""

from __future__ import annotations

from tuner.automl.focus import carrying_families, focused
from tuner.models import MODEL
from tuner.space import Categorical, Float, Linear, SearchSpace
from tuner.testing.facts import make_trial, make_view

SPACE = SearchSpace(
    {
        MODEL: Categorical(["linear", "trees", "net"]),
        "linear.l2": Float(0, 1, when={MODEL: ["linear"]}),
        "trees.kind": Categorical(["a", "b"], when={MODEL: ["trees"]}),
        "trees.share": Float(0, 1, when={MODEL: ["trees"], "trees.kind": ["a"]}),
        "net.rate": Float(0, 1, when={MODEL: ["net"]}),
    }
)
VIEW = make_view(
    SPACE,
    [
        make_trial(0, {MODEL: "linear", "linear.l2": 0.5}, 1.0),
        make_trial(1, {MODEL: "trees", "trees.kind": "a", "trees.share": 0.1}, 2.0),
        make_trial(2, {MODEL: "net", "net.rate": 0.5}, 3.0),
    ],
)


RANKED = ["net", "trees", "linear", "forest"]
DURATIONS = {"linear": 0.2, "trees": 2.0, "forest": 1.0, "net": 20.0}


def test_families_that_carry_the_average_are_searched() -> None:
    weights = {"linear": 0.6, "forest": 0.2, "trees": 0.16, "net": 0.04}
    assert carrying_families(weights, RANKED, DURATIONS, None) == {"linear", "forest", "trees"}


def test_before_there_is_an_average_the_best_are_searched() -> None:
    assert carrying_families({}, RANKED, DURATIONS, 10.0) == {"trees", "linear", "forest"}
    assert carrying_families({}, [], {}, 10.0) == frozenset()


def test_best_others_are_searched_beside_a_few_families() -> None:
    assert carrying_families({"forest": 1.0}, RANKED, DURATIONS, None) == {"forest", "net", "trees"}


def test_families_that_take_long_are_not_searched_in_a_short_time() -> None:
    weights = {"linear": 0.1, "net": 0.9}
    assert carrying_families(weights, RANKED, DURATIONS, 300.0) == {"linear", "net", "trees"}
    assert carrying_families(weights, RANKED, DURATIONS, 30.0) == {"linear", "trees", "forest"}
    assert carrying_families(weights, RANKED, DURATIONS, 8.5) == {"linear", "trees", "forest"}
    assert carrying_families(weights, RANKED, DURATIONS, 0.5) == {"linear", "net"}


def test_family_that_is_most_of_the_average_may_take_longer() -> None:
    assert "net" in carrying_families({"linear": 0.1, "net": 0.9}, RANKED, DURATIONS, 50.0)
    assert "net" not in carrying_families({"linear": 0.7, "net": 0.3}, RANKED, DURATIONS, 50.0)


def test_families_far_behind_are_not_searched_for_want_of_others() -> None:
    ranked = ["net", "trees", "forest", "linear", "neighbours"]
    quick = dict.fromkeys(ranked, 0.1)
    assert carrying_families({"net": 1.0}, ranked, quick | {"trees": 50.0, "forest": 50.0}, 60.0) == {"net", "linear"}


def test_view_holds_the_families_alone() -> None:
    narrow = focused(VIEW, {"trees", "linear"})
    assert list(narrow.space) == [MODEL, "linear.l2", "trees.kind", "trees.share"]
    assert narrow.space[MODEL] == Categorical(["linear", "trees"])
    assert [trial.number for trial in narrow.trials] == [0, 1]
    assert narrow.study_id != VIEW.study_id
    assert all(narrow.space.check(trial.params) == trial.params for trial in narrow.trials)


def test_points_of_the_narrow_space_are_points_of_the_study() -> None:
    narrow = focused(VIEW, {"trees"})
    point = narrow.space.allowed_point
    assert SPACE.check(point) == point


def test_without_families_everything_is_searched() -> None:
    assert focused(VIEW, set()) is VIEW
    assert focused(VIEW, {"linear", "trees", "net", "more"}) is VIEW
    assert focused(VIEW, {"unknown"}) is VIEW


def test_constraints_are_left_as_they_are() -> None:
    space = SearchSpace(dict(SPACE.items()), [Linear({"linear.l2": 1.0, "net.rate": 1.0}, at_most=1.5)])
    view = make_view(space, VIEW.trials)
    assert focused(view, {"trees"}) is view
