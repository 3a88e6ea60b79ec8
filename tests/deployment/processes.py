"""Processes of an installation, without any setting of the machine that the tests run on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self


def clean_environment(folder: Path, **variables: str) -> dict[str, str]:
    """This process's environment without our settings and without Python's."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(("TUNER_", "PYTHON", "PIP_"))}
    return inherited | {"TUNER_HOME": str(folder / "home"), "COLUMNS": "160"} | variables


def finished(arguments: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program, Python if none is named, to its end."""
    command = arguments if arguments[0].startswith("/") else [sys.executable, *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env=clean_environment(folder, **variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


class Running:
    """A program in the background, with its output in a file. A context manager that leaves nothing behind.

    Args:
        command: What to run.
        folder: Where it runs, and where its output goes.
        environment: Its environment.
        name: Of the file with its output.
    """

    def __init__(self, command: list[str], folder: Path, environment: Mapping[str, str], name: str) -> None:
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as log:
            self.popen = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.popen.kill()
        self.popen.wait()

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def command_line(self) -> str:
        return Path(f"/proc/{self.popen.pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()

    @property
    def initial_environment(self) -> str:
        return Path(f"/proc/{self.popen.pid}/environ").read_bytes().replace(b"\0", b"\n").decode()

    def wait_for(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until something holds, and this process lives until then."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.popen.poll() is None, f"ended with {self.popen.returncode}:\n{self.log}"
            assert time.monotonic() < deadline, f"it did not happen:\n{self.log}"
            time.sleep(0.05)

    def stop(self, seconds: float, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; the exit status."""
        self.popen.send_signal(number)
        return self.popen.wait(seconds)
