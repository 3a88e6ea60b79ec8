"""Listening to a stream of events as browsers do: HTML Living Standard, section 9.2."""

from __future__ import annotations

import http.client
import json
import queue
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Event:
    """One event of a stream, its body read as JSON."""

    name: str
    data: Any  # JSON
    id: str


class EventSource:
    """One connection to a stream.

    Args:
        url: Server and path.
        last_id: Id of the last event of an earlier connection.
        headers: Further headers, such as a cookie.
    """

    def __init__(self, url: str, last_id: str = "", headers: dict[str, str] | None = None) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port)
        sent = {"Accept": "text/event-stream", "Cache-Control": "no-store", **(headers or {})}
        if last_id:
            sent["Last-Event-ID"] = last_id
        self._connection.request("GET", f"{parts.path}?{parts.query}", headers=sent)
        # The response takes it over from the connection.
        self._socket = self._connection.sock
        self.response = self._connection.getresponse()
        self.last_id = last_id
        self.error: Exception | None = None
        """What has ended the connection, if not the server's own end."""
        self._events: queue.Queue[Event | None] = queue.Queue()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Go away."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self.response.close()
        self._connection.close()
        self._socket.close()

    def next(self) -> Event:
        """The next event."""
        event = self._events.get(timeout=PATIENCE_SECONDS)
        assert event is not None, f"the stream has ended: {self.error}"
        if event.id:
            self.last_id = event.id
        return event

    def until(self, name: str) -> Event:
        """The next event of this name; others before it are passed over."""
        while (event := self.next()).name != name:
            pass
        return event

    def wait_for_end(self) -> list[Event]:
        """Wait until the server ends the stream; what it told before."""
        told: list[Event] = []
        while (event := self._events.get(timeout=PATIENCE_SECONDS)) is not None:
            told.append(event)
        return told

    def _listen(self) -> None:
        fields: dict[str, str] = {}
        try:
            while line := self.response.readline():
                text = line.decode().rstrip("\r\n")
                name, _, value = text.partition(":")
                if text and name:
                    fields[name] = fields[name] + "\n" + value.lstrip(" ") if name in fields else value.lstrip(" ")
                elif not text and "data" in fields:
                    self._events.put(
                        Event(fields.get("event", "message"), json.loads(fields["data"]), fields.get("id", ""))
                    )
                    fields = {}
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            self.error = error
        self._events.put(None)
