from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.cli.conftest import Run
from tuner import __version__


@pytest.fixture
def without_database() -> Iterator[str]:
    """URL of a server that answers as ours does while its database is away."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"version": __version__, "ready": False}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Tuner-Version", __version__)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_service_that_can_work_is_told_with_status_0(run: Run, served: str) -> None:
    done = run("health", TUNER_URL=served)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{served} is ready" in done.stdout


def test_json_is_one_document(run: Run, served: str) -> None:
    done = run("health", "--json", "--url", served)
    assert done.returncode == 0
    assert json.loads(done.stdout) == {"url": served, "version": __version__, "ready": True}


def test_no_answer_is_status_1(run: Run) -> None:
    done = run("health", "--json", "--url", "http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "http://127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_service_without_its_database_is_status_1(run: Run, without_database: str) -> None:
    done = run("health", "--json", "--url", without_database)
    assert done.returncode == 1
    assert json.loads(done.stdout)["ready"] is False
    assert "its database does not" in done.stderr
