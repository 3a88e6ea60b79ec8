"""Studies over a dataset, trained by the process that asks for them."""

from pathlib import Path

import pandas as pd
import pytest

import tuner

ROWS = pd.DataFrame({"x": [row / 3 for row in range(80)], "label": ["low"] * 40 + ["high"] * 40})


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNER_HOME", str(tmp_path / "home"))


def new_study(client: tuner.Client, trials: int) -> tuner.Study:
    data = client.upload_dataset(ROWS, name="rows", target="label")
    return client.create_study("trained", dataset=data, models=["linear"], budget=tuner.Budget(trials=trials))


def test_study_over_a_dataset_is_trained_here() -> None:
    with tuner.Client() as client:
        study = new_study(client, trials=2).wait(timeout=60, progress=False)
        assert {trial.state for trial in study.trials()} == {"completed"}
        assert "ensemble" in [trial.origin for trial in study.trials()]
        assert list(study.best_model().predict(ROWS.iloc[[0, 79]])) == ["low", "high"]
        assert list(study.model(0).predict_proba(ROWS.head(1)).columns) == ["high", "low"]


def test_study_that_was_left_unfinished_is_trained_when_it_is_waited_for() -> None:
    with tuner.Client() as client:
        name = new_study(client, trials=2).name
    with tuner.Client() as client:
        study = client.get_study(name).wait(timeout=60, progress=False)
        assert {trial.state for trial in study.trials()} == {"completed"}
        assert [trial.attempt for trial in study.trials()][-1] == 1


def test_paused_study_is_not_trained_until_it_is_resumed() -> None:
    with tuner.Client() as client:
        data = client.upload_dataset(ROWS, name="rows", target="label")
        study = client.create_study("trained", dataset=data, models=["linear"], budget=tuner.Budget(trials=1))
        study.pause()
        study.resume()
        study.wait(timeout=60, progress=False)
        assert study.best_value is not None
        assert study.best_value > 0.9
