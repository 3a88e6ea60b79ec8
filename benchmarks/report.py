"""What a benchmark prints: a table, and the machine it ran on."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

_LIBRARIES = (
    *("tuner", "optuna", "sqlalchemy", "psycopg", "fastapi", "uvicorn", "pydantic", "httpx", "grpcio"),
    *("scikit-learn", "lightgbm"),
)

FLUSHES = 200


@dataclass(frozen=True)
class Table:
    """Figures under a title.

    Args:
        title: What was measured, and in which unit.
        columns: Their names.
        rows: Their cells; numbers are shown with three digits.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | float]]

    def to_markdown(self) -> str:
        """The table as Markdown."""
        lines = [self.columns, ["---"] * len(self.columns), *([_cell(cell) for cell in row] for row in self.rows)]
        return "\n".join([f"**{self.title}**", "", *(f"| {' | '.join(line)} |" for line in lines)])


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, least and greatest."""
    return statistics.median(values), min(values), max(values)


def flush_milliseconds() -> tuple[float, float]:
    """How long the disk of the temporary folder takes to make 4 KiB durable: p50 and p99.

    It is the floor of every durable answer, and it changes with what others do to the disk.
    """
    taken = []
    with tempfile.TemporaryFile(buffering=0) as file:
        for _ in range(FLUSHES):
            begin = time.perf_counter()
            file.seek(0)
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            taken.append(1000 * (time.perf_counter() - begin))
    taken.sort()
    return taken[FLUSHES // 2], taken[FLUSHES * 99 // 100]


def machine_facts(postgres_version: str) -> str:
    """One sentence on what the figures depend on. The load is that before the measurement, of everybody's making."""
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    p50, p99 = flush_milliseconds()
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {processor_name()}, {len(os.sched_getaffinity(0))} cores, "
        f"load average before {load}, flushing 4 KiB takes {p50:.2g} ms p50, {p99:.2g} ms p99, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, PostgreSQL {postgres_version}, "
        f"{libraries}."
    )


def processor_name() -> str:
    """The name that the processor gives itself."""
    with open("/proc/cpuinfo") as lines:
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _cell(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
