"""One look at the database for all who watch, told to each through a queue of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import TypeVar

import pytest

import api.live
from api.live import LiveDesk, LiveEvent, Stream
from tests.engine.acting import ActingStudy
from tuner.engine import Engine
from tuner.engine.live import Live, Position, Step
from tuner.engine.views import Views
from tuner.errors import NotFound, Unavailable
from tuner.storage import Database
from tuner.wire import StudyResource

T = TypeVar("T")

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


class Threads:
    """Runs calls in threads, as the gateway does."""

    async def read(self, call: Callable[[], T]) -> T:
        return await asyncio.to_thread(call)


class CountedLive(Live):
    """Counts the looks at the database, and how many there are at one time."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, Views(database))
        self.looks: list[frozenset[str]] = []
        self.num_list_looks = 0
        self.failures: list[Exception] = []
        self._looking = threading.Lock()
        self.overlapped = False

    def steps(self, positions: Mapping[str, Position]) -> dict[str, Step | None]:
        self.overlapped = self.overlapped or not self._looking.acquire(blocking=False)
        try:
            self.looks.append(frozenset(positions))
            if self.failures:
                raise self.failures.pop()
            return super().steps(positions)
        finally:
            self._looking.release()

    def changed_studies(self, known: Mapping[str, int]) -> tuple[dict[str, int], list[StudyResource], set[str]]:
        self.num_list_looks += 1
        return super().changed_studies(known)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.live, "STUDY_SECONDS", 0.02)
    monkeypatch.setattr(api.live, "LIST_SECONDS", 0.02)


@pytest.fixture
def live(database: Database) -> CountedLive:
    return CountedLive(database)


async def next_event(stream: Stream, name: str) -> LiveEvent:
    async for event in stream:
        if event.name == name:
            return event
    raise AssertionError("the stream has ended")


def test_many_streams_share_one_look(engine: Engine, live: CountedLive) -> None:
    studies = [ActingStudy.create(engine, name) for name in ("a", "b")]

    async def watch() -> None:
        desk = LiveDesk(live, Threads())
        async with AsyncExitStack() as stack:
            streams = [
                await stack.enter_async_context(desk.follow(study.id, None)) for study in studies for _ in range(20)
            ]
            live.looks.clear()
            for study in studies:
                study.ask_one()
            events = await asyncio.gather(*(next_event(stream, "trials") for stream in streams))
            assert len(events) == 40
            # Each look is about all studies that are watched, and no two are at one time.
            assert set(live.looks) == {frozenset(study.id for study in studies)}
            assert not live.overlapped

    asyncio.run(asyncio.wait_for(watch(), 30))


def test_nobody_looks_while_nobody_watches(engine: Engine, live: CountedLive) -> None:
    study = ActingStudy.create(engine)

    async def watch() -> None:
        desk = LiveDesk(live, Threads())
        for _ in range(2):
            async with desk.follow(study.id, None) as stream, desk.follow_all() as list_stream:
                study.ask_one()
                await next_event(stream, "trials")
                await next_event(list_stream, "study")
            await asyncio.sleep(0.2)
            count = len(live.looks), live.num_list_looks
            await asyncio.sleep(0.2)
            assert (len(live.looks), live.num_list_looks) == count

    asyncio.run(asyncio.wait_for(watch(), 30))


@pytest.mark.parametrize("failure", [Unavailable("The database did not answer."), ZeroDivisionError()])
def test_a_look_that_fails_ends_no_stream(engine: Engine, live: CountedLive, failure: Exception) -> None:
    study = ActingStudy.create(engine)

    async def watch() -> None:
        desk = LiveDesk(live, Threads())
        async with desk.follow(study.id, None) as stream:
            live.failures.append(failure)
            study.ask_one()
            await next_event(stream, "trials")
            assert live.failures == []

    asyncio.run(asyncio.wait_for(watch(), 30))


def test_a_reader_that_does_not_keep_up_is_told_to_begin_anew(
    engine: Engine, live: CountedLive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.live, "MAX_WAITING", 3)
    study = ActingStudy.create(engine)

    async def watch() -> None:
        desk = LiveDesk(live, Threads())
        async with desk.follow(study.id, None) as slow, desk.follow(study.id, None) as quick:
            for _ in range(6):
                study.ask_one()
                await next_event(quick, "trials")
            told: list[str] = []
            async for event in slow:
                told.append(event.name)
                if event.name == "reset":
                    break
            assert told == ["study", "trials"] * 3 + ["reset"]
            study.ask_one()
            assert (await next_event(slow, "trials")).data.count('"numbers":[6]') == 1

    asyncio.run(asyncio.wait_for(watch(), 30))


def test_a_position_moves_when_all_of_a_step_has_been_told(engine: Engine, live: CountedLive) -> None:
    study = ActingStudy.create(engine)

    async def watch() -> list[LiveEvent]:
        desk = LiveDesk(live, Threads())
        async with desk.follow(study.id, Position()) as stream:
            events: list[LiveEvent] = []
            async for event in stream:
                events.append(event)
                if event.id is not None:
                    break
            return events

    leased = study.ask_one()
    study.report(leased, 1, 0.5)
    events = asyncio.run(asyncio.wait_for(watch(), 30))
    assert [(event.name, event.id is None) for event in events] == [
        ("study", True),
        ("trials", True),
        ("reports", False),
    ]
    assert (events[-1].id or "").startswith(f"{study.shown.seq}.")


def test_a_study_that_is_no_more_cannot_be_followed(engine: Engine, live: CountedLive) -> None:
    study = ActingStudy.create(engine)

    async def watch() -> None:
        desk = LiveDesk(live, Threads())
        async with desk.follow(study.id, None) as stream:
            engine.studies.delete(study.cancel().id).result()
            assert (await next_event(stream, "gone")).id is None
            assert [event async for event in stream] == []
            # Though somebody still listens to what is no more.
            with pytest.raises(NotFound):
                async with desk.follow(study.id, None):
                    pass

    asyncio.run(asyncio.wait_for(watch(), 30))


def test_there_is_a_limit_of_streams(engine: Engine, live: CountedLive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.live, "MAX_STREAMS", 2)
    study = ActingStudy.create(engine)

    async def watch() -> None:
        desk = LiveDesk(live, Threads())
        async with desk.follow(study.id, None), desk.follow_all():
            with pytest.raises(Unavailable, match="Too many pages"):
                async with desk.follow(study.id, None):
                    pass
        async with desk.follow(study.id, None):
            pass

    asyncio.run(asyncio.wait_for(watch(), 30))


def test_a_stopping_server_ends_streams_and_opens_none(engine: Engine, live: CountedLive) -> None:
    study = ActingStudy.create(engine)

    async def watch() -> None:
        desk = LiveDesk(live, Threads())
        async with desk.follow(study.id, None) as stream, desk.follow_all() as list_stream:
            desk.drain()
            assert [event async for event in stream] == []
            assert [event async for event in list_stream] == []
            with pytest.raises(Unavailable, match="stopping"):
                async with desk.follow(study.id, None):
                    pass

    asyncio.run(asyncio.wait_for(watch(), 30))
