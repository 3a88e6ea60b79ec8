"""Streams of events: one look at the database for all who watch, told to each through a queue of its own.

What a stream has told is a position, which is the event's id. A browser that was cut off comes back with it, to this
replica or another one, and is told what it has missed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pydantic import BaseModel

from tuner.engine.live import Live, Position, Step
from tuner.errors import TunerError, Unavailable
from tuner.storage.measurement_rows import Bookmark
from tuner.wire.live import Gone

logger = logging.getLogger(__name__)

# So often is looked for news of the studies that are watched, and of the list of all.
STUDY_SECONDS, LIST_SECONDS = 0.25, 1.0
MAX_WAITING = 64
MAX_STREAMS = 1_000

T = TypeVar("T")


class Reader(Protocol):
    """Runs calls that read in threads."""

    async def read(self, call: Callable[[], T]) -> T:
        """The result of a call."""


@dataclass(frozen=True)
class LiveEvent:
    """One event of a stream.

    Args:
        name: ``study``, ``trials``, ``reports``, ``gone``, or ``reset``: what is shown must be fetched anew.
        data: Its body, as JSON text.
        position: Where a later stream goes on; None: nowhere, as after ``gone``.
    """

    name: str
    data: str
    position: Position | None = None

    @property
    def id(self) -> str | None:
        """The position in text form."""
        return None if self.position is None else f"{self.position.seq}.{self.position.reports.key}"


def read_position(event_id: str | None) -> Position | None:
    """The position behind an event's id; None if it is none of ours."""
    seq, _, key = (event_id or "").partition(".")
    if not (seq.isascii() and seq.isdigit() and key.isascii() and key.isdigit() and max(len(seq), len(key)) <= 18):
        return None
    return Position(int(seq), Bookmark(int(key)))


class Stream:
    """What one open page is told. Iterate over it; it ends when the study is gone, or the server stops."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[list[LiveEvent] | None] = asyncio.Queue(MAX_WAITING)
        self._is_behind = False

    def tell(self, events: list[LiveEvent]) -> None:
        """Queue events. A page that does not keep up is told to begin anew, instead of being fed without end."""
        if self._is_behind:
            return
        try:
            self._events.put_nowait(events)
        except asyncio.QueueFull:
            self._is_behind = True

    def end(self) -> None:
        """Let it end, once it has told what waits."""
        if self._events.full():
            self._events.get_nowait()
        self._events.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[LiveEvent]:
        while (events := await self._events.get()) is not None:
            for event in events:
                yield event
            if self._is_behind and self._events.empty():
                self._is_behind = False
                yield LiveEvent("reset", "{}")


class LiveDesk:
    """Looks for news while somebody watches, and tells them.

    Args:
        live: Where news comes from.
        reader: Runs calls that read in threads.
    """

    def __init__(self, live: Live, reader: Reader) -> None:
        self._live = live
        self._reader = reader
        self._streams: dict[str, set[Stream]] = {}
        self._positions: dict[str, Position] = {}
        self._list_streams: set[Stream] = set()
        self._seqs: dict[str, int] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_drained = False

    @contextlib.asynccontextmanager
    async def follow(self, study: str, since: Position | None) -> AsyncIterator[Stream]:
        """A stream about one study, from a position on, or from now.

        Raises:
            NotFound: There is no such study.
            Unavailable: There are too many streams, or the server is stopping.
        """
        self._check_open()
        stream = Stream()
        # It listens before it catches up: nothing can fall between the two, and what it hears twice is the same.
        self._streams.setdefault(study, set()).add(stream)
        try:
            if study not in self._positions:
                position = await self._reader.read(lambda: self._live.position(study))
                self._positions.setdefault(study, position)
            if since is not None:
                missed = await self._reader.read(lambda: self._live.steps({study: since}))
                stream.tell(events_of(study, missed[study]) if study in missed else [])
            self._begin(self._look_at_studies, STUDY_SECONDS, lambda: bool(self._streams))
            yield stream
        finally:
            watching = self._streams[study]
            watching.discard(stream)
            if not watching:
                del self._streams[study]
                self._positions.pop(study, None)

    @contextlib.asynccontextmanager
    async def follow_all(self) -> AsyncIterator[Stream]:
        """A stream about the list of studies, from now on.

        Raises:
            Unavailable: There are too many streams, or the server is stopping.
        """
        self._check_open()
        stream = Stream()
        self._list_streams.add(stream)
        try:
            if self._seqs is None:
                seqs = await self._reader.read(self._live.seqs)
                self._seqs = seqs if self._seqs is None else self._seqs
            self._begin(self._look_at_list, LIST_SECONDS, lambda: bool(self._list_streams))
            yield stream
        finally:
            self._list_streams.discard(stream)
            if not self._list_streams:
                self._seqs = None

    def drain(self) -> None:
        """End all streams, because the server is stopping."""
        self._is_drained = True
        for stream in [*self._list_streams, *(each for streams in self._streams.values() for each in streams)]:
            stream.end()

    def _check_open(self) -> None:
        if self._is_drained:
            raise Unavailable("The server is stopping.", hint="Connect again in a moment.")
        if len(self._list_streams) + sum(map(len, self._streams.values())) >= MAX_STREAMS:
            raise Unavailable("Too many pages are watching.", hint="Close some, or start another server.")

    def _begin(self, look: Callable[[], Awaitable[None]], seconds: float, is_watched: Callable[[], bool]) -> None:
        """Have one loop of this kind running while anybody watches."""
        name = look.__name__
        if any(task.get_name() == name and not task.done() for task in self._tasks):
            return

        async def loop() -> None:
            while is_watched() and not self._is_drained:
                try:
                    await look()
                except TunerError as error:
                    # The database may be away for a while; the streams wait for it.
                    logger.warning("no news", extra={"action": name, "reason": error.message})
                except Exception:
                    # The edge of the loop: it must go on, whatever one look ran into.
                    logger.exception("no news", extra={"action": name})
                await asyncio.sleep(seconds)

        task = asyncio.create_task(loop(), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_at_studies(self) -> None:
        positions = dict(self._positions)
        for study, step in (await self._reader.read(lambda: self._live.steps(positions))).items():
            if step is None:
                # Who asks for it from now on is told that there is none.
                self._positions.pop(study, None)
            elif study in self._positions:
                self._positions[study] = step.position
            events = events_of(study, step)
            for stream in self._streams.get(study, ()) if events else ():
                stream.tell(events)
                if step is None:
                    stream.end()

    async def _look_at_list(self) -> None:
        known = self._seqs
        if known is None:
            return
        self._seqs, changed, gone = await self._reader.read(lambda: self._live.changed_studies(known))
        events = [LiveEvent("study", _json(study)) for study in changed]
        events += [LiveEvent("gone", _json(Gone(study=study))) for study in sorted(gone)]
        if events:
            for stream in self._list_streams:
                stream.tell(events)


def events_of(study: str, step: Step | None) -> list[LiveEvent]:
    """The events that tell of a step; of its end if it is None."""
    if step is None:
        return [LiveEvent("gone", _json(Gone(study=study)))]
    if step.is_large:
        return [LiveEvent("reset", "{}", step.position)]
    told: list[tuple[str, BaseModel | None]] = [
        ("study", step.study),
        ("trials", step.trials),
        ("reports", step.reports),
    ]
    bodies = [(name, body) for name, body in told if body is not None]
    # Only the last one moves the position: who is cut off in between is told all of them again.
    return [
        LiveEvent(name, _json(body), step.position if place == len(bodies) else None)
        for place, (name, body) in enumerate(bodies, start=1)
    ]


def _json(body: BaseModel) -> str:
    return body.model_dump_json()
