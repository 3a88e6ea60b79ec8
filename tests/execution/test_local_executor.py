import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import psutil
import pytest

from tests.execution.conftest import ActingExecutor, events_until
from tuner.execution import Failed, Finished, LocalExecutor, Needed, ProcessLimits, ProcessStart, Reported, Started
from tuner.records import FailureReason
from tuner.testing.executor import ExecutorContract
from tuner.training import TrainingJob
from tuner.wire.artifacts import LOG, MODEL, PREDICTIONS

MakeJob = Callable[..., TrainingJob]
MakeExecutor = Callable[..., ActingExecutor]


class TestLocalExecutorContract(ExecutorContract):
    @classmethod
    def make_executor(cls, folder: Path) -> LocalExecutor:
        return LocalExecutor(folder)


def end_of(executor: LocalExecutor, job: TrainingJob) -> Finished | Failed:
    with closing(executor.start(job)) as execution:
        while True:
            event = execution.next_event(60.0)
            assert event is not None
            if isinstance(event, Reported):
                execution.answer()
            if isinstance(event, Finished | Failed):
                return event


def log_of(executor: LocalExecutor, job: TrainingJob) -> str:
    with closing(executor.start(job)) as execution:
        events_until(execution, Finished)
        return (execution.folder / LOG).read_text()


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until_gone(*pids: int, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while any(is_running(pid) for pid in pids):
        assert time.monotonic() < deadline, "the processes live on"
        time.sleep(0.02)


def test_events_come_in_order(executor: ActingExecutor, make_job: MakeJob) -> None:
    with closing(executor.start(make_job("count_to_three"))) as execution:
        events = []
        while not isinstance(event := execution.next_event(60.0), Finished):
            events.append(event)
            if isinstance(event, Reported):
                execution.answer()
    assert events == [Started(), Reported(1, 0.1), Reported(2, 0.2), Reported(3, 0.3)]
    assert event == Finished(0.3, {"num_steps": 0}, stopped=False)


def test_last_event_is_repeated(executor: ActingExecutor, make_job: MakeJob) -> None:
    with closing(executor.start(make_job("fail"))) as execution:
        end = events_until(execution, Failed)[-1]
        assert execution.next_event(0.0) == end


def test_next_event_returns_none_when_nothing_happens(executor: ActingExecutor, make_job: MakeJob) -> None:
    with closing(executor.start(make_job("hang"))) as execution:
        events_until(execution, Reported)
        assert execution.next_event(0.1) is None


def test_stop_takes_effect_at_the_next_step(executor: ActingExecutor, make_job: MakeJob) -> None:
    with closing(executor.start(make_job("count_until_stopped"))) as execution:
        events_until(execution, Reported)
        execution.stop()
        end = events_until(execution, Finished)[-1]
    assert isinstance(end, Finished)
    assert end.stopped
    assert end.metrics["num_steps"] <= 2


def test_training_does_not_run_ahead_of_the_answers(executor: ActingExecutor, make_job: MakeJob) -> None:
    with closing(executor.start(make_job("race_to_a_thousand"))) as execution:
        for _ in range(3):
            events_until(execution, Reported)
            execution.answer()
        execution.stop()
        end = events_until(execution, Finished)[-1]
    assert isinstance(end, Finished)
    assert end.metrics["num_steps"] <= 4


def test_training_goes_on_when_nobody_answers(executor: ActingExecutor, make_job: MakeJob) -> None:
    started_at = time.monotonic()
    with closing(executor.start(make_job("race_to_a_thousand"))) as execution:
        end = events_until(execution, Finished)[-1]
    assert isinstance(end, Finished)
    assert end.metrics["num_steps"] == 1000
    assert time.monotonic() - started_at < 20


def test_finished_training_leaves_its_files(executor: ActingExecutor, make_job: MakeJob) -> None:
    with closing(executor.start(make_job("count_to_three"))) as execution:
        events_until(execution, Finished)
        assert {MODEL, PREDICTIONS, LOG} <= {path.name for path in execution.folder.iterdir()}


def test_what_libraries_print_goes_to_the_log(executor: ActingExecutor, make_job: MakeJob) -> None:
    log = log_of(executor, make_job("write_log"))
    assert "spoken" in log
    assert "complained" in log


def test_killed_process_is_named_with_its_signal(executor: ActingExecutor, make_job: MakeJob) -> None:
    end = end_of(executor, make_job("die_by_sigkill"))
    assert isinstance(end, Failed)
    assert end.reason is FailureReason.ERROR
    assert "killed by SIGKILL" in end.message


def test_crash_tells_where_it_happened(executor: ActingExecutor, make_job: MakeJob) -> None:
    end = end_of(executor, make_job("crash"))
    assert isinstance(end, Failed)
    assert "killed by SIGSEGV" in end.message
    assert "in crash" in end.message


def test_exit_without_a_result_is_a_failure_with_the_log(executor: ActingExecutor, make_job: MakeJob) -> None:
    end = end_of(executor, make_job("leave"))
    assert isinstance(end, Failed)
    assert "status 3" in end.message
    assert "so long" in end.message


def test_exception_is_a_failure_with_its_traceback(executor: ActingExecutor, make_job: MakeJob) -> None:
    end = end_of(executor, make_job("raise_an_error"))
    assert isinstance(end, Failed)
    assert end.reason is FailureReason.ERROR
    assert "ValueError: no such" in end.message
    assert "in raise_an_error" in end.message


def test_failure_of_the_training_keeps_its_reason(executor: ActingExecutor, make_job: MakeJob) -> None:
    assert end_of(executor, make_job("fail")) == Failed(FailureReason.NAN, "the loss is not a number")


def test_more_memory_than_allowed_is_out_of_memory(acting: MakeExecutor, make_job: MakeJob) -> None:
    end = end_of(acting(limits=ProcessLimits(memory_bytes=1024**3)), make_job("fill_memory"))
    assert isinstance(end, Failed)
    assert end.reason is FailureReason.OUT_OF_MEMORY


def test_killed_training_is_gone_at_once(executor: ActingExecutor, make_job: MakeJob) -> None:
    with closing(executor.start(make_job("hang"))) as execution:
        events_until(execution, Reported)
        killed_at = time.monotonic()
        execution.kill()
        events_until(execution, Failed)
        assert time.monotonic() - killed_at < 4


def test_training_that_ignores_sigterm_is_killed_after_the_grace(acting: MakeExecutor, make_job: MakeJob) -> None:
    with closing(acting(limits=ProcessLimits(terminate_seconds=0.5)).start(make_job("hang_without_ears"))) as execution:
        events_until(execution, Reported)
        execution.kill()
        end = events_until(execution, Failed, timeout=10.0)[-1]
    assert isinstance(end, Failed)
    assert "SIGKILL" in end.message


def test_processes_that_a_training_started_die_with_it(executor: ActingExecutor, make_job: MakeJob) -> None:
    with closing(executor.start(make_job("hang_with_a_family"))) as execution:
        events_until(execution, Reported)
        family = [int(pid) for pid in (execution.folder / "family").read_text().split()]
        assert all(is_running(pid) for pid in family)
    wait_until_gone(*family)


def test_death_is_noticed_although_a_forked_process_lives_on(executor: ActingExecutor, make_job: MakeJob) -> None:
    with closing(executor.start(make_job("hang_with_a_family"))) as execution:
        events_until(execution, Reported)
        forked = int((execution.folder / "family").read_text().split()[1])
        os.kill(psutil.Process(forked).ppid(), signal.SIGKILL)
        events_until(execution, Failed, timeout=10.0)


def test_children_know_no_secrets(acting: MakeExecutor, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TUNER_API_KEY", "TUNER_DATABASE_URL", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD"):
        monkeypatch.setenv(name, "swordfish")
    assert "swordfish" not in log_of(acting(), make_job("tell_environment"))


def test_children_are_told_how_many_threads_to_use(acting: MakeExecutor, make_job: MakeJob) -> None:
    log = log_of(acting(threads=3), make_job("tell_environment"))
    assert "OMP_NUM_THREADS=3\n" in log
    assert "NPROC=3\n" in log


def test_keras_backend_is_the_workers_choice(
    acting: MakeExecutor, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert "KERAS_BACKEND=torch\n" in log_of(acting(), make_job("tell_environment"))


def test_child_works_in_its_own_folder(executor: ActingExecutor, make_job: MakeJob) -> None:
    with closing(executor.start(make_job("tell_environment"))) as execution:
        events_until(execution, Finished)
        assert f"cwd {execution.folder}" in (execution.folder / LOG).read_text()


def wait_for_one(found: Callable[[], list[psutil.Process]]) -> psutil.Process:
    deadline = time.monotonic() + 30
    while len(processes := found()) != 1:
        assert time.monotonic() < deadline, processes
        time.sleep(0.01)
    return processes[0]


def forked_by(server: psutil.Process) -> psutil.Process:
    return wait_for_one(server.children)


def server_of(folder: Path) -> psutil.Process:
    """The fork server that works in ``folder``."""

    def find() -> list[psutil.Process]:
        own = []
        for child in psutil.Process().children():
            with suppress(psutil.NoSuchProcess):
                if Path(child.cwd()).is_relative_to(folder):
                    own.append(child)
        return own

    return wait_for_one(find)


def test_spare_child_that_died_is_replaced(acting: MakeExecutor, make_job: MakeJob, tmp_path: Path) -> None:
    executor = acting()
    spare = forked_by(server_of(tmp_path))
    spare.kill()
    wait_until_gone(spare.pid)
    assert isinstance(end_of(executor, make_job("count_to_three")), Finished)


def test_close_leaves_neither_processes_nor_files(acting: MakeExecutor, make_job: MakeJob, tmp_path: Path) -> None:
    executor = acting()
    end_of(executor, make_job("count_to_three"))
    server = server_of(tmp_path)
    processes = [server.pid, *(child.pid for child in server.children())]
    executor.close()
    wait_until_gone(*processes)
    assert list((tmp_path / "runs").iterdir()) == []


def test_training_goes_on_when_the_fork_server_is_killed(
    acting: MakeExecutor, make_job: MakeJob, tmp_path: Path
) -> None:
    executor = acting()
    with closing(executor.start(make_job("count_slowly_to_three"))) as execution:
        events_until(execution, Reported)
        server_of(tmp_path).kill()
        events_until(execution, Finished)


def test_orphaned_training_that_dies_is_noticed(acting: MakeExecutor, make_job: MakeJob, tmp_path: Path) -> None:
    executor = acting()
    with closing(executor.start(make_job("hang"))) as execution:
        events_until(execution, Reported)
        server = server_of(tmp_path)
        children = server.children()
        server.kill()
        for child in children:
            child.kill()
        events_until(execution, Failed, timeout=10.0)


def test_fork_server_that_died_is_started_anew(acting: MakeExecutor, make_job: MakeJob, tmp_path: Path) -> None:
    executor = acting()
    end_of(executor, make_job("count_to_three"))
    first = server_of(tmp_path)
    first.kill()
    wait_until_gone(first.pid)
    for _ in range(2):
        assert isinstance(end_of(executor, make_job("count_to_three")), Finished)
    assert server_of(tmp_path).pid != first.pid


def test_frozen_child_is_replaced(acting: MakeExecutor, make_job: MakeJob, tmp_path: Path) -> None:
    executor = acting(limits=ProcessLimits(begin_seconds=0.5))
    frozen = forked_by(server_of(tmp_path))
    frozen.suspend()
    assert isinstance(end_of(executor, make_job("count_to_three")), Finished)
    wait_until_gone(frozen.pid)


def test_training_can_be_killed_before_its_process_is_forked(
    acting: MakeExecutor, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ActingExecutor, "modules", ("tests.execution.slow_module",))
    execution = acting().start(make_job("count_to_three"))
    killed_at = time.monotonic()
    execution.kill()
    events_until(execution, Failed)
    execution.close()
    assert time.monotonic() - killed_at < 4


def test_fresh_processes_serve_where_no_server_can(
    acting: MakeExecutor, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A fork server with threads refuses to serve.
    monkeypatch.setattr(ActingExecutor, "modules", ("tests.execution.threaded_module",))
    assert isinstance(end_of(acting(), make_job("count_to_three")), Finished)


def test_processes_may_be_fresh(acting: MakeExecutor, make_job: MakeJob) -> None:
    executor = acting(start=ProcessStart.FRESH)
    assert isinstance(end_of(executor, make_job("count_to_three")), Finished)
    assert "status 3" in str(end_of(executor, make_job("leave")))


def test_more_temporary_files_than_allowed_fail_the_training(acting: MakeExecutor, make_job: MakeJob) -> None:
    end = end_of(acting(limits=ProcessLimits(disk_bytes=10 * 1024**2)), make_job("fill_the_disk"))
    assert isinstance(end, Failed)
    assert end.reason is FailureReason.ERROR
    assert "more than the 0.01 GiB" in end.message


def test_memory_of_started_processes_counts(acting: MakeExecutor, make_job: MakeJob) -> None:
    end = end_of(acting(limits=ProcessLimits(memory_bytes=512 * 1024**2)), make_job("fill_memory_of_others"))
    assert isinstance(end, Failed)
    assert end.reason is FailureReason.OUT_OF_MEMORY


def test_slots_share_the_devices(acting: MakeExecutor, make_job: MakeJob) -> None:
    executor = acting(gpus=("3", "5"))
    with ExitStack() as stack:
        logs = []
        for _ in range(3):
            execution = stack.enter_context(closing(executor.start(make_job("tell_environment"))))
            events_until(execution, Finished)
            logs.append((execution.folder / LOG).read_text())
    seen = [line for log in logs for line in log.splitlines() if line.startswith("CUDA_VISIBLE_DEVICES")]
    assert seen == [f"CUDA_VISIBLE_DEVICES={gpu}" for gpu in ("3", "5", "3")]
    assert all("XLA_PYTHON_CLIENT_PREALLOCATE=false\n" in log for log in logs)


def test_training_gets_the_files_it_asks_for(executor: ActingExecutor, make_job: MakeJob, tmp_path: Path) -> None:
    paths = [tmp_path / "cached-1", tmp_path / "cached-2"]
    for path in paths:
        path.write_text(path.name)
    with closing(executor.start(make_job("ask_for_files"))) as execution:
        (*_, needed) = events_until(execution, Needed)
        assert needed == Needed(((0, "model.zip"), (4, "predictions.npz")))
        execution.provide(paths)
        events_until(execution, Finished)
        assert "cached-1 cached-2" in (execution.folder / LOG).read_text()


OWNER = """
import sys, time
from pathlib import Path
from tests.execution.conftest import ActingExecutor
from tuner.execution import Reported
from tuner.training import TrainingJob
import json

executor = ActingExecutor(Path(sys.argv[1]))
execution = executor.start(TrainingJob.from_json(json.load(sys.stdin)))
while not isinstance(execution.next_event(60.0), Reported):
    pass
print("training", flush=True)
time.sleep(600)
"""


@pytest.mark.usefixtures("python_path")
def test_no_child_outlives_a_killed_owner(make_job: MakeJob, tmp_path: Path) -> None:
    import json

    command = [sys.executable, "-c", OWNER, str(tmp_path / "runs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdin is not None
        assert owner.stdout is not None
        with owner.stdin:
            json.dump(make_job("hang_with_a_family").to_json(), owner.stdin)
        assert owner.stdout.readline() == "training\n"
        children = [child.pid for child in psutil.Process(owner.pid).children(recursive=True)]
        owner.kill()
    assert len(children) >= 4
    wait_until_gone(*children)
