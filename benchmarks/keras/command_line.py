"""The command line: ``run``, ``report``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from benchmarks.keras.campaign import BESIDE_SECONDS, Busy, Campaign, carry_out, check_quiet, missing
from benchmarks.keras.execution import Setting
from benchmarks.keras.outcome import StrangeFile, read_outcomes
from benchmarks.keras.report import facts, tables
from benchmarks.keras.systems import ENVIRONMENTS, SYSTEMS
from benchmarks.keras.tasks import TASKS, USUAL


def main(arguments: list[str] | None = None) -> None:
    """Do what the command line says."""
    options = _parser().parse_args(arguments)
    try:
        options.do(options)
    except (Busy, StrangeFile) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("\nStopped. What has ended is kept; the same command goes on from there.", file=sys.stderr)
        sys.exit(130)


def _run(options: argparse.Namespace) -> None:
    # A system that is being measured is ended on the way out, after `kill` as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    if not options.busy:
        check_quiet()
    given = {name: path for name in ENVIRONMENTS if (path := getattr(options, f"python_{name}")) is not None}
    pythons = {}
    for name in options.systems:
        python = SYSTEMS[name].python(given)
        if python is None:
            option = (SYSTEMS[name].environment or "").replace("_", "-")
            print(f"{name} is left out: give its interpreter with --python-{option}.", file=sys.stderr)
        else:
            pythons[name] = python
    campaign = Campaign(list(pythons), options.tasks, options.seconds, options.seeds)
    cells = missing(campaign.cells(), options.out)
    cores = cores_of_cells(sorted(os.sched_getaffinity(0)), options.jobs, options.cores)
    minutes = len(cells) * (options.seconds + BESIDE_SECONDS) / 60 / len(cores)
    print(f"{len(cells)} cells, about {minutes:.0f} minutes.", file=sys.stderr)
    carry_out(cells, options.out, Setting(pythons, options.trials, options.busy, options.scratch), cores)


def cores_of_cells(available: list[int], jobs: int, each: int) -> list[list[int]]:
    """The cores of each cell that runs at a time: no two share one.

    Args:
        available: Cores that there are.
        jobs: How many cells run at a time.
        each: How many cores each has.
    """
    if jobs * each > len(available):
        sys.exit(f"{jobs} searches of {each} cores need {jobs * each}, but {len(available)} are there. Lower --jobs.")
    return [available[place * each : (place + 1) * each] for place in range(jobs)]


def _report(options: argparse.Namespace) -> None:
    outcomes = [
        one
        for one in read_outcomes(options.files)
        if one.task in options.tasks and one.system in options.systems and one.seed in (options.seeds or [one.seed])
    ]
    if not outcomes:
        sys.exit("There is nothing to report in these files.")
    print(f"{facts(outcomes)}\n")
    for table in tables(outcomes):
        print(f"{table.to_markdown()}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.keras",
        description="What tuned networks reach within seconds, on each backend of Keras, beside KerasTuner.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, formatter_class=argparse.ArgumentDefaultsHelpFormatter)

    run = command("run", "measure cells and append them to a file")
    run.add_argument("--tasks", type=_tasks, default=list(USUAL), help=f"of {', '.join(TASKS)}")
    run.add_argument("--systems", type=_systems, default=list(SYSTEMS), help=f"of {', '.join(SYSTEMS)}")
    run.add_argument("--seeds", type=_whole_numbers, default=[0], help="seeds of data, splits and systems")
    run.add_argument("--seconds", type=float, default=40.0, help="wall time of a search")
    run.add_argument("--trials", type=int, default=200, help="trials of a search, at most")
    run.add_argument("--jobs", type=int, default=2, help="cells at a time, each on cores of its own")
    run.add_argument("--cores", type=int, default=1, help="processor cores of each cell")
    run.add_argument("--out", type=Path, default=Path("build/keras.jsonl"), help="file that takes the outcomes")
    run.add_argument("--scratch", type=Path, default=None, help="folder for temporary files")
    run.add_argument("--busy", action="store_true", help="measure although others use the machine; is reported")
    for name in ENVIRONMENTS:
        text = f"interpreter that has it; else PYTHON_{name.upper()} names one"
        run.add_argument(f"--python-{name.replace('_', '-')}", type=Path, help=text)
    run.set_defaults(do=_run)
    report = command("report", "tables of files of outcomes")
    report.add_argument("files", type=Path, nargs="+", help="files of outcomes; the last of each cell counts")
    report.add_argument("--tasks", type=_tasks, default=list(TASKS), help="only these")
    report.add_argument("--systems", type=_systems, default=list(SYSTEMS), help="only these")
    report.add_argument("--seeds", type=_whole_numbers, default=[], help="only these; all if empty")
    report.set_defaults(do=_report)
    return parser


def _tasks(text: str) -> list[str]:
    return _known(text, list(TASKS))


def _systems(text: str) -> list[str]:
    return _known(text, list(SYSTEMS))


def _known(text: str, names: list[str]) -> list[str]:
    parts = text.split(",")
    if unknown := [part for part in parts if part not in names]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(names)}")
    return parts


def _whole_numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]
