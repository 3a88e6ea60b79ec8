"""The plan of a study over a dataset whose user did not choose: families, their order, and their first points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.errors import InvalidInput
from tuner.models import default_params, family
from tuner.records import Validation
from tuner.space import Params, SearchSpace

SMALL_TABLE_ROWS = 2_000
FOLDS = 5
CROSS_VALIDATED_ROWS = 10_000
CROSS_VALIDATION_SHARE = 0.1
# A study without a time budget is judged as if it had this.
PATIENT_SECONDS = 600.0
MIN_ROWS = {"keras_mlp": 200}
MAX_ROWS = {"random_forest": 500_000, "keras_mlp": 500_000}
_SMALL_FIRST = ("linear", "lightgbm", "random_forest", "hist_gradient_boosting")
_LARGE_FIRST = ("lightgbm", "hist_gradient_boosting", "linear", "random_forest")
_LAST = ("keras_mlp",)


def choose_families(profile: DatasetProfile, target: TargetProfile, available: Iterable[str]) -> tuple[str, ...]:
    """The families that should compete for a table, in the order in which each should first be tried.

    Cheap and strong ones go first, so that a short budget still ends with a good model. Up to 2,000 rows the linear
    model leads: it is trained in a fraction of a second and on few rows often not far from the best. On more rows
    boosted trees lead: their defaults are the strongest single models on most tables, and one linear fit may take
    longer than theirs. Neural networks come last, because one of them costs as much as many trees.

    Some are left out by size. Below 200 rows a network has too little to learn from. Beyond 500,000 rows a network or
    a forest takes minutes and a forest's file gigabytes, where boosting takes seconds. When that would leave none, all
    stay.

    Args:
        profile: The table.
        target: What is predicted; its rows count, those without a target do not.
        available: Names of the families that are installed and can predict the target.

    Returns:
        Names in order. A family this plan does not know stands behind those it knows, before the networks.
    """
    names = list(available)
    fitting = [
        name for name in names if MIN_ROWS.get(name, 0) <= target.num_rows <= MAX_ROWS.get(name, target.num_rows)
    ]
    first = _SMALL_FIRST if target.num_rows <= SMALL_TABLE_ROWS else _LARGE_FIRST
    return tuple(sorted(fitting or names, key=lambda name: _place(name, first)))


def choose_validation(
    profile: DatasetProfile, target: TargetProfile, seconds: float | None = None, folds: int | None = None
) -> Validation:
    """How candidates are judged on a table.

    On a small table each candidate is cheap and a score on a few hundred rows is noise, so all are cross-validated. On
    a large one the rows of one fold tell candidates apart, and the time goes further on more of them. What is small,
    the time decides: a boosted model has to be cross-validated in a tenth of it.

    Args:
        profile: The table.
        target: What is predicted.
        seconds: The study's time budget.
        folds: Parts to divide the rows into, if the user has said so: then every candidate is cross-validated on them.
    """
    num_rows = target.num_rows
    if folds is not None:
        return Validation(folds=min(folds, num_rows), scored_folds=min(folds, num_rows))
    booster = family("lightgbm")
    cost = FOLDS * booster.fit_seconds(profile, target, booster.default(profile, target))
    is_small = num_rows <= CROSS_VALIDATED_ROWS and cost <= CROSS_VALIDATION_SHARE * (seconds or PATIENT_SECONDS)
    return Validation(folds=min(FOLDS, num_rows), scored_folds=min(FOLDS, num_rows) if is_small else 1)


def opening_points(
    families: Sequence[str],
    profile: DatasetProfile,
    target: TargetProfile,
    space: SearchSpace,
    seconds: float | None = None,
) -> list[Params]:
    """The points that a study tries before it searches: each family's own default, in the order of ``families``.

    Args:
        families: Names in the order of their first trials.
        profile: The table.
        target: What is predicted.
        space: The study's composed space. Where the user has narrowed it, a default moves to the nearest allowed
            value; a family that the space does not let be chosen has no point.
        seconds: The study's time budget.
    """
    points = []
    for name in families:
        try:
            points.append(default_params(name, profile, target, space))
        except InvalidInput:
            continue
    return points


def _place(name: str, first: tuple[str, ...]) -> int:
    if name in first:
        return first.index(name)
    return len(first) + (name in _LAST)
