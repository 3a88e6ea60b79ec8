import itertools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from tests.api.conftest import served
from tests.execution.conftest import ActingExecutor
from tuner.client import Transport
from tuner.client.http_transport import HttpTransport
from tuner.errors import Unauthorized
from tuner.execution import ClaimLoop, ProcessLimits, RunLimits
from tuner.execution.artifact_cache import ArtifactCache
from tuner.execution.dataset_cache import DatasetCache
from tuner.testing.client import CountedCalls
from tuner.wire import (
    BudgetBody,
    CreateStudy,
    DatasetResource,
    FailureReason,
    StudyResource,
    StudyState,
    TrialResource,
    TrialState,
)
from tuner.wire.artifacts import LOG, MODEL, PREDICTIONS

_names = itertools.count()

StartLoop = Callable[..., ClaimLoop]
NewStudy = Callable[..., StudyResource]


@pytest.fixture(scope="module")
def transport(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpTransport]:
    with served(tmp_path_factory.mktemp("server")) as client:
        transport = HttpTransport(str(client.base_url), patience_seconds=0.0)
        yield transport
        transport.close()


@pytest.fixture(scope="module")
def dataset(transport: HttpTransport, table: Path) -> DatasetResource:
    return transport.upload_dataset(table, name="sides", target="side")


@pytest.fixture
def new_study(transport: HttpTransport, dataset: DatasetResource) -> Iterator[NewStudy]:
    """Makes studies over the table, and ends them with the test."""

    def make(trials: int = 1, **fields: Any) -> StudyResource:
        body = CreateStudy(
            name=f"study-{next(_names)}",
            dataset=dataset.id,
            models=["linear"],
            metric="roc_auc",
            sampler="random",
            **{"budget": BudgetBody(trials=trials)} | fields,
        )
        return transport.create_study(body, key=body.name)

    yield make
    for study in transport.studies(state=StudyState.RUNNING).items:
        transport.cancel_study(study.id)


@pytest.fixture
def cache(tmp_path: Path) -> DatasetCache:
    return DatasetCache(tmp_path / "datasets")


@pytest.fixture
def artifacts(tmp_path: Path) -> ArtifactCache:
    return ArtifactCache(tmp_path / "artifacts")


@pytest.fixture
def start(
    acting: Callable[..., ActingExecutor],
    transport: HttpTransport,
    cache: DatasetCache,
    artifacts: ArtifactCache,
    new_study: NewStudy,
) -> Iterator[StartLoop]:
    """Starts loops whose children play the given acts, and stops them before the test's studies end."""
    started: list[ClaimLoop] = []

    def make(*acts: str, **settings: Any) -> ClaimLoop:
        executor = acting(acts=acts, limits=ProcessLimits(terminate_seconds=1.0))
        settings = {"worker": "tester", "slots": 1, "families": ["linear"], "wait_seconds": 0.2} | settings
        started.append(ClaimLoop(transport, executor, cache, artifacts, **settings))
        started[-1].start()
        return started[-1]

    yield make
    for loop in started:
        loop.stop()


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def trial_of(transport: HttpTransport) -> Callable[..., TrialResource]:
    """Looks at a trial, once ``reached`` holds of it."""

    def look(
        study: StudyResource, number: int = 0, reached: Callable[[TrialResource], bool] = lambda trial: True
    ) -> TrialResource:
        wait_for(lambda: transport.study(study.id).num_trials > number)
        wait_for(lambda: reached(transport.trial(study.id, number)))
        return transport.trial(study.id, number)

    return look


def is_finished(trial: TrialResource) -> bool:
    return trial.state.is_finished


def has_reported(trial: TrialResource) -> bool:
    return trial.last_step is not None


TrialOf = Callable[..., TrialResource]


def test_trial_is_trained_and_completed(start: StartLoop, new_study: NewStudy, trial_of: TrialOf) -> None:
    study = new_study()
    start("count_to_three")
    trial = trial_of(study, reached=is_finished)
    assert trial.state is TrialState.COMPLETED
    assert trial.values == {"roc_auc": 0.3}
    assert trial.worker == "tester"


def test_every_report_arrives_before_the_result(
    start: StartLoop, new_study: NewStudy, trial_of: TrialOf, transport: HttpTransport
) -> None:
    study = new_study()
    start("count_to_three")
    trial_of(study, reached=is_finished)
    curve = [(item.step, item.value) for item in transport.measurements(study.id, 0).items]
    assert curve == [(1, 0.1), (2, 0.2), (3, 0.3)]


def test_reports_that_decide_nothing_share_requests(
    acting: Callable[..., ActingExecutor],
    transport: HttpTransport,
    cache: DatasetCache,
    artifacts: ArtifactCache,
    new_study: NewStudy,
    trial_of: TrialOf,
) -> None:
    study = new_study(pruner="none")
    calls = CountedCalls(transport)
    executor = acting(acts=["race_to_a_thousand"])
    loop = ClaimLoop(cast(Transport, calls), executor, cache, artifacts, worker="tester", slots=1, families=["linear"])
    loop.start()
    trial_of(study, reached=is_finished)
    loop.stop()
    assert [item.step for item in transport.measurements(study.id, 0).items] == list(range(1000))
    assert calls.counts["report"] < 50


def test_files_of_a_completed_trial_are_kept(
    start: StartLoop, new_study: NewStudy, trial_of: TrialOf, transport: HttpTransport
) -> None:
    study = new_study()
    start("write_log")
    trial_of(study, reached=is_finished)
    assert {item.name for item in transport.artifacts(study.id, 0).items} == {MODEL, PREDICTIONS, LOG}
    assert b"spoken" in b"".join(transport.read_artifact(study.id, 0, 1, LOG))


def test_failure_is_told_with_its_traceback(start: StartLoop, new_study: NewStudy, trial_of: TrialOf) -> None:
    study = new_study()
    start("raise_an_error")
    trial = trial_of(study, reached=is_finished)
    assert (trial.state, trial.failure) == (TrialState.FAILED, FailureReason.ERROR)
    assert trial.message is not None
    assert "ValueError: no such" in trial.message


def test_crash_fails_the_trial_and_not_the_worker(start: StartLoop, new_study: NewStudy, trial_of: TrialOf) -> None:
    study = new_study(trials=2)
    start("crash", "count_to_three")
    trial = trial_of(study, 0, is_finished)
    assert (trial.state, trial.attempt) == (TrialState.FAILED, 1)
    assert trial_of(study, 1, is_finished).state is TrialState.COMPLETED


def test_killed_training_is_tried_again(start: StartLoop, new_study: NewStudy, trial_of: TrialOf) -> None:
    study = new_study(ensemble=False)
    start("die_by_sigkill", "count_to_three")
    trial = trial_of(study, 0, is_finished)
    assert (trial.state, trial.attempt) == (TrialState.COMPLETED, 2)


def test_training_that_is_killed_each_time_fails(start: StartLoop, new_study: NewStudy, trial_of: TrialOf) -> None:
    study = new_study(trials=2, max_attempts=2, ensemble=False)
    start("die_by_sigkill", "die_by_sigkill", "count_to_three")
    trial = trial_of(study, 0, is_finished)
    assert (trial.state, trial.failure, trial.attempt) == (TrialState.FAILED, FailureReason.ERROR, 2)
    assert "SIGKILL" in (trial.message or "")
    assert trial_of(study, 1, is_finished).state is TrialState.COMPLETED


def test_pruned_trial_is_ended_and_told_as_pruned(
    start: StartLoop, new_study: NewStudy, transport: HttpTransport
) -> None:
    study = new_study(trials=8, pruner="asha")
    start(*["count_to_three"] * 5, "lag_behind")
    wait_for(lambda: transport.study(study.id).counts[TrialState.PRUNED] > 0)
    pruned = transport.trials(study.id, states=(TrialState.PRUNED,)).items[0]
    assert pruned.last_step is not None
    assert pruned.last_step <= 5


def test_cancelled_training_keeps_its_best_step(
    start: StartLoop, new_study: NewStudy, trial_of: TrialOf, transport: HttpTransport
) -> None:
    study = new_study()
    start("count_until_stopped")
    trial_of(study, reached=has_reported)
    transport.cancel_study(study.id)
    trial = trial_of(study, reached=is_finished)
    assert trial.state is TrialState.COMPLETED
    assert trial.values == {"roc_auc": 0.3}


def test_cancelled_training_that_does_not_stop_is_killed(
    start: StartLoop, new_study: NewStudy, trial_of: TrialOf, transport: HttpTransport
) -> None:
    study = new_study()
    start("hang", lease_seconds=2, limits=RunLimits(cancel_seconds=0.5))
    trial_of(study, reached=has_reported)
    transport.cancel_study(study.id)
    assert trial_of(study, reached=is_finished).state is TrialState.CANCELLED


def test_training_over_its_time_fails_as_timeout(start: StartLoop, new_study: NewStudy, trial_of: TrialOf) -> None:
    study = new_study()
    start("hang", limits=RunLimits(trial_seconds=1.0))
    trial = trial_of(study, reached=is_finished)
    assert (trial.state, trial.failure) == (TrialState.FAILED, FailureReason.TIMEOUT)


def test_training_that_does_not_end_in_its_study_s_time_is_not_waited_for(
    transport: HttpTransport, start: StartLoop, new_study: NewStudy
) -> None:
    study = new_study(budget=BudgetBody(seconds=6.0))
    # The baseline never ends: its place is needed before the time is over.
    start("hang")
    wait_for(lambda: transport.trial(study.id, 0).state is TrialState.CANCELLED)
    assert "nearly over" in (transport.trial(study.id, 0).message or "")
    assert transport.study(study.id).used_seconds < 6.0


def test_heartbeats_keep_the_lease_of_a_silent_training(
    start: StartLoop, new_study: NewStudy, trial_of: TrialOf
) -> None:
    study = new_study()
    start("count_slowly_to_three", lease_seconds=1)
    trial = trial_of(study, reached=is_finished)
    assert (trial.state, trial.attempt) == (TrialState.COMPLETED, 1)


def test_training_of_a_deleted_study_is_killed(
    start: StartLoop, new_study: NewStudy, trial_of: TrialOf, transport: HttpTransport
) -> None:
    study = new_study()
    loop = start("hang", lease_seconds=1)
    trial_of(study, reached=has_reported)
    transport.cancel_study(study.id)
    transport.delete_study(study.id)
    assert loop.wait_idle(10)


def test_stop_hands_running_trials_back(
    start: StartLoop, new_study: NewStudy, trial_of: TrialOf, transport: HttpTransport
) -> None:
    study = new_study()
    loop = start("hang")
    trial_of(study, reached=has_reported)
    loop.stop()
    trial = transport.trial(study.id, 0)
    assert (trial.state, trial.failure) == (TrialState.WAITING, None)


def test_stop_lets_trainings_finish_within_the_grace(
    start: StartLoop, new_study: NewStudy, trial_of: TrialOf, transport: HttpTransport
) -> None:
    study = new_study()
    loop = start("count_slowly_to_three")
    trial_of(study, reached=has_reported)
    loop.stop(grace_seconds=20)
    assert transport.trial(study.id, 0).state is TrialState.COMPLETED


def test_stop_now_cuts_the_grace_short(start: StartLoop, new_study: NewStudy, trial_of: TrialOf) -> None:
    study = new_study()
    loop = start("hang")
    trial_of(study, reached=has_reported)
    stopping = threading.Thread(target=loop.stop, args=(600,))
    stopping.start()
    loop.stop_now()
    stopping.join(10)
    assert not stopping.is_alive()


def test_slots_train_at_the_same_time(start: StartLoop, new_study: NewStudy, trial_of: TrialOf) -> None:
    study = new_study(trials=3)
    start("hang", slots=2)
    trial_of(study, 0, has_reported)
    trial_of(study, 1, has_reported)
    assert trial_of(study, 0).state is TrialState.RUNNING


def test_table_is_downloaded_once(
    start: StartLoop, new_study: NewStudy, cache: DatasetCache, dataset: DatasetResource, tmp_path: Path
) -> None:
    new_study(trials=2)
    loop = start("count_to_three")
    assert loop.wait_idle(30)
    path = tmp_path / "datasets" / dataset.sha256
    changed_at = path.stat().st_ino
    new_study(trials=1)
    assert loop.wait_idle(30)
    assert path.stat().st_ino == changed_at


def test_idle_is_when_all_trials_have_ended(start: StartLoop, new_study: NewStudy, transport: HttpTransport) -> None:
    study = new_study(trials=3)
    assert start("count_to_three").wait_idle(30)
    counts = transport.study(study.id).counts
    assert (counts[TrialState.WAITING], counts[TrialState.RUNNING]) == (0, 0)
    assert counts[TrialState.COMPLETED] >= 3


def test_log_is_readable_while_the_training_runs(
    start: StartLoop, new_study: NewStudy, transport: HttpTransport, trial_of: TrialOf
) -> None:
    study = new_study()
    start("speak_and_hang", limits=RunLimits(log_seconds=0.2))
    trial_of(study, reached=has_reported)

    def log() -> str:
        return httpx.get(f"{transport.address}/v1/studies/{study.id}/trials/0/logs").text

    wait_for(lambda: "spoken" in log())
    assert trial_of(study).state is TrialState.RUNNING
    wait_for(lambda: "spoken again" in log())


def test_worker_without_the_family_claims_nothing(
    start: StartLoop, new_study: NewStudy, transport: HttpTransport
) -> None:
    study = new_study()
    loop = start("count_to_three", families=["lightgbm"])
    assert loop.wait_idle(30)
    assert transport.trial(study.id, 0).state is TrialState.WAITING


def test_refused_worker_says_so(
    executor: ActingExecutor, cache: DatasetCache, artifacts: ArtifactCache, tmp_path: Path
) -> None:
    with served(tmp_path, key="a-key-of-more-than-16-characters") as client:
        transport = HttpTransport(str(client.base_url), "another-key-of-16-characters", patience_seconds=0.0)
        loop = ClaimLoop(transport, executor, cache, artifacts, worker="tester", slots=1, families=["linear"])
        loop.start()
        with pytest.raises(Unauthorized):
            loop.wait_ended(10)
        transport.close()
