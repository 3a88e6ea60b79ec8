from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

TUNER = str(Path(sys.executable).with_name("tuner"))
Run = Callable[..., subprocess.CompletedProcess[str]]


def environment(home: Path, **variables: str) -> dict[str, str]:
    return os.environ | {"TUNER_HOME": str(home), "COLUMNS": "160"} | variables


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(home: Path) -> Run:
    """Runs the command to its end."""

    def run_command(*arguments: str, timeout: float = 120, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [TUNER, *arguments],
            env=environment(home, **variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return run_command


class Command:
    """A command that runs in the background."""

    def __init__(self, arguments: tuple[str, ...], folder: Path, variables: dict[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._files = (folder / "stdout", folder / "stderr")
        with self._files[0].open("wb") as output, self._files[1].open("wb") as errors:
            self.process = subprocess.Popen(
                [TUNER, *arguments], env=variables, stdin=subprocess.DEVNULL, stdout=output, stderr=errors
            )

    @property
    def output(self) -> str:
        return self._files[0].read_text()

    @property
    def errors(self) -> str:
        return self._files[1].read_text()

    def wait_for(self, pattern: str, seconds: float = 60) -> re.Match[str]:
        """Wait until the standard output holds the pattern."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.output)):
            assert self.process.poll() is None, self.errors
            assert time.monotonic() < deadline, self.output + self.errors
            time.sleep(0.05)
        return found

    def wait_for_url(self) -> str:
        """Wait until the service says that it runs; its URL."""
        return self.wait_for(r"Service\s+(http://\S+)").group(1)

    def children(self) -> list[int]:
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, seconds: float = 60) -> int:
        return self.process.wait(seconds)


@contextmanager
def background(folder: Path, *arguments: str, **variables: str) -> Iterator[Command]:
    command = Command(arguments, folder / "streams", environment(folder / "home", **variables))
    try:
        yield command
    finally:
        if command.process.poll() is None:
            command.signal(signal.SIGTERM)
            try:
                command.wait(30)
            except subprocess.TimeoutExpired:
                command.process.kill()
                command.wait()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a service without a worker, kept by ``tuner serve`` for the tests of other commands."""
    with background(tmp_path_factory.mktemp("served"), "serve", "--port", "0", "--no-worker") as command:
        yield command.wait_for_url()


def wait_until_gone(pids: list[int], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while alive := [pid for pid in pids if is_alive(pid)]:
        assert time.monotonic() < deadline, f"still alive: {alive}"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        # An orphan that nobody waits for stays as a zombie where the first process of a container does not reap.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
