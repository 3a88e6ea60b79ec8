"""Uvicorn, started and stopped our way."""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from api.gateway import Gateway
from api.security import url_of
from api.settings import ApiSettings
from tuner.errors import TunerError

logger = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """Serves the application on a socket that is bound already.

    Args:
        app: The application.
        settings: Limits of shutting down.
        on_ready: Called once requests are answered.
    """

    def __init__(self, app: FastAPI, settings: ApiSettings, on_ready: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            # Names in headers of a proxy decide nothing here; the peer's own address is what counts.
            proxy_headers=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=settings.shutdown_seconds,
        )
        super().__init__(config)
        self._gateway: Gateway = app.state.gateway
        self._on_ready = on_ready

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Uvicorn hurries at a second Ctrl-C only; an operator's second SIGTERM means the same.
        if self.should_exit:
            self.force_exit = True
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._gateway.drain()
        await super().shutdown(sockets)


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to the address but not listening yet, so that nobody waits on a server that fails to start.

    Raises:
        TunerError: The address is taken or not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise TunerError(
            f"The server cannot listen on {host}, port {port}: {error.strerror}.",
            hint="Stop what listens there, or choose another port with --port (0 takes a free one).",
        ) from None
    return bound


def url_of_socket(host: str, bound: socket.socket) -> str:
    """The URL under which this machine reaches the server behind the socket."""
    return url_of(host, bound.getsockname()[1])


def write_ready_file(path: Path, url: str) -> None:
    """Tell whoever started this process where it answers; the file appears complete or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(json.dumps({"url": url, "pid": os.getpid()}))
    draft.replace(path)
