"""The processes of the service, as children of this one.

They are started by module name in fresh interpreters, because code in a user's process never imports the services by
name. Whatever becomes of this process, they end: on its orders, or, when it is killed, by a signal from the kernel.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import NoReturn, Self

from tuner.errors import ServerError

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOK_SECONDS = 0.05
_TAIL_LINES = 12
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class StopAsked(KeyboardInterrupt):
    """SIGTERM or SIGHUP came: the command ends as after Ctrl-C."""


class Service:
    """An API server and at most one worker. A context manager that stops both.

    Args:
        environment: Theirs, instead of this process's own.
        log: File that takes their logs; standard error if None.
        patience_seconds: How long they may take to stop before they are killed; as long as they want if None.
    """

    def __init__(
        self, environment: Mapping[str, str], *, log: Path | None = None, patience_seconds: float | None = None
    ) -> None:
        self._environment = dict(environment)
        self._log = log
        self._patience_seconds = patience_seconds
        self._api: ServiceProcess | None = None
        self._worker: ServiceProcess | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """Where the API answers."""
        assert self._url is not None, "wait_for_api() comes first"
        return self._url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start_api(self, *, host: str | None = None, port: int | None = None) -> None:
        """Start the API server; its own settings decide what is not given."""
        options = {"--host": host, "--port": port}
        self._api = self._start("API server", "api", options, self._environment)

    def wait_for_api(self) -> str:
        """Wait until the API answers; its URL.

        Raises:
            ServerError: It ended instead.
        """
        assert self._api is not None
        self._url = str(self._wait_ready(self._api)["url"])
        return self._url

    def start_worker(self, *, slots: int | None = None) -> None:
        """Start a worker for the API."""
        # Workers speak HTTP only; the database's password is none of their business.
        environment = {name: text for name, text in self._environment.items() if not name.startswith("TUNER_DATABASE_")}
        self._worker = self._start("worker", "worker", {"--url": self.url, "--slots": slots}, environment)

    def wait_for_worker(self) -> None:
        """Wait until the worker has reached the API.

        Raises:
            ServerError: It ended instead.
        """
        assert self._worker is not None
        self._wait_ready(self._worker)

    def watch(self) -> NoReturn:
        """Wait for the end of a process that should not end.

        Raises:
            ServerError: One has ended.
        """
        while True:
            self.check()
            time.sleep(4 * _LOOK_SECONDS)

    def check(self) -> None:
        """Look whether all processes live.

        Raises:
            ServerError: One has ended.
        """
        for process in self._processes():
            if process.has_ended:
                message = f"The {process.title} {process.describe_end()}."
                if self._log is not None:
                    message += f" The log ends with:\n{_tail(self._log)}"
                raise ServerError(message, hint="The lines above say why." if self._log is None else None)

    def stop(self) -> None:
        """End all processes: gracefully, at once after another signal, by force after a third."""
        with _counted_signals() as num_signals:
            # The worker first: it hands its trials back to the API.
            for process in reversed(self._processes()):
                process.stop(num_signals, self._patience_seconds)

    def _start(
        self, title: str, module: str, options: Mapping[str, object], environment: Mapping[str, str]
    ) -> ServiceProcess:
        arguments = [f"{name}={value}" for name, value in options.items() if value is not None]
        return ServiceProcess(title, module, arguments, environment, self._log)

    def _wait_ready(self, process: ServiceProcess) -> dict[str, object]:
        while True:
            facts = process.read_ready_file()
            if facts is not None:
                return facts
            self.check()
            time.sleep(_LOOK_SECONDS)

    def _processes(self) -> list[ServiceProcess]:
        return [process for process in (self._api, self._worker) if process is not None]


class ServiceProcess:
    """One child process.

    Args:
        title: Its name, for people.
        module: What ``python -m`` runs.
        arguments: Its command line.
        environment: Its environment.
        log: File that takes its log; standard error if None.
    """

    def __init__(
        self, title: str, module: str, arguments: list[str], environment: Mapping[str, str], log: Path | None
    ) -> None:
        self.title = title
        self._folder = tempfile.TemporaryDirectory(prefix="tuner-ready-")
        self._ready_file = Path(self._folder.name) / "ready.json"
        output = None if log is None else log.open("ab")
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", module, *arguments, f"--ready-file={self._ready_file}"],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                # Results on standard output are this process's; so is Ctrl-C, hence a session of its own.
                stdout=output or sys.stderr.fileno(),
                stderr=output,
                start_new_session=True,
                preexec_fn=_end_with_parent(os.getpid()),
            )
        finally:
            if output is not None:
                output.close()

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    def read_ready_file(self) -> dict[str, object] | None:
        """What it wrote when it became ready; None before. It can be read once."""
        try:
            facts: dict[str, object] = json.loads(self._ready_file.read_text())
        except FileNotFoundError:
            return None
        # At once, because a killed process cleans nothing up.
        self._folder.cleanup()
        return facts

    def describe_end(self) -> str:
        """How it ended, as the rest of a sentence."""
        status = self._process.returncode
        if status >= 0:
            return f"ended with status {status}"
        return f"was killed by {signal.Signals(-status).name}"

    def stop(self, num_signals: Callable[[], int], patience_seconds: float | None) -> None:
        """Ask it to end, again for each signal that comes meanwhile, and kill it when it takes too long.

        Args:
            num_signals: How many signals have come since stopping began.
            patience_seconds: Time to end; without limit if None.
        """
        deadline = None if patience_seconds is None else time.monotonic() + patience_seconds
        num_asked = 0
        while not self.has_ended:
            if num_asked <= num_signals():
                num_asked += 1
                self._process.send_signal(signal.SIGTERM if num_asked <= 2 else signal.SIGKILL)
            elif deadline is not None and time.monotonic() >= deadline:
                self._process.kill()
            try:
                self._process.wait(_LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        self._folder.cleanup()


@contextmanager
def stop_signals_raise() -> Iterator[None]:
    """Within it, SIGTERM and SIGHUP end the command in the same orderly way as Ctrl-C."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise StopAsked

    before = {number: signal.signal(number, stop) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _counted_signals() -> Iterator[Callable[[], int]]:
    """Within it, signals to stop are counted instead of obeyed: stopping must not be interrupted half-way."""
    count = 0

    def increase(number: int, frame: FrameType | None) -> None:
        nonlocal count
        count += 1

    before = {number: signal.signal(number, increase) for number in STOP_SIGNALS}
    try:
        yield lambda: count
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])


def _end_with_parent(parent: int) -> Callable[[], None]:
    """What a child does before it becomes another program: it has the kernel end it when its parent dies."""

    def arrange() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            # The parent died before the kernel knew whom to tell.
            os._exit(1)

    return arrange
