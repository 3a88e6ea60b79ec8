"""A real server and a real worker, in processes of their own, to be killed and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Any, Self

START_SECONDS = 60.0


class _Process(ABC):
    """A program of ours that writes a file when it is ready.

    Args:
        folder: Gets the ready file and the log; made if missing.
        environment: Settings of the program; ours from outside do not reach it.
    """

    program: str

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self.told: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def log(self) -> str:
        """What the program has said so far."""
        return self._log_path.read_text() if self._log_path.exists() else ""

    @property
    def pid(self) -> int:
        """Of the process that runs."""
        return self._running.pid

    @abstractmethod
    def arguments(self) -> list[str]:
        """The command line, but for the ready file."""

    def start(self) -> None:
        """Start, and return once it is ready."""
        self.launch()
        deadline = time.monotonic() + START_SECONDS
        while not self._ready_path.exists():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the {self.program} did not start: {self.log}")
            time.sleep(0.02)
        self.told = json.loads(self._ready_path.read_text())

    def launch(self) -> None:
        """Start without waiting."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._ready_path.unlink(missing_ok=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TUNER_")}
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", self.program, *self.arguments(), "--ready-file", str(self._ready_path)],
                env=inherited | self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as an operator would."""
        self._end(signal.SIGTERM)

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, and do not wait for what comes of it."""
        self._running.send_signal(number)

    def wait(self, timeout: float = START_SECONDS) -> int:
        """Wait for its end; the exit status, that of a signal negative."""
        status = self._running.wait(timeout)
        self._process = None
        return status

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "start() comes first"
        return self._process

    @property
    def _log_path(self) -> Path:
        return self._folder / f"{self.program}.log"

    @property
    def _ready_path(self) -> Path:
        return self._folder / f"{self.program}.ready.json"

    def _end(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(START_SECONDS)
            self._process = None


class ServerProcess(_Process):
    """The API on a free port of this machine, over an SQLite file in ``home``. Restarts keep the port and the data.

    Args:
        home: The server's home folder.
        environment: Further settings, such as ``TUNER_API_KEY`` or ``TUNER_DATABASE_URL``.
        folder: Gets the ready file and the log; by default ``home``. Replicas share a home, but not these.
    """

    program = "api"

    def __init__(self, home: Path, environment: dict[str, str] | None = None, *, folder: Path | None = None) -> None:
        super().__init__(folder or home, {"TUNER_HOME": str(home)} | (environment or {}))
        self.url = ""

    def arguments(self) -> list[str]:
        return ["--port", self.url.rpartition(":")[2] or "0"]

    def start(self) -> None:
        super().start()
        self.url = self.told["url"]


class WorkerProcess(_Process):
    """A worker for the server at ``url``.

    Args:
        url: The server.
        home: The worker's home folder.
        environment: Further settings, such as ``TUNER_WORKER_SLOTS``.
    """

    program = "worker"

    def __init__(self, url: str, home: Path, environment: dict[str, str] | None = None) -> None:
        super().__init__(home, {"TUNER_URL": url, "TUNER_HOME": str(home)} | (environment or {}))

    def arguments(self) -> list[str]:
        return []
