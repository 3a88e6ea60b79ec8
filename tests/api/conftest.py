from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.page import Page
from api.server import Server, bind, url_of_socket
from api.settings import ApiSettings
from tuner.engine import Engine

KEY = "a-key-of-more-than-16-characters"
SPACE = {"version": 1, "parameters": {"x": {"type": "float", "low": 0.0, "high": 1.0}}}
_names = itertools.count()


@contextmanager
def served(folder: Path, page: Page | None = None, **settings: Any) -> Iterator[httpx.Client]:
    """A client of a real server, in a thread of this process, over a new database in ``folder``."""
    configured = ApiSettings(port=0, home=folder, **settings)
    engine = Engine.open(configured.resolved_database_url, configured.folder)
    ready = threading.Event()
    bound = bind(configured.host, configured.port)
    server = Server(create_app(engine, configured, page), configured, ready.set)
    thread = threading.Thread(target=server.run, args=([bound],))
    thread.start()
    try:
        assert ready.wait(30)
        with httpx.Client(base_url=url_of_socket(configured.host, bound), timeout=60, trust_env=False) as client:
            yield client
            # While the client lives: a test may look at how its open requests end.
            server.should_exit = True
            thread.join()
    finally:
        server.should_exit = True
        thread.join()
        engine.close()
        bound.close()


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with served(tmp_path_factory.mktemp("open"), max_upload_bytes=200_000, max_artifact_bytes=2_000_000) as client:
        yield client


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client without a key, of a server that wants ``KEY``."""
    with served(tmp_path_factory.mktemp("guarded"), key=KEY, allowed_hosts=("tuner.example",)) as client:
        yield client


@pytest.fixture
def new_study(client: httpx.Client) -> Callable[..., dict[str, Any]]:
    """Makes a study of its own for the test."""

    def create(**fields: Any) -> dict[str, Any]:
        body = {
            "name": f"study-{next(_names)}",
            "space": SPACE,
            "objectives": {"loss": "minimize"},
            "sampler": "random",
        }
        answer = client.post("/v1/studies", json=body | fields)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return create


@pytest.fixture
def ask(client: httpx.Client) -> Callable[..., dict[str, Any]]:
    """Asks a study for one trial, with its lease."""

    def suggest(study: dict[str, Any], **fields: Any) -> dict[str, Any]:
        answer = client.post(f"/v1/studies/{study['id']}/suggest", json={"worker": "w"} | fields)
        assert answer.status_code == 200, answer.text
        return answer.json()["trials"][0]

    return suggest


@pytest.fixture(scope="session")
def dataset(client: httpx.Client) -> dict[str, Any]:
    """A table with a number, a category and a yes-no target."""
    answer = client.post("/v1/datasets", params={"name": "tiny", "target": "y"}, content=table())
    assert answer.status_code == 201, answer.text
    return answer.json()


def table(rows: int = 60) -> bytes:
    lines = ["a,b,y"] + [f"{i * 0.37:.2f},{'red' if i % 3 else 'blue'},{'yes' if i % 2 else 'no'}" for i in range(rows)]
    return "\n".join(lines).encode()


def problem(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """The body of a problem, once its form is checked: what happened, and what to do now."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == f"/problems/{kind}", body
    assert body["status"] == status
    assert body["detail"]
    assert body["hint"]
    return body
