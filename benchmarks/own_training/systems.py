"""The systems that are compared: how each is started, and what it has stored in the end."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import optuna
import psycopg

from benchmarks.databases import POSTGRES, SQLITE, plain_url
from benchmarks.own_training import workload
from benchmarks.own_training.optuna_storage import open_storage
from benchmarks.servers import module_server, tuner_servers

RANDOM = "random"
DEFAULT = "default"


@dataclass(frozen=True)
class Stored:
    """What the storage holds after the clients have gone.

    Args:
        numbers: Of finished trials.
        num_unfinished: Trials still running.
        num_short: Finished trials without their last report.
        checksum: Sum of the last reports of finished trials.
    """

    numbers: list[int]
    num_unfinished: int
    num_short: int
    checksum: float


@dataclass(frozen=True)
class Running:
    """A system that is ready for clients.

    Args:
        addresses: Where clients go.
        inspect: Reads what is stored.
        study: Id of the study, for plain HTTP.
        pids: Its server processes, without the database's.
    """

    addresses: list[str]
    inspect: Callable[[], Stored]
    study: str = ""
    pids: tuple[int, ...] = ()


@dataclass(frozen=True)
class System:
    """One column of the comparison.

    Args:
        name: For the command line.
        title: For tables.
        kind: How its clients speak.
        databases: What it can stand on.
        samplers: ``random``, ``default``.
        start: Starts it in a folder, on a database's URL, for a sampler.
        min_clients: Fewer make no sense.
    """

    name: str
    title: str
    kind: str
    databases: tuple[str, ...]
    samplers: tuple[str, ...]
    start: Callable[[Path, str, str], AbstractContextManager[Running]]
    min_clients: int = 1


def systems() -> list[System]:
    """All of them, in the order of the tables."""
    both, all_samplers = (SQLITE, POSTGRES), (RANDOM, DEFAULT)
    return [
        System("sdk", "tuner, SDK", "sdk", both, all_samplers, _tuner(1)),
        System("http", "tuner, plain HTTP", "plain", both, all_samplers, _tuner(1)),
        System("replicas", "tuner, plain HTTP, 2 API processes", "plain", (POSTGRES,), all_samplers, _tuner(2), 2),
        System("rdb", "Optuna RDBStorage", "optuna", both, all_samplers, _rdb),
        System("rdb_wal", "Optuna RDBStorage, file set to WAL", "optuna", (SQLITE,), all_samplers, _rdb_wal),
        System("grpc", "Optuna gRPC proxy", "optuna", both, all_samplers, _grpc),
        System("journal", "Optuna JournalStorage (its own file)", "optuna", (SQLITE,), all_samplers, _journal),
        System("bare", "bare FastAPI + writer", "plain", both, (RANDOM,), _bare),
    ]


def _tuner(num_servers: int) -> Callable[[Path, str, str], AbstractContextManager[Running]]:
    @contextmanager
    def start(folder: Path, url: str, sampler: str) -> Iterator[Running]:
        with tuner_servers(folder, url, num_servers) as servers:
            body: dict[str, Any] = {"name": workload.STUDY, "space": workload.SPACE_JSON}
            body["objectives"] = {workload.OBJECTIVE: "minimize"}
            if sampler == RANDOM:
                body |= {"sampler": "random", "pruner": "none"}
            with httpx.Client(base_url=servers[0].url, timeout=60) as http:
                study = http.post("/v1/studies", json=body).raise_for_status().json()["id"]
            yield Running(
                [server.url for server in servers],
                lambda: _inspect_tuner(servers[0].url, study),
                study,
                tuple(server.pid for server in servers),
            )

    return start


def _inspect_tuner(url: str, study: str) -> Stored:
    trials: list[dict[str, Any]] = []
    query = {"limit": "1000"}
    with httpx.Client(base_url=url, timeout=60) as http:
        while True:
            page = http.get(f"/v1/studies/{study}/trials", params=query).raise_for_status().json()
            trials += page["items"]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        finished = [trial for trial in trials if trial["state"] in ("completed", "pruned")]
        # Of a sample the whole learning curve, of all others the last report.
        curves = [
            http.get(f"/v1/studies/{study}/trials/{trial['number']}/measurements").raise_for_status().json()["items"]
            for trial in finished[:: max(len(finished) // 20, 1)]
        ]
    is_short = [trial["last_step"] != workload.LAST_STEP for trial in finished]
    return Stored(
        [trial["number"] for trial in finished],
        len(trials) - len(finished),
        sum(is_short) + sum(len(curve) != workload.REPORTS for curve in curves),
        sum(trial["last_value"] or 0.0 for trial in finished),
    )


@contextmanager
def _rdb(folder: Path, url: str, sampler: str) -> Iterator[Running]:
    yield _optuna(url)


@contextmanager
def _rdb_wal(folder: Path, url: str, sampler: str) -> Iterator[Running]:
    # Not in Optuna's documentation, but one command, and the mode stays with the file.
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.execute("pragma journal_mode = wal")
    yield _optuna(url)


@contextmanager
def _grpc(folder: Path, url: str, sampler: str) -> Iterator[Running]:
    direct = _optuna(url)
    with module_server(folder, "benchmarks.own_training.optuna_proxy", url) as server:
        yield Running([server.url.replace("http://", "grpc://")], direct.inspect, pids=(server.pid,))


@contextmanager
def _journal(folder: Path, url: str, sampler: str) -> Iterator[Running]:
    yield _optuna(f"journal:{folder / 'journal.log'}")


def _optuna(address: str) -> Running:
    optuna.create_study(study_name=workload.STUDY, storage=open_storage(address))
    return Running([address], lambda: _inspect_optuna(address))


def _inspect_optuna(address: str) -> Stored:
    trials = optuna.load_study(study_name=workload.STUDY, storage=open_storage(address)).get_trials(deepcopy=False)
    finished = [trial for trial in trials if trial.state.is_finished()]
    return Stored(
        [trial.number for trial in finished],
        len(trials) - len(finished),
        sum(len(trial.intermediate_values) != workload.REPORTS for trial in finished),
        sum(trial.intermediate_values.get(workload.LAST_STEP, 0.0) for trial in finished),
    )


@contextmanager
def _bare(folder: Path, url: str, sampler: str) -> Iterator[Running]:
    own_url = plain_url(url)
    with module_server(folder, "benchmarks.own_training.bare_server", own_url) as server:
        yield Running([server.url], lambda: _inspect_bare(own_url), "1", (server.pid,))


def _inspect_bare(url: str) -> Stored:
    is_sqlite = url.startswith("sqlite:///")
    connection: Any = sqlite3.connect(url.removeprefix("sqlite:///")) if is_sqlite else psycopg.connect(url)
    with closing(connection):
        trials = connection.execute("select number, state, key from trials").fetchall()
        counts = connection.execute("select trial, count(*) from measurements group by trial").fetchall()
        values = connection.execute(f"select value from measurements where step = {workload.LAST_STEP}").fetchall()
    num_reports = dict(counts)
    finished = [(number, key) for number, state, key in trials if state != "running"]
    return Stored(
        [number for number, _ in finished],
        len(trials) - len(finished),
        sum(num_reports.get(key, 0) != workload.REPORTS for _, key in finished),
        sum(value for (value,) in values),
    )
