"""Families that read text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tuner.data import Task
from tuner.data.typed_rows import TypedRows
from tuner.models.catboost import CatBoost
from tuner.models.extra_trees import ExtraTrees
from tuner.models.hist_gradient_boosting import HistGradientBoosting
from tuner.models.keras_text import KerasText
from tuner.models.lightgbm import LightGBM
from tuner.models.networks.text_inputs import TextInputs
from tuner.models.random_forest import RandomForest
from tuner.models.sparse_regression import SparseRegression
from tuner.models.text_encoder import MAX_SCORED_CLASSES, TextEncoder
from tuner.models.text_linear import TextLinear
from tuner.models.xgboost import XGBoost
from tuner.testing.model import fit
from tuner.testing.network import NetworkContract
from tuner.testing.text import TextFamilyContract, text_alone, text_data
from tuner.training import metric


class TestTextLinear(TextFamilyContract):
    family = TextLinear()


class TestLightGBM(TextFamilyContract):
    family = LightGBM()


class TestXGBoost(TextFamilyContract):
    family = XGBoost()


class TestCatBoost(TextFamilyContract):
    family = CatBoost()


class TestHistGradientBoosting(TextFamilyContract):
    family = HistGradientBoosting()


class TestRandomForest(TextFamilyContract):
    family = RandomForest()


class TestExtraTrees(TextFamilyContract):
    family = ExtraTrees()


@pytest.mark.slow
class TestKerasText(NetworkContract, TextFamilyContract):
    family = KerasText()


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["pooling", "cnn", "gru"])
def test_every_encoder_of_the_network_learns(encoder):
    data = text_data(Task.BINARY)
    family = KerasText()
    own = {"cnn": {"filters": 64, "kernel_size": 2}, "gru": {"gru_units": 16}}
    params = {**family.default(data.profile, data.table.target_profile), "encoder": encoder, **own.get(encoder, {})}
    prediction = fit(family, data, params).estimator.predict(data.validation.features)
    assert metric("roc_auc", Task.BINARY).score(data.validation.target, prediction) > 0.8


def test_words_tell_what_other_columns_do_not():
    data = text_data(Task.REGRESSION)
    without = replace(data, train=_without_text(data.train), validation=_without_text(data.validation))
    r2 = metric("r2", Task.REGRESSION)
    scores = [
        r2.score(each.validation.target, fit(LightGBM(), each).estimator.predict(each.validation.features))
        for each in (without, data)
    ]
    assert scores[1] > scores[0] + 0.2


def test_no_row_is_scored_by_a_model_that_has_learned_from_it():
    data = text_alone(Task.REGRESSION)
    rng = np.random.default_rng(0)
    # Every text is like no other, and the target is chance: scores must not tell it.
    texts = [f"word{index} other{index}" for index in range(data.train.num_rows)]
    target = rng.normal(size=data.train.num_rows)
    train = replace(data.train, features=data.train.features.assign(comment=texts), target=target)
    encoder, encoded = TextEncoder.fit(train)
    again = encoder.transform(TypedRows.of(train.features))
    assert abs(np.corrcoef(encoded[:, -1], target)[0, 1]) < 0.2
    assert encoded.shape == again.shape


def test_many_classes_have_directions_alone():
    data = text_alone(Task.MULTICLASS)
    classes = tuple(map(str, range(MAX_SCORED_CLASSES + 1)))
    profile = replace(data.train.target_profile, classes=classes)
    _, scored = TextEncoder.fit(data.train)
    _, unscored = TextEncoder.fit(replace(data.train, target_profile=profile))
    assert unscored.shape[1] == scored.shape[1] - 3


def test_network_reads_words_in_order_and_knows_what_it_does_not_know():
    data = text_alone(Task.BINARY)
    features = data.train.features.assign(comment="red green")
    inputs = TextInputs.fit(features, data.train.columns, {"vocabulary": 100, "words": 64})
    frame = features.iloc[:4].assign(comment=["red green", "green red blue", "", None])
    codes = inputs.transform(TypedRows.of(frame))["text_0"]
    red, green = codes[0, :2].tolist()
    assert codes.shape == (4, 16)
    assert codes[:, :4].tolist() == [[red, green, 0, 0], [green, red, 1, 0], [1, 0, 0, 0], [1, 0, 0, 0]]
    assert len({0, 1, red, green}) == 4


def test_long_texts_are_cut_and_short_ones_are_no_longer_than_needed():
    data = text_alone(Task.BINARY)
    features = data.train.features.assign(comment="word " * 1_000)
    inputs = TextInputs.fit(features, data.train.columns, {"vocabulary": 100, "words": 64})
    assert inputs.transform(TypedRows.of(features.iloc[:1]))["text_0"].shape == (1, 64)


@pytest.mark.parametrize("num_classes", [0, 2, 4])
def test_sparse_regression_finds_what_scikit_learn_finds(num_classes):
    from scipy.sparse import csr_array
    from sklearn.linear_model import LogisticRegression, Ridge

    rng = np.random.default_rng(3)
    rows = rng.normal(size=(200, 8)) * (rng.random((200, 8)) < 0.5)
    scores = rows @ rng.normal(size=(8, max(1, num_classes)))
    weights = np.ones(200)
    if num_classes:
        target = scores.argmax(axis=1) if num_classes > 2 else (scores[:, 0] > 0).astype(np.int64)
        known = LogisticRegression(C=0.5, tol=1e-8, max_iter=1000).fit(rows, target).predict_proba(rows)
    else:
        target = scores[:, 0] + 3
        known = Ridge(alpha=2.0).fit(rows, target).predict(rows)
    model = SparseRegression.fit(csr_array(rows), target, num_classes, l2=2.0, row_weights=weights)
    np.testing.assert_allclose(model.predict(csr_array(rows)), known, atol=5e-3)


def test_sparse_regression_stops_when_it_is_told_to():
    from scipy.sparse import csr_array

    asked = []
    rows = csr_array(np.random.default_rng(0).normal(size=(50, 5)))
    target = np.arange(50) % 3

    def should_stop():
        asked.append(True)
        return len(asked) == 2

    SparseRegression.fit(rows, target, 3, l2=0.01, should_stop=should_stop)
    assert len(asked) == 2


def _without_text(table):
    columns = tuple(column for column in table.columns if column.kind != "text")
    return replace(table, columns=columns, features=table.features[[column.name for column in columns]])
