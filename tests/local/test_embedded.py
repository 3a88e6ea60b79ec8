"""The engine in the user's own process: who may open it, and what users run around it."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import tuner
from tuner.errors import DatabaseInUse, ForkedEngine, TunerError
from tuner.testing.client import new_study

PREAMBLE = """
import time, os, sys, signal
import tuner

def train(trial):
    return trial.params["x"] ** 2

client = tuner.Client()
study = client.create_study("mine", space={"x": tuner.Float(-1, 1)}, objectives={"loss": "minimize"})
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TUNER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    """Starts programs that go on after the preamble, and sees that none is left over."""
    started: list[subprocess.Popen[str]] = []

    def start_one(script: str, *, from_standard_input: bool = False) -> subprocess.Popen[str]:
        arguments = ["-"] if from_standard_input else ["-c", PREAMBLE + textwrap.dedent(script)]
        pipe = subprocess.PIPE
        process = subprocess.Popen([sys.executable, *arguments], stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        started.append(process)
        return process

    yield start_one
    for process in started:
        process.kill()
        with process:
            pass


def output(process: subprocess.Popen[str], given: str | None = None) -> str:
    out, errors = process.communicate(given, timeout=60)
    assert process.returncode == 0, errors
    assert errors == ""
    return out


def test_clients_of_one_process_share_the_engine(home: Path) -> None:
    with tuner.Client() as first, tuner.Client() as second:
        study = new_study(first)
        assert second.get_study(study.name).id == study.id


def test_engine_stays_open_until_the_last_client_is_closed(home: Path) -> None:
    first = tuner.Client()
    with tuner.Client() as second:
        first.close()
        first.close()
        assert second.list_studies() == []
        with pytest.raises(TunerError, match="has been closed"):
            first.list_studies()


def test_closed_database_can_be_opened_by_another_process(home: Path, start: Start) -> None:
    tuner.Client().close()
    assert "mine" in output(start("print(study.name)"))


def test_second_process_is_told_who_owns_the_database(home: Path, start: Start) -> None:
    owner = start('print("open", flush=True); sys.stdin.read()')
    assert owner.stdout is not None
    assert owner.stdout.readline() == "open\n"
    with pytest.raises(DatabaseInUse, match="tuner serve") as caught:
        tuner.Client()
    assert str(owner.pid) in str(caught.value)
    output(owner)


def test_forked_child_cannot_use_its_parents_client(home: Path) -> None:
    with tuner.Client() as client:
        study = new_study(client)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                study.ask()
            except ForkedEngine:
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        study.ask().tell(0.5)


def test_forked_child_that_exits_leaves_the_engine_to_its_parent(home: Path, start: Start) -> None:
    done = output(
        start("""
        if os.fork() == 0:
            sys.exit()
        os.wait()
        study.ask().tell(0.5)
        print(study.best_value)
        """)
    )
    assert done == "0.5\n"


def test_script_without_a_main_guard_works(home: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(PREAMBLE + "study.optimize(train, trials=6, workers=3)\nprint(study.num_trials)\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("6\n", "")


def test_script_from_standard_input_works(home: Path, start: Start) -> None:
    script = PREAMBLE + "study.optimize(train, trials=6, workers=3)\nprint(study.num_trials)\n"
    assert output(start("", from_standard_input=True), script) == "6\n"


def test_script_beside_folders_called_like_ours_works(home: Path, tmp_path: Path) -> None:
    for name in ("api", "worker", "migrations"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('not yours')\n")
    script = tmp_path / "script.py"
    script.write_text(PREAMBLE + "study.optimize(train, trials=1)\nprint(study.num_trials)\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout == "1\n"


def test_program_that_closes_nothing_ends_at_once(home: Path, start: Start) -> None:
    started = time.monotonic()
    output(start("trial = study.ask(); trial.report(0, 1.0)"))
    assert time.monotonic() - started < 20


def test_told_results_survive_the_death_of_the_process(home: Path, start: Start) -> None:
    process = start("""
        study.ask().tell(0.25)
        held = study.ask()
        print("told", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    with tuner.Client() as client:
        study = client.get_study("mine")
        assert study.best_value == 0.25
        assert study.ask().number == 1
        assert study.trial(1).attempt == 2


def test_interrupted_wait_leaves_the_study_running(home: Path, start: Start) -> None:
    process = start("""
        print("waiting", flush=True)
        study.wait()
        print(study.state)
    """)
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert output(process) == "running\n"


@pytest.mark.parametrize("workers", [1, 3])
def test_interrupted_optimize_hands_its_trials_back(home: Path, start: Start, workers: int) -> None:
    process = start(f"""
        def train(trial):
            if trial.number == {workers} - 1:
                print("training", flush=True)
            time.sleep(30)
        try:
            study.optimize(train, workers={workers})
        except KeyboardInterrupt:
            print(*[trial.state for trial in study.trials()])
    """)
    assert process.stdout is not None
    assert process.stdout.readline() == "training\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert output(process).split() == ["waiting"] * workers


def test_interrupted_ask_ends(home: Path, start: Start) -> None:
    process = start("""
        study.set_budget(tuner.Budget(trials=1))
        held = study.ask()
        print("asking", flush=True)
        try:
            study.ask()
        except KeyboardInterrupt:
            print("interrupted")
    """)
    assert process.stdout is not None
    assert process.stdout.readline() == "asking\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert output(process) == "interrupted\n"


def test_progress_is_not_shown_where_nobody_sees_it(home: Path, start: Start) -> None:
    assert output(start("study.cancel(); study.wait()")) == ""
