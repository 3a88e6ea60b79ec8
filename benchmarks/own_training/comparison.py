"""Full trials of the user's own training per second: ask, five reports, tell, with 1, 8 and 32 client processes.

All systems are measured in one run, one after the other, several rounds long, so that what the machine does meanwhile
hits all of them; ratios are taken within a round. First everybody draws at random and nobody prunes, so that what
differs is the storage and the way to it; then everybody has their own defaults.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.chart import Bars, bar_chart
from benchmarks.databases import POSTGRES, SQLITE, PostgresServer, postgres_server
from benchmarks.own_training.plan import ClientGroup, Outcome, Plan
from benchmarks.own_training.systems import RANDOM, Stored, System, systems
from benchmarks.report import Table, flush_milliseconds, spread
from benchmarks.settings import Settings
from benchmarks.usage import cpu_seconds

# Ours : theirs, by the names of the systems.
_RATIOS = (
    ("sdk", "rdb"),
    ("http", "rdb"),
    ("http", "rdb_wal"),
    ("http", "grpc"),
    ("http", "journal"),
    ("http", "bare"),
    ("sdk", "bare"),
    ("replicas", "http"),
    ("replicas", "bare"),
)


@dataclass(frozen=True)
class Point:
    """One system, measured once.

    Args:
        rate: Full trials per second.
        server: Processor milliseconds per trial of its server processes; None if it has none.
        database: The same of PostgreSQL's processes; None on SQLite, where it is whoever opens the file.
        client: The same of the clients.
        share_stopped: Reports after which the pruner said to stop.
        num_errors: Trials that ended with an exception.
    """

    rate: float
    server: float | None
    database: float | None
    client: float
    share_stopped: float
    num_errors: int


@dataclass(frozen=True)
class Condition:
    """What is equal for all systems of a comparison."""

    sampler: str
    database: str
    clients: int


# By round; None where a measurement failed.
Points = dict[tuple[Condition, str], list[Point | None]]


def measure(settings: Settings) -> Iterator[Table]:
    """Tables of rates, of ratios and of processor time, for each sampler and database."""
    chosen = [system for system in systems() if not settings.systems or system.name in settings.systems]
    points: Points = {}
    faults: list[list[str | float]] = []
    flushes: list[list[str | float]] = []
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server()) if POSTGRES in settings.databases else None
        for sampler in settings.samplers:
            for number in range(settings.rounds):
                flushes.append([f"{sampler}, round {number + 1}", *flush_milliseconds(), os.getloadavg()[0]])
                for database in settings.databases:
                    for clients in settings.clients:
                        condition = Condition(sampler, database, clients)
                        for system in _taking_part(chosen, condition):
                            say = f"round {number + 1}: {sampler}, {database}, {clients} clients, {system.name}"
                            point, fault = _attempt(system, condition, settings.seconds, server)
                            points.setdefault((condition, system.name), []).append(point)
                            said = f"{point.rate:.1f} trials/s" if point else fault
                            print(f"{say}: {said}", file=sys.stderr, flush=True)
                            if not point:
                                faults.append([say, fault.replace("|", "/").replace("\n", " ")])
            for database in settings.databases:
                yield from _tables(chosen, points, sampler, database, settings)
    columns = ["before", "flush of 4 KiB: p50, ms", "p99, ms", "load average"]
    yield Table("The machine between the rounds; the load is the benchmark's own and everybody's", columns, flushes)
    if faults:
        yield Table("Measurements that failed and are missing above", ["which", "why"], faults)
    if settings.images is not None and RANDOM in settings.samplers:
        for database in settings.databases:
            _draw(chosen, points, database, settings)


def _taking_part(chosen: Sequence[System], condition: Condition) -> list[System]:
    return [
        system
        for system in chosen
        if condition.database in system.databases
        and condition.sampler in system.samplers
        and condition.clients >= system.min_clients
    ]


def _attempt(
    system: System, condition: Condition, seconds: float, server: PostgresServer | None
) -> tuple[Point | None, str]:
    """A measurement, or why there is none."""
    try:
        return _measure(system, condition, seconds, server), ""
    except Exception as error:
        # The edge of the loop: the other measurements of a long run are not lost for one that failed.
        return None, f"{type(error).__name__}: {error}"


def _measure(system: System, condition: Condition, seconds: float, server: PostgresServer | None) -> Point:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tuner-benchmark-")))
        if condition.database == SQLITE:
            url = f"sqlite:///{folder / 'benchmark.db'}"
        else:
            assert server is not None
            url = stack.enter_context(server.database())
        running = stack.enter_context(system.start(folder, url, condition.sampler))
        plan = Plan(system.kind, running.addresses, running.study, condition.sampler, condition.clients, seconds)
        with ClientGroup(plan) as group:
            database_pids = [server.pid] if server is not None and condition.database == POSTGRES else []
            before = cpu_seconds(running.pids), cpu_seconds(database_pids)
            group.start()
            outcomes = group.wait()
            after = cpu_seconds(running.pids), cpu_seconds(database_pids)
        _verify(system, outcomes, running.inspect())
    count = sum(outcome.count for outcome in outcomes)
    num_reports = 5 * sum(len(outcome.numbers) for outcome in outcomes)
    return Point(
        # Each client by its own time: those that end later are not charged to those that ended before.
        rate=sum(outcome.rate for outcome in outcomes),
        server=_milliseconds(after[0] - before[0], count) if running.pids else None,
        database=_milliseconds(after[1] - before[1], count) if database_pids else None,
        client=_milliseconds(sum(outcome.cpu_seconds for outcome in outcomes), count),
        share_stopped=sum(outcome.num_stops for outcome in outcomes) / max(num_reports, 1),
        num_errors=sum(outcome.num_errors for outcome in outcomes),
    )


def _verify(system: System, outcomes: Sequence[Outcome], stored: Stored) -> None:
    """See that what the clients were promised is what is there.

    Raises:
        RuntimeError: It is not; the figure would be worth nothing.
    """
    numbers = sorted(number for outcome in outcomes for number in outcome.numbers)
    num_errors = sum(outcome.num_errors for outcome in outcomes)
    checksum = math.fsum(outcome.checksum for outcome in outcomes)
    faults = [outcome.error for outcome in outcomes if outcome.has_crashed]
    if num_errors or faults:
        # A trial whose tell failed may or may not be there; that the told ones are is what can be asked.
        if missing := set(numbers) - set(stored.numbers):
            faults.append(f"{len(missing)} told trials are missing")
    else:
        if numbers != list(range(len(numbers))):
            faults.append("the numbers told to clients have gaps or repetitions")
        if sorted(stored.numbers) != numbers:
            faults.append(f"{len(numbers)} trials were told, {len(stored.numbers)} are finished in the storage")
        if stored.num_unfinished:
            faults.append(f"{stored.num_unfinished} trials are unfinished")
        if stored.num_short:
            faults.append(f"{stored.num_short} trials lack reports")
        if not math.isclose(checksum, stored.checksum, rel_tol=1e-9):
            faults.append(f"last reports add up to {stored.checksum}, those sent to {checksum}")
    if faults:
        raise RuntimeError(f"{system.title}: {'; '.join(faults)}.")


def _milliseconds(seconds: float, count: int) -> float:
    return 1000 * seconds / max(count, 1)


def _tables(
    chosen: Sequence[System], points: Points, sampler: str, database: str, settings: Settings
) -> Iterator[Table]:
    conditions = [Condition(sampler, database, clients) for clients in settings.clients]
    how = "random sampler, no pruner" if sampler == RANDOM else "everybody's default sampler and pruner"
    where = "PostgreSQL" if database == POSTGRES else "SQLite"
    counts = [_num_clients(condition.clients) for condition in conditions]
    runs = f"{settings.rounds} rounds of {settings.seconds:g} s"
    rates: list[list[str | float]] = []
    costs: list[list[str | float]] = []
    for system in chosen:
        found = [_found(points, condition, system.name) for condition in conditions]
        if not any(found):
            continue
        rates.append([system.title, *(_spread_cell([point.rate for point in each]) for each in found)])
        costs.append([system.title, *(_cost_cell(each) for each in found)])
        if sampler != RANDOM:
            rates[-1].append(f"{100 * spread([point.share_stopped for each in found for point in each])[0]:.0f} %")
        if num_errors := sum(point.num_errors for each in found for point in each):
            rates[-1][0] = f"{system.title}; {num_errors} trials failed"
    stops = [] if sampler == RANDOM else ["reports answered with stop"]
    title = f"Full trials per second on {where}, {how}: median (min to max) of {runs}"
    yield Table(title, ["system", *counts, *stops], rates)
    ratios: list[list[str | float]] = []
    titles = {system.name: system.title for system in chosen}
    for ours, theirs in _RATIOS:
        cells = []
        for condition in conditions:
            pairs = zip(
                points.get((condition, ours), []),
                points.get((condition, theirs), []),
                strict=False,  # one of them may not take part
            )
            rates_of_pairs = [(first.rate, second.rate) for first, second in pairs if first and second]
            cells.append(_spread_cell([first / second for first, second in rates_of_pairs if second]))
        if any(cells):
            ratios.append([f"{titles[ours]} : {titles[theirs]}", *cells])
    if ratios:
        yield Table(f"Ratios of these rates on {where}, taken round by round", ["", *counts], ratios)
    title = f"Processor milliseconds per trial on {where}, {how}: server + database + client, medians"
    yield Table(title, ["system", *counts], costs)


def _num_clients(count: int) -> str:
    return "1 client" if count == 1 else f"{count} clients"


def _spread_cell(values: Sequence[float]) -> str:
    if not values:
        return ""
    middle, least, most = spread(values)
    return f"{middle:.3g}" if len(values) == 1 else f"{middle:.3g} ({least:.3g} to {most:.3g})"


def _cost_cell(points: Sequence[Point]) -> str:
    if not points:
        return ""
    parts = []
    for name in ("server", "database", "client"):
        values = [value for point in points if (value := getattr(point, name)) is not None]
        parts.append(_short(spread(values)[0]) if values else "-")
    return " + ".join(parts)


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def _found(points: Points, condition: Condition, system: str) -> list[Point]:
    return [point for point in points.get((condition, system), []) if point]


def _draw(chosen: Sequence[System], points: Points, database: str, settings: Settings) -> None:
    groups = [
        Bars(
            system.title,
            [
                (_num_clients(clients), spread([point.rate for point in found])[0])
                for clients in settings.clients
                if (found := _found(points, Condition(RANDOM, database, clients), system.name))
            ],
        )
        for system in chosen
    ]
    where = "PostgreSQL" if database == POSTGRES else "SQLite"
    title = f"Full trials (ask, 5 reports, tell) per second on {where}"
    assert settings.images is not None
    settings.images.mkdir(parents=True, exist_ok=True)
    chart = bar_chart(title, [group for group in groups if group.values])
    (settings.images / f"trials_per_second_{database}.svg").write_text(chart)
