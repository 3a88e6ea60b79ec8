from __future__ import annotations

from dataclasses import replace

import pytest

from tests.automl.test_plan import column
from tuner.automl.portfolio import portfolio
from tuner.data.profile import ColumnKind, DatasetProfile, TargetProfile, Task, target_profile
from tuner.models import families, family
from tuner.testing.arrays import image_data, sequence_data
from tuner.testing.model import Data

ROWS = (60, 600, 1_600, 20_000, 1_000_000)


def table(num_rows: int, num_classes: int, *, with_categories: bool) -> tuple[DatasetProfile, TargetProfile]:
    """A table with ``num_classes`` equal classes, or with a quantity to predict for 0."""
    share = num_rows // max(1, num_classes)
    columns = [column(f"size {place}", ColumnKind.NUMBER, {str(value): 1 for value in range(50)}) for place in range(8)]
    if with_categories:
        columns.append(column("colour", ColumnKind.CATEGORY, {"red": num_rows // 2, "blue": num_rows // 2}))
    if num_classes:
        columns.append(column("label", ColumnKind.CATEGORY, {f"class {place}": share for place in range(num_classes)}))
    else:
        columns.append(column("label", ColumnKind.NUMBER, {str(value / 2): 2 for value in range(num_rows // 2)}))
    profile = DatasetProfile(num_rows=num_rows, columns=tuple(columns))
    return profile, target_profile(profile, "label", None if num_classes else "regression")


def able(profile: DatasetProfile, target: TargetProfile) -> list[str]:
    return [name for name, each in families().items() if each.supports(profile, target)]


@pytest.mark.parametrize("num_rows", ROWS)
@pytest.mark.parametrize("num_classes", [0, 2, 5])
@pytest.mark.parametrize("with_categories", [True, False])
def test_every_configuration_is_a_point_of_its_family_s_space(
    num_rows: int, num_classes: int, with_categories: bool
) -> None:
    profile, target = table(num_rows, num_classes, with_categories=with_categories)
    points = portfolio(profile, target, able(profile, target))
    for name, params in points:
        assert family(name).space(profile, target).check(params) == params
        assert family(name).complete(params, profile, target) == params
    assert {name for name, _ in points} == set(able(profile, target))
    assert len({(name, *params.items()) for name, params in points}) == len(points)


@pytest.mark.parametrize("num_rows", [60, 600, 1_600, 20_000, 50_000])
def test_first_is_lightgbm_and_quick(num_rows: int) -> None:
    profile, target = table(num_rows, 2, with_categories=True)
    name, params = portfolio(profile, target, able(profile, target))[0]
    assert name == "lightgbm"
    assert family(name).fit_seconds(profile, target, params) < 3


def test_first_is_the_quickest_where_lightgbm_takes_long() -> None:
    profile, target = table(1_000_000, 3, with_categories=True)
    points = portfolio(profile, target, able(profile, target))
    costs = [family(name).fit_seconds(profile, target, params) for name, params in points]
    assert costs[0] == min(costs)
    assert points[1][0] == "lightgbm"


def test_of_many_classes_each_family_is_tried_before_variants_the_cheapest_first() -> None:
    profile, target = table(15_000, 26, with_categories=True)
    points = portfolio(profile, target, able(profile, target))
    names = [name for name, _ in points]
    num_families = len(set(names))
    costs = [family(name).fit_seconds(profile, target, params) for name, params in points]
    assert num_families == len(set(names[:num_families])) < len(names)
    assert costs[:num_families] == sorted(costs[:num_families])
    assert names.index("keras_mlp") < names.index("xgboost")


def test_only_the_given_families_are_tried() -> None:
    profile, target = table(600, 2, with_categories=True)
    assert {name for name, _ in portfolio(profile, target, ["random_forest", "linear"])} == {"random_forest", "linear"}
    assert portfolio(profile, target, []) == []


def test_first_of_a_family_that_is_alone_is_followed_by_its_variants() -> None:
    profile, target = table(600, 2, with_categories=True)
    assert len(portfolio(profile, target, ["lightgbm"])) > 1


def test_what_takes_too_long_is_left_out() -> None:
    profile, target = table(1_000_000, 5, with_categories=True)
    every = portfolio(profile, target, able(profile, target))
    some = portfolio(profile, target, able(profile, target), seconds=120)
    assert 0 < len(some) < len(every)
    assert all(family(name).fit_seconds(profile, target, params) <= 40 for name, params in some)


def test_something_is_tried_however_little_time_there_is() -> None:
    profile, target = table(1_000_000, 5, with_categories=True)
    assert len(portfolio(profile, target, able(profile, target), seconds=0.001)) == 1


def test_logarithm_of_a_target_with_a_tail_is_among_the_first_configurations() -> None:
    profile, target = table(600, 0, with_categories=False)
    tail = [replace(each, minimum=1.0, maximum=1_000.0, mean=50.0) for each in profile.columns if each.name == "label"]
    skewed = replace(profile, columns=(*profile.columns[:-1], *tail))
    scales = [params.get("target_scale") for name, params in portfolio(skewed, target, ["lightgbm", "xgboost"])]
    assert scales[0] == "log"
    assert "linear" in scales
    plain = portfolio(profile, target, ["lightgbm", "xgboost"])
    assert not any("target_scale" in params for _, params in plain)


@pytest.mark.parametrize("num_rows", [600, 5_000, 20_000])
@pytest.mark.parametrize("num_values", [50, 500])
def test_categories_of_many_values_are_read_in_both_ways(num_rows: int, num_values: int) -> None:
    profile, target = table(num_rows, 2, with_categories=False)
    places = column("place", ColumnKind.CATEGORY, dict.fromkeys(map(str, range(num_values)), num_rows // num_values))
    wide = replace(profile, columns=(places, *profile.columns))
    points = portfolio(wide, target, ["lightgbm", "xgboost", "hist_gradient_boosting"])
    assert {params["categories"] for _, params in points[:6]} == {"target", "native"}
    assert not any("categories" in params for _, params in portfolio(profile, target, ["lightgbm", "xgboost"]))


@pytest.mark.parametrize("num_rows", ROWS[:-1])
def test_text_is_read_first_by_what_is_quick(num_rows: int) -> None:
    profile, _ = table(num_rows, 2, with_categories=True)
    text = replace(column("comment", ColumnKind.TEXT, {}), mean_length=200.0)
    profile = replace(profile, columns=(text, *profile.columns))
    target = target_profile(profile, "label")
    able = [name for name, each in families().items() if each.supports(profile, target)]
    points = portfolio(profile, target, able)
    reads_text = [ColumnKind.TEXT in family(name).reads for name, _ in points]
    assert points[0][0] == "text_linear"
    assert {name for name, _ in points} == set(able)
    assert reads_text == sorted(reads_text, reverse=True)
    for name, params in points:
        assert family(name).space(profile, target).check(params) == params


each_kind_of_array = pytest.mark.parametrize(
    ("data", "network"),
    [(image_data(Task.MULTICLASS), "keras_cnn"), (sequence_data(Task.MULTICLASS), "keras_rnn")],
    ids=["pictures", "sequences"],
)


@each_kind_of_array
def test_networks_for_arrays_are_tried_in_little_time_too(data: Data, network: str) -> None:
    target = data.table.target_profile
    points = portfolio(data.profile, target, able(data.profile, target), seconds=10)
    assert network in [name for name, _ in points]


@each_kind_of_array
def test_networks_for_arrays_are_tried_early_beside_quick_trees(data: Data, network: str) -> None:
    target = data.table.target_profile
    names = [name for name, _ in portfolio(data.profile, target, able(data.profile, target), seconds=60)]
    assert names[0] == "extra_trees"
    assert network in names[1:3]
    assert names.index("lightgbm") < names.index("keras_mlp")
