"""Networks given as data, trained by real children of this process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tuner
from tuner import layers


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNER_HOME", str(tmp_path / "home"))


def mixed_rows(count: int = 120) -> pd.DataFrame:
    """Pictures, sequences and plain columns; what is asked for is whether a picture is brighter on the left."""
    rng = np.random.default_rng(0)
    pictures = rng.random((count, 6, 6, 1)).astype(np.float32)
    left = rng.random(count) < 0.5
    pictures[left, :, :3] += 0.8
    pictures[~left, :, 3:] += 0.8
    return pd.DataFrame(
        {
            "photo": pd.Series(list(pictures), dtype=object),
            "signal": pd.Series(
                [rng.random((rng.integers(2, 7), 2)).astype(np.float32) for _ in range(count)], dtype=object
            ),
            "age": rng.normal(40, 10, count),
            "town": rng.choice(["Bern", "Basel"], count),
            "side": np.where(left, "left", "right"),
        }
    )


NETWORK = layers.Sequential(
    [
        layers.Branches(
            {
                "picture": layers.Branch(
                    "photo",
                    [layers.Conv2D(tuner.Int(4, 8), 3, padding="same", activation="relu"), layers.MaxPooling2D()],
                ),
                "signal": layers.Branch("signal", [layers.GRU(4)]),
                "rest": layers.Branch("tabular", [layers.Dense(8, activation="relu")]),
            }
        ),
        layers.Dense(tuner.Int(8, 16), activation="relu"),
    ]
)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_network_on_mixed_data_is_trained_saved_and_predicts_elsewhere(tmp_path: Path) -> None:
    rows = mixed_rows()
    with tuner.Client() as client:
        data = client.upload_dataset(rows, name="mixed", target="side")
        study = client.create_study(
            "own",
            dataset=data,
            architecture=NETWORK,
            metric="accuracy",
            folds=2,
            ensemble=False,
            seed=1,
            budget=tuner.Budget(trials=1),
        )
        study.wait(timeout=600, progress=False)
        assert [trial.state for trial in study.trials()] == ["completed"], study.trials()
        assert study.best_value is not None
        assert study.best_value > 0.9
        model = study.best_model(tmp_path / "saved.zip")
        predicted = model.predict(rows.drop(columns="side"))
        assert (predicted == rows["side"]).mean() > 0.9
    # The file alone is enough: it holds the network, and nobody has the document any more.
    rows.drop(columns="side").head(5).to_pickle(tmp_path / "rows.pickle")
    program = (
        "import pandas, sys\n"
        "from tuner.artifact import load_model\n"
        "print(list(load_model(sys.argv[1]).predict(pandas.read_pickle(sys.argv[2]))))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "saved.zip"), str(tmp_path / "rows.pickle")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    assert printed.strip() == str(list(predicted[:5]))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_network_competes_with_the_automatic_choice() -> None:
    rows = mixed_rows()[["age", "town", "side"]]
    small = layers.Sequential([layers.Dense(tuner.Int(4, 8), activation="relu")])
    result = tuner.fit(rows, "side", architecture=small, time_budget="10m", trials=3, seed=1, progress=False)
    study, tried = result.study.resource, list(result.leaderboard()["model"])
    result.close()
    assert study.architecture == small.to_json()
    assert study.models[-1] == "architecture"
    assert {"lightgbm", "linear"} < set(study.models)
    assert "architecture" in tried


def test_network_does_not_go_with_a_study_that_is_continued() -> None:
    with pytest.raises(tuner.errors.InvalidInput) as caught:
        tuner.fit(mixed_rows(), "side", architecture=NETWORK, resume="earlier", progress=False)
    assert [place.pointer for place in caught.value.places] == ["#/architecture"]


def test_fit_tells_where_a_document_is_wrong() -> None:
    document = {"version": 1, "layers": [{"layer": "Dense", "unts": 4}]}
    with pytest.raises(tuner.errors.InvalidArchitecture, match="Did you mean units") as caught:
        tuner.fit(mixed_rows(), "side", architecture=document, progress=False)
    assert caught.value.places[0].pointer == "#/architecture/layers/0/unts"


def test_document_that_could_not_be_built_never_reaches_a_child() -> None:
    deep = layers.Sequential([layers.Repeat(tuner.Int(1, 5), [layers.MaxPooling2D()])], source="photo")
    with tuner.Client() as client:
        data = client.upload_dataset(mixed_rows(), name="mixed", target="side")
        with pytest.raises(tuner.errors.InvalidArchitecture, match="too small for its window") as caught:
            client.create_study("own", dataset=data, architecture=deep)
        assert caught.value.places[0].pointer == "#/architecture/layers/0/layers/0"
        assert client.list_studies() == []
