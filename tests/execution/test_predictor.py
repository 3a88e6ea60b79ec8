"""Predictions by a child process: warm, replaced when it must be, and without secrets."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.artifact.training import fit
from tuner.artifact import load_model, pack, save_model
from tuner.artifact.writing import sha256_of
from tuner.data import Task
from tuner.errors import ConnectionFailed, InvalidDataset, Unavailable
from tuner.execution.prediction_child import LoadedModels
from tuner.execution.predictor import Predictor
from tuner.wire.models import PredictionWork

ROWS: list[dict[str, Any]] = [{"x": 0.05, "color": "rot"}, {"x": 0.95, "color": "gelb"}]


class Folder:
    """Hands out one file, and counts how often."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def read_artifact(self, study: str, number: int, attempt: int, name: str) -> Iterator[bytes]:
        self.count += 1
        yield self.path.read_bytes()


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed")
    fitted = fit(Task.BINARY, "linear")
    save_model(folder / "model", fitted.estimators, fitted.facts)
    pack(folder / "model", folder / "model.zip")
    return folder / "model.zip"


@pytest.fixture
def source(packed: Path) -> Folder:
    return Folder(packed)


@pytest.fixture
def predictor(source: Folder, tmp_path: Path) -> Iterator[Callable[..., Predictor]]:
    made: list[Predictor] = []

    def make(**settings: Any) -> Predictor:
        made.append(Predictor(source, tmp_path, **settings))
        return made[-1]

    yield make
    for each in made:
        each.close()


def work(source: Folder, **changes: Any) -> PredictionWork:
    fields = {"id": "r", "model": "s.0", "study": "s", "number": 0, "attempt": 1, "sha256": sha256_of(source.path)}
    return PredictionWork.model_validate(fields | {"rows": ROWS} | changes)


def test_child_predicts_like_the_model_itself(source: Folder, predictor: Callable[..., Predictor]) -> None:
    prediction, model = predictor().predict(work(source)), load_model(source.path)
    assert prediction.predictions == tuple(model.predict(ROWS))
    assert [list(row) for row in prediction.probabilities] == model.predict_proba(ROWS).to_numpy().tolist()


def test_model_is_downloaded_once_and_the_child_stays(source: Folder, predictor: Callable[..., Predictor]) -> None:
    warm = predictor()
    warm.predict(work(source))
    pid = warm.pid
    warm.predict(work(source))
    with pytest.raises(InvalidDataset, match="'color'"):
        warm.predict(work(source, rows=[{"x": 1}]))
    warm.predict(work(source, rows=None, csv="x,color\n0.5,rot\n"))
    assert (warm.pid, source.count) == (pid, 1)


def test_download_with_another_sum_is_refused(source: Folder, predictor: Callable[..., Predictor]) -> None:
    with pytest.raises(ConnectionFailed, match="damaged"):
        predictor().predict(work(source, sha256="0" * 64))


def test_child_that_is_stuck_is_replaced(source: Folder, predictor: Callable[..., Predictor]) -> None:
    warm = predictor(timeout_seconds=30.0)
    first = warm.predict(work(source))
    assert warm.pid is not None
    os.kill(warm.pid, signal.SIGSTOP)
    warm._timeout_seconds = warm._process._timeout_seconds = 0.5  # it has a process
    pid = warm.pid
    with pytest.raises(Unavailable, match=r"longer than 0\.5 seconds"):
        warm.predict(work(source))
    warm._timeout_seconds = 30.0
    assert warm.predict(work(source)) == first
    assert warm.pid != pid


def test_child_that_has_grown_too_large_is_replaced(source: Folder, predictor: Callable[..., Predictor]) -> None:
    warm = predictor(max_bytes=1)
    warm.predict(work(source))
    pid = warm.pid
    warm.predict(work(source))
    assert warm.pid != pid


def test_child_that_was_killed_is_replaced_at_once(source: Folder, predictor: Callable[..., Predictor]) -> None:
    warm = predictor()
    first = warm.predict(work(source))
    assert warm.pid is not None
    os.kill(warm.pid, signal.SIGKILL)
    assert warm.predict(work(source)) == first


def test_child_has_no_secrets(
    source: Folder, predictor: Callable[..., Predictor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNER_API_KEY", "a-secret-of-the-worker")
    warm = predictor()
    warm.predict(work(source))
    assert b"a-secret-of-the-worker" not in Path(f"/proc/{warm.pid}/environ").read_bytes()


def test_child_ends_with_its_parent(source: Folder, predictor: Callable[..., Predictor]) -> None:
    warm = predictor()
    warm.predict(work(source))
    pid = warm.pid
    warm.close()
    assert not Path(f"/proc/{pid}").exists()


def test_models_beyond_the_limit_are_forgotten(packed: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    other.write_bytes(packed.read_bytes())
    models = LoadedModels(max_bytes=1)
    first = models.get(packed)
    assert models.get(packed) is first
    models.get(other)
    assert models.get(packed) is not first
