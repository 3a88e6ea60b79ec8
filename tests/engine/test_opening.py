"""Opening and closing: who owns the database, and what a dead owner leaves behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.acting import ActingStudy
from tuner.engine import Engine
from tuner.errors import DatabaseInUse, Unavailable
from tuner.wire import TrialState

_RUN_TWO_TRIALS = """
import sys
from pathlib import Path
from tests.engine.acting import ActingStudy
from tuner.engine import Engine

engine = Engine.open(sys.argv[1], Path(sys.argv[2]), embedded=sys.argv[3] == "embedded")
study = ActingStudy.create(engine, seed=1)
study.complete(study.ask_one(), 0.5)
study.ask_one(lease_seconds=3600.0)
print(study.id, flush=True)
sys.stdin.read()
"""
on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def killed(database_url: str, tmp_path: Path) -> Callable[[str], str]:
    """Runs an engine in a process of its own, with one trial completed and one running, and kills it."""

    def run(kind: str) -> str:
        command = [sys.executable, "-c", _RUN_TWO_TRIALS, database_url, str(tmp_path / "files"), kind]
        root = Path(__file__).parents[2]
        with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            study_id = child.stdout.readline().strip()
            child.send_signal(signal.SIGKILL)
        assert study_id
        return study_id

    return run


@on_sqlite
def test_leases_of_a_dead_embedded_engine_are_void_at_the_next_open(
    killed: Callable[[str], str], open_engine: Callable[[str], Engine], database_url: str
) -> None:
    study_id = killed("embedded")
    study = ActingStudy(open_engine(database_url), study_id)
    assert study.states == ["completed", "waiting"]
    again = study.ask_one()
    assert (again.trial.number, again.trial.attempt) == (1, 2)


@on_sqlite
def test_leases_that_a_dead_server_gave_stay_good(
    killed: Callable[[str], str], open_engine: Callable[[str], Engine], database_url: str
) -> None:
    study_id = killed("server")
    study = ActingStudy(open_engine(database_url), study_id)
    assert study.states == ["completed", "running"]


def test_what_was_acknowledged_survives_a_kill(
    killed: Callable[[str], str], open_engine: Callable[[str], Engine], database_url: str
) -> None:
    study_id = killed("server")
    study = ActingStudy(open_engine(database_url), study_id)
    assert study.trial(0).values == {"loss": 0.5}
    assert study.shown.counts[TrialState.COMPLETED] == 1


@on_sqlite
def test_a_second_engine_on_the_same_file_is_refused(open_engine: Callable[[str], Engine], database_url: str) -> None:
    first = open_engine(database_url)
    with pytest.raises(DatabaseInUse):
        open_engine(database_url)
    first.close()
    assert open_engine(database_url).ready()


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_several_engines_may_share_postgres(open_engine: Callable[[str], Engine], database_url: str) -> None:
    assert open_engine(database_url).ready()
    assert open_engine(database_url).ready()


def test_closing_twice_is_fine_and_a_closed_engine_takes_no_writes(
    open_engine: Callable[[str], Engine], database_url: str
) -> None:
    engine = open_engine(database_url)
    study = ActingStudy.create(engine)
    engine.close()
    engine.close()
    with pytest.raises(Unavailable):
        study.pause()


def test_an_open_engine_looks_after_leases_by_itself(open_engine: Callable[[str], Engine], database_url: str) -> None:
    study = ActingStudy.create(open_engine(database_url))
    study.ask_one(lease_seconds=1.0)
    deadline = time.monotonic() + 20
    while study.states != ["waiting"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert study.trial(0).attempt == 1
