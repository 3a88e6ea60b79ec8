"""Resident memory of the server while eight clients run trials at a bounded rate.

Two runs, the second slower and shorter, so that what grows with time can be told from what grows with trials.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.databases import POSTGRES, SQLITE, PostgresServer, postgres_server
from benchmarks.own_training.plan import ClientGroup, Plan
from benchmarks.own_training.systems import DEFAULT, RANDOM, systems
from benchmarks.report import Table
from benchmarks.settings import Settings
from benchmarks.usage import resident_megabytes

CLIENTS = 8
SAMPLE_SECONDS = 0.5
# Caches and pools fill in the beginning.
WARM_UP_SHARE = 0.25
SMALLER = 4

Samples = list[tuple[float, float]]


def measure(settings: Settings) -> Iterator[Table]:
    """One table for all runs."""
    columns = ["database", "sampler", "trials/s", "seconds", "trials", "MB at start", "MB after warm-up", "MB at end"]
    columns += ["most MB", "MB/min after warm-up", "kB/trial after warm-up"]
    rows: list[list[str | float]] = []
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server()) if POSTGRES in settings.databases else None
        for database in settings.databases:
            rows.append(_soak(database, RANDOM, settings.rate, settings.soak_seconds, server))
            for sampler in (RANDOM, DEFAULT):
                rows.append(_soak(database, sampler, settings.rate / SMALLER, settings.soak_seconds / SMALLER, server))
    yield Table(f"Resident memory of the API process, {CLIENTS} clients on one study, plain HTTP", columns, rows)


def _soak(database: str, sampler: str, rate: float, seconds: float, server: PostgresServer | None) -> list[str | float]:
    (system,) = (system for system in systems() if system.name == "http")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tuner-benchmark-")))
        if database == SQLITE:
            url = f"sqlite:///{folder / 'tuner.db'}"
        else:
            assert server is not None
            url = stack.enter_context(server.database())
        running = stack.enter_context(system.start(folder, url, sampler))
        (pid,) = running.pids
        plan = Plan(system.kind, running.addresses, running.study, sampler, CLIENTS, seconds, rate)
        group = stack.enter_context(ClientGroup(plan))
        samples: Samples = []
        ended = threading.Event()
        sampling = threading.Thread(target=_sample, args=(pid, samples, ended))
        group.start()
        sampling.start()
        try:
            outcomes = group.wait()
        finally:
            ended.set()
            sampling.join()
        if num_errors := sum(outcome.num_errors for outcome in outcomes):
            raise RuntimeError(f"{num_errors} trials failed.")
        count = sum(outcome.count for outcome in outcomes)
        if len(running.inspect().numbers) != sum(len(outcome.numbers) for outcome in outcomes):
            raise RuntimeError("The storage does not hold as many trials as the clients told.")
    reached = sum(outcome.rate for outcome in outcomes)
    print(f"{database}, {sampler}: {reached:.1f} of {rate:g} trials/s", file=sys.stderr, flush=True)
    late = samples[int(len(samples) * WARM_UP_SHARE) :]
    slope = _slope(late)
    sizes = [size for _, size in samples]
    return [
        "PostgreSQL" if database == POSTGRES else "SQLite",
        "random" if sampler == RANDOM else "auto, asha",
        reached,
        f"{seconds:g}",
        f"{count}",
        sizes[0],
        late[0][1],
        sizes[-1],
        max(sizes),
        60 * slope,
        1000 * slope / reached,
    ]


def _sample(pid: int, samples: Samples, ended: threading.Event) -> None:
    began = time.monotonic()
    while True:
        samples.append((time.monotonic() - began, resident_megabytes(pid)))
        if ended.wait(SAMPLE_SECONDS):
            return


def _slope(samples: Sequence[tuple[float, float]]) -> float:
    """Megabytes per second, by least squares."""
    if len(samples) < 2:
        return 0.0
    times, sizes = zip(*samples, strict=True)
    return statistics.linear_regression(times, sizes).slope
