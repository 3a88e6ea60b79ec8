"""The search space of a study on a dataset."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.data import Task
from tuner.errors import InvalidInput, InvalidSearchSpace, UnknownName
from tuner.models import compose_space, default_params, families, family, split_params
from tuner.space import Categorical, Constant, Float, Forbid, Int, Linear
from tuner.testing.model import small_data

NAMES = ["lightgbm", "random_forest", "linear"]
_DATA = small_data(Task.BINARY)
FOR_TABLES = [name for name, each in families().items() if each.supports(_DATA.profile, _DATA.table.target_profile)]


@pytest.fixture(scope="module")
def profile():
    return small_data(Task.BINARY).profile


@pytest.fixture(scope="module")
def target():
    return small_data(Task.BINARY).table.target_profile


def test_model_chooses_which_parameters_are_active(profile, target):
    space = compose_space(NAMES, profile, target)
    assert space["model"] == Categorical(NAMES)
    assert space.active({"model": "linear"}) == ["model", "linear.l2", "linear.penalty"]
    assert all(name == "model" or "model" in space[name].when for name in space)


def test_conditions_within_a_family_are_kept_under_full_names(profile, target):
    space = compose_space(["random_forest"], profile, target)
    assert space["random_forest.sample_share"].when == {
        "model": ("random_forest",),
        "random_forest.bootstrap": (True,),
    }


@given(seed=st.integers(0, 2**32))
def test_split_points_lie_in_the_familys_own_space(seed):
    data = small_data(Task.MULTICLASS)
    target = data.table.target_profile
    space = compose_space(FOR_TABLES, data.profile, target)
    name, params = split_params(space.draw(np.random.default_rng(seed)))
    assert family(name).space(data.profile, target).check(params) == params


@pytest.mark.parametrize("name", FOR_TABLES)
def test_default_is_a_point_of_the_composed_space(name, profile, target):
    point = default_params(name, profile, target)
    assert compose_space(FOR_TABLES, profile, target).check(point) == point
    assert split_params(point) == (name, family(name).default(profile, target))


def test_override_replaces_the_entry_under_its_conditions(profile, target):
    space = compose_space(NAMES, profile, target, {"lightgbm.learning_rate": Float(1e-3, 0.9, log=True)})
    assert space["lightgbm.learning_rate"] == Float(1e-3, 0.9, log=True, when={"model": ["lightgbm"]})


def test_override_may_add_a_condition(profile, target):
    override = Float(0.1, 0.2, when={"lightgbm.max_leaves": [4]})
    space = compose_space(NAMES, profile, target, {"lightgbm.learning_rate": override})
    assert space["lightgbm.learning_rate"].when == {"lightgbm.max_leaves": (4,), "model": ("lightgbm",)}


def test_number_may_become_a_choice_of_numbers(profile, target):
    space = compose_space(NAMES, profile, target, {"lightgbm.max_leaves": Categorical([7, 15, 31])})
    assert space["lightgbm.max_leaves"].choices == (7, 15, 31)


def test_model_may_be_narrowed_and_the_others_vanish(profile, target):
    space = compose_space(NAMES, profile, target, {"model": Categorical(["linear"])})
    assert list(space) == ["model", "linear.l2", "linear.penalty", "linear.l1_share"]


def test_parameter_whose_condition_was_taken_away_vanishes(profile, target):
    space = compose_space(NAMES, profile, target, {"random_forest.bootstrap": Categorical([False])})
    assert "random_forest.sample_share" not in space


@pytest.mark.parametrize(
    ("name", "override"),
    [
        ("model", Categorical(["linear", "keras_mlp"])),
        ("model", Int(0, 1)),
        ("lightgbm.max_leaves", Float(2.0, 8.0)),
        ("lightgbm.max_leaves", Categorical(["many"])),
        ("lightgbm.learning_rate", Categorical([True, False])),
        ("random_forest.bootstrap", Categorical([True, "sometimes"])),
        ("random_forest.bootstrap", Constant("sometimes")),
        ("lightgbm.max_leaves", Constant(2.5)),
    ],
)
def test_values_that_the_family_cannot_take_are_refused(name, override, profile, target):
    with pytest.raises(InvalidSearchSpace) as caught:
        compose_space(NAMES, profile, target, {name: override})
    assert caught.value.places[0].pointer == f"#/space/parameters/{name}"


def test_misspelt_override_is_told_near_names(profile, target):
    with pytest.raises(InvalidSearchSpace, match=r"Did you mean lightgbm\.learning_rate") as caught:
        compose_space(NAMES, profile, target, {"lightgbm.learningrate": Float(0.1, 0.2)})
    assert caught.value.places[0].pointer == "#/space/parameters/lightgbm.learningrate"


def test_override_without_prefix_is_told_the_families(profile, target):
    with pytest.raises(InvalidSearchSpace, match=r"lightgbm\.\*"):
        compose_space(NAMES, profile, target, {"x": Float(0.1, 0.2)})


def test_override_of_a_family_that_does_not_compete_says_so(profile, target):
    with pytest.raises(InvalidSearchSpace, match="Add 'keras_mlp' to models"):
        compose_space(NAMES, profile, target, {"keras_mlp.units": Int(8, 16)})


def test_condition_on_an_unknown_parameter_is_refused(profile, target):
    override = Float(0.1, 0.2, when={"lightgbm.depth": [1]})
    with pytest.raises(InvalidSearchSpace, match=r"lightgbm\.depth") as caught:
        compose_space(NAMES, profile, target, {"lightgbm.learning_rate": override})
    assert caught.value.places[0].pointer.startswith("#/space/parameters/lightgbm.learning_rate/when")


def test_no_family_is_refused(profile, target):
    with pytest.raises(InvalidInput, match="No model family"):
        compose_space([], profile, target)


def test_family_named_twice_is_refused(profile, target):
    with pytest.raises(InvalidInput, match="twice") as caught:
        compose_space(["linear", "linear"], profile, target)
    assert caught.value.places[0].pointer == "#/models/1"


def test_unknown_family_is_pointed_at(profile, target):
    with pytest.raises(UnknownName) as caught:
        compose_space(["linear", "liner"], profile, target)
    assert caught.value.places[0].pointer == "#/models/1"


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        (Float(0.1, 0.3), 0.1),
        (Float(0.001, 0.01), 0.01),
        (Float(0.0, 1.0, step=0.25), 0.0),
        (Categorical([0.2, 0.04, 0.5]), 0.04),
        (Int(1, 3), 1),
    ],
)
def test_default_moves_to_the_nearest_value_an_override_allows(override, expected, profile, target):
    space = compose_space(NAMES, profile, target, {"lightgbm.learning_rate": override})
    point = default_params("lightgbm", profile, target, space)
    assert point["lightgbm.learning_rate"] == expected


def test_default_of_a_family_that_cannot_be_chosen_is_refused(profile, target):
    space = compose_space(NAMES, profile, target, {"model": Categorical(["linear"])})
    with pytest.raises(InvalidInput):
        default_params("lightgbm", profile, target, space)


def test_constraints_join_parameters_of_different_families(profile, target):
    limit = Linear({"lightgbm.max_leaves": 1, "random_forest.max_features": 1}, at_most=20)
    space = compose_space(NAMES, profile, target, constraints=[limit])
    assert space.constraints == (limit,)
    drawn = [space.draw(np.random.default_rng(seed)) for seed in range(50)]
    assert {point["model"] for point in drawn} == set(NAMES)
    assert all(point.get("lightgbm.max_leaves", 0) <= 20 for point in drawn)


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (Linear({"lightgbm.max_leaves": 1, "linear.l2": 1}, at_most=20), Linear({"linear.l2": 1}, at_most=20)),
        (Linear({"lightgbm.max_leaves": 1}, at_most=20), None),
        (Forbid({"model": "lightgbm", "lightgbm.max_leaves": 31}), None),
        (Forbid({"model": "lightgbm"}), None),
        (Forbid({"model": "linear", "linear.l2": 1.0}), Forbid({"model": "linear", "linear.l2": 1.0})),
    ],
)
def test_constraints_forget_what_the_overrides_took_away(constraint, expected, profile, target):
    overrides = {"model": Categorical(["linear", "random_forest"])}
    space = compose_space(NAMES, profile, target, overrides, [constraint])
    assert space.constraints == (() if expected is None else (expected,))


def test_constraint_on_an_unknown_parameter_is_pointed_at(profile, target):
    with pytest.raises(InvalidSearchSpace, match=r"Did you mean lightgbm\.max_leaves") as caught:
        compose_space(NAMES, profile, target, constraints=[Linear({"lightgbm.max_leafs": 1}, at_most=20)])
    assert caught.value.places[0].pointer == "#/space/constraints/0/linear/lightgbm.max_leafs"


def test_override_may_fix_a_value(profile, target):
    space = compose_space(
        NAMES, profile, target, {"lightgbm.learning_rate": Constant(0.05), "random_forest.bootstrap": Constant(True)}
    )
    assert space["lightgbm.learning_rate"] == Constant(0.05, when={"model": ["lightgbm"]})
    assert default_params("lightgbm", profile, target, space)["lightgbm.learning_rate"] == 0.05
    assert space["random_forest.sample_share"].when == {
        "model": ("random_forest",),
        "random_forest.bootstrap": (True,),
    }


def test_model_may_be_fixed(profile, target):
    space = compose_space(NAMES, profile, target, {"model": Constant("linear")})
    assert list(space) == ["model", "linear.l2", "linear.penalty", "linear.l1_share"]


@pytest.mark.parametrize("name", ["lightgbm", "random_forest", "linear"])
def test_default_moves_to_a_point_that_keeps_the_constraints(name, profile, target):
    limits = [Linear({"lightgbm.max_leaves": 1}, at_most=7), Linear({"linear.l2": 1}, at_least=500)]
    space = compose_space(NAMES, profile, target, constraints=limits)
    point = default_params(name, profile, target, space)
    assert point["model"] == name
    assert space.check(point) == point


def test_default_of_a_family_that_constraints_exclude_is_refused(profile, target):
    space = compose_space(NAMES, profile, target, constraints=[Forbid({"model": "linear"})])
    with pytest.raises(InvalidInput, match="No point of 'linear' near the one given"):
        default_params("linear", profile, target, space)


def test_family_without_a_column_that_it_needs_is_refused(profile, target):
    with pytest.raises(InvalidInput, match="needs a column of the kind text"):
        compose_space(["text_linear"], profile, target)
