"""The commands, put together, and what becomes of their errors."""

from __future__ import annotations

from typing import Annotated

import typer

from tuner import __version__
from tuner.cli import console
from tuner.cli.demo import demo
from tuner.cli.fit import fit
from tuner.cli.health import health
from tuner.cli.leaderboard import leaderboard
from tuner.cli.serve import serve
from tuner.cli.studies import studies
from tuner.cli.upgrade import upgrade
from tuner.cli.worker import worker
from tuner.errors import TunerError

application = typer.Typer(
    name="tuner",
    help="Hyperparameter tuning and automatic model selection.",
    no_args_is_help=True,
    add_completion=False,
    # Our own errors are told in words; a traceback is for bugs, and then the plain one is wanted in a report.
    pretty_exceptions_enable=False,
)
for command in (serve, worker, fit, studies, leaderboard, health, upgrade, demo):
    application.command()(command)


def run() -> int:
    """Run the command that the arguments of this process name.

    Returns:
        0 after success, 1 after an error that was told, 130 after Ctrl-C. Typer itself exits with 2 on wrong usage.
    """
    try:
        application(prog_name="tuner")
    except TunerError as error:
        console.complain(error)
        return 1
    return 0


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"tuner {__version__}")
        raise typer.Exit


@application.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Hyperparameter tuning and automatic model selection."""
