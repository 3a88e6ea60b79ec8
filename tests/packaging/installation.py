"""Our wheel, built from this checkout and installed elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Installation:
    """A folder that holds what the wheel installs, in front of everything else on the path of what is run here."""

    folder: Path

    def environment(self, **settings: str) -> dict[str, str]:
        """This process's environment without any setting of ours, with the installation in front."""
        inherited = {name: text for name, text in os.environ.items() if not name.startswith(("TUNER_", "PYTHON"))}
        return inherited | {"PYTHONPATH": str(self.folder)} | settings

    def run(
        self, *arguments: str, cwd: Path, stdin: str | None = None, timeout: float = 120, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the interpreter with ``arguments``; its outcome, whatever it was."""
        return subprocess.run(
            [sys.executable, "-P", *arguments],
            cwd=cwd,
            env=self.environment(**settings),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this checkout into ``folder``; its path."""
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(CHECKOUT))
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Installation:
    """Install the wheel alone; what it needs is found where this process finds it."""
    _pip("install", "--no-deps", "--target", str(folder), str(wheel))
    return Installation(folder)


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
