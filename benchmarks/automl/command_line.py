"""The command line: ``run``, ``report``, ``tables``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from benchmarks.automl.campaign import Busy, Campaign, carry_out, check_quiet, missing
from benchmarks.automl.execution import Setting
from benchmarks.automl.outcome import StrangeFile, read_outcomes
from benchmarks.automl.report import draw, facts, tables
from benchmarks.automl.splitting import divide
from benchmarks.automl.systems import ENVIRONMENTS, SYSTEMS
from benchmarks.automl.table import Table, TableSet
from benchmarks.automl.tables import all_tables
from benchmarks.report import Table as Figures


def main(arguments: list[str] | None = None) -> None:
    """Do what the command line says."""
    options = _parser().parse_args(arguments)
    # A system that is being measured is ended on the way out, after `kill` as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        options.do(options)
    except (Busy, StrangeFile) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("\nStopped. What has ended is kept; the same command goes on from there.", file=sys.stderr)
        sys.exit(130)


def _run(options: argparse.Namespace) -> None:
    if not options.busy:
        check_quiet()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    known = {name: table for name, table in all_tables(options.data).items() if _is_there(table)}
    given = {name: path for name in ENVIRONMENTS if (path := getattr(options, f"python_{name}")) is not None}
    pythons = {}
    for name in options.systems:
        python = SYSTEMS[name].python(given)
        if python is None:
            environment = SYSTEMS[name].environment
            print(f"{name} is left out: give its interpreter with --python-{environment}.", file=sys.stderr)
        else:
            pythons[name] = python
    campaign = Campaign(list(pythons), _chosen(options, known), options.seconds, options.seeds)
    cells = missing(campaign.cells(), options.out)
    carry_out(cells, known, options.out, Setting(pythons, options.busy, options.scratch), options.minutes)


def _is_there(table: Table) -> bool:
    return table.package is None or find_spec(table.package) is not None


def _chosen(options: argparse.Namespace, known: dict[str, Table]) -> list[str]:
    everything = {table.package for table in all_tables().values() if not _is_there(table)}
    for package in everything:
        print(f"The tables of {package} are left out: it is not installed.", file=sys.stderr)
    for name in options.tables:
        if name not in known:
            sys.exit(f"There is no table {name!r}. There are {', '.join(known)}.")
    return options.tables or [table.name for table in known.values() if options.set in ("all", table.set)]


def _report(options: argparse.Namespace) -> None:
    outcomes = [one for one in read_outcomes(options.files) if options.set in ("all", one.set)]
    outcomes = [one for one in outcomes if not options.systems or one.system in options.systems]
    if not outcomes:
        sys.exit("There is nothing to report in these files.")
    print(f"{facts(outcomes)}\n")
    _print(tables(outcomes, by_table=options.by_table))
    if options.images is not None:
        draw(outcomes, options.images)


def _tables(options: argparse.Namespace) -> None:
    """What each table is like, as divided by the first seed."""
    rows: list[list[str | float]] = []
    for table in all_tables(options.data).values():
        if not _is_there(table):
            continue
        division = divide(table, 0)
        texts = division.test.select_dtypes(exclude="number")
        classes = "" if table.task == "regression" else str(division.truth.nunique())
        row = [table.name, str(table.set), str(table.task), classes, str(len(division.train)), str(len(division.test))]
        row += [str(division.test.shape[1]), str(texts.shape[1])]
        row.append(str(max((division.train[name].nunique() for name in texts), default="")))
        row.append(f"{division.train.isna().mean(axis=None):.1%}")
        rows.append(list(row))
    columns = ["table", "set", "task", "classes", "training rows", "test rows", "features", "no numbers"]
    _print([Figures("Tables", [*columns, "most values of one", "cells missing"], rows)])


def _print(found: Iterable[Figures]) -> None:
    for table in found:
        print(f"{table.to_markdown()}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.automl",
        description="What automatic models reach within seconds, beside what their peers reach.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, formatter_class=argparse.ArgumentDefaultsHelpFormatter)

    sets = [*TableSet, "all"]
    run = command("run", "measure cells and append them to a file")
    run.add_argument("--systems", type=_systems, default=list(SYSTEMS), help=f"of {', '.join(SYSTEMS)}")
    run.add_argument("--tables", type=_texts, default=[], help="names of tables; all of --set if empty")
    run.add_argument("--set", choices=sets, default="all", help="which tables")
    run.add_argument("--seconds", type=_numbers, default=[10.0, 60.0, 240.0], help="times for a fit")
    run.add_argument("--seeds", type=_whole_numbers, default=[0, 1, 2], help="seeds")
    run.add_argument("--out", type=Path, default=Path("build/automl.jsonl"), help="file that takes the outcomes")
    run.add_argument("--data", type=Path, default=None, help="folder with titanic, abalone and penguins, if at hand")
    run.add_argument("--minutes", type=float, default=1e6, help="begin no cell that would end later")
    run.add_argument("--cores", type=int, default=2, help="processor cores that are used")
    run.add_argument("--scratch", type=Path, default=None, help="folder for temporary files")
    run.add_argument("--busy", action="store_true", help="measure although others use the machine; is reported")
    for name in ENVIRONMENTS:
        variable = f"PYTHON_{name.upper()}"
        run.add_argument(f"--python-{name}", type=Path, help=f"interpreter that has it; else {variable} names one")
    run.set_defaults(do=_run)
    report = command("report", "tables, and a chart, of files of outcomes")
    report.add_argument("files", type=Path, nargs="+", help="files of outcomes; the last of each cell counts")
    report.add_argument("--systems", type=_systems, default=[], help="only these")
    report.add_argument("--set", choices=sets, default="all", help="which tables")
    report.add_argument("--by-table", action="store_true", help="also give each table's figures")
    report.add_argument("--images", type=Path, default=None, help="folder for the chart")
    report.set_defaults(do=_report)
    listing = command("tables", "list the tables")
    listing.add_argument("--data", type=Path, default=None, help="folder with further tables")
    listing.set_defaults(do=_tables)
    return parser


def _texts(text: str) -> list[str]:
    return text.split(",")


def _systems(text: str) -> list[str]:
    names = _texts(text)
    if unknown := [name for name in names if name not in SYSTEMS]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(SYSTEMS)}")
    return names


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


def _whole_numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]
