from __future__ import annotations

import importlib
import json

import numpy as np
import pytest

from benchmarks.keras.data import Kind
from benchmarks.keras.execution import write_job
from benchmarks.keras.outcome import Cell
from benchmarks.keras.systems import PEERS, SYSTEMS
from benchmarks.keras.tasks import TASKS
from tuner.data.profile import ColumnKind, ColumnProfile, DatasetProfile, TargetProfile, Task, ValueForm
from tuner.models import compose_space
from tuner.space import SearchSpace

_COLUMNS = {
    Kind.TABLE: ColumnProfile("x", ColumnKind.NUMBER, "", ValueForm.FRACTION, 0, 50),
    Kind.IMAGE: ColumnProfile("x", ColumnKind.IMAGE, "", ValueForm.TEXT, 0, 50, shape=(8, 8, 1)),
    Kind.SEQUENCE: ColumnProfile("x", ColumnKind.SEQUENCE, "", ValueForm.TEXT, 0, 50, shape=(40, 4)),
    Kind.TEXT: ColumnProfile("x", ColumnKind.TEXT, "", ValueForm.TEXT, 0, 50, mean_length=100.0),
}
_SPACES = [name for name, task in TASKS.items() if task.has_peers]


@pytest.mark.parametrize("name", _SPACES)
def test_peers_and_studies_search_the_same_space(name):
    task = TASKS[name]
    target = TargetProfile("answer", Task.BINARY, "", ("a", "b"), (600, 600), 0, 1_200)
    profile = DatasetProfile(1_200, (_COLUMNS[task.load(0).kind],))
    overrides = SearchSpace.parameters_from_json(task.study_space())
    composed = dict(compose_space([task.family], profile, target, overrides, (), None).items())
    own = {full.partition(".")[2]: parameter for full, parameter in composed.items() if full != "model"}
    # Nothing is left that the peers would not know.
    assert set(own) == set(task.space)
    for parameter, form in task.peer_space().items():
        kept = own[parameter].to_json()
        assert {key: kept[key] for key in form if key != "when"} == {key: form[key] for key in form if key != "when"}
        for parent in form.get("when", {}):
            assert list(task.space).index(parent) < list(task.space).index(parameter)


def test_every_system_has_its_tasks():
    able = {name: {task for task in TASKS if SYSTEMS[name].can_do(TASKS[task])} for name in SYSTEMS}
    assert able["tuner_jax"] == set(TASKS)
    assert able["tuner_torch"] == able["tuner_tensorflow"] == {name for name in TASKS if TASKS[name].is_network}
    assert able["keras_tuner_random"] == able["keras_tuner_hyperband"] == set(_SPACES)


@pytest.mark.parametrize("name", ["digits_cnn", "events_rnn", "reviews_text", "passengers_gru"])
def test_a_job_holds_everything_but_what_is_right(name, tmp_path, monkeypatch):
    data = TASKS[name].load(0)
    path = write_job(tmp_path, Cell(name, 0, 5.0, "tuner_jax"), data, trials=3)
    # As a system's process reads it.
    monkeypatch.syspath_prepend(str(PEERS))
    peers_job = importlib.import_module("job")
    monkeypatch.setattr("sys.argv", ["run.py", str(path)])
    job = peers_job.read_job()
    train, answers, test = peers_job.read_data(job)
    assert (job.task, job.seconds, job.trials) == (name, 5.0, 3)
    assert answers.tolist() == data.answers.tolist()
    for read, given in ((train, data.train), (test, data.test)):
        assert len(read) == len(given)
        assert all(np.array_equal(one, other) for one, other in zip(read, given, strict=True))
    stored = np.load(tmp_path / "data.npz")
    assert not any(np.array_equal(stored[key], data.truth) for key in stored.files)
    stored.close()
    assert json.loads(path.read_text())["kind"] == data.kind
