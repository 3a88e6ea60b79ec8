"""What the wheel holds, and that a user's own files do not get in its way."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.packaging.installation import CHECKOUT, Installation

FOLDERS = ("tuner", "api", "worker", "migrations")


@pytest.fixture(scope="session")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_module_of_the_checkout_is_in_the_wheel(names: set[str], folder: str) -> None:
    modules = {str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / folder).rglob("*.py")}
    assert modules
    assert modules <= names


@pytest.mark.parametrize(
    "name", ["tuner/py.typed", "api/openapi.json", "migrations/env.py", "migrations/versions/__init__.py"]
)
def test_data_files_are_in_the_wheel(names: set[str], name: str) -> None:
    assert name in names


def test_the_licence_is_in_the_wheel(names: set[str]) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_nothing_else_is_in_the_wheel(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(FOLDERS)
    assert not [name for name in names if "/tests/" in name or name.endswith((".pyc", ".db"))]


def test_an_empty_database_is_migrated_from_the_installed_files(installation: Installation, tmp_path: Path) -> None:
    script = """
import sys

def note(event, arguments):
    if event == "open" and "/migrations/" in str(arguments[0]):
        print(arguments[0])

sys.addaudithook(note)
from tuner.storage.schema import require_current
require_current("sqlite:///tuner.db")
"""
    outcome = installation.run("-c", script, cwd=tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    opened = outcome.stdout.splitlines()
    assert opened
    assert all(Path(path).is_relative_to(installation.folder / "migrations") for path in opened)


@pytest.mark.parametrize("module", ["api", "worker"])
def test_folders_of_the_user_do_not_shadow_the_services(
    installation: Installation, tmp_path: Path, module: str
) -> None:
    for folder in ("api", "worker", "migrations"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text("raise RuntimeError('this is the code of the user')\n")
        (tmp_path / folder / "__main__.py").write_text("raise RuntimeError('this is the code of the user')\n")
    outcome = installation.run("-m", module, "--version", cwd=tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.startswith("tuner ")


def test_the_command_is_installed(installation: Installation, tmp_path: Path) -> None:
    outcome = installation.run(str(installation.folder / "bin" / "tuner"), "--version", cwd=tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.startswith("tuner ")
