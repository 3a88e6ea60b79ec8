"""Bytes on the wire and the server's processor time: to load a study, and to follow it.

``page`` measures the page itself; this is what it asks of the server. A load is what a page fetches when a study is
opened: the study, its trials as columns and its curves. The first one after a change makes the columns, later ones are
answered from memory, and one by a browser that has been there is answered 304. Following is measured while trials are
imported at a steady rate, first without anybody who watches, then with one stream and with ten.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator

import httpx

from benchmarks.dashboard import studies
from benchmarks.report import Table
from benchmarks.settings import Settings
from benchmarks.usage import cpu_seconds, resident_megabytes

STREAMS = (0, 1, 10)
REPEATED = 10
RATE = 20.0
FOLLOW_SECONDS = 20.0


def measure(settings: Settings) -> Iterator[Table]:
    """What it costs to load studies, and to follow one."""
    rng = random.Random(0)
    with studies.server() as (_, api, http):
        rows: list[list[str | float]] = []
        paths = [studies.create(http, size, rng) for size in settings.shown]
        for size, path in zip(settings.shown, paths, strict=True):
            # The server has seen all trials come; what is measured is the page's part.
            http.get(f"{path}/importances").raise_for_status()
            rows += [[f"{size:,} x 20", *row] for row in _load(http, api.pid, path)]
        yield Table(
            f"Loading a study: bytes of the columns and processor time of the server (later loads: mean of {REPEATED})",
            ["trials", "load", "kB of columns", "kB of all, compressed", "ms of processor"],
            rows,
        )
        followed = [_follow(http, api.url, api.pid, paths[0], count, rng) for count in STREAMS]
        yield Table(
            f"Following a study of {settings.shown[0]:,} trials for {FOLLOW_SECONDS:g} s at {RATE:g} new trials/s",
            [
                "streams",
                "ms of processor per s",
                "the streams' part",
                "kB/s to each",
                "events of trials",
                "resident MB",
            ],
            [[count, row[0], row[0] - followed[0][0], *row[1:]] for count, row in zip(STREAMS, followed, strict=True)],
        )


def _load(http: httpx.Client, pid: int, path: str) -> Iterator[list[str | float]]:
    """First and later loads of one study."""
    plain = len(http.get(f"{path}/columns", headers={"Accept-Encoding": "identity"}).raise_for_status().content)
    # A change, so that the columns have to be made again.
    http.patch(f"{path}/trials/0", json={"note": "changed"}).raise_for_status()
    first, compressed, tag = _one_load(http, pid, path, "")
    yield ["first after a change", f"{plain / 1e3:,.0f}", f"{compressed / 1e3:,.0f}", 1000 * first]
    for name, known in (("by another browser", ""), ("again", tag)):
        loads = [_one_load(http, pid, path, known) for _ in range(REPEATED)]
        mean = sum(seconds for seconds, _, _ in loads) / REPEATED
        yield [name, f"{plain / 1e3:,.0f}", f"{loads[0][1] / 1e3:,.0f}", 1000 * mean]


def _one_load(http: httpx.Client, pid: int, path: str, tag: str) -> tuple[float, int, str]:
    """Processor seconds, bytes received, and the columns' tag."""
    began = cpu_seconds([pid])
    received = 0
    headers = {"If-None-Match": tag} if tag else {}
    for what in ("", "/columns", "/curves"):
        asked = headers if what == "/columns" else {}
        with http.stream("GET", f"{path}{what}", headers={"Accept-Encoding": "gzip", **asked}) as answer:
            received += sum(map(len, answer.iter_raw()))
        if what == "/columns":
            tag = answer.headers["etag"]
    return cpu_seconds([pid]) - began, received, tag


class _Reader(threading.Thread):
    """Reads a stream until it is told to go."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self._is_done = False
        self.opened = threading.Event()
        self.num_bytes = 0
        self.num_events = 0

    def run(self) -> None:
        with httpx.Client(timeout=60) as http, http.stream("GET", self._url) as answer:
            self.opened.set()
            for part in answer.iter_raw():
                self.num_bytes += len(part)
                self.num_events += part.count(b"event: trials")
                if self._is_done:
                    return

    def stop(self) -> None:
        """Go away when the next event comes."""
        self._is_done = True


def _follow(http: httpx.Client, url: str, pid: int, path: str, num_streams: int, rng: random.Random) -> list[float]:
    """Processor milliseconds per second, kB/s to each stream, events told to each, and resident memory."""
    readers = [_Reader(f"{url}{path}/events") for _ in range(num_streams)]
    for reader in readers:
        reader.start()
        reader.opened.wait(60)
    time.sleep(1)
    before = [reader.num_bytes for reader in readers]
    began, used = time.monotonic(), cpu_seconds([pid])
    count = int(RATE * FOLLOW_SECONDS)
    for number in range(count):
        time.sleep(max(0.0, began + number / RATE - time.monotonic()))
        studies.add(http, path, 1, rng)
    time.sleep(1)
    seconds = time.monotonic() - began
    spent = cpu_seconds([pid]) - used
    sent = sum(reader.num_bytes - earlier for reader, earlier in zip(readers, before, strict=True))
    events = sum(reader.num_events for reader in readers) / max(1, num_streams)
    memory = resident_megabytes(pid)
    for reader in readers:
        reader.stop()
    studies.add(http, path, 1, rng)
    for reader in readers:
        reader.join(60)
    return [1000 * spent / seconds, sent / seconds / 1e3 / max(1, num_streams), events, memory]
