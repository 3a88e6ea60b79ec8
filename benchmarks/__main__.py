"""Runs benchmarks by name, all by default, and prints Markdown: ``python -m benchmarks [name ...]``."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

from benchmarks import first_result, latency, memory, own_training, suggestion_cost, trial_overhead
from benchmarks.dashboard import measure as measure_dashboard
from benchmarks.dashboard import page
from benchmarks.databases import postgres_version
from benchmarks.own_training.systems import systems
from benchmarks.report import Table, machine_facts
from benchmarks.search.measure import measure as measure_search
from benchmarks.settings import Settings

BENCHMARKS: dict[str, Callable[[Settings], Iterable[Table]]] = {
    "first_result": lambda settings: [first_result.measure()],
    "trial_overhead": lambda settings: [trial_overhead.measure()],
    "own_training": own_training.measure,
    "latency": latency.measure,
    "memory": memory.measure,
    "suggestion_cost": suggestion_cost.measure,
    "search": measure_search,
    "dashboard": measure_dashboard,
    "page": page.measure,
}


def main() -> None:
    """Run what the command line names."""
    # Servers and databases are ended on the way out, after Ctrl-C as after `kill`.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    options = _options()
    chosen = {name: value for name, value in vars(options).items() if name != "names" and value is not None}
    settings = Settings(**chosen)
    print(f"`{shlex.join(['python', '-m', 'benchmarks', *sys.argv[1:]])}`: {settings}\n", flush=True)
    for name in options.names or list(BENCHMARKS):
        print(f"## {name}\n\n{machine_facts(postgres_version())}\n", flush=True)
        began = time.monotonic()
        for table in BENCHMARKS[name](settings):
            print(f"{table.to_markdown()}\n", flush=True)
        print(f"Took {(time.monotonic() - began) / 60:.1f} minutes.\n", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    defaults = {field.name: field.default for field in fields(Settings)}

    def option(name: str, kind: Callable[[str], Any], text: str) -> None:
        default = defaults[name]
        shown = ",".join(str(part) for part in default) or "all" if isinstance(default, tuple) else default
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            default=argparse.SUPPRESS,
            help=f"{text} (default: {shown})",
        )

    parser.add_argument(
        "names",
        nargs="*",
        metavar="name",
        choices=[[], *BENCHMARKS],
        default=[],
        help=f"any of {', '.join(BENCHMARKS)}; all if none is named",
    )
    option("seconds", float, "own_training: length of each measurement")
    option("rounds", int, "own_training: rounds")
    option("clients", _whole_numbers, "own_training: client processes")
    option("databases", _one_of(defaults["databases"]), "databases")
    option("samplers", _one_of(defaults["samplers"]), "own_training: samplers")
    option("systems", _one_of([system.name for system in systems()]), "own_training: systems")
    option("stored", _whole_numbers, "latency: stored trials")
    option("requests", int, "latency: trials measured back to back at each number")
    option("paced", int, "latency: trials measured with a second between tell and ask")
    option("soak_seconds", float, "memory: length of the longer run")
    option("rate", float, "memory: trials per second of the longer run")
    option("shown", _whole_numbers, "dashboard, page: trials of the studies that are opened")
    option("search_seeds", int, "search: seeds of each system on each problem")
    option("search_jobs", int, "search: processes at a time")
    option("search_runs", Path, "search: file of raw results, resumed if it is there")
    option("images", Path, "own_training, search: folder for charts")
    return parser.parse_args()


def _whole_numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _one_of(names: Any) -> Callable[[str], tuple[str, ...]]:
    def parse(text: str) -> tuple[str, ...]:
        parts = tuple(text.split(","))
        if unknown := [part for part in parts if part not in names]:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(names)}")
        return parts

    return parse


if __name__ == "__main__":
    main()
