"""``tuner serve``: the service on this machine."""

from __future__ import annotations

import os
from typing import Annotated
from urllib.parse import urlsplit, urlunsplit

import typer
from rich import box
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tuner.cli import console
from tuner.cli.options import DatabasePasswordFile, DatabaseUrl
from tuner.cli.service import Service, StopAsked, stop_signals_raise
from tuner.client.home import database_url as database_of
from tuner.client.home import home_folder
from tuner.secret_files import API_KEY_FILE, DATABASE_PASSWORD_FILE


def serve(
    host: Annotated[
        str | None,
        typer.Option(help="Address to listen on. Others than loopback need TUNER_API_KEY.", show_default="127.0.0.1"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="Port to listen on; 0 takes a free one.", show_default="8000"),
    ] = None,
    slots: Annotated[
        int | None,
        typer.Option(min=1, max=1_000, help="Trainings at a time.", show_default="one for each core, up to 8"),
    ] = None,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Train on this machine too.")] = True,
    database_url: DatabaseUrl = None,
    database_password_file: DatabasePasswordFile = None,
) -> None:
    """Run the service: the API and one worker, until Ctrl-C.

    Data is kept in the folder TUNER_HOME (~/.tuner). Further settings are read from TUNER_API_* and TUNER_WORKER_*.
    """
    home = home_folder()
    database = database_url or database_of(home)
    environment = os.environ | {"TUNER_HOME": str(home), "TUNER_DATABASE_URL": database}
    if database_password_file is not None:
        environment[DATABASE_PASSWORD_FILE] = str(database_password_file)
    try:
        with stop_signals_raise(), Service(environment) as service:
            service.start_api(host=host, port=port)
            service.wait_for_api()
            if worker:
                service.start_worker(slots=slots)
                service.wait_for_worker()
            console.output().print(_panel(service.url, str(home), _without_password(database), worker))
            service.watch()
    except StopAsked:
        console.messages().print("Stopped.")


def _panel(url: str, home: str, database: str, has_worker: bool) -> Panel:
    keys = {"TUNER_API_KEY": "$TUNER_API_KEY", API_KEY_FILE: f"$(cat ${API_KEY_FILE})"}
    shown = next((words for variable, words in keys.items() if os.environ.get(variable)), None)
    key = f' -H "Authorization: Bearer {shown}"' if shown else ""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    for name, text in {
        "Dashboard": f"{url}/",
        "Service": url,
        "Description": f"{url}/openapi.json",
        "Home": home,
        "Database": database,
        "Worker": "trains on this machine" if has_worker else f"none; start one with: tuner worker --url {url}",
        "Python": f'tuner.Client("{url}")',
        "curl": f"curl{key} {url}/v1/studies",
    }.items():
        facts.add_row(name, Text(text))
    return Panel(facts, title="tuner is running", subtitle="Ctrl-C stops it", box=box.ROUNDED, expand=False)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    user, at, address = parts.netloc.rpartition("@")
    if ":" not in user:
        return url
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}:***{at}{address}"))
