"""The service as its users run it: real processes of an installed tuner, in a folder outside the checkout."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.packaging.installation import Installation

Body = dict[str, Any]


class Process:
    """A server or a worker, whose log goes to a file.

    Args:
        command: What to run.
        folder: Where it runs.
        environment: Its environment.
        name: Of its log and its ready file.
    """

    def __init__(self, command: list[str], folder: Path, environment: Mapping[str, str], name: str) -> None:
        self.log_path = folder / f"{name}.log"
        self._ready_file = folder / f"{name}.json"
        with self.log_path.open("wb") as log:
            self._popen = subprocess.Popen(
                [*command, "--ready-file", str(self._ready_file)],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def wait_ready(self) -> dict[str, Any]:
        """What it says of itself once it is ready."""
        wait_until(lambda: self._ready_file.exists() or self._popen.poll() is not None)
        assert self._ready_file.exists(), f"ended with {self._popen.returncode}:\n{self.log}"
        return dict(json.loads(self._ready_file.read_text()))

    def wait(self, timeout: float = 30) -> int:
        """Wait for its end; the exit status."""
        return self._popen.wait(timeout)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._popen.kill()
        self._popen.wait()

    def terminate(self) -> int:
        """Ask it to end; the exit status."""
        self._popen.send_signal(signal.SIGTERM)
        return self.wait()


class Service:
    """One database, one server at a time, any number of workers. A context manager that leaves no process behind.

    Args:
        installation: What to run.
        folder: Empty; everything happens there.
        database_url: The database; by default the SQLite file of the home folder.
        api_key: The key of the server, which everything that is started here knows.
    """

    def __init__(
        self, installation: Installation, folder: Path, *, database_url: str | None = None, api_key: str | None = None
    ) -> None:
        self.installation = installation
        self.folder = folder
        self.home = folder / "home"
        self._key = {} if api_key is None else {"TUNER_API_KEY": api_key}
        self._database = {} if database_url is None else {"TUNER_DATABASE_URL": database_url}
        self._port = 0
        self._processes: list[Process] = []
        self._server: Process | None = None
        self._http: httpx.Client | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http is not None:
            self._http.close()
        for process in reversed(self._processes):
            process.kill()
        if error is None:
            # Children of what was killed notice by themselves.
            wait_until(lambda: not self.processes(), 30)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def environment(self) -> dict[str, str]:
        """For programs of a user of this service."""
        # A home of their own: what they find there must not be the server's doing.
        return {"TUNER_URL": self.url, "TUNER_HOME": str(self.folder / "user"), **self._key}

    @property
    def server(self) -> Process:
        assert self._server is not None, "start_server() comes first"
        return self._server

    def start_server(self, *options: str, **settings: str) -> Process:
        """Start a server, on the port of the one before, and wait until it answers."""
        environment = {"TUNER_HOME": str(self.home), **self._database, **self._key, **settings}
        self._server = self._start("api", [f"--port={self._port}", *options], environment)
        self._port = int(str(self._server.wait_ready()["url"]).rpartition(":")[2])
        return self._server

    def start_worker(self, **settings: str) -> Process:
        """Start a worker with one slot, and wait until it has reached the server."""
        worker = self.launch_worker(**settings)
        worker.wait_ready()
        return worker

    def launch_worker(self, **settings: str) -> Process:
        """Start a worker with one slot."""
        environment = {"TUNER_HOME": str(self.folder / "worker"), "TUNER_WORKER_SLOTS": "1", **self._key, **settings}
        return self._start("worker", ["--url", self.url], environment)

    def run(
        self, *arguments: str, stdin: str | None = None, timeout: float = 120, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the interpreter as a user of this service; its outcome, whatever it was."""
        environment = self.environment | settings
        return self.installation.run(*arguments, cwd=self.folder, stdin=stdin, timeout=timeout, **environment)

    def run_script(self, script: str, **settings: str) -> Any:
        """Run a program that uses the SDK; what it printed last, read as JSON."""
        outcome = self.run("-c", script, **settings)
        assert outcome.returncode == 0, outcome.stderr
        return json.loads(outcome.stdout.splitlines()[-1])

    def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """The answer to a request under ``/v1``, which must be a success."""
        if self._http is None:
            headers = {"Authorization": f"Bearer {self._key['TUNER_API_KEY']}"} if self._key else {}
            self._http = httpx.Client(headers=headers, timeout=60, trust_env=False)
        answer = self._http.request(method, f"{self.url}/v1{path}", **arguments)
        assert answer.is_success, answer.text
        return answer

    def get(self, path: str, **query: Any) -> Body:
        return dict(self.request("GET", path, params=query).json())

    def post(self, path: str, body: Body | None = None) -> Body:
        return dict(self.request("POST", path, json={} if body is None else body).json())

    def upload(self, table: bytes, name: str, target: str) -> str:
        """Upload a table; its id."""
        query = {"name": name, "target": target}
        return str(self.request("POST", "/datasets", params=query, content=table).json()["id"])

    def create_study(self, **fields: Any) -> str:
        """Create a study; its id."""
        return str(self.post("/studies", fields)["id"])

    def trials(self, study: str, *, limit: int = 100, **query: Any) -> Iterator[Body]:
        """All trials of a study, page by page."""
        cursor: dict[str, str] = {}
        while True:
            page = self.get(f"/studies/{study}/trials", limit=limit, **query, **cursor)
            assert len(page["items"]) <= limit
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}

    def wait_for(self, study: str, condition: Callable[[Body], bool], timeout: float = 120) -> Body:
        """Wait until a study is as wanted; the study."""
        found: Body = {}

        def look() -> bool:
            found.update(self.get(f"/studies/{study}"))
            return condition(found)

        wait_until(look, timeout)
        return found

    def wait_finished(self, study: str, timeout: float = 120) -> Body:
        """Wait until a study has ended and none of its trials runs; the study."""
        return self.wait_for(study, lambda body: body["state"] != "running" and not body["counts"]["running"], timeout)

    def wait_trial(self, study: str, number: int, condition: Callable[[Body], bool], timeout: float = 120) -> Body:
        """Wait until a trial is as wanted; the trial."""
        found: Body = {}

        def look() -> bool:
            found.update(self.get(f"/studies/{study}/trials/{number}"))
            return condition(found)

        wait_until(look, timeout)
        return found

    def processes(self) -> dict[int, str]:
        """Command lines of all processes that work in the service's folder, trainings included."""
        found = {}
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and Path(os.readlink(entry / "cwd")).is_relative_to(self.folder):
                    found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ").strip()
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
        # A zombie has no command line.
        return {pid: command for pid, command in found.items() if command}

    def trainings(self) -> dict[int, str]:
        """Command lines of the processes that train, or wait for something to train."""
        return {pid: command for pid, command in self.processes().items() if "tuner.execution." in command}

    def logs(self) -> Iterator[tuple[str, str]]:
        """Names and contents of the logs."""
        for process in self._processes:
            yield process.log_path.name, process.log

    def _start(self, module: str, options: list[str], settings: dict[str, str]) -> Process:
        process = Process(
            [sys.executable, "-P", "-m", module, *options],
            self.folder,
            self.installation.environment(**settings),
            f"{module}-{len(self._processes)}",
        )
        self._processes.append(process)
        return process


def wait_until(condition: Callable[[], bool], timeout: float = 120) -> None:
    """Wait until ``condition()`` is true."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"did not come true within {timeout:g} seconds"
        time.sleep(0.05)
