"""Many clients that run trials over raw HTTP, and note what was acknowledged."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import httpx

from tests.storms.caller import Body, Caller, GaveUp, Traffic
from tests.storms.oracle import Oracle

SPACE: Body = {
    "version": 1,
    "parameters": {
        "x": {"type": "float", "low": 0.0, "high": 1.0},
        "units": {"type": "int", "low": 1, "high": 512},
        "optimizer": {"type": "categorical", "choices": ["adam", "sgd"]},
        "momentum": {"type": "float", "low": 0.0, "high": 0.99, "when": {"optimizer": ["sgd"]}},
    },
}
LEASE_SECONDS = 30.0
SHORT_LEASE_SECONDS = 2.0
NUM_REPORTS = 2


def create_study(caller: Caller, name: str, **fields: object) -> str:
    """A study whose trials the test runs; its id."""
    body = {
        "name": name,
        "space": SPACE,
        "objectives": {"loss": "minimize"},
        "sampler": "random",
        "pruner": "none",
        # A server that is away for longer than a short lease costs attempts, which is not what is tested.
        "max_attempts": 50,
        **fields,
    }
    return str(caller.json("POST", "/v1/studies", body, key=name)["id"])


class Crowd:
    """Clients in threads, from entry until the study ends or ``stop``. A context manager that joins them.

    Args:
        urls: The replicas, or the only server.
        study: Id of the study; see ``create_study``.
        oracle: Is told of every acknowledged operation.
        num_clients: How many.
        vanishing: Share of hand-outs whose client is never heard of again. Its lease is short. What has been lost once
            is kept, because later retries wait for up to a minute.
        seed: Of everything that is drawn.
        ends: States of the study at which clients leave.
    """

    def __init__(
        self,
        urls: Sequence[str],
        study: str,
        oracle: Oracle,
        *,
        num_clients: int = 16,
        vanishing: float = 0.03,
        seed: int = 0,
        ends: tuple[str, ...] = ("completed", "cancelled"),
    ) -> None:
        self.traffic = Traffic()
        self._stopped = threading.Event()
        self._clients = [
            _Client(
                urls,
                study,
                oracle,
                self.traffic,
                self._stopped,
                f"client-{index}",
                vanishing,
                seed * 1000 + index,
                ends,
            )
            for index in range(num_clients)
        ]
        self._pool = ThreadPoolExecutor(num_clients, thread_name_prefix="crowd")
        self._runs: list[Future[None]] = []

    def __enter__(self) -> Crowd:
        self._runs = [self._pool.submit(client.run) for client in self._clients]
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._pool.shutdown()

    def wait_ended(self, seconds: float) -> None:
        """Wait until every client has seen the end of the study."""
        deadline = time.monotonic() + seconds
        for run in self._runs:
            run.result(max(0.0, deadline - time.monotonic()))

    def stop(self) -> None:
        """Have every client end after the request that is under way, and wait for that."""
        self._stopped.set()
        for run in self._runs:
            run.result(60)

    def check_alive(self) -> None:
        """No client has come to grief."""
        for run in self._runs:
            if run.done():
                run.result()


class _Client:
    def __init__(
        self,
        urls: Sequence[str],
        study: str,
        oracle: Oracle,
        traffic: Traffic,
        stopped: threading.Event,
        name: str,
        vanishing: float,
        seed: int,
        ends: tuple[str, ...],
    ) -> None:
        self._urls = urls
        self._path = f"/v1/studies/{study}"
        self._oracle = oracle
        self._traffic = traffic
        self._stopped = stopped
        self._name = name
        self._vanishing = vanishing
        self._seed = seed
        self._ends = ends
        self._chance = random.Random(seed)

    def run(self) -> None:
        with Caller(self._urls, seed=self._seed, stopped=self._stopped, traffic=self._traffic) as caller:
            try:
                while not self._stopped.is_set() and self._ask_and_run(caller):
                    pass
            except GaveUp:
                pass
            except httpx.TimeoutException as error:
                self._oracle.note_fault(f"{self._name}: no answer to {error.request.url}")
                raise

    def _ask_and_run(self, caller: Caller) -> bool:
        """Run one trial; whether to go on."""
        key = f"{self._name}-{self._chance.getrandbits(64):x}"
        vanishes = self._chance.random() < self._vanishing
        lease_seconds = SHORT_LEASE_SECONDS if vanishes else LEASE_SECONDS
        ask = {"worker": self._name, "wait_seconds": 1.0, "lease_seconds": lease_seconds}
        try:
            answer = caller.insist("POST", f"{self._path}/suggest", key=key, json=ask)
        except GaveUp:
            self._oracle.note_abandoned()
            raise
        if answer.status_code == 404:
            return False
        if answer.status_code == 409 and _kind(answer) == "study-closed":
            study = caller.insist("GET", self._path)
            if study.status_code == 404 or study.json()["state"] in self._ends:
                return False
            self._stopped.wait(0.2)
            return True
        if not self._expected(answer, 200, 202):
            return False
        for leased in answer.json()["trials"]:
            self._oracle.note_ask(self._name, key, leased)
            if vanishes and leased["trial"]["attempt"] == 1:
                self._oracle.note_vanished()
            else:
                self._run_trial(caller, leased)
        return True

    def _run_trial(self, caller: Caller, leased: Body) -> None:
        number, attempt = leased["trial"]["number"], leased["trial"]["attempt"]
        path = f"{self._path}/trials/{number}"
        for step in range(NUM_REPORTS):
            value = self._value()
            answer = caller.insist(
                "POST", f"{path}/report", json={"lease": leased["lease"], "step": step, "value": value}
            )
            if not self._still_ours(answer, number, attempt):
                return
            self._oracle.note_report(number, attempt, step, value)
            if answer.json()["directive"] != "continue":
                state = "pruned" if answer.json()["directive"] == "prune" else "cancelled"
                self._complete(caller, path, leased, state, None)
                return
        if self._chance.random() < 0.1 and not self._leave_artifact(caller, path, leased):
            return
        self._complete(caller, path, leased, "completed", self._value())

    def _leave_artifact(self, caller: Caller, path: str, leased: Body) -> bool:
        number, attempt = leased["trial"]["number"], leased["trial"]["attempt"]
        content = self._chance.randbytes(self._chance.randrange(1, 20_000))
        answer = caller.insist(
            "PUT",
            f"{path}/attempts/{attempt}/artifacts/model.bin",
            headers={"Tuner-Lease": leased["lease"]},
            content=content,
        )
        if not self._still_ours(answer, number, attempt):
            return False
        self._oracle.note_artifact(number, attempt, "model.bin", content)
        return True

    def _complete(self, caller: Caller, path: str, leased: Body, state: str, value: float | None) -> None:
        number, attempt = leased["trial"]["number"], leased["trial"]["attempt"]
        result: Body = {"lease": leased["lease"], "state": state}
        if value is not None:
            result["values"] = {"loss": value}
        answer = caller.insist("POST", f"{path}/complete", json=result)
        if self._still_ours(answer, number, attempt):
            self._oracle.note_result(number, attempt, state, value)

    def _still_ours(self, answer: httpx.Response, number: int, attempt: int) -> bool:
        if answer.status_code == 409 and _kind(answer) == "lease-lost":
            self._oracle.note_refusal(number, attempt)
            return False
        return answer.status_code != 404 and self._expected(answer, 200, 201)

    def _expected(self, answer: httpx.Response, *statuses: int) -> bool:
        if answer.status_code in statuses:
            return True
        request = answer.request
        self._oracle.note_fault(f"{request.method} {request.url.path}: {answer.status_code} {answer.text[:500]}")
        return False

    def _value(self) -> float:
        """A number with all its bits in use, of any size."""
        return math.ldexp(self._chance.uniform(-1, 1), self._chance.randrange(-960, 960))


def _kind(answer: httpx.Response) -> str:
    """The error's stable name."""
    return str(answer.json()["type"]).rpartition("/")[2]
