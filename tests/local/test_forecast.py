"""Forecasts from a table to the values to come, with real trainings in child processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tuner
from tuner.errors import InvalidDataset, InvalidInput

PASSENGERS = Path(__file__).parents[2] / "examples" / "passengers.csv"
QUICK = ["series_seasonal_naive", "series_smoothing", "series_linear"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNER_HOME", str(tmp_path / "home"))


@pytest.fixture
def client() -> Iterator[tuner.Client]:
    with tuner.Client() as client:
        yield client


def test_fit_forecasts_the_held_out_year_better_than_repeating_the_last() -> None:
    table = pd.read_csv(PASSENGERS)
    known, truth = table.iloc[:-12], table["passengers"].to_numpy()[-12:]
    result = tuner.fit(
        known, "passengers", forecast=12, time_budget="60s", trials=6, models=QUICK, seed=0, progress=False
    )
    forecast = result.predict()
    assert forecast["month"].dt.strftime("%Y-%m").tolist() == table["month"].tolist()[-12:]
    own = np.sqrt(np.mean((forecast["passengers"].to_numpy() - truth) ** 2))
    seasonal = np.sqrt(np.mean((known["passengers"].to_numpy()[-12:] - truth) ** 2))
    assert own < 0.6 * seasonal
    board = result.leaderboard()
    assert {"ensemble", "baseline"} <= set(board["model"])
    assert result.study.resource.target.forecast.time == "month"
    assert "The next 12 values" in result.best_model.card()
    result.close()


def test_service_forecasts_without_rows(client: tuner.Client) -> None:
    frame = pd.DataFrame(
        {"t": [*range(60)] * 2, "shop": ["a"] * 60 + ["b"] * 60, "y": [*np.tile([1.0, 5, 2], 20), *range(60)]}
    )
    data = client.upload_dataset(frame, name="shops")
    study = client.create_study(
        "forecast",
        dataset=data,
        target="y",
        forecast=tuner.Forecast(3, series="shop", season=3),
        models=["series_seasonal_naive"],
        budget=tuner.Budget(trials=2),
        ensemble=False,
    )
    study.wait(timeout=120)
    model = f"{study.id}.{study.best_trial.number}"
    answer = client.forecast(model, horizon=2)
    assert [(row["shop"], row["t"]) for row in answer.rows] == [("a", 60), ("a", 61), ("b", 60), ("b", 61)]
    np.testing.assert_allclose(answer.predictions[:2], [1.0, 5.0])
    rows = client.predict(model, [{"t": 62, "shop": "a"}])
    np.testing.assert_allclose(rows.predictions, [2.0])
    with pytest.raises(InvalidDataset, match="not after the last time"):
        client.predict(model, [{"t": 59, "shop": "a"}])


def test_study_is_planned_for_a_forecast(client: tuner.Client) -> None:
    data = client.upload_dataset(PASSENGERS, name="passengers")
    study = client.create_study(
        "planned", dataset=data, target="passengers", forecast=12, budget=tuner.Budget(trials=1)
    )
    resource = study.resource
    study.cancel()
    assert set(resource.models) >= {"series_smoothing", "series_lightgbm"}
    assert all(name.startswith("series_") for name in resource.models)
    assert resource.metric == "rmse"
    assert resource.validation is not None
    assert resource.validation.folds == resource.validation.scored_folds == 5


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"models": ["lightgbm"], "forecast": 12}, "cannot predict"),
        ({"models": ["series_linear"]}, "cannot predict"),
        ({"task": "forecast"}, "how far ahead"),
        ({"task": "regression", "forecast": 12}, "task of its own"),
        ({"forecast": 200}, "needs series of at least 202 rows"),
        ({"forecast": tuner.Forecast(12, time="year")}, "has no column 'year'"),
        ({"metric": "roc_auc", "forecast": 12}, "not defined for a forecast task"),
    ],
)
def test_contradictions_are_refused(client: tuner.Client, given: dict[str, object], message: str) -> None:
    data = client.upload_dataset(PASSENGERS, name="passengers")
    with pytest.raises((InvalidInput, InvalidDataset), match=message):
        client.create_study("wrong", dataset=data, target="passengers", **given)
