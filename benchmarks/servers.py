"""API processes of ours, on a database of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.usage import child_pids
from tuner.cli.service import Service
from tuner.storage.schema import upgrade

START_SECONDS = 60.0


@dataclass(frozen=True)
class Api:
    """An API process.

    Args:
        url: Where it answers.
        pid: Its process.
    """

    url: str
    pid: int


@contextmanager
def tuner_servers(folder: Path, database_url: str, count: int = 1) -> Iterator[list[Api]]:
    """API processes with default settings over an empty database; more than one need PostgreSQL."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("TUNER_")}
    environment |= {"TUNER_HOME": str(folder), "TUNER_DATABASE_URL": database_url}
    upgrade(database_url)
    with ExitStack() as stack:
        servers = []
        for index in range(count):
            before = child_pids()
            service = stack.enter_context(Service(environment, log=folder / f"api-{index}.log", patience_seconds=20))
            service.start_api(port=0)
            (pid,) = child_pids() - before
            servers.append(Api(service.wait_for_api(), pid))
        yield servers


@contextmanager
def module_server(folder: Path, module: str, *arguments: str) -> Iterator[Api]:
    """``python -m module *arguments PORT``, once it takes connections."""
    with program_server(folder, lambda port: [sys.executable, "-m", module, *arguments, str(port)]) as api:
        yield api


@contextmanager
def program_server(folder: Path, command: Callable[[int], Sequence[str]]) -> Iterator[Api]:
    """A program that listens on a port, once it takes connections.

    Args:
        folder: Takes its log.
        command: The program and its arguments, by the port.
    """
    port = _free_port()
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command(port), stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command(port)[0]} did not start:\n{(folder / 'server.log').read_text()}")
            time.sleep(0.05)
        yield Api(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
