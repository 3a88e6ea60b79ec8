from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import background

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a service with a worker."""
    with background(tmp_path_factory.mktemp("service"), "serve", "--port", "0") as command:
        yield command.wait_for_url()


def run(arguments: list[str], folder: Path, **variables: str) -> str:
    """Run a program in a folder of its own; what it printed."""
    done = subprocess.run(
        arguments,
        cwd=folder,
        env=os.environ | {"TUNER_HOME": str(folder / "home")} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
