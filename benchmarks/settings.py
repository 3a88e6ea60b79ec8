"""What the command line may decide about the benchmarks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """How much is measured. The defaults are those of the figures in ``benchmarks/README.md``.

    Args:
        seconds: Time for one system, database and number of clients, in one round (``own_training``).
        rounds: How often everything is measured, one system after the other (``own_training``).
        clients: Numbers of client processes (``own_training``).
        databases: ``sqlite``, ``postgres``.
        samplers: ``random`` (without a pruner), ``default`` (each system's own defaults) (``own_training``).
        systems: Names of systems; all if empty (``own_training``).
        stored: Numbers of trials that a study has when latencies are taken (``latency``).
        requests: Trials measured back to back at each of these numbers (``latency``).
        paced: Trials measured with a second between tell and ask (``latency``).
        soak_seconds: Length of the longer run (``memory``).
        rate: Trials per second of the longer run, of all clients together (``memory``).
        shown: Numbers of trials of the studies that are opened (``dashboard``, ``page``).
        search_seeds: Seeds of each system on each problem (``search``).
        search_jobs: Processes at a time (``search``).
        search_runs: File of raw results, resumed if it is there (``search``).
        images: Folder that takes charts; none are drawn if None.
    """

    seconds: float = 5.0
    rounds: int = 3
    clients: tuple[int, ...] = (1, 8, 32)
    databases: tuple[str, ...] = ("sqlite", "postgres")
    samplers: tuple[str, ...] = ("random", "default")
    systems: tuple[str, ...] = ()
    stored: tuple[int, ...] = (100, 1_000, 10_000, 100_000)
    requests: int = 300
    paced: int = 100
    soak_seconds: float = 600.0
    rate: float = 40.0
    shown: tuple[int, ...] = (10_000, 50_000)
    search_seeds: int = 10
    search_jobs: int = 1
    search_runs: Path = Path("build/search_runs.jsonl")
    images: Path | None = None
