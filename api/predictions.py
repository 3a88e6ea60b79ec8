"""Rows that wait to be predicted by a worker, and the answers. Nothing is predicted in this process.

The desk is in memory: a request that is waiting when its server ends is repeated by its client. Workers ask all servers
in turn, and answer to the one that they got the rows from.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tuner.errors import Conflict, NotFound, TunerError, Unavailable
from tuner.wire import Problem
from tuner.wire.models import PredictionWork

# Workers ask again at once; one that has been silent for longer than its longest question is gone.
_WORKER_SILENCE_SECONDS = 70.0
_MOST_AT_ONCE = 8


@dataclass(frozen=True)
class Answer:
    """What a worker said: the JSON text of a prediction, or what went wrong."""

    content: bytes | None
    problem: Problem | None


class PredictionDesk:
    """Where requests wait for workers, and workers for requests. Belongs to one event loop.

    Args:
        max_waiting: Requests that may wait or be answered at one time; one more is refused.
        timeout_seconds: How long a request waits for its answer.
        grace_seconds: How long it waits if no worker has asked for a while.
    """

    def __init__(self, max_waiting: int, timeout_seconds: float, grace_seconds: float = 3.0) -> None:
        self._max_waiting = max_waiting
        self._timeout_seconds = timeout_seconds
        self._grace_seconds = min(grace_seconds, timeout_seconds)
        # Says which server a request was made to, so that another one can tell it is not its own.
        self._tag = secrets.token_hex(4)
        self._numbers = itertools.count()
        self._queue: deque[PredictionWork] = deque()
        self._answers: dict[str, asyncio.Future[Answer]] = {}
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._asked_at = -_WORKER_SILENCE_SECONDS
        self._is_drained = False

    def new_id(self) -> str:
        """An id for the next request."""
        return f"{self._tag}.{next(self._numbers)}"

    async def predict(self, work: PredictionWork) -> bytes:
        """The JSON text of a worker's prediction.

        Raises:
            Unavailable: Too many requests wait, or no worker answered in time.
            TunerError: What the worker found to be wrong, such as ``InvalidDataset``.
        """
        if len(self._answers) >= self._max_waiting:
            raise Unavailable("Too many predictions are waiting.", hint="Slow down, or start more workers.")
        if self._is_drained:
            raise Unavailable("The server is stopping.", hint="Send the rows again.")
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answers[work.id] = answered
        self._queue.append(work)
        self._wake_one()
        try:
            answer = await self._in_time(answered)
        finally:
            del self._answers[work.id]
            if work in self._queue:
                self._queue.remove(work)
        if answer.problem is not None:
            raise answer.problem.to_error()
        assert answer.content is not None, "an answer has a content or a problem"
        return answer.content

    async def claim(self, wait_seconds: float, is_gone: Callable[[], Awaitable[bool]]) -> tuple[PredictionWork, ...]:
        """The requests that wait, some at a time, waiting for one if there is none.

        Args:
            wait_seconds: How long the worker is ready to wait.
            is_gone: Whether the worker has hung up: what it was handed then would be lost.
        """
        self._asked_at = time.monotonic()
        deadline = self._asked_at + wait_seconds
        while not self._queue and (left := deadline - time.monotonic()) > 0 and not self._is_drained:
            woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(woken)
            try:
                await asyncio.wait_for(woken, left)
            except TimeoutError:
                break
            finally:
                if woken in self._waiting:
                    self._waiting.remove(woken)
            if self._queue and await is_gone():
                self._wake_one()
                return ()
        self._asked_at = time.monotonic()
        return tuple(self._queue.popleft() for _ in range(min(len(self._queue), _MOST_AT_ONCE)))

    def answer(self, request: str, answer: Answer) -> None:
        """Take a worker's answer.

        Raises:
            NotFound: The request was not made to this server; another one may have it.
            Conflict: Nobody waits for it any more.
        """
        answered = self._answers.get(request)
        if answered is not None and not answered.done():
            answered.set_result(answer)
        elif request.partition(".")[0] == self._tag:
            raise Conflict(f"Nobody waits for the prediction {request!r} any more.", hint="Go on with the next one.")
        else:
            raise NotFound("waiting prediction", request, hint="Another server may have it; try again.")

    def drain(self) -> None:
        """Send waiting workers and requests away, because the server is stopping."""
        self._is_drained = True
        while self._waiting:
            self._wake_one()
        stopping = Problem.of(Unavailable("The server is stopping.", hint="Send the rows again."), 503)
        for work in self._queue:
            answered = self._answers[work.id]
            if not answered.done():
                answered.set_result(Answer(None, stopping))

    async def _in_time(self, answered: asyncio.Future[Answer]) -> Answer:
        deadline = time.monotonic() + self._timeout_seconds
        grace = time.monotonic() + self._grace_seconds
        while True:
            until = deadline if self._has_worker() else min(deadline, grace)
            done, _ = await asyncio.wait([answered], timeout=max(0.0, until - time.monotonic()))
            if done:
                return answered.result()
            if time.monotonic() >= deadline or not self._has_worker():
                raise self._unanswered()

    def _has_worker(self) -> bool:
        return bool(self._waiting) or time.monotonic() - self._asked_at < _WORKER_SILENCE_SECONDS

    def _unanswered(self) -> TunerError:
        if not self._has_worker():
            error = Unavailable(
                "No worker is there to predict.", hint="Start one with `tuner worker`, or wait until it has started."
            )
        else:
            error = Unavailable(
                f"No worker has predicted the rows within {self._timeout_seconds:g} seconds.",
                hint="Send fewer rows at a time, start more workers, or raise TUNER_API_PREDICTION_SECONDS.",
            )
        return error

    def _wake_one(self) -> None:
        while self._waiting:
            woken = self._waiting.popleft()
            if not woken.done():
                woken.set_result(None)
                return
