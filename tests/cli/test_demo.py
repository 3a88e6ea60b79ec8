from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.cli.conftest import Run, background, wait_until_gone


@pytest.mark.slow
def test_demo_ranks_families_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    done = run("demo", "--trials", "5", "--seconds", "240", timeout=280, TMPDIR=str(temporary))
    assert done.returncode == 0, done.stdout + done.stderr
    for family in ("baseline", "lightgbm", "linear", "xgboost", "extra_trees", "catboost", "ensemble"):
        assert family in done.stdout
    assert "First ranked result after" in done.stdout
    assert "rows that no trial has seen" in done.stdout
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
def test_demo_ignores_settings_of_the_user(run: Run, tmp_path: Path) -> None:
    settings = {"TUNER_URL": "http://127.0.0.1:1", "TUNER_DATABASE_URL": "mysql://db", "TUNER_API_KEY": "k" * 20}
    done = run("demo", "--trials", "1", timeout=200, **settings)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_interrupted_demo_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with background(tmp_path, "demo", TMPDIR=str(temporary)) as command:
        command.wait_for(r"Searching over")
        children = command.children()
        assert len(children) == 2
        command.signal(number)
        assert command.wait() == 130
        wait_until_gone(children, seconds=0.5)
    assert list(temporary.iterdir()) == []
