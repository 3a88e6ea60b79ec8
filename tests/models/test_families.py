"""Every family keeps the promises of the shipped contract suite, and its own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.svm import SVC

from tuner.data import TABLE_TASKS, Task, target_profile
from tuner.data.frames import plain_frame
from tuner.data.profiling import profile_table
from tuner.data.splits import folds
from tuner.data.table import build_table
from tuner.errors import InvalidInput, UnknownName
from tuner.models import available_families, families, family, forest
from tuner.models.baseline import Baseline
from tuner.models.catboost import CatBoost
from tuner.models.extra_trees import ExtraTrees
from tuner.models.hist_gradient_boosting import HistGradientBoosting, HistGradientBoostingEstimator
from tuner.models.imbalance import row_weights
from tuner.models.keras_mlp import KerasMLP
from tuner.models.kernel_machine import KernelMachine
from tuner.models.knn import KNN
from tuner.models.lightgbm import LightGBM
from tuner.models.linear import Linear
from tuner.models.packed_trees import PackedTrees, Tree
from tuner.models.random_forest import RandomForest, RandomForestEstimator
from tuner.models.svm import SVM
from tuner.models.xgboost import XGBoost
from tuner.testing.model import Data, TableFamilyContract, fit, small_data
from tuner.training import metric


class TestLightGBM(TableFamilyContract):
    family = LightGBM()


class TestXGBoost(TableFamilyContract):
    family = XGBoost()


class TestCatBoost(TableFamilyContract):
    family = CatBoost()


class TestHistGradientBoosting(TableFamilyContract):
    family = HistGradientBoosting()


class TestRandomForest(TableFamilyContract):
    family = RandomForest()


class TestExtraTrees(TableFamilyContract):
    family = ExtraTrees()


class TestLinear(TableFamilyContract):
    family = Linear()


class TestKNN(TableFamilyContract):
    family = KNN()


class TestSVM(TableFamilyContract):
    family = SVM()


def test_importing_the_families_imports_no_training_library():
    heavy = ["numpy", "pandas", "sklearn", "scipy", "lightgbm", "catboost", "xgboost", "keras", "jax"]
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
from tuner.data import TABLE_TASKS, Task, target_profile
from tuner.data.frames import plain_frame
from tuner.data.profiling import profile_table
from tuner.data.splits import folds
from tuner.data.table import build_table
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


@pytest.mark.parametrize(("task", "answer"), [(Task.REGRESSION, "median"), (Task.MULTICLASS, "mean")])
def test_baseline_answers_every_row_alike_and_does_not_compete(task, answer, tmp_path):
    data = small_data(task)
    estimator = fit(Baseline(), data, {"answer": answer}).estimator
    estimator.save(tmp_path)
    prediction = family("baseline").estimator.load(tmp_path).predict(data.validation.features)
    np.testing.assert_array_equal(prediction, estimator.predict(data.validation.features))
    assert (prediction == prediction[0]).all()
    expected = np.median(data.train.target) if task is Task.REGRESSION else np.bincount(data.train.target)
    np.testing.assert_allclose(
        prediction[0], expected / (1 if task is Task.REGRESSION else data.train.num_rows), rtol=0.03
    )
    assert "baseline" not in families()


def test_unknown_family_is_told_the_known_ones():
    with pytest.raises(UnknownName, match="lightgbm") as caught:
        family("lightbgm", pointer="#/models/2")
    assert caught.value.places[0].pointer == "#/models/2"


def test_missing_library_makes_a_family_unavailable():
    class Exotic(Linear):
        modules = ("sklearn", "no_such_module_anywhere")

    assert not Exotic().is_available()


def test_all_families_of_tables_compete_for_few_classes():
    data = small_data(Task.MULTICLASS)
    names = [found.name for found in available_families(data.profile, data.table.target_profile)]
    boosting = ["lightgbm", "catboost", "xgboost", "hist_gradient_boosting"]
    others = ["random_forest", "extra_trees", "linear", "svm", "knn", "keras_mlp", "keras_resnet"]
    assert names == boosting + others


def test_boosting_stays_out_of_many_classes():
    data = small_data(Task.MULTICLASS)
    target = data.table.target_profile
    many = replace(target, classes=tuple(map(str, range(500))), class_counts=(2,) * 500)
    names = {found.name for found in available_families(data.profile, many)}
    assert names == {"random_forest", "extra_trees", "linear", "knn", "keras_mlp", "keras_resnet"}


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


@pytest.mark.parametrize("num_classes", [2, 4])
def test_kernel_machine_scores_as_the_library_does(num_classes):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 5)).astype(np.float32)
    target = np.digitize(rows[:, 0] + rng.normal(0, 0.3, 200), np.linspace(-1, 1, num_classes + 1)[1:-1])
    model = SVC(gamma=0.2, decision_function_shape="ovo").fit(rows, target)
    outputs = KernelMachine.radial(model, 0.2).outputs(rows)
    np.testing.assert_allclose(outputs, model.decision_function(rows).reshape(200, -1), atol=1e-4)


def test_machine_learns_from_a_part_of_a_large_table():
    data = small_data(Task.BINARY)
    many = replace(data, train=data.train.take(np.arange(60_000) % data.train.num_rows))
    prediction = fit(SVM(), many).estimator.predict(data.validation.features)
    assert metric("roc_auc", Task.BINARY).score(data.validation.target, prediction) > 0.8


def test_forest_grows_the_same_trees_however_often_it_is_asked_to_stop(monkeypatch):
    data = small_data(Task.REGRESSION)
    features = data.validation.features
    patient = fit(ExtraTrees(), data).estimator.predict(features)
    monkeypatch.setattr(forest, "_SECONDS_BETWEEN_QUESTIONS", 0.0)
    np.testing.assert_array_equal(fit(ExtraTrees(), data).estimator.predict(features), patient)


def test_packed_trees_answer_as_the_library_does():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(500, 6)).astype(np.float32)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    target = np.nansum(rows[:, :3], axis=1) + rng.normal(size=500)
    model = RandomForestRegressor(20, random_state=0).fit(rows[:300], target[:300])
    packed = PackedTrees.pack([Tree.of_forest(tree.tree_, None, 1) for tree in model.estimators_])
    np.testing.assert_allclose(packed.total(rows)[:, 0] / 20, model.predict(rows), rtol=1e-5)


@pytest.mark.parametrize("task", TABLE_TASKS)
def test_packed_boosting_answers_as_the_library_does(task, monkeypatch):
    models = []
    make = HistGradientBoostingEstimator._new_model
    monkeypatch.setattr(
        HistGradientBoostingEstimator, "_new_model", lambda *given: models.append(make(*given)) or models[0]
    )
    data = small_data(task)
    trained = fit(HistGradientBoosting(), data, stop=lambda step: step == 20)
    model = models[0]
    del model._predictors[trained.kept :]
    rows = data.validation.features.copy()
    rows.loc[:9, "city"] = "Atlantis"
    encoded = trained.estimator._encoder.transform(rows)
    expected = model.predict_proba(encoded) if task.is_classification else model.predict(encoded)
    np.testing.assert_allclose(trained.estimator._predict_encoded(encoded), expected, rtol=1e-5)


def test_damaged_trees_are_refused(tmp_path):
    trees = fit(RandomForest(), small_data(Task.BINARY)).estimator._trees
    replace(trees, children=np.repeat(np.arange(len(trees.children))[:, None], 2, axis=1)).save(tmp_path / "trees.npz")
    with pytest.raises(InvalidInput, match="damaged"):
        PackedTrees.load(tmp_path / "trees.npz")


def test_forest_on_many_rows_has_a_bounded_number_of_leaves():
    rng = np.random.default_rng(0)
    estimator = RandomForestEstimator({**_forest(), "trees": 50}, seed=0, threads=1)
    estimator._num_classes = 2
    most = estimator._new_forest(rng.integers(2, size=3_000_000)).max_leaf_nodes
    assert most * 50 <= 1_000_000


def test_rare_classes_may_be_weighed_up():
    target = small_data(Task.BINARY).table.target_profile
    rare = replace(target, class_counts=(300, 20))
    profile = small_data(Task.BINARY).profile
    for name in ("lightgbm", "hist_gradient_boosting", "random_forest", "extra_trees", "linear", "svm"):
        assert "class_weight" not in family(name).space(profile, target)
        assert family(name).default(profile, rare)["class_weight"] == "none"
    weights = row_weights({"class_weight": "balanced"}, np.array([0] * 30 + [1] * 10))
    np.testing.assert_allclose([weights[:30].sum(), weights[30:].sum()], 20)


@pytest.mark.parametrize("task", TABLE_TASKS)
@pytest.mark.parametrize(
    "name", ["linear", "knn", "svm", "extra_trees", "lightgbm", "xgboost", "hist_gradient_boosting"]
)
def test_categories_of_many_values_are_coded_by_the_target(name, task, tmp_path):
    rng = np.random.default_rng(0)
    place = rng.integers(0, 40, 800)
    signal = np.sin(place * 7.0) + rng.normal(0, 0.3, 800)
    target = {Task.BINARY: np.where(signal > 0, "up", "down"), Task.MULTICLASS: np.digitize(signal, [-0.5, 0.5]) + 1}
    frame = plain_frame(pd.DataFrame({"place": [f"p{number}" for number in place], "target": target.get(task, signal)}))
    profile = profile_table(frame)
    table = build_table(frame, profile, target_profile(profile, "target"))
    split = folds(table, seed=0, count=4)[0]
    data = Data(profile, table, table.take(split.train), table.take(split.validation))
    default = family(name).default(profile, table.target_profile)
    is_boosting = family(name).step == "rounds"
    # Boosting reads so many by itself.
    assert default["categories"] == ("native" if is_boosting else "target")
    estimator = fit(family(name), data, {**default, "categories": "target"}).estimator
    estimator.save(tmp_path)
    prediction = family(name).estimator.load(tmp_path).predict(data.validation.features)
    np.testing.assert_array_equal(prediction, estimator.predict(data.validation.features))
    judge, least = ("r2", 0.75 if is_boosting else 0.8) if task is Task.REGRESSION else ("accuracy", 0.7)
    assert metric(judge, task).score(data.validation.target, prediction) > least
    assert np.isfinite(estimator.predict(data.validation.features.assign(place="new"))).all()


@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "hist_gradient_boosting"])
@pytest.mark.parametrize(
    ("task", "num_values", "num_rows", "coding"),
    [
        (Task.BINARY, 10, 100, None),
        (Task.BINARY, 50, 100, "native"),
        (Task.BINARY, 60, 2_000, "native"),
        (Task.BINARY, 60, 1_000, "target"),
        (Task.REGRESSION, 1_500, 15_000, "target"),
        (Task.MULTICLASS, 1_500, 15_000, "native"),
    ],
)
def test_boosting_codes_categories_of_few_rows_each_by_the_target(name, task, num_values, num_rows, coding):
    data = small_data(task)
    columns = [replace(c, num_unique=num_values) if c.name == "city" else c for c in data.profile.columns]
    profile, target = replace(data.profile, columns=tuple(columns)), data.table.target_profile
    target = replace(target, num_rows=num_rows)
    assert family(name).default(profile, target).get("categories") == coding
    assert ("categories" in family(name).space(profile, target)) == (coding is not None)


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
