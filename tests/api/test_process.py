"""The API as a process of its own: start, announcement, signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.conftest import SPACE

ROOT = Path(__file__).parents[2]


def start(home: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TUNER_")}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "api", *arguments],
        env=clean | {"TUNER_HOME": str(home)} | environment,
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(home: Path, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    ready_file = home / "ready.json"
    process = start(home, "--port", "0", "--ready-file", str(ready_file), **environment)
    try:
        yield process, wait_for(ready_file, process)["url"]
    finally:
        process.kill()
        process.communicate()


def wait_for(ready_file: Path, process: subprocess.Popen[str]) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while not ready_file.exists():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return json.loads(ready_file.read_text())


def test_it_answers_once_it_says_so_and_ends_well(tmp_path: Path) -> None:
    with running(tmp_path) as (process, url):
        assert httpx.get(f"{url}/healthz", trust_env=False).json()["ready"] is True
        assert json.loads((tmp_path / "ready.json").read_text())["pid"] == process.pid
        assert json.loads((tmp_path / "tuner.db.lock").read_text()) == {"pid": process.pid, "url": url}
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=20)
        assert process.returncode == 0
        assert output == ""
        assert url in errors
        assert "Traceback" not in errors


def test_interrupting_it_ends_well(tmp_path: Path) -> None:
    with running(tmp_path) as (process, _):
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "Traceback" not in errors


def test_requests_under_way_are_answered_before_it_ends(tmp_path: Path) -> None:
    answers: list[int] = []
    with running(tmp_path) as (process, url), httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        body = {"name": "s", "space": SPACE, "objectives": {"loss": "minimize"}, "budget": {"trials": 1}}
        path = f"/v1/studies/{client.post('/v1/studies', json=body).json()['id']}/suggest"
        assert client.post(path, json={"worker": "w"}).status_code == 200
        wait = threading.Thread(
            target=lambda: answers.append(client.post(path, json={"worker": "w", "wait_seconds": 30}).status_code)
        )
        wait.start()
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        wait.join()
        process.communicate(timeout=20)
        assert answers == [202]
        assert process.returncode == 0


def test_an_upload_that_does_not_end_does_not_hold_it_up(tmp_path: Path) -> None:
    with running(tmp_path, TUNER_API_SHUTDOWN_SECONDS="1") as (process, url):
        with socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0)) as upload:
            upload.sendall(b"POST /v1/datasets?name=x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\na,b\n")
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=20)
            assert upload.recv(100).startswith(b"HTTP/1.1 503")
        assert process.returncode == 0
        assert "Traceback" not in errors
        assert list((tmp_path / "incoming").iterdir()) == []


def test_a_second_server_on_the_same_database_says_who_owns_it(tmp_path: Path) -> None:
    with running(tmp_path) as (process, url):
        second = start(tmp_path, "--port", "0")
        _, errors = second.communicate(timeout=60)
        assert second.returncode == 1
        assert str(process.pid) in errors
        assert url in errors
        assert "Traceback" not in errors


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start(tmp_path, "--port", str(taken.getsockname()[1]))
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cannot listen" in errors
    assert "--port" in errors


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (["--host", "0.0.0.0"], {}, "TUNER_API_KEY"),
        (["--host", "0.0.0.0"], {"TUNER_API_KEY": "short"}, "guessed"),
        (["--port", "70000"], {}, "TUNER_API_PORT"),
        ([], {"TUNER_API_MAX_BODY_BYTES": "much"}, "TUNER_API_MAX_BODY_BYTES"),
    ],
)
def test_settings_that_cannot_work_are_told(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], words: str
) -> None:
    process = start(tmp_path, *arguments, **environment)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert words in errors
    assert "Traceback" not in errors


def test_logs_are_json_where_wanted(tmp_path: Path) -> None:
    with running(tmp_path, TUNER_API_LOG_FORMAT="json") as (process, url):
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    entries = [json.loads(line) for line in errors.splitlines()]
    assert [entry["url"] for entry in entries if entry["message"] == "serving"] == [url]


def test_the_key_is_in_no_log(tmp_path: Path) -> None:
    key = "0123456789-secret-abcdef"
    with running(tmp_path, TUNER_API_KEY=key, TUNER_API_LOG_LEVEL="debug") as (process, url):
        httpx.get(f"{url}/v1/studies", headers={"Authorization": f"Bearer {key}"}, trust_env=False)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert key not in errors
