"""Every family keeps the promises of the shipped contract suite, and its own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tuner.data import Task
from tuner.errors import UnknownName
from tuner.models import available_families, families, family
from tuner.models.hist_gradient_boosting import HistGradientBoosting
from tuner.models.keras_mlp import KerasMLP
from tuner.models.lightgbm import LightGBM
from tuner.models.linear import Linear
from tuner.models.random_forest import RandomForest
from tuner.testing.model import ModelFamilyContract, fit, small_data
from tuner.training import metric


class TestLightGBM(ModelFamilyContract):
    family = LightGBM()


class TestHistGradientBoosting(ModelFamilyContract):
    family = HistGradientBoosting()


class TestRandomForest(ModelFamilyContract):
    family = RandomForest()


class TestLinear(ModelFamilyContract):
    family = Linear()


@pytest.mark.slow
class TestKerasMLP(ModelFamilyContract):
    family = KerasMLP()


def test_keras_network_learns_and_is_restored(tmp_path):
    data = small_data(Task.BINARY)
    estimator = fit(KerasMLP(), data, stop=lambda epoch: epoch == 8).estimator
    estimator.save(tmp_path)
    prediction = KerasMLP.estimator.load(tmp_path).predict(data.validation.features)
    assert metric("roc_auc", Task.BINARY).score(data.validation.target, prediction) > 0.85
    np.testing.assert_array_equal(prediction, estimator.predict(data.validation.features))


def test_importing_the_families_imports_no_training_library():
    heavy = ["numpy", "pandas", "sklearn", "scipy", "lightgbm", "keras", "jax", "skops"]
    program = (
        "import sys, tuner.training\n"
        "from tuner.models import families\n"
        "assert all(found.is_available() for found in families().values())\n"
        f"loaded = [name for name in {heavy} if name in sys.modules]\n"
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-P", "-c", program], check=True, timeout=60)


def test_one_thread_means_one_thread():
    # Thread pools are kept by the process once they are started, so it has to be a fresh one.
    program = """
import os
from dataclasses import replace
import numpy as np
import sklearn.ensemble, sklearn.linear_model, lightgbm
from tuner.data import Task
from tuner.models import families
from tuner.testing.model import fit, small_data
data = small_data(Task.MULTICLASS)
large = replace(data, train=data.train.take(np.arange(60_000) % data.train.num_rows))
before = len(os.listdir("/proc/self/task"))
for name in ("lightgbm", "hist_gradient_boosting", "random_forest", "linear"):
    trained = fit(families()[name], large, stop=lambda step: True)
    trained.estimator.predict(large.train.features)
    after = len(os.listdir("/proc/self/task"))
    assert after == before, (name, before, after)
"""
    subprocess.run([sys.executable, "-P", "-c", program], check=True, timeout=120)


def test_unknown_family_is_told_the_known_ones():
    with pytest.raises(UnknownName, match="lightgbm") as caught:
        family("lightbgm", pointer="#/models/2")
    assert caught.value.places[0].pointer == "#/models/2"


def test_missing_library_makes_a_family_unavailable():
    class Exotic(Linear):
        modules = ("sklearn", "no_such_module_anywhere")

    assert not Exotic().is_available()


def test_all_families_compete_for_few_classes():
    names = [found.name for found in available_families(small_data(Task.MULTICLASS).table.target_profile)]
    assert names == list(families())


def test_boosting_stays_out_of_many_classes():
    target = small_data(Task.MULTICLASS).table.target_profile
    many = replace(target, classes=tuple(map(str, range(500))), class_counts=(2,) * 500)
    names = {found.name for found in available_families(many)}
    assert names == {"random_forest", "linear", "keras_mlp"}


@pytest.mark.parametrize(
    ("name", "longest"), [("lightgbm", 3000), ("hist_gradient_boosting", 1000), ("keras_mlp", 100)]
)
def test_training_ends_by_itself_when_nothing_improves(name, longest):
    data = small_data(Task.BINARY)
    noise = np.random.default_rng(0).permutation(data.train.target)
    trained = fit(family(name), replace(data, train=replace(data.train, target=noise)))
    assert trained.steps[-1] < longest


@pytest.mark.parametrize("name", ["linear", "random_forest", "hist_gradient_boosting"])
def test_class_without_training_rows_keeps_its_column(name):
    data = small_data(Task.MULTICLASS)
    rows = np.flatnonzero(data.train.target != 1)
    estimator = fit(family(name), replace(data, train=data.train.take(rows))).estimator
    prediction = estimator.predict(data.validation.features)
    assert prediction.shape == (data.validation.num_rows, 3)
    np.testing.assert_allclose(prediction[:, 1], 0, atol=1e-9)


def test_forest_gives_no_class_a_probability_of_zero():
    data = small_data(Task.MULTICLASS)
    prediction = fit(RandomForest(), data).estimator.predict(data.validation.features)
    assert prediction.min() > 0


def test_forest_keeps_all_its_trees():
    trained = fit(RandomForest(), small_data(Task.BINARY), {**_forest(), "trees": 50})
    assert trained.kept == 50


def test_category_parameters_exist_only_where_there_are_categories():
    data = small_data(Task.BINARY)
    numbers = replace(data.profile, columns=tuple(c for c in data.profile.columns if c.kind != "category"))
    target = data.table.target_profile
    assert "category_smoothing" in LightGBM().space(data.profile, target)
    assert "category_smoothing" not in LightGBM().space(numbers, target)
    assert "embedding_size" in KerasMLP().space(data.profile, target)
    assert "embedding_size" not in KerasMLP().space(numbers, target)


def _forest():
    data = small_data(Task.BINARY)
    return RandomForest().default(data.profile, data.table.target_profile)
