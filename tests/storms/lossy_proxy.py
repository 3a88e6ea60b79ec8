"""A proxy that loses what passes through it, most often after the work has been done."""

from __future__ import annotations

import random
import select
import socket
import threading
from enum import Enum
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_CHUNK = 1 << 16


class _Fate(Enum):
    PASSED = "passed"
    NOT_SENT = "the request does not arrive"
    SWALLOWED = "the reply is swallowed"
    CUT = "the reply breaks off"


class LossyProxy:
    """Passes HTTP/1.1 on to one server, and breaks the connection at some requests. A context manager.

    Args:
        url: The server.
        loss: Share of requests that are lost: most of them with their replies, after the server has answered; a few
            on the way there, and a few in the middle of the reply.
        seed: Of what is lost.
    """

    def __init__(self, url: str, *, loss: float, seed: int = 0) -> None:
        self.num_replies_lost = 0
        self.num_lost = 0
        self._upstream = (urlsplit(url).hostname, urlsplit(url).port)
        self._loss = loss
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        for thread in list(self._threads):
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            if select.select([self._listener], [], [], 0.1)[0]:
                client, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(client,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                with socket.create_connection(self._upstream) as server:
                    self._pass_on(client, server)
            except OSError:
                # Either side has gone; so do we.
                return

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        fate = _Fate.PASSED
        is_in_request = False
        while not self._stopped.is_set():
            ready = select.select([client, server], [], [], 0.1)[0]
            if client in ready:
                request = client.recv(_CHUNK)
                if not request:
                    return
                if not is_in_request:
                    fate = self._draw()
                    is_in_request = True
                if fate is _Fate.NOT_SENT:
                    return
                server.sendall(request)
            if server in ready:
                reply = server.recv(_CHUNK)
                is_in_request = False
                if not reply or fate is _Fate.SWALLOWED:
                    return
                if fate is _Fate.CUT:
                    client.sendall(reply[: len(reply) // 2])
                    return
                client.sendall(reply)

    def _draw(self) -> _Fate:
        with self._lock:
            if self._chance.random() >= self._loss:
                return _Fate.PASSED
            fate = self._chance.choices([_Fate.NOT_SENT, _Fate.SWALLOWED, _Fate.CUT], [1, 6, 1])[0]
            self.num_lost += 1
            self.num_replies_lost += fate is not _Fate.NOT_SENT
            return fate
