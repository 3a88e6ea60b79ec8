"""Readers of big pages cannot starve those who bring results."""

from __future__ import annotations

import statistics
import threading
import time

import pytest

from tests.storms.caller import Body, Caller
from tests.storms.conftest import StartServer
from tests.storms.crowd import create_study

NUM_TRIALS = 2_000
NUM_READERS = 48
NUM_TELLS = 15
# Nobody waits for longer than this, however busy the machine.
SLOWEST_SECONDS = 5.0


@pytest.mark.slow
def test_results_do_not_wait_for_readers(start_server: StartServer, database_url: str) -> None:
    server = start_server(database_url)
    with Caller([server.url]) as caller:
        study = create_study(caller, "read")
        path = f"/v1/studies/{study}"
        fill(caller, path)
        leases = [ask(caller, path) for _ in range(NUM_TELLS)]
        is_over = threading.Event()
        page_seconds: list[float] = []
        readers = [
            threading.Thread(target=read, args=(server.url, path, index, is_over, page_seconds))
            for index in range(NUM_READERS)
        ]
        for reader in readers:
            reader.start()
        time.sleep(3)
        seconds = [report_and_tell(caller, path, leased) for leased in leases]
        is_over.set()
        for reader in readers:
            reader.join()
        assert caller.json("GET", path)["counts"]["completed"] == NUM_TRIALS + NUM_TELLS
    assert len(page_seconds) > NUM_READERS
    assert caller.traffic.num_refused == 0
    slowest = max(max(pair) for pair in seconds)
    assert slowest < SLOWEST_SECONDS
    # Whoever stood in line with the readers would wait as long as they do.
    assert statistics.median(tell for _, tell in seconds) < statistics.median(page_seconds) / 2
    assert statistics.median(report for report, _ in seconds) < statistics.median(page_seconds) / 2


def fill(caller: Caller, path: str) -> None:
    """Bring trials that were finished elsewhere."""
    for first in range(0, NUM_TRIALS, 1_000):
        trials: list[Body] = [
            {
                "params": {"x": number / NUM_TRIALS, "units": 8, "optimizer": "sgd", "momentum": 0.5},
                "values": {"loss": float(number)},
            }
            for number in range(first, first + 1_000)
        ]
        caller.json("POST", f"{path}/trials", {"trials": trials}, key=f"fill-{first}")


def read(url: str, path: str, index: int, is_over: threading.Event, page_seconds: list[float]) -> None:
    """Read big pages until it is over, by number or by rank."""
    order = ("number", "rank")[index % 2]
    with Caller([url], seed=index) as caller:
        while not is_over.is_set():
            started = time.monotonic()
            answer = caller.once("GET", f"{path}/trials?limit=1000&order_by={order}")
            assert answer is not None
            assert answer.status_code == 200
            page_seconds.append(time.monotonic() - started)


def ask(caller: Caller, path: str) -> Body:
    """A trial to tell of."""
    body = {"worker": "w", "lease_seconds": 3600.0}
    (leased,) = caller.json("POST", f"{path}/suggest", body, key=f"ask-{time.monotonic_ns()}")["trials"]
    return dict(leased)


def report_and_tell(caller: Caller, path: str, leased: Body) -> tuple[float, float]:
    """End a trial; the seconds that the report and the result took."""
    trial, lease = f"{path}/trials/{leased['trial']['number']}", leased["lease"]
    started = time.monotonic()
    caller.json("POST", f"{trial}/report", {"lease": lease, "step": 0, "value": 0.5})
    reported = time.monotonic()
    caller.json("POST", f"{trial}/complete", {"lease": lease, "state": "completed", "values": {"loss": 0.5}})
    return reported - started, time.monotonic() - reported
