"""``tuner worker``: more places that train."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from tuner.cli.options import ApiKey


def worker(
    url: Annotated[
        str | None,
        typer.Option(envvar="TUNER_URL", help="The server to work for.", show_default="http://127.0.0.1:8000"),
    ] = None,
    api_key: ApiKey = None,
    slots: Annotated[
        int | None,
        typer.Option(min=1, max=1_000, help="Trainings at a time.", show_default="one for each core, up to 8"),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Shown with the trials.", show_default="host and process")] = None,
) -> None:
    """Train for a server, until Ctrl-C. Start as many as you like, on as many machines as you like.

    Further settings are read from TUNER_WORKER_*.
    """
    options = {"--url": url, "--slots": slots, "--name": name}
    arguments = [f"{option}={value}" for option, value in options.items() if value is not None]
    environment = os.environ | ({"TUNER_API_KEY": api_key} if api_key else {})
    # It becomes the worker: signals, exit status and process id need no one between.
    os.execve(sys.executable, [sys.executable, "-P", "-m", "worker", *arguments], environment)
