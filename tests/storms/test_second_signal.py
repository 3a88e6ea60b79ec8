"""SIGTERM again, for an operator who will not wait."""

from __future__ import annotations

import signal
import socket
import time

import pytest

from tests.storms.caller import Caller
from tests.storms.conftest import StartServer
from tests.storms.crowd import create_study


@pytest.mark.slow
def test_a_second_sigterm_ends_a_server_at_once(start_server: StartServer, database_url: str) -> None:
    server = start_server(database_url, TUNER_API_SHUTDOWN_SECONDS="600")
    port = int(server.url.rpartition(":")[2])
    with Caller([server.url]) as caller:
        study = create_study(caller, "cut-short")
    with socket.create_connection(("127.0.0.1", port)) as upload:
        upload.sendall(b"POST /v1/datasets?name=x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\na,b\n")
        time.sleep(0.5)
        server.send_signal(signal.SIGTERM)
        # The first one waits for the upload.
        time.sleep(2)
        with Caller([server.url]) as caller:
            assert caller.once("GET", f"/v1/studies/{study}") is None
        started = time.monotonic()
        server.send_signal(signal.SIGTERM)
        server.wait(30)
        assert time.monotonic() - started < 20.0
    server.start()
    with Caller([server.url]) as caller:
        assert caller.json("GET", f"/v1/studies/{study}")["state"] == "running"
