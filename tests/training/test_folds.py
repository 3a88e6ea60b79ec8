"""Candidates on several folds, candidates trained further, and averages of candidates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from tests.training.caller import Caller
from tests.training.test_candidate import _write, make_job
from tuner.artifact import load_model
from tuner.artifact.temperature import with_temperature
from tuner.data.reading import read_table
from tuner.data.splits import folds
from tuner.data.table import load_table
from tuner.errors import TrainingFailed
from tuner.training import JobMember, Kind, metric, train


@pytest.fixture(scope="module")
def cancer(tmp_path_factory):
    path = tmp_path_factory.mktemp("cancer") / "table.csv.gz"
    return path, *_write(path, load_breast_cancer(as_frame=True).frame)


def held_out(folder):
    with np.load(folder / "predictions.npz", allow_pickle=False) as saved:
        return saved["row_ids"], saved["prediction"]


def test_cross_validated_candidate_is_scored_on_every_row(cancer, tmp_path):
    caller = Caller()
    job = make_job(cancer, tmp_path, family="linear", scored_folds=4)
    result = train(job, caller)
    table = load_table(*cancer)
    row_ids, prediction = held_out(tmp_path)
    np.testing.assert_array_equal(row_ids, table.row_ids)
    assert metric("roc_auc", table.task).score(table.target, prediction) == result.value
    assert result.metrics["folds"] == 4
    assert 0 < result.metrics["standard_error"] < 0.05
    assert result.metrics["model_bytes"] == (tmp_path / "model.zip").stat().st_size
    assert not result.is_partial


def test_each_fold_reports_the_score_so_far(cancer, tmp_path):
    caller = Caller()
    result = train(make_job(cancer, tmp_path, family="linear", scored_folds=4), caller)
    assert list(caller.curve) == [1, 2, 3, 4]
    assert caller.curve[4] == result.value


def test_model_of_a_cross_validated_candidate_averages_its_folds(cancer, tmp_path):
    train(make_job(cancer, tmp_path, family="linear", scored_folds=4), Caller())
    model = load_model(tmp_path / "model.zip")
    assert [part.weight for part in model.manifest.parts] == [0.25] * 4
    rows = read_table(cancer[0])
    table = load_table(*cancer)
    assert metric("roc_auc", table.task).score(table.target, model.predict_proba(rows).to_numpy()) > 0.99


def test_candidate_that_is_stopped_between_folds_is_partial(cancer, tmp_path):
    caller = Caller(lambda step, value: step == 2)
    result = train(make_job(cancer, tmp_path, family="linear", scored_folds=4), caller)
    assert result.is_partial
    assert result.metrics["folds"] == 2
    table = load_table(*cancer)
    parts = [split.validation for split in folds(table, 3, 4)[:2]]
    np.testing.assert_array_equal(held_out(tmp_path)[0], table.row_ids[np.sort(np.concatenate(parts))])


def test_time_that_is_over_ends_the_first_fold_with_what_it_has(cancer, tmp_path):
    result = train(make_job(cancer, tmp_path, scored_folds=4, seconds=0.0), Caller())
    assert result.stopped
    assert result.is_partial
    assert result.metrics["folds"] == 1
    assert result.value > 0.5


def test_average_of_what_was_cut_off_is_scored_on_the_most_folds_there_are(cancer, tmp_path):
    for number, last in ((1, 2), (2, 1)):
        caller = Caller(lambda step, value, last=last: step == last)
        train(make_job(cancer, tmp_path / str(number), family="linear", scored_folds=4), caller)
    members = (JobMember(1, "linear", 1.0, 1000, folds=2), JobMember(2, "linear", 1.0, 1000, folds=1))
    job = make_job(cancer, tmp_path / "average", family="ensemble", kind=Kind.ENSEMBLE, scored_folds=4, members=members)
    result = train(job, Caller(folders={1: tmp_path / "1", 2: tmp_path / "2"}))
    assert result.metrics["folds"] == 2
    assert result.metrics["weight_1"] == 1.0
    np.testing.assert_array_equal(held_out(tmp_path / "average")[0], held_out(tmp_path / "1")[0])


def test_bagged_candidate_keeps_its_score_and_averages_all_folds(cancer, tmp_path):
    candidate = make_job(cancer, tmp_path / "candidate", params={"learning_rate": 0.2})
    first = train(candidate, Caller())
    caller = Caller(folders={7: tmp_path / "candidate"})
    member = JobMember(7, "lightgbm", 1.0, 1000)
    result = train(replace(candidate, folder=tmp_path / "bagged", kind=Kind.BAGGED, members=(member,)), caller)
    assert result.value == first.value
    assert list(caller.curve) == [1, 2, 3]
    assert result.metrics["folds"] == 4
    table = load_table(*cancer)
    row_ids, prediction = held_out(tmp_path / "bagged")
    np.testing.assert_array_equal(row_ids, table.row_ids)
    assert metric("roc_auc", table.task).score(table.target, prediction) > 0.97
    model = load_model(tmp_path / "bagged" / "model.zip")
    assert [part.weight for part in model.manifest.parts] == pytest.approx([0.25] * 4)


@pytest.mark.parametrize(("seconds", "num_bytes"), [(0.0, 1000), (100.0, 10**10)])
def test_bagged_candidate_without_time_for_a_fold_and_to_save_it_has_no_result(cancer, tmp_path, seconds, num_bytes):
    candidate = make_job(cancer, tmp_path / "candidate", params={"learning_rate": 0.2})
    train(candidate, Caller())
    job = replace(candidate, folder=tmp_path / "bagged", kind=Kind.BAGGED, seconds=seconds)
    members = (JobMember(7, "lightgbm", 1.0, num_bytes),)
    with pytest.raises(TrainingFailed, match="no time") as caught:
        train(replace(job, members=members), Caller(folders={7: tmp_path / "candidate"}))
    assert caught.value.reason == "timeout"


def test_ensemble_is_no_worse_than_its_members_and_predicts_their_average_made_surer(cancer, tmp_path):
    folders = {}
    values = []
    for number, family in enumerate(["linear", "lightgbm", "random_forest"]):
        folders[number] = tmp_path / family
        job = make_job(cancer, folders[number], family=family, scored_folds=4, metric="log_loss")
        values.append(train(job, Caller()).value)
    members = tuple(JobMember(number, folder.name, 1.0, 1000) for number, folder in folders.items())
    job = replace(job, family="ensemble", params={}, kind=Kind.ENSEMBLE, members=members, folder=tmp_path / "ensemble")
    result = train(job, Caller(folders=folders))
    assert result.value <= min(values)
    weights = {number: result.metrics.get(f"weight_{number}", 0.0) for number in folders}
    assert sum(weights.values()) == pytest.approx(1)
    model = load_model(tmp_path / "ensemble" / "model.zip")
    temperature = model.manifest.facts.temperature
    assert 0.5 <= temperature < 1
    expected = sum(weight * held_out(folders[number])[1] for number, weight in weights.items())
    np.testing.assert_allclose(held_out(tmp_path / "ensemble")[1], with_temperature(expected, temperature))
    rows = read_table(cancer[0])
    single = [load_model(folders[number] / "model.zip").predict_proba(rows).to_numpy() for number in folders]
    average = sum(weights[number] * single[number] for number in folders)
    np.testing.assert_allclose(model.predict_proba(rows).to_numpy(), with_temperature(average, temperature), rtol=1e-6)
    assert {member.number for member in model.manifest.facts.members} == {n for n, w in weights.items() if w > 0}


def test_handful_of_rows_is_enough(tmp_path):
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "target": ["a", "b"] * 3})
    data = tmp_path / "table.csv.gz", *_write(tmp_path / "table.csv.gz", frame)
    for family in ("baseline", "linear", "lightgbm", "knn"):
        job = make_job(data, tmp_path / family, family=family, folds=5, scored_folds=5, bagged_folds=5)
        assert train(job, Caller()).metrics["folds"] == 5
