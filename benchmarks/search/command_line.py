"""The command line: ``run``, ``report``, ``reference``."""

from __future__ import annotations

import argparse
import sys
import zlib
from pathlib import Path

import numpy as np

from benchmarks.search.campaign import MODES, Campaign, carry_out
from benchmarks.search.problem import CurveProblem, Group, Problem, Split
from benchmarks.search.problems import all_curve_problems, all_problems
from benchmarks.search.reference import explore, save
from benchmarks.search.report import draw, tables
from benchmarks.search.runs import read_runs
from benchmarks.search.systems import system_names


def main(arguments: list[str] | None = None) -> None:
    """Do what the command line says."""
    options = _parser().parse_args(arguments)
    try:
        options.do(options)
    except KeyboardInterrupt:
        print("Stopped. What has ended is kept; the same command goes on from there.", file=sys.stderr)
        sys.exit(130)


def _run(options: argparse.Namespace) -> None:
    campaign = Campaign(
        systems=options.systems,
        mode=options.mode,
        split=options.set,
        groups=options.group,
        problems=options.problem,
        seeds=options.seeds,
        first_seed=options.first_seed,
        trials=options.trials or {"sequential": 100, "batch": 96, "curves": 20}[options.mode],
    )
    carry_out(campaign, options.out, options.jobs)


def _report(options: argparse.Namespace) -> None:
    runs = [run for run in read_runs(options.files) if options.set in ("all", run.split)]
    runs = [run for run in runs if not options.systems or run.system in options.systems]
    for table in tables(
        runs, options.at, order=options.systems, against=options.against, by_problem=options.by_problem
    ):
        print(f"{table.to_markdown()}\n")
    if options.images is not None:
        draw(runs, options.images, order=options.systems)


def _reference(options: argparse.Namespace) -> None:
    """Look for better points than those known, and measure the random median."""
    problems: list[Problem | CurveProblem] = [*all_problems().values(), *all_curve_problems().values()]
    for problem in problems:
        if not options.names or problem.name in options.names:
            rng = np.random.default_rng(zlib.crc32(problem.name.encode()))
            found = explore(problem.space, problem.true_value, rng)
            save({problem.name: found})
            print(f"{problem.name}: {found.best_known:.6g}, random median {found.random_median:.6g}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.search",
        description="What samplers find, beside what their peers find.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    shown = {"formatter_class": argparse.ArgumentDefaultsHelpFormatter}
    run = commands.add_parser("run", help="make runs and append them to a file", **shown)  # type: ignore[arg-type]
    run.add_argument("--systems", type=_names, default=["auto"], help=f"of {', '.join(system_names())}; +PRUNER")
    run.add_argument("--mode", choices=MODES, default="sequential", help="how it is asked")
    run.add_argument("--set", choices=[*Split, "all"], default="development", help="which problems")
    run.add_argument("--group", type=_groups, default=[], help="kinds of problem; all if empty")
    run.add_argument("--problem", type=_problems, default=[], help="names of problems; all if empty")
    run.add_argument("--seeds", type=int, default=3, help="how many seeds")
    run.add_argument("--first-seed", type=int, default=0, help="the first of them")
    run.add_argument("--trials", type=int, default=None, help="trials a run; default 100, 96 batch, 20 curves")
    run.add_argument("--out", type=Path, default=Path("build/search_runs.jsonl"), help="file that takes the runs")
    run.add_argument("--jobs", type=int, default=1, help="processes at a time")
    run.set_defaults(do=_run)
    report = commands.add_parser("report", help="tables, and charts, of files of runs", **shown)  # type: ignore[arg-type]
    report.add_argument("files", type=Path, nargs="+", help="files of runs; they may overlap")
    report.add_argument("--systems", type=_names, default=[], help="only these, in this order")
    report.add_argument("--set", choices=[*Split, "all"], default="all", help="which problems")
    report.add_argument("--at", type=_counts, default=[10, 25, 50, 100], help="after so many trials")
    report.add_argument("--against", default=None, help="compare each system with this one, pair by pair")
    report.add_argument("--by-problem", action="store_true", help="also give each problem's figures")
    report.add_argument("--images", type=Path, default=None, help="folder for charts")
    report.set_defaults(do=_report)
    reference = commands.add_parser("reference", help="look for the best points of problems, for references.json")
    reference.add_argument("names", nargs="*", help="names of problems; all if empty")
    reference.set_defaults(do=_reference)
    return parser


def _names(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name.partition("+")[0] not in system_names():
            raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(system_names())}")
    return names


def _counts(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _groups(text: str) -> list[str]:
    return _known(text, list(Group))


def _problems(text: str) -> list[str]:
    return _known(text, [*all_problems(), *all_curve_problems()])


def _known(text: str, names: list[str]) -> list[str]:
    parts = text.split(",")
    if unknown := [part for part in parts if part not in names]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(names)}")
    return parts
