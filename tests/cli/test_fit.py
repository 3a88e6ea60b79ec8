from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tuner.artifact import load_model


@pytest.fixture
def table(tmp_path: Path) -> Path:
    generator = random.Random(1)
    rows = []
    for _ in range(120):
        width, colour = generator.random(), generator.choice(["red", "blue"])
        rows.append(f"{width:.3f},{colour},{'yes' if width + (colour == 'red') / 2 > 0.8 else 'no'}")
    path = tmp_path / "table.csv"
    path.write_text("\n".join(["width,colour,ripe", *rows]))
    return path


def test_fit_ranks_and_saves(run: Run, table: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.zip"
    done = run(
        *("fit", str(table), "--target", "ripe", "--time-budget", "30s", "--trials", "2", "--models", "linear"),
        *("--save", str(model), "--json"),
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["trials"][0]["rank"] == 1
    assert document["trials"][0]["params"]["model"] == "ensemble"
    assert document["model"] == str(model)
    assert list(load_model(model).predict([{"width": 0.99, "colour": "red"}])) == ["yes"]


def test_unknown_column_is_told(run: Run, table: Path) -> None:
    done = run("fit", str(table), "--target", "nothing")
    assert done.returncode == 1
    assert "nothing" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_time_is_told(run: Run, table: Path) -> None:
    done = run("fit", str(table), "--target", "ripe", "--time-budget", "soon")
    assert done.returncode == 1
    assert "soon" in done.stderr


def test_missing_file_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    assert run("fit", str(tmp_path / "none.csv"), "--target", "ripe").returncode == 2


@pytest.mark.slow
def test_forecast_is_printed(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("\n".join(["t,shop,sales", *(f"{t},{shop},{t % 4 + 10}" for shop in "ab" for t in range(40))]))
    common = ("fit", str(path), "--target", "sales", "--forecast", "2", "--series", "shop", "--season", "4")
    fast = ("--time-budget", "60s", "--trials", "1", "--models", "series_seasonal_naive")
    done = run(*common, *fast, "--json")
    assert done.returncode == 0, done.stderr
    forecast = json.loads(done.stdout)["forecast"]
    assert [(row["shop"], row["t"], row["sales"]) for row in forecast] == [
        ("a", 40, 10.0),
        ("a", 41, 11.0),
        ("b", 40, 10.0),
        ("b", 41, 11.0),
    ]


def test_columns_of_a_forecast_need_one(run: Run, table: Path) -> None:
    done = run("fit", str(table), "--target", "ripe", "--series", "colour")
    assert done.returncode != 0
    assert "--forecast" in done.stderr
