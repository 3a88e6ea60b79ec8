from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.storms.own_postgres import OwnPostgres
from tuner.testing.server import ServerProcess, WorkerProcess

PROCESSES = pytest.StashKey[list[ServerProcess | WorkerProcess]]()

DISK_BYTES = 48 * 1024**2

StartServer = Callable[..., ServerProcess]
NewWorker = Callable[..., WorkerProcess]


@pytest.fixture
def processes(request: pytest.FixtureRequest) -> list[ServerProcess | WorkerProcess]:
    """All that were started, for their logs."""
    return request.node.stash.setdefault(PROCESSES, [])


@pytest.fixture
def start_server(tmp_path: Path, processes: list[ServerProcess | WorkerProcess]) -> Iterator[StartServer]:
    """Starts servers with one home, over the SQLite file there or the database given; all are killed in the end."""
    with ExitStack() as stack:

        def start(database_url: str | None = None, *, home: Path | None = None, **settings: str) -> ServerProcess:
            database = {} if database_url is None else {"TUNER_DATABASE_URL": database_url}
            server = ServerProcess(
                home or tmp_path / "home", database | settings, folder=tmp_path / f"server-{len(processes)}"
            )
            processes.append(server)
            stack.callback(server.kill)
            server.start()
            return server

        yield start


@pytest.fixture
def new_worker(tmp_path: Path, processes: list[ServerProcess | WorkerProcess]) -> Iterator[NewWorker]:
    """Makes workers with one slot, not started yet; all are killed in the end."""
    with ExitStack() as stack:

        def make(url: str, **settings: str) -> WorkerProcess:
            worker = WorkerProcess(url, tmp_path / f"worker-{len(processes)}", {"TUNER_WORKER_SLOTS": "1", **settings})
            processes.append(worker)
            stack.callback(worker.kill)
            return worker

        yield make


@pytest.fixture
def own_postgres() -> Iterator[OwnPostgres]:
    """A PostgreSQL server of this test alone."""
    with OwnPostgres() as server:
        yield server


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder with room for little."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},nr_inodes=20000", "tmpfs", str(folder)], check=True
    )
    yield folder
    # Lazily: the server is ended by a fixture that comes later.
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[pytest.TestReport]:
    """Show what the processes logged beside what failed."""
    report = yield
    if report.failed:
        report.sections += [(process.program, process.log[-5_000:]) for process in item.stash.get(PROCESSES, [])]
    return report
