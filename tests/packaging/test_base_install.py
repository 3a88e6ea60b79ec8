"""The base install, ``pip install tuner``: a client that needs httpx and pydantic and nothing else."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging.installation import Installation

HEAVY = ("alembic", "fastapi", "jax", "keras", "lightgbm", "numpy", "optuna", "pandas", "sklearn", "sqlalchemy")
LIGHT_MODULES = ("tuner", "tuner.space", "tuner.records", "tuner.wire", "tuner.client", "tuner.errors")


@pytest.fixture(scope="session")
def base_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what pip would install beside the wheel when no extra is asked for, as links."""
    folder = tmp_path_factory.mktemp("base")
    for name in _with_dependencies(["httpx", "pydantic"]):
        distribution = importlib.metadata.distribution(name)
        tops = {Path(str(file)).parts[0] for file in distribution.files or ()}
        for top in tops - {"..", "__pycache__"}:
            (folder / top).symlink_to(Path(str(distribution.locate_file(top))))
    return folder


def _with_dependencies(names: list[str]) -> set[str]:
    found: set[str] = set()
    while names:
        name = canonicalize_name(names.pop())
        if name not in found:
            found.add(name)
            requirements = map(Requirement, importlib.metadata.requires(name) or ())
            names += [
                requirement.name
                for requirement in requirements
                if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            ]
    return found


def _run(installation: Installation, base_packages: Path, cwd: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run ``script`` where nothing but the base install can be imported."""
    return subprocess.run(
        [sys.executable, "-S", "-P", "-c", script],
        cwd=cwd,
        env={"PYTHONPATH": f"{installation.folder}:{base_packages}", "HOME": str(cwd), "TUNER_HOME": str(cwd)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("module", LIGHT_MODULES)
def test_it_can_be_imported(installation: Installation, base_packages: Path, tmp_path: Path, module: str) -> None:
    outcome = _run(installation, base_packages, tmp_path, f"import {module}; print({module}.__file__)")
    assert outcome.returncode == 0, outcome.stderr
    assert Path(outcome.stdout.strip()).is_relative_to(installation.folder)


def test_every_public_name_but_the_extras_is_there(
    installation: Installation, base_packages: Path, tmp_path: Path
) -> None:
    script = """
import tuner
for name in tuner.__all__:
    getattr(tuner, name)
space = tuner.Float(1e-5, 1e-1, log=True), tuner.Int(1, 4), tuner.Categorical(["adam", "sgd"])
tuner.Budget(trials=3, seconds=1.0)
client = tuner.Client("http://127.0.0.1:9")
"""
    outcome = _run(installation, base_packages, tmp_path, script)
    assert outcome.returncode == 0, outcome.stderr


@pytest.mark.parametrize("call", ["tuner.Client()", 'tuner.fit("table.csv", target="y")'])
def test_what_needs_an_extra_names_it(
    installation: Installation, base_packages: Path, tmp_path: Path, call: str
) -> None:
    (tmp_path / "table.csv").write_text("x,y\n1,a\n2,b\n")
    script = f"""
import tuner
try:
    {call}
except tuner.errors.MissingExtra as error:
    print(error)
"""
    outcome = _run(installation, base_packages, tmp_path, script)
    assert outcome.returncode == 0, outcome.stderr
    assert "pip install 'tuner[local]'" in outcome.stdout


def test_the_command_names_the_extra_it_needs(installation: Installation, base_packages: Path, tmp_path: Path) -> None:
    outcome = _run(installation, base_packages, tmp_path, "import sys, tuner.cli; sys.exit(tuner.cli.main())")
    assert outcome.returncode == 1
    assert "pip install 'tuner[local]'" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_importing_it_loads_no_heavy_library_where_there_are_some(installation: Installation, tmp_path: Path) -> None:
    script = f"""
import json, sys
import {", ".join(LIGHT_MODULES)}
tuner.Client("http://127.0.0.1:9")
print(json.dumps(sorted(set(sys.modules) & set({HEAVY!r}))))
"""
    outcome = installation.run("-c", script, cwd=tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    assert json.loads(outcome.stdout) == []
