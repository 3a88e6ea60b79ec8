"""The least that a durable ask, report and tell over HTTP can cost in Python: what ours is measured against.

FastAPI with Pydantic bodies in and out, and one thread that writes with group commit into three tables: SQLite through
the standard library, PostgreSQL through psycopg. As durable as ours, so an ask or a result is on the disk before it is
answered, and a report is not. It checks that a lease's token is right. It has no sampler, no pruner, no expiry, no
idempotency, no authentication, no limits, no validation beyond types, no problem documents, no order of ranks.

``python -m benchmarks.own_training.bare_server URL PORT``, with ``sqlite:///path`` or ``postgresql://...``.
"""

from __future__ import annotations

import asyncio
import json
import queue
import random
import secrets
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from benchmarks.own_training import workload

T = TypeVar("T")
MAX_BATCH = 512

TABLES = """
create table studies (key {key}, next_number bigint not null);
create table trials (
    key {key}, study bigint not null, number bigint not null, state varchar(16) not null, params text not null,
    token varchar(64) not null, value double precision, created_at double precision not null,
    finished_at double precision, unique (study, number));
create table measurements (
    key {key}, trial bigint not null, step bigint not null, value double precision not null, unique (trial, step));
insert into studies (next_number) values (0);
"""


class Connection(Protocol):
    """What sqlite3 and psycopg have in common."""

    def execute(self, statement: Any, parameters: tuple[Any, ...] = ()) -> Any: ...


Operation = Callable[["Database"], T]


@dataclass(frozen=True)
class Write:
    """An operation that waits for the writer."""

    operation: Operation[Any]
    durable: bool
    future: Future[Any]


class Database:
    """One connection, used by the writer alone."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite:///")
        self._is_durable: bool | None = None
        if self.is_sqlite:
            connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
            connection.execute("pragma journal_mode = wal")
            connection.executescript(TABLES.format(key="integer primary key"))
            self._connection: Connection = connection
        else:
            import psycopg

            self._connection = psycopg.connect(url, autocommit=True)
            for statement in TABLES.format(key="bigint generated always as identity primary key").split(";"):
                if statement.strip():
                    self._connection.execute(statement)

    def begin(self, durable: bool) -> None:
        """Start a transaction that survives a power cut, or one that need not."""
        if self.is_sqlite:
            if durable is not self._is_durable:
                self._connection.execute(f"pragma synchronous = {'full' if durable else 'normal'}")
                self._is_durable = durable
            self._connection.execute("begin immediate")
        else:
            self._connection.execute("begin")
            if not durable:
                self._connection.execute("set local synchronous_commit = off")

    def commit(self) -> None:
        """End it."""
        self._connection.execute("commit")

    def execute(self, statement: str, *parameters: Any) -> Any:
        """Run a statement written with question marks; its cursor."""
        return self._connection.execute(statement if self.is_sqlite else statement.replace("?", "%s"), parameters)


class Writer:
    """Operations that wait together share a transaction; futures are resolved after its commit."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: queue.SimpleQueue[Write] = queue.SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    async def write(self, operation: Operation[T], *, durable: bool = True) -> T:
        """Run an operation; its result once it is committed."""
        future: Future[T] = Future()
        self._queue.put(Write(operation, durable, future))
        return await asyncio.wrap_future(future)

    def _run(self) -> None:
        while True:
            batch = [self._queue.get()]
            while len(batch) < MAX_BATCH and not self._queue.empty():
                batch.append(self._queue.get())
            self._database.begin(any(write.durable for write in batch))
            results = [write.operation(self._database) for write in batch]
            self._database.commit()
            for write, result in zip(batch, results, strict=True):
                write.future.set_result(result)


class Suggest(BaseModel):
    """Asks for trials."""

    worker: str
    count: int
    wait_seconds: float
    lease_seconds: float


class Trial(BaseModel):
    """A trial."""

    number: int
    params: dict[str, str | float]


class Leased(BaseModel):
    """A trial and its token."""

    trial: Trial
    lease: str


class Suggested(BaseModel):
    """Trials handed out."""

    trials: list[Leased]


class Report(BaseModel):
    """An intermediate value."""

    lease: str
    step: int
    value: float


class Directive(BaseModel):
    """What to do now."""

    directive: str


class Complete(BaseModel):
    """A result."""

    lease: str
    state: str
    values: dict[str, float]


class Told(BaseModel):
    """A result, stored."""

    state: str
    values: dict[str, float]


def create_app(database: Database) -> FastAPI:
    """The application; its paths and bodies are those that the plain client uses with ours."""
    app = FastAPI()
    writer = Writer(database)
    rng = random.Random()

    @app.post("/v1/studies/{study}/suggest")
    async def suggest(study: int, body: Suggest) -> Suggested:
        drawn = [(workload.draw(rng), secrets.token_hex(16)) for _ in range(body.count)]

        def insert(database: Database) -> list[int]:
            advance = "update studies set next_number = next_number + ? where key = ? returning next_number"
            (following,) = database.execute(advance, len(drawn), study).fetchone()
            numbers = list(range(following - len(drawn), following))
            for number, (params, token) in zip(numbers, drawn, strict=True):
                database.execute(
                    "insert into trials (study, number, state, params, token, created_at) values (?, ?, ?, ?, ?, ?)",
                    *(study, number, "running", json.dumps(params), token, time.time()),
                )
            return numbers

        numbers = await writer.write(insert)
        return Suggested(
            trials=[
                Leased(trial=Trial(number=number, params=params), lease=token)
                for number, (params, token) in zip(numbers, drawn, strict=True)
            ]
        )

    @app.post("/v1/studies/{study}/trials/{number}/report")
    async def report(study: int, number: int, body: Report) -> Directive:
        def insert(database: Database) -> int:
            statement = """
                insert into measurements (trial, step, value)
                select key, ?, ? from trials where study = ? and number = ? and token = ? and state = 'running'"""
            count: int = database.execute(statement, body.step, body.value, study, number, body.lease).rowcount
            return count

        if not await writer.write(insert, durable=False):
            raise HTTPException(409, "not your trial")
        return Directive(directive="continue")

    @app.post("/v1/studies/{study}/trials/{number}/complete")
    async def complete(study: int, number: int, body: Complete) -> Told:
        (value,) = body.values.values()

        def update(database: Database) -> int:
            statement = """
                update trials set state = ?, value = ?, finished_at = ?
                where study = ? and number = ? and token = ? and state = 'running'"""
            count: int = database.execute(statement, body.state, value, time.time(), study, number, body.lease).rowcount
            return count

        if not await writer.write(update):
            raise HTTPException(409, "not your trial")
        return Told(state=body.state, values=body.values)

    return app


def main() -> None:
    """Serve until killed, with uvloop, httptools and no access log, as ours does."""
    url, port = sys.argv[1:]
    uvicorn.run(create_app(Database(url)), host="127.0.0.1", port=int(port), access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
