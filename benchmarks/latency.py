"""p50 and p99 of ask, report and tell when a study has 100, 1,000, 10,000 and 100,000 trials, with one client.

Each number has a server and a database of its own, and they are measured in turn, a few trials here, a few there, so
that what the machine does meanwhile hits all of them. The stored trials are imported. A study that has grown by a
tenth is left for a fresh one, lest the measured trials make the small studies large.
"""

from __future__ import annotations

import math
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.databases import POSTGRES, SQLITE, PostgresServer, postgres_server
from benchmarks.own_training import workload
from benchmarks.report import Table
from benchmarks.servers import tuner_servers
from benchmarks.settings import Settings

BATCH = 20
IMPORT = 1_000  # the most that one request may bring
WARM_UP_TRIALS = 5
PAUSE_SECONDS = 1.0
# Samplers that learn are measured up to it, where the goal is set, to bound the length of a run.
MAX_STORED_TO_LEARN = 10_000
LEARNING = ("auto", "gp", "tpe")
KINDS = ("ask", "report", "tell")


@dataclass
class Served:
    """A server whose study has about ``stored`` trials.

    Args:
        stored: How many.
        http: The client.
        sampler: The study's.
        seconds: What each call took.
    """

    stored: int
    http: httpx.Client
    sampler: str
    rng: random.Random = field(default_factory=lambda: random.Random(0))
    seconds: dict[str, list[float]] = field(default_factory=dict)
    _study: str = ""
    _num_studies: int = 0
    _room: int = 0

    def measure(self, count: int, pause: float) -> None:
        """Run trials in a study that is large enough and not too large."""
        if self._room < count:
            self._import_study()
        self._room -= count
        for _ in range(count):
            self._run_trial(pause, record=True)

    @property
    def num_measured(self) -> int:
        """Trials measured so far."""
        return len(self.seconds.get("ask", ()))

    def _import_study(self) -> None:
        self._num_studies += 1
        body: dict[str, Any] = {"name": f"study-{self._num_studies}", "space": workload.SPACE_JSON}
        body |= {"objectives": {workload.OBJECTIVE: "minimize"}, "sampler": self.sampler, "pruner": "none"}
        self._study = f"/v1/studies/{self._post('/v1/studies', body)['id']}"
        left = self.stored
        while left:
            points = [workload.draw(self.rng) for _ in range(min(left, IMPORT))]
            trials = [{"params": point, "values": {workload.OBJECTIVE: workload.loss(point)}} for point in points]
            self._post(f"{self._study}/trials", {"trials": trials})
            left -= len(points)
        for _ in range(WARM_UP_TRIALS):
            self._run_trial(0.0, record=False)
        stored = self.http.get(self._study).raise_for_status().json()["counts"]["completed"]
        if stored != self.stored + WARM_UP_TRIALS:
            raise RuntimeError(f"The study has {stored} completed trials instead of {self.stored + WARM_UP_TRIALS}.")
        self._room = max(self.stored // 10, BATCH)

    def _run_trial(self, pause: float, *, record: bool) -> None:
        if pause:
            time.sleep(pause)
        taken = dict.fromkeys(KINDS, 0.0)
        begin = time.perf_counter()
        asked = {"worker": "latency", "count": 1, "wait_seconds": 60.0}
        leased = self._post(f"{self._study}/suggest", asked)["trials"][0]
        taken["ask"] = time.perf_counter() - begin
        trial, lease = leased["trial"], leased["lease"]
        path = f"{self._study}/trials/{trial['number']}"
        loss = workload.loss(trial["params"])
        begin = time.perf_counter()
        self._post(f"{path}/report", {"lease": lease, "step": 0, "value": loss})
        taken["report"] = time.perf_counter() - begin
        begin = time.perf_counter()
        values = {workload.OBJECTIVE: loss}
        told = self._post(f"{path}/complete", {"lease": lease, "state": "completed", "values": values})
        taken["tell"] = time.perf_counter() - begin
        if told["state"] != "completed" or told["values"] != values:
            raise RuntimeError(f"told {values}, but the reply says {told}")
        if record:
            for kind, seconds in taken.items():
                self.seconds.setdefault(kind, []).append(seconds)

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return self.http.post(path, json=body).raise_for_status().json()


def measure(settings: Settings) -> Iterator[Table]:
    """A table for each database, sampler and pace."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server()) if POSTGRES in settings.databases else None
        for database in settings.databases:
            yield _measure(settings.stored, "random", database, server, settings.requests, 0.0)
            sizes = [stored for stored in settings.stored if stored <= MAX_STORED_TO_LEARN]
            for sampler in LEARNING if sizes else ():
                ends = sorted({sizes[0], sizes[-1]})
                yield _measure(ends, sampler, database, server, settings.requests, 0.0)
                yield _measure(ends, sampler, database, server, settings.paced, PAUSE_SECONDS)


def _measure(
    sizes: Sequence[int], sampler: str, database: str, server: PostgresServer | None, count: int, pause: float
) -> Table:
    with ExitStack() as stack:
        served = [stack.enter_context(_Serving(stored, sampler, database, server)).served for stored in sizes]
        while any(one.num_measured < count for one in served):
            for one in served:
                one.measure(min(BATCH, max(count - one.num_measured, 0)), pause)
            print(f"{database}, {sampler}: {served[0].num_measured} of {count}", file=sys.stderr, flush=True)
        rows = [_row(one, served[0]) for one in served]
    where = "PostgreSQL" if database == POSTGRES else "SQLite"
    pace = f"{pause:g} s between tell and ask" if pause else "back to back"
    title = f"Milliseconds on {where}, sampler `{sampler}`, one client, {pace}, n = {count}; in brackets: to first row"
    columns = ["stored trials", *(f"{kind} {share}" for kind in KINDS for share in ("p50", "p99"))]
    return Table(title, columns, rows)


def _row(one: Served, first: Served) -> list[str | float]:
    cells: list[str | float] = [f"{one.stored:,}"]
    for kind in KINDS:
        for share in (0.5, 0.99):
            value, base = _quantile(one.seconds[kind], share), _quantile(first.seconds[kind], share)
            cells.append(f"{1000 * value:.3g} ({value / base:.2f})")
    return cells


def _quantile(values: Sequence[float], share: float) -> float:
    """The least value that is not exceeded by a share of all values."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


class _Serving:
    """A context manager around a server with one client, on a database of its own."""

    def __init__(self, stored: int, sampler: str, database: str, server: PostgresServer | None) -> None:
        self._stack = ExitStack()
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="tuner-benchmark-")))
        if database == SQLITE:
            url = f"sqlite:///{folder / 'tuner.db'}"
        else:
            assert server is not None
            url = self._stack.enter_context(server.database())
        (api,) = self._stack.enter_context(tuner_servers(folder, url))
        http = self._stack.enter_context(httpx.Client(base_url=api.url, timeout=120))
        self.served = Served(stored, http, sampler)

    def __enter__(self) -> _Serving:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()
