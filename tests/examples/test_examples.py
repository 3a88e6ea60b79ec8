"""The examples run as they stand."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.examples.conftest import ROOT, run


@pytest.mark.slow
def test_automatic(tmp_path: Path) -> None:
    output = run([sys.executable, str(ROOT / "examples/automatic.py"), "20s"], tmp_path)
    assert "Gentoo" in output
    assert "<html" in (tmp_path / "penguins.html").read_text()


@pytest.mark.slow
def test_architecture(tmp_path: Path) -> None:
    output = run([sys.executable, str(ROOT / "examples/architecture.py"), "1"], tmp_path)
    assert "architecture.filters" in output
    assert "% of pictures" in output


@pytest.mark.slow
def test_forecast(tmp_path: Path) -> None:
    output = run([sys.executable, str(ROOT / "examples/forecast.py"), "20s"], tmp_path)
    assert "1960-12-01" in output
    assert "The next 12 values" in (tmp_path / "passengers.html").read_text()


@pytest.mark.slow
def test_text(tmp_path: Path) -> None:
    output = run([sys.executable, str(ROOT / "examples/text.py"), "20s"], tmp_path)
    assert re.search(r"^ *review +\d", output, re.MULTILINE)  # the text's importance
    assert "stars" in output.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "card"), [("images", "digits.html"), ("sequences", "tremors.html")])
def test_arrays(name: str, card: str, tmp_path: Path) -> None:
    output = run([sys.executable, str(ROOT / f"examples/{name}.py"), "20s"], tmp_path)
    assert "that no model has seen" in output
    assert "Examples" in (tmp_path / card).read_text()


@pytest.mark.slow
def test_own_training(tmp_path: Path) -> None:
    output = run([sys.executable, str(ROOT / "examples/own_training.py"), "4"], tmp_path)
    assert "learning_rate" in output


@pytest.mark.slow
def test_service(tmp_path: Path, service: str) -> None:
    output = run([sys.executable, str(ROOT / "examples/service.py"), "3"], tmp_path, TUNER_URL=service)
    assert "Gentoo" in output


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="needs curl and jq")
def test_curl(tmp_path: Path, service: str) -> None:
    output = run(["bash", str(ROOT / "examples/curl.sh"), "2"], tmp_path, TUNER_URL=service, TMPDIR=str(tmp_path))
    assert "1\tensemble\t" in output
    assert "continue" in output
    assert '"best_number"' in output
    assert list(tmp_path.rglob("model.zip"))
