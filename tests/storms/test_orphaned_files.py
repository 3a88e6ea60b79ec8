"""A file that was refused leaves nothing behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.storms.caller import Body, Caller
from tests.storms.conftest import StartServer
from tests.storms.crowd import create_study
from tests.storms.test_zombies import inherit, suggested, wait_for

Interrupt = Callable[[Caller, str, str], None]


def delete_study(caller: Caller, path: str, trial: str) -> None:
    caller.json("POST", f"{path}/pause")
    assert caller.insist("DELETE", path).status_code == 204


def lose_lease(caller: Caller, path: str, trial: str) -> None:
    inherit(caller, f"{path}/suggest", {}, suggested)


def end_trial(caller: Caller, path: str, trial: str) -> None:
    caller.json("POST", f"{path}/cancel")
    wait_for(lambda: caller.json("GET", trial)["state"] == "cancelled", 20)


@pytest.mark.parametrize(
    ("interrupt", "status"),
    [
        pytest.param(delete_study, 404, id="study-deleted"),
        pytest.param(lose_lease, 409, id="lease-lost"),
        pytest.param(end_trial, 409, id="trial-ended"),
    ],
)
def test_what_is_refused_while_it_comes_in_is_not_kept(
    start_server: StartServer, tmp_path: Path, interrupt: Interrupt, status: int
) -> None:
    server = start_server()
    with Caller([server.url]) as caller:
        study = create_study(caller, "refused", budget={"trials": 1})
        path = f"/v1/studies/{study}"
        ask: Body = {"worker": "w", "lease_seconds": 2.0}
        (leased,) = caller.json("POST", f"{path}/suggest", ask, key="ask")["trials"]
        trial = f"{path}/trials/0"
        is_under_way = threading.Event()
        is_refused = threading.Event()
        statuses: list[int] = []

        def half_at_first() -> Iterator[bytes]:
            yield b"half" * 10_000
            is_under_way.set()
            is_refused.wait(60)
            yield b"half" * 10_000

        def upload() -> None:
            target = f"{server.url}{trial}/attempts/1/artifacts/model.bin"
            headers = {"Tuner-Lease": leased["lease"]}
            answer = httpx.put(target, headers=headers, content=half_at_first(), timeout=60, trust_env=False)
            statuses.append(answer.status_code)

        thread = threading.Thread(target=upload)
        thread.start()
        assert is_under_way.wait(30)
        try:
            interrupt(caller, path, trial)
        finally:
            is_refused.set()
            thread.join()
    assert statuses == [status]
    folder = tmp_path / "home"
    assert [found for found in (folder / "artifacts").rglob("*") if found.is_file()] == []
    assert list((folder / "incoming").iterdir()) == []
