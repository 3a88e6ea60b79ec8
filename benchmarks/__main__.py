"""Runs benchmarks by name, all by default, and prints Markdown: ``python -m benchmarks [name ...]``."""

from __future__ import annotations

import argparse

from benchmarks import first_result, own_training, trial_overhead
from benchmarks.report import machine_facts

BENCHMARKS = {
    "first_result": first_result.measure,
    "trial_overhead": trial_overhead.measure,
    "own_training": own_training.measure,
}


def main() -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of {', '.join(BENCHMARKS)}; all by default")
    names = parser.parse_args().names or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; choose from {', '.join(BENCHMARKS)}")
    for name in names:
        print(f"{machine_facts()}\n", flush=True)
        print(f"{BENCHMARKS[name]().to_markdown()}\n", flush=True)


if __name__ == "__main__":
    main()
