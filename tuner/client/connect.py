"""Where a client's operations go."""

from __future__ import annotations

from tuner.client.home import database_url, from_environment, home_folder, running_server
from tuner.client.http_transport import HttpTransport
from tuner.client.transport import Transport
from tuner.errors import ConnectionFailed, IncompatibleServer, MissingExtra


def connect(base_url: str | None = None, api_key: str | None = None) -> Transport:
    """Open the way to the service that is meant.

    In this order: ``base_url``; ``TUNER_URL``; a running server that owns the home folder; else the engine in this
    process, on the database of the home folder. The key is ``api_key``, else ``TUNER_API_KEY``.

    Raises:
        MissingExtra: The engine would be needed, but its packages are not installed.
        DatabaseInUse: Another process, which is no server, owns the database.
    """
    key = api_key or from_environment("TUNER_API_KEY")
    url = base_url or from_environment("TUNER_URL")
    if url:
        return HttpTransport(url, key)
    home = home_folder()
    database = database_url(home)
    served = running_server(database)
    if served:
        transport = HttpTransport(served, key)
        if _answers(transport):
            return transport
        transport.close()
    return _embedded()


def _answers(transport: HttpTransport) -> bool:
    """Whether the server that claims the home folder is there; if not, the engine's own lock has the last word."""
    try:
        transport.health()
    except (ConnectionFailed, IncompatibleServer):
        return False
    return True


def _embedded() -> Transport:
    try:
        from tuner.local import LocalTransport
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "tuner":
            raise
        raise MissingExtra("local", "Working without a server") from error
    return LocalTransport.open()
