from tuner.automl import choose_families, opening_points
from tuner.automl.plan import choose_validation
from tuner.automl.portfolio import portfolio
from tuner.data.profile import (
    ColumnKind,
    ColumnProfile,
    DatasetProfile,
    TargetProfile,
    Task,
    ValueForm,
    target_profile,
)
from tuner.models import compose_space, families
from tuner.records import Validation
from tuner.space import Categorical, Float

ALL = ("lightgbm", "hist_gradient_boosting", "random_forest", "linear", "keras_mlp")


def column(name: str, kind: ColumnKind, counts: dict[str, int]) -> ColumnProfile:
    return ColumnProfile(
        name=name,
        kind=kind,
        reason="because",
        form=ValueForm.TEXT if kind is ColumnKind.CATEGORY else ValueForm.WHOLE,
        num_missing=0,
        num_unique=len(counts),
        value_counts=tuple(counts.items()),
    )


def table(num_rows: int) -> tuple[DatasetProfile, TargetProfile]:
    half = num_rows // 2
    profile = DatasetProfile(
        num_rows=num_rows,
        columns=(
            column("size", ColumnKind.NUMBER, {str(value): num_rows // 50 for value in range(50)}),
            column("colour", ColumnKind.CATEGORY, {"red": half, "blue": num_rows - half}),
            column("label", ColumnKind.BOOLEAN, {"0": half, "1": num_rows - half}),
        ),
    )
    target = target_profile(profile, "label")
    assert target.task is Task.BINARY
    return profile, target


def test_network_is_left_out_of_a_tiny_table() -> None:
    assert "keras_mlp" not in choose_families(*table(150), ALL)


def test_slow_families_are_left_out_of_a_huge_table() -> None:
    assert set(choose_families(*table(600_000), ALL)) == {"lightgbm", "hist_gradient_boosting", "linear"}


def test_some_family_always_stays() -> None:
    assert choose_families(*table(150), ["keras_mlp"]) == ("keras_mlp",)


def test_only_what_is_available_is_chosen() -> None:
    assert choose_families(*table(600), ["random_forest", "linear"]) == ("random_forest", "linear")


def test_every_registered_family_that_reads_tables_has_a_place_but_the_one_found_weaker() -> None:
    able = {name for name, family in families().items() if family.supports(*table(600))}
    assert set(choose_families(*table(600), families())) == able - {"keras_resnet"}
    assert {"lightgbm", "linear", "keras_mlp"} < able


def test_opening_points_are_those_of_the_portfolio_in_its_order() -> None:
    profile, target = table(600)
    space = compose_space(ALL, profile, target)
    points = opening_points(ALL, profile, target, space)
    assert [point["model"] for point in points] == [name for name, _ in portfolio(profile, target, ALL)]
    assert [space.check(point) for point in points] == points


def test_opening_point_follows_a_narrowed_space() -> None:
    profile, target = table(600)
    override = {"lightgbm.learning_rate": Float(0.2, 0.3)}
    space = compose_space(["lightgbm"], profile, target, override)
    points = opening_points(["lightgbm"], profile, target, space)
    assert {point["lightgbm.learning_rate"] for point in points} == {0.2}


def test_no_opening_point_is_tried_twice() -> None:
    profile, target = table(600)
    override = {
        f"lightgbm.{name}": Categorical([value])
        for name, value in families()["lightgbm"].default(profile, target).items()
    }
    space = compose_space(["lightgbm"], profile, target, override)
    assert len(opening_points(["lightgbm"], profile, target, space)) == 1


def test_family_that_the_space_excludes_has_no_opening_point() -> None:
    profile, target = table(600)
    space = compose_space(["lightgbm", "linear"], profile, target, {"model": Categorical(["linear"])})
    points = opening_points(["lightgbm", "linear"], profile, target, space)
    assert {point["model"] for point in points} == {"linear"}


def test_small_tables_are_cross_validated_and_large_ones_hold_a_fold_out() -> None:
    small, large = table(500), table(50_000)
    assert choose_validation(*small, 60.0) == Validation(folds=5, scored_folds=5)
    assert choose_validation(*large, 60.0) == Validation(folds=10, scored_folds=1)
    assert choose_validation(*small) == Validation(folds=5, scored_folds=5)


def test_only_of_many_rows_a_tenth_is_enough_to_judge_by() -> None:
    assert choose_validation(*table(9_000), 3.0) == Validation(folds=5, scored_folds=1)
    assert choose_validation(*table(10_001), 3.0) == Validation(folds=10, scored_folds=1)


def test_a_short_time_goes_further_with_one_fold() -> None:
    assert choose_validation(*table(9_000), 3.0).scored_folds == 1
    assert choose_validation(*table(9_000), 600.0).scored_folds == 5


def test_folds_that_are_asked_for_are_all_scored() -> None:
    assert choose_validation(*table(50_000), 60.0, folds=3) == Validation(folds=3, scored_folds=3)


def test_there_are_no_more_folds_than_rows() -> None:
    assert choose_validation(*table(4), 60.0).folds == 4
    assert choose_validation(*table(4), 60.0, folds=10).folds == 4


def test_few_rows_are_cross_validated_even_in_a_short_time() -> None:
    cost = 5 * families()["lightgbm"].fit_seconds(*table(400), families()["lightgbm"].default(*table(400)))
    assert choose_validation(*table(400), cost * 4).scored_folds == 5
    assert choose_validation(*table(400), cost * 3).scored_folds == 1
