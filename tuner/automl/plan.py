"""The plan of a study over a dataset whose user did not choose: families, their order, and their first points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tuner.automl.portfolio import portfolio
from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.data.series.columns import num_series
from tuner.data.series.forecast import Forecast
from tuner.errors import InvalidInput
from tuner.models import ModelFamily, composed_params, family
from tuner.models.cost import num_texts
from tuner.records import Validation
from tuner.space import Params, SearchSpace

FOLDS = 5
# Of so many rows, a tenth tells candidates apart, and their models learn from nine tenths.
CROSS_VALIDATED_ROWS, LARGE_FOLDS = 10_000, 10
CROSS_VALIDATION_SHARE = 0.1
# A fold of so few rows is chance: on these more of the time is spent on judging candidates.
FEW_ROWS, LARGER_SHARE = 2_000, 0.3
# Forecasts are judged on so many blocks, more where each is of few values.
MIN_BLOCKS, MAX_BLOCKS, ENOUGH_VALUES = 3, 5, 60
# A study without a time budget is judged as if it had this.
PATIENT_SECONDS = 600.0


def choose_families(profile: DatasetProfile, target: TargetProfile, available: Iterable[str]) -> tuple[str, ...]:
    """The families that should compete for a table, if nobody has named any.

    Those whose cost or size grows faster than the table are left out of large ones, and a network of the smallest: it
    has too little to learn from. When that would leave none, all stay that can predict the target.

    Args:
        profile: The table.
        target: What is predicted; its rows count, those without a target do not.
        available: Names of the families that are installed.
    """
    able = [name for name in available if family(name).supports(profile, target)]
    return tuple(name for name in able if family(name).suits(profile, target)) or tuple(able)


def choose_validation(
    profile: DatasetProfile,
    target: TargetProfile,
    seconds: float | None = None,
    folds: int | None = None,
    network: ModelFamily | None = None,
) -> Validation:
    """How candidates are judged on a table.

    On a small table each candidate is cheap and a score on a few hundred rows is noise, so all are cross-validated. On
    a large one the rows of one fold tell candidates apart, and the time goes further on more of them. What is small,
    the time decides: a boosted model has to be cross-validated in a tenth of it, up to 2,000 rows in three tenths; a
    linear model of words, where there is text; a network, where it reads what others see only in part. Above 10,000
    rows a fold is a tenth of them, so that models learn from more.

    Args:
        profile: The table.
        target: What is predicted.
        seconds: The study's time budget.
        folds: Parts to divide the rows into, if the user has said so: then every candidate is cross-validated on them.
        network: A network that competes, if there is nothing else or it is made for columns of arrays.
    """
    if target.forecast is not None:
        return _rolling_validation(profile, target.forecast, target.num_rows, folds)
    num_rows = target.num_rows
    if folds is not None:
        return Validation(folds=min(folds, num_rows), scored_folds=min(folds, num_rows))
    typical = network or family("text_linear" if num_texts(profile, target) else "lightgbm")
    cost = FOLDS * typical.fit_seconds(profile, target, typical.default(profile, target))
    share = CROSS_VALIDATION_SHARE if num_rows > FEW_ROWS else LARGER_SHARE
    if num_rows > CROSS_VALIDATED_ROWS:
        return Validation(folds=LARGE_FOLDS, scored_folds=1)
    is_small = cost <= share * (seconds or PATIENT_SECONDS)
    return Validation(folds=min(FOLDS, num_rows), scored_folds=min(FOLDS, num_rows) if is_small else 1)


def _rolling_validation(profile: DatasetProfile, forecast: Forecast, num_rows: int, folds: int | None) -> Validation:
    """How forecasts are judged: on several blocks at the end of the series, one after the other, all of them scored.

    A single block of a single series is a matter of luck. Training further models on earlier rows, as on tables, would
    make no forecast better, so there are no other folds than those that are scored.
    """
    count = num_series(profile, forecast)
    # At least half of a series is for learning.
    possible = max(1, int(num_rows / count / 2 / forecast.horizon))
    wanted = folds or min(MAX_BLOCKS, max(MIN_BLOCKS, ENOUGH_VALUES // (count * forecast.horizon)))
    chosen = min(wanted, possible)
    return Validation(folds=chosen, scored_folds=chosen)


def opening_points(
    families: Sequence[str],
    profile: DatasetProfile,
    target: TargetProfile,
    space: SearchSpace,
    seconds: float | None = None,
    architecture: Mapping[str, Any] | None = None,
) -> list[Params]:
    """The points that a study tries before it searches, in their order; see ``portfolio``.

    Args:
        families: Names of the families that compete.
        profile: The table.
        target: What is predicted.
        space: The study's composed space. Where the user has narrowed it, a point moves to the nearest that is
            allowed; a family that the space does not let be chosen has none.
        seconds: The study's time budget.
        architecture: The network that the family ``architecture`` builds.
    """
    points: list[Params] = []
    for name, params in portfolio(profile, target, families, seconds, architecture):
        try:
            point = composed_params(name, params, space)
        except InvalidInput:
            continue
        # Where the user has narrowed the space, two may come to the same.
        if point not in points:
            points.append(point)
    return points
