"""Saved models of forecasts: from a job to a model that knows the end of its series."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.training.caller import Caller
from tuner.artifact import load_model
from tuner.artifact.card.dates import date_label, date_ticks
from tuner.data import target_profile
from tuner.data.frames import plain_frame
from tuner.data.profiling import profile_table
from tuner.data.reading import read_table
from tuner.data.series.forecast import Forecast
from tuner.errors import InvalidDataset, InvalidInput
from tuner.training.candidate import train_candidate
from tuner.training.held_out import HeldOut
from tuner.training.job import MODEL_FOLDER, PREDICTIONS_FILE, TrainingJob

MONTHS = pd.date_range("2015-01-01", periods=60, freq="MS").strftime("%Y-%m")


def shops() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    parts = []
    for shop, level in ((7, 20.0), (12, 200.0)):
        promotion = (rng.random(60) < 0.3).astype(int)
        season = np.sin(np.arange(60) * 2 * np.pi / 12)
        values = level * (1 + 0.3 * season + 0.2 * promotion + rng.normal(0, 0.02, 60))
        parts.append(pd.DataFrame({"month": MONTHS, "shop": shop, "promotion": promotion, "sales": values.round(3)}))
    return pd.concat(parts)


def job_of(folder: Path, family: str, frame: pd.DataFrame, forecast: Forecast, folds: int = 3) -> TrainingJob:
    path = folder / "table.csv"
    frame.to_csv(path, index=False)
    profile = profile_table(read_table(path))
    return TrainingJob(
        dataset_path=path,
        profile=profile,
        target=target_profile(profile, "sales", forecast=forecast),
        family=family,
        params={},
        metric="rmse",
        split_seed=0,
        folds=folds,
        scored_folds=folds,
        bagged_folds=folds,
        seed=1,
        threads=1,
        folder=folder,
    )


FORECAST = Forecast(6, series="shop", known=("promotion",))


@pytest.fixture(scope="module", params=["series_linear", "series_lightgbm"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forecast")
    train_candidate(job_of(folder, request.param, shops(), FORECAST), Caller())
    return folder


def test_model_forecasts_from_the_end_of_the_table(folder: Path) -> None:
    forecast = load_model(folder / MODEL_FOLDER).forecast()
    assert forecast.columns.tolist() == ["shop", "month", "sales"]
    assert forecast["shop"].tolist() == [7] * 6 + [12] * 6
    assert forecast["month"].tolist()[:6] == pd.date_range("2020-01-01", periods=6, freq="MS").tolist()
    assert forecast["sales"][:6].mean() < 40 < 150 < forecast["sales"][6:].mean()


def test_one_model_is_kept_and_it_learned_from_all_rows(folder: Path) -> None:
    model = load_model(folder / MODEL_FOLDER)
    assert len(model.manifest.parts) == 1
    held_out = HeldOut.read(folder / PREDICTIONS_FILE)
    # Three blocks of six months of two shops.
    assert len(held_out.row_ids) == 36
    assert set(held_out.row_ids.tolist()) == {*range(42, 60), *range(102, 120)}


def test_rows_to_come_may_say_what_is_known(folder: Path) -> None:
    model = load_model(folder / MODEL_FOLDER)
    rows = model.forecast().drop(columns="sales")
    rows["month"] = rows["month"].dt.strftime("%Y-%m")
    quiet, loud = model.predict(rows.assign(promotion=0)), model.predict(rows.assign(promotion=1))
    assert (loud > quiet).all()
    assert np.isfinite(model.predict(rows)).all()
    assert np.isfinite(model.predict(rows.to_dict("records"))).all()
    np.testing.assert_allclose(model.predict(rows), model.forecast()["sales"])


def test_what_is_known_in_advance_explains_a_forecast(folder: Path) -> None:
    model = load_model(folder / MODEL_FOLDER)
    rows = model.forecast().drop(columns="sales").assign(promotion=[0, 1] * 6)
    rows["sales"] = model.predict(rows)
    explanation = model.explain(rows)
    assert [each.column for each in explanation.importances] == ["promotion"]
    assert explanation.importances[0].importance > 0
    (line,) = explanation.dependence("promotion").lines
    assert line[-1] > line[0]
    assert "promotion" in model.card(rows=rows)


def test_question_itself_is_not_exchanged(folder: Path) -> None:
    model = load_model(folder / MODEL_FOLDER)
    rows = model.forecast().assign(promotion=0)
    for column in ("month", "shop"):
        with pytest.raises(InvalidInput, match="which value of the series") as refusal:
            model.explain(rows, columns=[column])
        assert "promotion" in str(refusal.value.hint)


def test_times_that_the_model_has_learned_explain_nothing(folder: Path) -> None:
    model = load_model(folder / MODEL_FOLDER)
    for judge in (model.explain, lambda rows: model.card(rows=rows)):
        with pytest.raises(InvalidDataset, match="not after the last time"):
            judge(shops())


def test_forecast_from_the_past_alone_says_so(tmp_path: Path) -> None:
    table = shops()
    train_candidate(job_of(tmp_path, "series_linear", table, Forecast(6, series="shop")), Caller())
    model = load_model(tmp_path / MODEL_FOLDER)
    with pytest.raises(InvalidInput, match="earlier values alone") as refusal:
        model.explain(model.forecast())
    assert "known=" in str(refusal.value.hint)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"month": "2019-12", "shop": 7}, "not after the last time that the model knows, 2019-12-01"),
        ({"month": None, "shop": 7}, "has no time"),
        ({"month": "2020-01", "shop": 8}, "a series that the model does not know"),
        ({"shop": 7}, "lack 1 of the 3 columns"),
    ],
)
def test_rows_that_no_forecast_answers_are_refused(folder: Path, row: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidDataset, match=message) as refusal:
        load_model(folder / MODEL_FOLDER).predict([row])
    assert refusal.value.hint


def test_horizon_may_be_another_one(folder: Path) -> None:
    model = load_model(folder / MODEL_FOLDER)
    assert len(model.forecast(2)) == 4
    longer = model.forecast(18)
    assert len(longer) == 36
    assert np.isfinite(longer["sales"]).all()
    for wrong in (0, 10_000, 1.5):
        with pytest.raises(InvalidInput, match="horizon must be"):
            model.forecast(wrong)


def test_plain_forecast_is_json(folder: Path) -> None:
    plain = load_model(folder / MODEL_FOLDER).forecast_plain(1)
    assert json.loads(json.dumps(plain.rows)) == [
        {"shop": 7, "month": "2020-01-01"},
        {"shop": 12, "month": "2020-01-01"},
    ]
    assert len(plain.predictions) == 2


def test_card_shows_history_backtest_and_forecast(folder: Path) -> None:
    model = load_model(folder / MODEL_FOLDER)
    assert model.evaluation is not None
    assert [picture.name for picture in model.evaluation.series] == ["7", "12"]
    first = model.evaluation.series[0]
    assert (len(first.times), len(first.tested_values), len(first.future_values)) == (60, 18, 6)
    page = model.card()
    assert "The next 6 values" in page
    assert "predicted before they were known" in page
    assert "model.forecast()" in page
    # The time is not a column whose importance would mean anything.
    assert [each.column for each in model.evaluation.importances] in ([], ["promotion"])


def test_what_was_found_of_the_series_stands_in_the_model(tmp_path: Path) -> None:
    frame = shops().iloc[:60].drop(columns=["shop", "promotion"]).drop(index=[30, 31])
    train_candidate(job_of(tmp_path, "series_smoothing", frame, Forecast(6)), Caller())
    warnings = load_model(tmp_path / MODEL_FOLDER).manifest.facts.warnings
    assert any("2 of 60 times, 1 month apart, have no value" in warning for warning in warnings)


def test_model_moves_on_where_there_is_no_time_to_learn_again(tmp_path: Path) -> None:
    frame = shops().iloc[:60].drop(columns=["shop", "promotion"])
    job = replace(job_of(tmp_path, "series_lightgbm", frame, Forecast(6)), seconds=0.0)
    result = train_candidate(job, Caller())
    assert result.stopped
    forecast = load_model(tmp_path / MODEL_FOLDER).forecast()
    assert str(forecast["month"][0].date()) == "2020-01-01"


def test_table_model_is_no_forecast(tmp_path: Path) -> None:
    frame = shops()
    plain = plain_frame(frame)
    profile = profile_table(plain)
    frame.to_csv(tmp_path / "table.csv", index=False)
    job = job_of(tmp_path, "linear", frame, FORECAST)
    train_candidate(
        replace(job, profile=profile_table(read_table(job.dataset_path)), target=target_profile(profile, "sales")),
        Caller(),
    )
    with pytest.raises(InvalidInput, match="no forecast of times to come"):
        load_model(tmp_path / MODEL_FOLDER).forecast()


@pytest.mark.parametrize("days", [0.01, 0.5, 3, 20, 100, 800, 4_000, 40_000, 400_000])
def test_dates_on_an_axis_are_few_and_differ(days: float) -> None:
    low, high = 1_000_000_000.0, 1_000_000_000.0 + days * 86_400
    ticks = date_ticks(low, high, 5)
    assert 1 <= len(ticks) <= 7
    assert all(low <= tick <= high for tick in ticks)
    labels = [date_label(tick, high - low) for tick in ticks]
    assert len(set(labels)) == len(labels)
