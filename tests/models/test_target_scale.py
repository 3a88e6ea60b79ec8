from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tuner.data import DatasetProfile, TargetProfile, Task, target_profile
from tuner.data.frames import plain_frame
from tuner.data.profiling import profile_table
from tuner.data.splits import folds
from tuner.data.table import build_table
from tuner.models import family
from tuner.models.target_scale import LogScale, TargetScale, load_scale, target_scale_default, target_scale_parameter
from tuner.testing.model import Data, fit

RNG_SEED = 3


def prices(num_rows: int = 1_200) -> Data:
    """Prices that factors make, with noise that is a share of them."""
    rng = np.random.default_rng(RNG_SEED)
    size, quality = rng.uniform(1, 3, num_rows), rng.normal(size=num_rows)
    price = np.exp(4 + size + 0.5 * quality + rng.normal(0, 0.6, num_rows))
    frame = plain_frame(pd.DataFrame({"size": size, "quality": quality, "price": price}))
    profile = profile_table(frame)
    table = build_table(frame, profile, target_profile(profile, "price"))
    split = folds(table, seed=0, count=4)[0]
    return Data(profile, table, table.take(split.train), table.take(split.validation))


def profiles(values: object, task: Task | None = None) -> tuple[DatasetProfile, TargetProfile]:
    frame = plain_frame(pd.DataFrame({"x": np.arange(len(np.asarray(values))) / 3, "y": values}))
    profile = profile_table(frame)
    return profile, target_profile(profile, "y", task)


TAIL = np.random.default_rng(RNG_SEED).lognormal(3, 1, 400)


def test_positive_targets_with_a_tail_have_the_parameter() -> None:
    profile, target = profiles(TAIL)
    assert target_scale_default(profile, target) == {"target_scale": "linear"}
    assert target_scale_parameter(profile, target)["target_scale"].contains("log")
    for name in ("lightgbm", "xgboost"):
        assert family(name).default(profile, target)["target_scale"] == "linear"


@pytest.mark.parametrize(
    ("values", "task"),
    [
        pytest.param(TAIL - TAIL.min(), None, id="zero"),
        pytest.param(1000 + TAIL, None, id="far from zero"),
        pytest.param(TAIL.max() + 1 - TAIL, None, id="tail to the left"),
        pytest.param(TAIL[:100], None, id="few rows"),
        pytest.param(np.where(TAIL > 20, "dear", "cheap"), None, id="classes"),
    ],
)
def test_other_targets_do_not_have_it(values: object, task: Task | None) -> None:
    profile, target = profiles(values, task)
    assert target_scale_parameter(profile, target) == target_scale_default(profile, target) == {}


@pytest.mark.parametrize("name", ["lightgbm", "xgboost"])
def test_model_of_logarithms_meets_the_mean_and_is_restored(name: str, tmp_path: Path) -> None:
    data = prices()
    params = family(name).default(data.profile, data.table.target_profile) | {"target_scale": "log"}
    trained = fit(family(name), data, params)
    prediction = trained.estimator.predict(data.validation.features)
    # The exponential of the mean logarithm would be a sixth below the mean.
    assert prediction.mean() == pytest.approx(data.validation.target.mean(), rel=1e-6)
    # What was reported of the step that is kept is what the model says.
    kept = trained.reported[trained.steps.index(trained.kept)]
    np.testing.assert_allclose(kept, prediction, rtol=1e-5)
    trained.estimator.save(tmp_path)
    restored = family(name).estimator.load(tmp_path)
    np.testing.assert_array_equal(restored.predict(data.validation.features), prediction)


def test_logarithms_are_better_where_noise_is_a_share() -> None:
    data = prices()
    default = family("lightgbm").default(data.profile, data.table.target_profile)

    def error(scale: str) -> float:
        estimator = fit(family("lightgbm"), data, default | {"target_scale": scale}).estimator
        shares = np.log(estimator.predict(data.validation.features).clip(1) / data.validation.target)
        return float(np.std(shares))

    assert error("log") < error("linear")


def test_predictions_stay_within_the_values_of_the_training_rows() -> None:
    scale = LogScale.fit(TAIL)
    far = scale.to_original(np.array([-1e300, 1e300]))
    np.testing.assert_allclose(far, [TAIL.min(), TAIL.max()])


@pytest.mark.parametrize("scale", [TargetScale.fit(TAIL), LogScale.fit(TAIL).corrected(np.zeros(4), TAIL[:4])])
def test_scale_is_kept_as_json(scale: TargetScale) -> None:
    assert load_scale(json.loads(json.dumps(asdict(scale)))) == scale
    np.testing.assert_allclose(TargetScale.fit(TAIL).to_original(TargetScale.fit(TAIL).to_standard(TAIL)), TAIL)
