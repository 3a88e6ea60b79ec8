"""The engine as async handlers use it: blocking calls run in threads, each kind within its own limit.

Reads, claims and uploads have separate threads, so that none of them can starve the others; asks, reports and results
need no thread at all.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, ParamSpec, TypeVar

import anyio
from anyio import CapacityLimiter, from_thread, to_thread
from fastapi import Depends, Request

from api.live import LiveDesk
from api.predictions import PredictionDesk
from api.settings import ApiSettings
from tuner.engine import ANY, LOOK_AGAIN_SECONDS, Engine
from tuner.engine.models import model_file
from tuner.errors import Unavailable
from tuner.wire.models import split_model_id

P = ParamSpec("P")
T = TypeVar("T")

_HEALTH_SECONDS = 3.0
_LOCATED_SECONDS = 10.0
_MOST_LOCATED = 1_000


@dataclass(frozen=True)
class Located:
    """The file of a trained model: the trial's, its attempt's, and its checksum."""

    study: str
    number: int
    attempt: int
    sha256: str


class Gateway:
    """Calls the engine from async code.

    Args:
        engine: What answers.
        settings: Limits of threads and uploads.
    """

    def __init__(self, engine: Engine, settings: ApiSettings) -> None:
        self.engine = engine
        self.settings = settings
        self._readers = _Lane(settings.max_readers, settings.max_queued_requests)
        self._claimers = _Lane(settings.max_askers, settings.max_queued_requests)
        self._transfers = _Lane(settings.max_transfers, settings.max_queued_requests)
        self._waiting: set[asyncio.Event] = set()
        self._probes = CapacityLimiter(1)
        self._located: dict[str, tuple[float, Located]] = {}
        self.predictions = PredictionDesk(settings.max_predictions, settings.prediction_seconds)
        """Where rows wait to be predicted by workers."""
        self.live = LiveDesk(engine.live, self)
        """Who watches studies, and what they are told."""
        self._silences: set[anyio.CancelScope] = set()
        self._drained_at = math.inf

    def drain(self) -> None:
        """Answer waiting asks and end unfinished uploads soon, because the server is stopping."""
        # A little earlier than Uvicorn loses its patience, so that the uploads' clients still get an answer.
        self._drained_at = anyio.current_time() + 0.8 * self.settings.shutdown_seconds
        for silence in self._silences:
            silence.deadline = min(silence.deadline, self._drained_at)
        for changed in self._waiting:
            changed.set()
        self.predictions.drain()
        self.live.drain()

    async def read(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of a call that reads."""
        return await self._readers.run(lambda: call(*args, **kwargs))

    async def claim(self, call: Callable[[], T]) -> T:
        """The result of one look for work among all studies."""
        return await self._claimers.run(call)

    async def write(self, future: Future[T]) -> T:
        """The result of an operation that has been handed to the writer."""
        # Not asyncio.wrap_future, which would cancel the writer's future when a stopping server gives up.
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()

        def wake() -> None:
            if not written.done():
                written.set_result(None)

        def tell(_: Future[T]) -> None:
            # A server that has given up closes its loop before the last writes are done.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(wake)

        future.add_done_callback(tell)
        await written
        return future.result()

    async def ask(
        self,
        request: Request,
        wait_seconds: float,
        attempt: Callable[[], Awaitable[T]],
        is_empty: Callable[[T], bool],
        study: str = ANY,
    ) -> T:
        """The result of an ask that may wait for work. Waiting takes no thread.

        Args:
            request: Whose client may go away meanwhile.
            wait_seconds: How long it is ready to wait.
            attempt: Asks the engine once.
            is_empty: Whether a result holds no work, so that waiting goes on.
            study: Id of the study that is asked.
        """
        result = await attempt()
        if not is_empty(result) or wait_seconds <= 0 or len(self._waiting) >= self.settings.max_waiters:
            return result
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        deadline = time.monotonic() + wait_seconds
        self._waiting.add(changed)
        try:
            with self.engine.changes.heard(study, lambda: loop.call_soon_threadsafe(changed.set)):
                while is_empty(result) and (remaining := deadline - time.monotonic()) > 0:
                    if self._drained_at < math.inf or await request.is_disconnected():
                        break
                    changed.clear()
                    result = await attempt()
                    if is_empty(result):
                        # Other replicas send no word, so look again now and then.
                        with anyio.move_on_after(min(remaining, LOOK_AGAIN_SECONDS)):
                            await changed.wait()
        finally:
            self._waiting.discard(changed)
        return result

    async def receive(self, stream: AsyncIterator[bytes], call: Callable[[Iterator[bytes]], T]) -> T:
        """The result of a call that consumes a body, a chunk at a time as it arrives."""
        return await self._transfers.run(lambda: call(self._pull(stream)))

    async def located(self, model: str) -> Located:
        """Which file the model of this id is. Looked up again after some seconds only, since models do not change."""
        now = time.monotonic()
        known = self._located.get(model)
        if known is not None and now - known[0] < _LOCATED_SECONDS:
            return known[1]
        artifact, _ = await self.read(model_file, self.engine, model)
        study, number = split_model_id(model)
        found = Located(study, number, artifact.attempt, artifact.sha256)
        if len(self._located) >= _MOST_LOCATED:
            self._located.clear()
        self._located[model] = (now, found)
        return found

    async def is_ready(self) -> bool:
        """Whether the engine's database answers, and soon."""
        with anyio.move_on_after(_HEALTH_SECONDS):
            return await to_thread.run_sync(self.engine.ready, limiter=self._probes, abandon_on_cancel=True)
        return False

    def _pull(self, stream: AsyncIterator[bytes]) -> Iterator[bytes]:
        """The chunks of ``stream``, fetched from the event loop one by one; runs in a worker thread."""
        while chunk := from_thread.run(self._next_chunk, stream):
            yield chunk

    async def _next_chunk(self, stream: AsyncIterator[bytes]) -> bytes:
        seconds = self.settings.upload_silence_seconds
        deadline = min(anyio.current_time() + seconds, self._drained_at)
        with anyio.CancelScope(deadline=deadline) as silence:
            self._silences.add(silence)
            try:
                return await anext(stream, b"")
            finally:
                self._silences.discard(silence)
        if self._drained_at < math.inf:
            raise Unavailable("The server is stopping and has ended the upload.", hint="Send it again later.")
        raise Unavailable(f"The upload was silent for {seconds:g} seconds and has been ended.", hint="Send it again.")


class _Lane:
    """Some threads for calls of one kind, and a queue before them that has an end.

    Args:
        num_threads: Calls at one time.
        max_queued: Calls that may wait for a thread; one more is refused.
    """

    def __init__(self, num_threads: int, max_queued: int) -> None:
        self._limiter = CapacityLimiter(num_threads)
        self._max_calls = num_threads + max_queued
        self._num_calls = 0

    async def run(self, call: Callable[[], T]) -> T:
        """The result of a call in a thread."""
        if self._num_calls >= self._max_calls:
            raise Unavailable("Too many requests are waiting.", hint="Slow down and try again.")
        self._num_calls += 1
        try:
            return await to_thread.run_sync(call, limiter=self._limiter)
        finally:
            self._num_calls -= 1


async def _gateway(request: Request) -> Gateway:
    # Async though it awaits nothing: FastAPI would send a plain function to a thread.
    gateway: Gateway = request.app.state.gateway
    return gateway


CurrentGateway = Annotated[Gateway, Depends(_gateway)]
