"""Requests over raw HTTP, repeated until somebody answers them."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import httpx

Body = dict[str, Any]

# What says "try again": overload, a database that is away, a full disk.
PASSING = (503, 507)
# A server that is there answers within this time, however bad its news.
ANSWER_SECONDS = 30.0


class GaveUp(Exception):
    """The caller was told to stop before an answer came."""


class Traffic:
    """What became of the requests of many threads."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.num_unanswered = 0
        self.slowest_seconds = 0.0
        self._lock = threading.Lock()

    def answered(self, status: int, seconds: float) -> None:
        with self._lock:
            self.statuses[status] += 1
            self.slowest_seconds = max(self.slowest_seconds, seconds)

    def unanswered(self) -> None:
        with self._lock:
            self.num_unanswered += 1

    @property
    def num_refused(self) -> int:
        """Answers that said: try again later."""
        return sum(self.statuses[status] for status in PASSING)


class Caller:
    """One connection to whichever of several replicas answers. A context manager.

    Args:
        urls: The replicas, or the only server.
        seed: Of the pauses and of the choice of replicas.
        stopped: When set, nothing is repeated any more.
        traffic: Is told of every answer.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        seed: int = 0,
        stopped: threading.Event | None = None,
        traffic: Traffic | None = None,
    ) -> None:
        self.traffic = traffic or Traffic()
        self._urls = urls
        self._chance = random.Random(seed)
        self._at = self._chance.randrange(len(urls))
        self._stopped = stopped or threading.Event()
        # Reading the machine's certificates, of which plain HTTP needs none, takes longer than a hundred requests.
        self._http = httpx.Client(timeout=ANSWER_SECONDS, trust_env=False, verify=False)

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def insist(
        self, method: str, path: str, *, key: str | None = None, headers: dict[str, str] | None = None, **sent: Any
    ) -> httpx.Response:
        """The answer to a request that is repeated, as it is, while no server answers or one says "later".

        Raises:
            GaveUp: It was time to stop.
            httpx.TimeoutException: A server took the request and fell silent.
        """
        headers = (headers or {}) | ({} if key is None else {"Idempotency-Key": key})
        while True:
            answer = self.once(method, path, headers=headers, **sent)
            if answer is not None and answer.status_code not in PASSING:
                return answer
            self._at = (self._at + 1) % len(self._urls)
            if self._stopped.wait(self._chance.uniform(0.02, 0.3)):
                raise GaveUp

    def once(self, method: str, path: str, **sent: Any) -> httpx.Response | None:
        """The answer to a request that is sent once; None when no whole answer comes back.

        Raises:
            httpx.TimeoutException: A server took the request and fell silent.
        """
        started = time.monotonic()
        try:
            answer = self._http.request(method, self._urls[self._at] + path, **sent)
        except httpx.TimeoutException:
            raise
        except httpx.TransportError:
            self.traffic.unanswered()
            return None
        self.traffic.answered(answer.status_code, time.monotonic() - started)
        return answer

    def json(self, method: str, path: str, body: Body | None = None, *, key: str | None = None) -> Body:
        """The body of the answer, which must be a success."""
        answer = self.insist(method, path, key=key, **({} if body is None else {"json": body}))
        assert answer.is_success, answer.text
        return dict(answer.json())

    def pages(self, path: str, *, limit: int = 1_000) -> Iterator[Body]:
        """All items of a list."""
        cursor = ""
        while True:
            page = self.json("GET", f"{path}?limit={limit}{cursor}")
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            cursor = f"&cursor={page['next_cursor']}"
