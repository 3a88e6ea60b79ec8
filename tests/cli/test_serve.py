from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Command, Run, background, wait_until_gone
from tuner.cli.serve import _without_password


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Command]:
    with background(tmp_path, "serve", "--port", "0") as command:
        command.wait_for_url()
        yield command


def test_service_answers_where_it_says(service: Command, tmp_path: Path) -> None:
    assert httpx.get(f"{service.wait_for_url()}/readyz").status_code == 200
    assert str(tmp_path / "home") in service.output
    dashboard = service.wait_for(r"Dashboard\s+(http://\S+)").group(1)
    assert httpx.get(dashboard).headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        pytest.param(signal.SIGINT, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, marks=pytest.mark.slow),
    ],
)
def test_signal_stops_all_processes(service: Command, number: signal.Signals) -> None:
    children = service.children()
    assert len(children) == 2
    service.signal(number)
    assert service.wait() == 0
    wait_until_gone(children, seconds=0.5)


def test_killed_command_leaves_no_process(service: Command) -> None:
    children = service.children()
    service.signal(signal.SIGKILL)
    service.wait()
    wait_until_gone(children)


@pytest.mark.parametrize(("child", "title"), [(0, "API server"), (1, "worker")])
def test_dead_process_ends_the_service_and_is_named(service: Command, child: int, title: str) -> None:
    children = service.children()
    os.kill(children[child], signal.SIGKILL)
    assert service.wait() == 1
    assert f"The {title} was killed by SIGKILL." in service.errors
    wait_until_gone(children, seconds=0.5)


def test_service_without_worker_has_one_process(tmp_path: Path) -> None:
    with background(tmp_path, "serve", "--port", "0", "--no-worker") as command:
        url = command.wait_for_url()
        assert len(command.children()) == 1
        assert f"tuner worker --url {url}" in command.output


def test_busy_port_is_told(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port))
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_home_of_a_running_service_is_refused(service: Command, run: Run) -> None:
    done = run("serve", "--port", "0")
    assert done.returncode == 1
    assert service.wait_for_url() in done.stderr


def test_public_address_without_a_key_is_refused(run: Run) -> None:
    done = run("serve", "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 1
    assert "TUNER_API_KEY" in done.stderr


@pytest.mark.slow
def test_worker_gets_no_database_url(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'other.db'}"
    with background(tmp_path, "serve", "--port", "0", "--database-url", database) as command:
        command.wait_for_url()
        api, worker = [Path(f"/proc/{pid}/environ").read_text() for pid in command.children()]
    assert "TUNER_DATABASE_URL=" in api
    assert "TUNER_DATABASE_URL=" not in worker


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:////data/tuner.db", "sqlite:////data/tuner.db"),
        (
            "postgresql://anna:secret@db:5432/tuner?sslmode=require",
            "postgresql://anna:***@db:5432/tuner?sslmode=require",
        ),
        ("postgresql://anna@db/tuner", "postgresql://anna@db/tuner"),
        ("postgresql://anna:p@ss@db/tuner", "postgresql://anna:***@db/tuner"),
    ],
)
def test_password_of_the_database_is_hidden(url: str, shown: str) -> None:
    assert _without_password(url) == shown
