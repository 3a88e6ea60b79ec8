"""A training that breaks off, and the attempt that goes on from its checkpoint."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.training.caller import Caller
from tests.training.descent import register, trained_epochs
from tests.training.test_candidate import _write, make_job
from tuner.artifact import pack
from tuner.models import registry
from tuner.training import TrainingJob, TrainingResult, checkpoints, train_candidate
from tuner.training.job import CHECKPOINT_FILE, PREDICTIONS_FILE, JobMember, Kind


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.fixture(autouse=True)
def _checkpoint_at_each_step(monkeypatch):
    monkeypatch.setattr(checkpoints, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(checkpoints, "_PAUSES_PER_WRITE", 0.0)
    monkeypatch.setattr(registry, "_FAMILIES", registry._FAMILIES)
    register()


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    generator = np.random.default_rng(3)
    x, y, noise = generator.normal(size=(3, 200))
    path = tmp_path_factory.mktemp("line") / "table.csv.gz"
    return path, *_write(path, pd.DataFrame({"x": x, "y": y, "target": x - 2 * y + noise}))


@pytest.fixture
def epochs(capsys):
    """Says which epochs have been trained since it was asked last."""
    return lambda: trained_epochs(capsys.readouterr().out)


def descent(line, folder: Path, **changes) -> TrainingJob:
    return make_job(line, folder, family="descent", metric="rmse", **changes)


def kill_at(step: int) -> Caller:
    def report(at: int, value: float) -> bool:
        if at == step:
            raise Killed
        return False

    return Caller(report)


def broken_off(job: TrainingJob, step: int) -> Path:
    """The checkpoint of a training that was killed when it was about to report a step."""
    with pytest.raises(Killed):
        train_candidate(job, kill_at(step))
    return job.folder / CHECKPOINT_FILE


def predictions(job: TrainingJob) -> np.ndarray:
    with np.load(job.folder / PREDICTIONS_FILE) as saved:
        return saved["prediction"]


def comparable(result: TrainingResult) -> dict[str, float]:
    """What of a result does not depend on the machine's mood."""
    moods = ("seconds", "_ms_", "bytes")
    return {name: value for name, value in result.metrics.items() if not any(mood in name for mood in moods)}


def test_resumed_training_equals_an_uninterrupted_one(line, tmp_path, epochs):
    whole = descent(line, tmp_path / "whole")
    expected = train_candidate(whole, Caller())
    checkpoint = broken_off(descent(line, tmp_path / "first"), step=5)
    epochs()
    resumed = descent(line, tmp_path / "second", checkpoint=checkpoint)
    result = train_candidate(resumed, Caller())
    assert epochs() == [5, 6]
    assert (result.value, result.best_step) == (expected.value, expected.best_step)
    assert comparable(result) == comparable(expected)
    np.testing.assert_array_equal(predictions(resumed), predictions(whole))


def test_best_step_before_the_break_is_kept(line, tmp_path):
    # It diverges: the first steps stay the best.
    fields = {"params": {"learning_rate": 0.05, "epochs": 6}}
    expected = train_candidate(descent(line, tmp_path / "whole", **fields), Caller())
    assert expected.best_step < 4
    checkpoint = broken_off(descent(line, tmp_path / "first", **fields), step=5)
    result = train_candidate(descent(line, tmp_path / "second", checkpoint=checkpoint, **fields), Caller())
    assert (result.value, result.best_step) == (expected.value, expected.best_step)


def test_curve_of_the_second_attempt_is_whole(line, tmp_path):
    whole, resumed = Caller(), Caller()
    train_candidate(descent(line, tmp_path / "whole"), whole)
    checkpoint = broken_off(descent(line, tmp_path / "first"), step=4)
    train_candidate(descent(line, tmp_path / "second", checkpoint=checkpoint), resumed)
    assert resumed.curve == whole.curve


def test_training_can_break_off_twice(line, tmp_path, epochs):
    expected = train_candidate(descent(line, tmp_path / "whole"), Caller())
    first = broken_off(descent(line, tmp_path / "first"), step=3)
    epochs()
    second = broken_off(descent(line, tmp_path / "second", checkpoint=first), step=5)
    assert epochs() == [3, 4, 5]
    assert train_candidate(descent(line, tmp_path / "third", checkpoint=second), Caller()).value == expected.value
    assert epochs() == [5, 6]


def test_pruned_while_resuming_it_ends_with_the_best_step(line, tmp_path):
    checkpoint = broken_off(descent(line, tmp_path / "first"), step=4)
    result = train_candidate(
        descent(line, tmp_path / "second", checkpoint=checkpoint), Caller(lambda step, value: step == 2)
    )
    assert result.stopped
    assert result.best_step <= 4


@pytest.mark.parametrize("family", ["descent", "linear", "hist_gradient_boosting"])
def test_folds_that_are_done_are_not_trained_again(family, line, tmp_path, epochs, monkeypatch):
    def job(name: str, **changes) -> TrainingJob:
        return replace(descent(line, tmp_path / name, scored_folds=4, **changes), family=family)

    expected = train_candidate(job("whole"), Caller())
    checkpoint = broken_off(job("first"), step=3)
    epochs()
    fitted = []
    estimator = registry.families()[family].estimator
    fit = estimator.fit
    monkeypatch.setattr(estimator, "fit", lambda self, *given: fitted.append(self._seed) or fit(self, *given))
    caller = Caller()
    result = train_candidate(job("second", checkpoint=checkpoint), caller)
    assert list(caller.curve) == [1, 2, 3, 4]
    # The third fold was fitted, but killed before it was kept.
    assert fitted == [11 + 2, 11 + 3]
    assert result.value == expected.value
    assert comparable(result) == comparable(expected)
    np.testing.assert_allclose(predictions(job("second")), predictions(job("whole")), rtol=1e-12)


def test_bagged_candidate_goes_on_at_its_fold(line, tmp_path, epochs):
    candidate = descent(line, tmp_path / "candidate")
    train_candidate(candidate, Caller())
    pack(candidate.folder / "model", candidate.folder / "model.zip")
    member = JobMember(0, "descent", 0.0, 0, folds=1, best_step=6)

    def job(name: str, **changes) -> TrainingJob:
        return descent(line, tmp_path / name, kind=Kind.BAGGED, members=(member,), **changes)

    folders = {0: candidate.folder}
    expected = train_candidate(job("whole"), Caller(folders=folders))
    killer = kill_at(2)
    killer.folders = folders
    with pytest.raises(Killed):
        train_candidate(job("first"), killer)
    epochs()
    resumed = job("second", checkpoint=tmp_path / "first" / CHECKPOINT_FILE)
    result = train_candidate(resumed, Caller(folders=folders))
    # One fold was kept, of the second all six epochs: only the third is trained.
    assert epochs() == [1, 2, 3, 4, 5, 6]
    assert result.value == expected.value
    np.testing.assert_array_equal(predictions(resumed), predictions(job("whole")))


@pytest.mark.parametrize("change", [{"seed": 12}, {"params": {"epochs": 5}}, {"split_seed": 4}])
def test_checkpoint_of_another_training_is_passed_over(line, tmp_path, epochs, change):
    checkpoint = broken_off(descent(line, tmp_path / "first"), step=4)
    epochs()
    train_candidate(descent(line, tmp_path / "second", checkpoint=checkpoint, **change), Caller())
    assert epochs()[0] == 1


def test_damaged_checkpoint_is_passed_over(line, tmp_path, epochs):
    checkpoint = broken_off(descent(line, tmp_path / "first"), step=4)
    content = bytearray(checkpoint.read_bytes())
    content[len(content) // 3] ^= 0xFF
    epochs()
    for name, damaged in (("flipped", bytes(content)), ("cut", bytes(content[:-100])), ("empty", b"")):
        (tmp_path / name).write_bytes(damaged)
        train_candidate(descent(line, tmp_path / f"from {name}", checkpoint=tmp_path / name), Caller())
        assert epochs()[0] == 1


def test_checkpoint_cannot_write_outside_its_folder(line, tmp_path, epochs):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../outside", "x")
    train_candidate(descent(line, tmp_path / "second", checkpoint=tmp_path / "evil.zip"), Caller())
    assert not (tmp_path / "outside").exists()
    assert epochs()[0] == 1


def test_quick_training_writes_none(line, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "_PAUSE_SECONDS", 60.0)
    train_candidate(descent(line, tmp_path), Caller())
    assert not (tmp_path / CHECKPOINT_FILE).exists()


def test_training_that_cannot_write_checkpoints_goes_on(line, tmp_path):
    tmp_path.joinpath("checkpoint").write_text("in the way")
    assert train_candidate(descent(line, tmp_path), Caller()).best_step > 0
    assert not (tmp_path / CHECKPOINT_FILE).exists()
