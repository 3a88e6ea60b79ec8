"""``tuner health``: whether a service can work."""

from __future__ import annotations

from typing import Annotated

import typer

from tuner.cli import console
from tuner.cli.options import AsJson
from tuner.client.http_transport import HttpTransport
from tuner.errors import Unavailable

_DEFAULT_URL = "http://127.0.0.1:8000"
# A container's check has few seconds, and is repeated anyway.
_TIMEOUT_SECONDS = 4.0


def health(
    as_json: AsJson = False,
    url: Annotated[
        str | None,
        typer.Option(envvar="TUNER_URL", help="The server to ask.", show_default=_DEFAULT_URL),
    ] = None,
) -> None:
    """Ask a server whether it can work: exit status 0 if so, 1 if it or its database does not answer.

    For the health checks of containers and for scripts that wait for a service. It needs no key.
    """
    transport = HttpTransport(url or _DEFAULT_URL, timeout_seconds=_TIMEOUT_SECONDS, patience_seconds=0.0)
    try:
        found = transport.health()
    finally:
        transport.close()
    if as_json:
        console.print_json({"url": transport.address} | found.model_dump(mode="json"))
    elif found.ready:
        console.output().print(f"{transport.address} is ready (tuner {found.version}).", markup=False)
    if not found.ready:
        raise Unavailable(
            f"The server at {transport.address} answers, but its database does not.", hint="See the server's log."
        )
