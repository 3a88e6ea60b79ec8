"""The documentation builds, and its snippets run as they stand, but for the address and with small budgets."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.examples.conftest import ROOT, run
from tuner.architecture import Architecture, DataInput
from tuner.cli.demo import NEXT
from tuner.space import SearchSpace

SHORTER = {
    'time_budget="60s"': 'time_budget="15s"',
    'time_budget="20s"': 'time_budget="15s"',
    "trials=20, seconds=120": "trials=3, seconds=120",
}


def snippets(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)


def run_snippet(language: str, snippet: str, folder: Path, service: str) -> str:
    for table in ("penguins.csv", "passengers.csv"):
        shutil.copy(ROOT / "examples" / table, folder)
    for words, shorter in SHORTER.items():
        snippet = snippet.replace(words, shorter)
    path = folder / "snippet"
    path.write_text(snippet.replace("http://127.0.0.1:8000", service))
    program = [sys.executable] if language == "python" else ["bash", "-euo", "pipefail"]
    return run([*program, str(path)], folder)


@pytest.mark.slow
@pytest.mark.parametrize("snippet", snippets("README.md", "python"))
def test_python_of_the_readme_runs(snippet: str, tmp_path: Path, service: str) -> None:
    assert run_snippet("python", snippet, tmp_path, service)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="needs curl and jq")
@pytest.mark.slow
@pytest.mark.parametrize("snippet", snippets("README.md", "bash"))
def test_shell_of_the_readme_runs(snippet: str, tmp_path: Path, service: str) -> None:
    assert '"rank": 1' in run_snippet("bash", snippet, tmp_path, service)


@pytest.mark.slow
@pytest.mark.parametrize("snippet", snippets("docs/quickstart.md", "python"))
def test_python_of_the_quickstart_runs(snippet: str, tmp_path: Path, service: str) -> None:
    assert run_snippet("python", snippet, tmp_path, service)


@pytest.mark.slow
@pytest.mark.parametrize("snippet", snippets("docs/how-to/automatic-model.md", "python"))
def test_python_of_the_page_on_the_automatic_model_runs(snippet: str, tmp_path: Path, service: str) -> None:
    assert run_snippet("python", snippet, tmp_path, service)
    assert (tmp_path / "card.html").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.parametrize("name", ["images", "sequences"])
def test_python_of_the_pages_on_arrays_runs(name: str, tmp_path: Path, service: str) -> None:
    # Their snippets build on each other.
    page = "\n".join(snippets(f"docs/how-to/{name}.md", "python"))
    assert run_snippet("python", page, tmp_path, service)
    assert "Examples" in (tmp_path / "card.html").read_text()


@pytest.mark.slow
def test_python_of_the_page_on_text_runs(tmp_path: Path, service: str) -> None:
    page = "\n".join(snippets("docs/how-to/text.md", "python"))
    assert "True" in run_snippet("python", page, tmp_path, service)


@pytest.mark.parametrize("snippet", snippets("docs/how-to/search-spaces.md", "python"))
def test_python_of_the_page_on_search_spaces_runs(snippet: str, tmp_path: Path, service: str) -> None:
    assert run_snippet("python", snippet, tmp_path, service)


@pytest.mark.parametrize("snippet", snippets("docs/how-to/samplers.md", "python"))
def test_python_of_the_page_on_samplers_runs(snippet: str, tmp_path: Path, service: str) -> None:
    assert run_snippet("python", snippet, tmp_path, service)


@pytest.mark.parametrize("snippet", snippets("docs/how-to/objectives.md", "python"))
def test_python_of_the_page_on_objectives_runs(snippet: str, tmp_path: Path, service: str) -> None:
    assert run_snippet("python", snippet, tmp_path, service)


@pytest.mark.slow
def test_python_of_the_page_on_predictions_runs(tmp_path: Path, service: str) -> None:
    # Its snippets build on each other.
    page = "\n".join(snippets("docs/how-to/predict.md", "python"))
    assert "bill_length_mm" in run_snippet("python", page, tmp_path, service)
    assert "Confusion matrix" in (tmp_path / "card.html").read_text()


@pytest.mark.parametrize("snippet", snippets("docs/how-to/search-spaces.md", "json"))
def test_json_of_the_page_on_search_spaces_is_a_space(snippet: str) -> None:
    space = SearchSpace.from_json(json.loads(snippet))
    assert space.check(space.allowed_point)


def test_networks_of_the_page_on_architectures_can_be_built() -> None:
    network, _, towers = snippets("docs/how-to/architecture.md", "python")
    told: dict[str, object] = {}
    exec(network + towers, told)
    Architecture.from_json(told["network"].to_json()).check({"x": DataInput.of(8, 8, 1)}, num_outputs=10)
    Architecture.from_json(told["towers"].to_json()).check(
        {"photo": DataInput.of(8, 8, 3), "tabular": DataInput.of(5)}, num_outputs=2
    )


def test_json_of_the_page_on_architectures_is_a_network() -> None:
    (snippet,) = snippets("docs/how-to/architecture.md", "json")
    Architecture.from_json(json.loads(snippet)).check({"x": DataInput.of(8, 8, 1)}, num_outputs=10)


@pytest.mark.slow
def test_python_that_the_demonstration_ends_with_runs(tmp_path: Path, service: str) -> None:
    snippet = "\n".join(line.removeprefix("    ") for line in NEXT.splitlines() if line.startswith("    "))
    for words, own in {"table.csv": "penguins.csv", "column to predict": "species", "trials=20": "trials=2"}.items():
        snippet = snippet.replace(words, own)
    assert "lightgbm" in run_snippet("python", snippet, tmp_path, service)


@pytest.mark.parametrize(
    ("page", "language"),
    [
        ("README.md", "python"),
        ("README.md", "bash"),
        ("docs/how-to/search-spaces.md", "python"),
        ("docs/how-to/objectives.md", "python"),
    ],
)
def test_there_are_snippets(page: str, language: str) -> None:
    assert snippets(page, language)


@pytest.mark.slow
def test_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    run(
        [
            sys.executable,
            "-m",
            "mkdocs",
            "build",
            "--strict",
            "--config-file",
            str(ROOT / "mkdocs.yml"),
            "-d",
            str(tmp_path),
        ],
        ROOT,
    )
    for page in (
        "index.html",
        "reference/command-line/index.html",
        "reference/http/index.html",
        "reference/openapi.json",
        "reference/search-space.schema.json",
        "reference/architecture.schema.json",
    ):
        assert (tmp_path / page).exists()
