"""Models of several parts: averages of folds, and ensembles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.artifact.training import ROWS, fit
from tuner.artifact import Manifest, Member, combine_models, load_model, pack, save_model
from tuner.data import Task
from tuner.data.table import features_frame
from tuner.errors import InvalidInput, TunerError


@pytest.fixture(scope="module", params=[Task.BINARY, Task.REGRESSION])
def members(request, tmp_path_factory):
    """Two saved members of two folds each, with what was fitted."""
    folder = tmp_path_factory.mktemp("members")
    fitted = {name: fit(request.param, name) for name in ("linear", "lightgbm")}
    for name, each in fitted.items():
        save_model(folder / name, each.estimators, each.facts)
    return folder, fitted


def _facts(fitted, *members):
    return replace(fitted["linear"].facts, family="ensemble", params={}, members=members)


def _average(fitted, name):
    typed = features_frame(pd.DataFrame(ROWS), fitted[name].facts.columns)
    return np.mean([estimator.predict(typed) for estimator in fitted[name].estimators], axis=0)


def _prediction(model):
    proba = model.predict_proba if model.task.is_classification else model.predict
    return np.asarray(proba(ROWS))


def test_several_estimators_predict_their_average(members):
    folder, fitted = members
    np.testing.assert_allclose(_prediction(load_model(folder / "lightgbm")), _average(fitted, "lightgbm"))


def test_ensemble_predicts_the_weighted_average_of_its_members(members, tmp_path):
    folder, fitted = members
    weights = (Member(4, "lightgbm", 0.75), Member(1, "linear", 0.25))
    combine_models(tmp_path / "model", [(folder / "lightgbm", 3.0), (folder / "linear", 1.0)], _facts(fitted, *weights))
    model = load_model(tmp_path / "model")
    expected = 0.75 * _average(fitted, "lightgbm") + 0.25 * _average(fitted, "linear")
    np.testing.assert_allclose(_prediction(model), expected)
    assert [part.weight for part in model.manifest.parts] == [0.375, 0.375, 0.125, 0.125]
    assert model.manifest.facts.members == weights


def test_packed_ensemble_predicts_like_its_folder(members, tmp_path):
    folder, fitted = members
    combine_models(tmp_path / "model", [(folder / "linear", 1), (folder / "lightgbm", 2)], _facts(fitted))
    pack(tmp_path / "model", tmp_path / "model.zip")
    np.testing.assert_array_equal(
        _prediction(load_model(tmp_path / "model.zip")), _prediction(load_model(tmp_path / "model"))
    )


def test_ensembles_can_be_combined_again(members, tmp_path):
    folder, fitted = members
    pair = [(folder / "linear", 1), (folder / "lightgbm", 1)]
    combine_models(tmp_path / "pair", pair, _facts(fitted))
    combine_models(tmp_path / "again", [(tmp_path / "pair", 2), (folder / "linear", 2)], _facts(fitted))
    expected = 0.75 * _average(fitted, "linear") + 0.25 * _average(fitted, "lightgbm")
    np.testing.assert_allclose(_prediction(load_model(tmp_path / "again")), expected)


def test_member_without_weight_is_left_out(members, tmp_path):
    folder, fitted = members
    manifest = combine_models(tmp_path / "model", [(folder / "linear", 1), (folder / "lightgbm", 0)], _facts(fitted))
    assert [(part.family, part.weight) for part in manifest.parts] == [("linear", 0.5), ("linear", 0.5)]


@pytest.mark.parametrize("weights", [(0, 0), (2, -1)])
def test_weights_that_mean_nothing_are_refused(weights, members, tmp_path):
    folder, fitted = members
    pairs = list(zip([folder / "linear", folder / "lightgbm"], weights, strict=True))
    with pytest.raises(InvalidInput, match="weight"):
        combine_models(tmp_path / "model", pairs, _facts(fitted))


def test_damaged_member_is_refused(members, tmp_path):
    _, fitted = members
    save_model(tmp_path / "member", fitted["linear"].estimators, fitted["linear"].facts)
    path = tmp_path / "member" / "parts" / "1" / "estimator.json"
    path.write_text(path.read_text().replace("blau", "blaU"))
    with pytest.raises(TunerError, match="checksum"):
        combine_models(tmp_path / "model", [(tmp_path / "member", 1.0)], _facts(fitted))


def test_manifest_survives_writing_and_reading(members, tmp_path):
    folder, fitted = members
    manifest = combine_models(tmp_path / "m", [(folder / "linear", 1)], _facts(fitted, Member(3, "linear", 1.0)))
    again = Manifest.read(tmp_path / "m")
    assert (again.parts, again.facts.members, again.facts.folds) == (manifest.parts, manifest.facts.members, 2)
    assert again.facts.standard_error == 0.05
