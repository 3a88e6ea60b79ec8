"""One candidate, from a job to a saved model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes

from tests.training.caller import Caller, never
from tuner.artifact import load_model
from tuner.data import DatasetProfile, TargetProfile, target_profile
from tuner.data.frames import write_table
from tuner.data.profiling import profile_table
from tuner.data.reading import read_table
from tuner.data.splits import folds
from tuner.data.table import load_table
from tuner.errors import InvalidDataset, TrainingFailed
from tuner.models import families
from tuner.training import TrainingJob, metric, train_candidate


def _write(path: Path, frame: pd.DataFrame) -> tuple[DatasetProfile, TargetProfile]:
    write_table(frame, path)
    profile = profile_table(read_table(path))
    return profile, target_profile(profile, "target")


@pytest.fixture(scope="module")
def cancer(tmp_path_factory):
    path = tmp_path_factory.mktemp("cancer") / "table.csv.gz"
    return path, *_write(path, load_breast_cancer(as_frame=True).frame)


@pytest.fixture(scope="module")
def diabetes(tmp_path_factory):
    path = tmp_path_factory.mktemp("diabetes") / "table.csv.gz"
    return path, *_write(path, load_diabetes(as_frame=True).frame)


def make_job(data, folder, **changes):
    path, profile, target = data
    job = TrainingJob(
        dataset_path=path,
        profile=profile,
        target=target,
        family="lightgbm",
        params={},
        metric="roc_auc",
        split_seed=3,
        folds=4,
        scored_folds=1,
        bagged_folds=4,
        seed=11,
        threads=1,
        folder=folder,
    )
    return replace(job, **changes)


def test_job_survives_json(cancer, tmp_path):
    job = make_job(cancer, tmp_path, params={"learning_rate": 0.1})
    assert TrainingJob.from_json(json.loads(json.dumps(job.to_json()))) == job


def test_value_is_that_of_the_saved_predictions(cancer, tmp_path):
    result = train_candidate(make_job(cancer, tmp_path), Caller(never))
    table = load_table(*cancer)
    with np.load(tmp_path / "predictions.npz", allow_pickle=False) as saved:
        row_ids, prediction = saved["row_ids"], saved["prediction"]
    assert metric("roc_auc", table.task).score(table.target[row_ids], prediction) == result.value


def test_validation_rows_are_those_of_the_split_seed(cancer, tmp_path):
    train_candidate(make_job(cancer, tmp_path, family="linear"), Caller(never))
    table = load_table(*cancer)
    with np.load(tmp_path / "predictions.npz") as saved:
        np.testing.assert_array_equal(saved["row_ids"], table.row_ids[folds(table, 3, 4)[0].validation])


def test_saved_model_gives_the_same_predictions(cancer, tmp_path):
    train_candidate(make_job(cancer, tmp_path), Caller(never))
    with np.load(tmp_path / "predictions.npz") as saved:
        rows = read_table(cancer[0]).iloc[saved["row_ids"]]
        again = load_model(tmp_path / "model").predict_proba(rows)
        np.testing.assert_allclose(again.to_numpy(), saved["prediction"], rtol=1e-9)


def test_value_is_the_best_of_the_curve(cancer, tmp_path):
    curve = {}

    def report(step, value):
        curve[step] = value
        return False

    result = train_candidate(make_job(cancer, tmp_path, metric="log_loss"), Caller(report))
    assert result.value == pytest.approx(min(curve.values()))
    assert curve[result.best_step] == min(curve.values())
    assert not result.stopped


def test_stopped_training_keeps_the_best_step_so_far(cancer, tmp_path):
    curve = {}

    def report(step, value):
        curve[step] = value
        return step >= 30

    result = train_candidate(make_job(cancer, tmp_path), Caller(report))
    assert result.stopped
    assert list(curve) == [10, 20, 30]
    assert result.value == pytest.approx(curve[result.best_step])
    assert load_model(tmp_path / "model").manifest.facts.value == result.value


def test_family_without_steps_reports_nothing(cancer, tmp_path):
    def refuse(step, value):
        raise AssertionError("a finished model was put up for pruning")

    result = train_candidate(make_job(cancer, tmp_path, family="linear"), Caller(refuse))
    assert not result.stopped
    assert result.value > 0.95


def test_metrics_tell_time_size_and_the_other_scores(diabetes, tmp_path):
    result = train_candidate(make_job(diabetes, tmp_path, family="linear", metric="rmse"), Caller(never))
    assert result.metrics["rmse"] == result.value
    assert {"mae", "r2"} < set(result.metrics)
    assert result.metrics["num_train_rows"] + result.metrics["num_validation_rows"] == 442
    assert result.metrics["fit_seconds"] > 0
    assert result.metrics["predict_ms_per_1000_rows"] > 0


@pytest.mark.parametrize("name", ["lightgbm", "random_forest"])
def test_same_seed_gives_the_same_value(name, diabetes, tmp_path):
    job = make_job(diabetes, tmp_path / "first", family=name, metric="rmse")
    first = train_candidate(job, Caller(never))
    assert train_candidate(replace(job, folder=tmp_path / "again"), Caller(never)).value == first.value
    assert train_candidate(replace(job, folder=tmp_path / "other", seed=12), Caller(never)).value != first.value


def test_parameters_left_out_take_the_default(cancer, tmp_path):
    train_candidate(make_job(cancer, tmp_path, params={"max_leaves": 5}), Caller(lambda step, value: True))
    params = load_model(tmp_path / "model").manifest.facts.params
    assert params == families()["lightgbm"].default(*cancer[1:]) | {"max_leaves": 5}


def test_score_that_is_not_finite_fails_the_candidate(tmp_path):
    frame = pd.DataFrame({"x": np.linspace(0, 1, 40), "target": np.geomspace(1e-200, 1e300, 40)})
    data = tmp_path / "table.csv.gz", *_write(tmp_path / "table.csv.gz", frame)
    with pytest.raises(TrainingFailed, match="rmse of lightgbm is inf") as caught:
        train_candidate(make_job(data, tmp_path / "out", metric="rmse"), Caller(never))
    assert caught.value.reason == "nan"


def test_memory_that_runs_out_fails_the_candidate(cancer, tmp_path):
    def exhaust(step, value):
        raise MemoryError("cannot allocate 8 TiB")

    with pytest.raises(TrainingFailed, match="8 TiB") as caught:
        train_candidate(make_job(cancer, tmp_path), Caller(exhaust))
    assert caught.value.reason == "out_of_memory"


def test_other_faults_are_not_hidden(cancer, tmp_path):
    def break_down(step, value):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train_candidate(make_job(cancer, tmp_path), Caller(break_down))


def test_another_file_than_the_profiled_one_is_refused(cancer, diabetes, tmp_path):
    with pytest.raises(InvalidDataset, match="do not fit its profile"):
        train_candidate(make_job(cancer, tmp_path, dataset_path=diabetes[0]), Caller(never))


def test_step_to_keep_is_chosen_by_log_loss_whatever_the_metric(cancer, tmp_path):
    by_area = train_candidate(make_job(cancer, tmp_path / "area", metric="roc_auc"), Caller())
    by_loss = train_candidate(make_job(cancer, tmp_path / "loss", metric="log_loss"), Caller())
    assert by_area.best_step == by_loss.best_step
    assert by_area.metrics["log_loss"] == by_loss.value
