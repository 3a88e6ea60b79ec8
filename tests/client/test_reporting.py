"""Reports that are held back, and a server that refuses them, is away, or falls silent."""

import logging
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import tuner
from tests.client.scripted_server import Answer, ScriptedServer
from tests.client.test_http_transport import HEALTHY, OURS, problem
from tests.storms.lossy_proxy import LossyProxy
from tuner.client import Trial
from tuner.client.http_transport import HttpTransport
from tuner.client.renewal import LeaseRenewer
from tuner.errors import ConnectionFailed, InvalidInput, LeaseLost
from tuner.testing.client import curve, new_study, seconds_until
from tuner.testing.server import ServerProcess
from tuner.wire import LeasedTrial, TrialState

ANSWERED = Answer(
    body=b'{"directive": "continue", "lease_expires_at": "2026-01-01T00:00:00Z", "next_decision_step": null}',
    headers=OURS,
)
REFUSED = problem(InvalidInput("One report too many."), 422)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that the test may kill."""
    with ServerProcess(tmp_path) as running:
        yield running


def leased_trial(next_decision_step: int | None = None) -> LeasedTrial:
    study = "0" * 8 + "-0000-7000-8000-" + "0" * 12
    trial = {
        "id": study,
        "study": study,
        "number": 0,
        "state": "running",
        "origin": "sampler",
        "params": {},
        "attempt": 1,
        "values": None,
        "failure": None,
        "message": None,
        "worker": "w",
        "last_step": None,
        "last_value": None,
        "metrics": {},
        "created_at": "2026-01-01T00:00:00Z",
        "started_at": "2026-01-01T00:00:00Z",
        "finished_at": None,
        "duration_seconds": None,
    }
    fields = {"trial": trial, "lease": "token", "lease_seconds": 60, "lease_expires_at": "2026-01-01T00:00:00Z"}
    return LeasedTrial.model_validate(fields | {"next_decision_step": next_decision_step})


def test_refused_report_is_an_error_of_its_call(caplog: pytest.LogCaptureFixture) -> None:
    with ScriptedServer(HEALTHY, REFUSED, ANSWERED) as server:
        transport = HttpTransport(server.url)
        transport.health()
        trial = Trial(leased_trial(next_decision_step=1), ("accuracy",), transport)
        with caplog.at_level(logging.WARNING), pytest.raises(InvalidInput, match="too many"):
            trial.report(1, 0.5)
        assert [record.message for record in caplog.records] == ["report refused"]
        assert trial.report(2, 0.5) is False
        transport.close()


def test_report_that_was_held_back_and_refused_is_an_error_of_the_next_call() -> None:
    with ScriptedServer(HEALTHY, REFUSED, ANSWERED) as server:
        transport = HttpTransport(server.url)
        transport.health()
        trial = Trial(leased_trial(), ("accuracy",), transport, LeaseRenewer())
        assert trial.report(1, 0.5) is False
        seconds_until(lambda: len(server.seen) == 2)
        time.sleep(0.2)
        with pytest.raises(InvalidInput, match="too many"):
            trial.report(2, 0.5)
        assert trial.report(3, 0.5) is False
        transport.close()


def test_batch_that_is_too_large_for_the_server_is_sent_in_pieces(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, {"TUNER_API_MAX_BODY_BYTES": "1000"}) as server, tuner.Client(server.url) as client:
        study = new_study(client, pruner="asha")
        trial = study.ask()
        for step in range(100):
            trial.report(step, float(step))
        trial.tell(0.5)
        assert curve(study) == [(step, float(step)) for step in range(100)]
        assert study.best_value == 0.5


@pytest.mark.slow
def test_lost_replies_leave_curves_and_results_complete(own_server: ServerProcess) -> None:
    with LossyProxy(own_server.url, loss=0.3, seed=3) as proxy, tuner.Client(proxy.url) as client:
        client.list_studies()
        study = new_study(client, pruner="asha")
        for _ in range(20):
            trial = study.ask()
            for step in range(6):
                trial.report(step, step / 10)
            trial.tell(0.5)
        with tuner.Client(own_server.url) as direct:
            study = direct.get_study(study.id)
            for told in study.trials():
                assert (told.state, told.attempt, told.values) == (TrialState.COMPLETED, 1, {"accuracy": 0.5})
                assert curve(study, told.number) == [(step, step / 10) for step in range(6)]
            assert study.num_trials == 20
        assert proxy.num_replies_lost > 5


@pytest.mark.slow
def test_training_goes_on_while_the_server_restarts(own_server: ServerProcess) -> None:
    with tuner.Client(own_server.url) as client:
        study = new_study(client)
        trial = study.ask()
        own_server.kill()
        for step in range(30):
            started = time.monotonic()
            assert trial.report(step, float(step)) is False
            assert time.monotonic() - started < 3
            time.sleep(0.1)
        own_server.start()
        trial.tell(0.5)
        assert curve(study) == [(step, float(step)) for step in range(30)]
        assert study.trial(0).attempt == 1


@pytest.mark.parametrize("pruner", ["none", "asha"])
def test_trial_stops_when_the_server_is_dead_for_a_whole_lease(own_server: ServerProcess, pruner: str) -> None:
    with tuner.Client(own_server.url) as client:
        trial = new_study(client, pruner=pruner).ask(lease_seconds=3)
        own_server.kill()
        steps = iter(range(100_000))
        assert 2 < seconds_until(lambda: trial.report(next(steps), 0.5)) < 6
        assert trial.should_stop
        assert not trial.is_held


def test_what_happens_to_a_lease_is_logged_once_each(
    own_server: ServerProcess, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "tuner.client.lease"), tuner.Client(own_server.url) as client:
        study = new_study(client)
        trial = study.ask(lease_seconds=2)
        own_server.send_signal(signal.SIGSTOP)
        seconds_until(lambda: trial.report(0, 0.5))
        trial.report(1, 0.5)
        own_server.send_signal(signal.SIGCONT)
        seconds_until(lambda: trial.is_held or trial._lease.is_lost)
    told = [record for record in caplog.records if record.name == "tuner.client.lease"]
    phrases = [record.message for record in told]
    assert set(phrases[:2]) == {"lease not renewed", "no answer for a whole lease"}
    assert phrases[2:] in (["server answers again"], ["trial lost"])
    assert {(vars(record)["study_id"], vars(record)["trial_number"]) for record in told} == {(study.id, 0)}


@pytest.mark.parametrize("pruner", ["none", "asha"])
def test_trial_stops_when_the_server_is_frozen_for_a_whole_lease(own_server: ServerProcess, pruner: str) -> None:
    with tuner.Client(own_server.url) as client:
        study = new_study(client, pruner=pruner)
        trial = study.ask(lease_seconds=3)
        own_server.send_signal(signal.SIGSTOP)
        steps = iter(range(100_000))
        heard_after = seconds_until(lambda: trial.report(next(steps), 0.5))
        own_server.send_signal(signal.SIGCONT)
        assert 2 < heard_after < 6


def test_result_that_comes_after_a_silent_lease_is_kept_if_nobody_took_over(own_server: ServerProcess) -> None:
    with tuner.Client(own_server.url) as client:
        study = new_study(client)
        trial = study.ask(lease_seconds=2)
        trial.report(0, 0.25)
        own_server.kill()
        seconds_until(lambda: trial.should_stop)
        own_server.start()
        trial.tell(0.5)
        told = study.trial(0)
        assert (told.state, told.values, told.attempt) == (TrialState.COMPLETED, {"accuracy": 0.5}, 1)
        assert curve(study) == [(0, 0.25)]


def test_trial_is_held_again_when_the_server_answers_in_time(own_server: ServerProcess) -> None:
    with tuner.Client(own_server.url) as client:
        trial = new_study(client).ask(lease_seconds=2)
        own_server.send_signal(signal.SIGSTOP)
        seconds_until(lambda: not trial.is_held)
        own_server.send_signal(signal.SIGCONT)
        # Either the lease is renewed before the server looks for expired ones, or the trial is lost for good.
        seconds_until(lambda: trial.is_held or trial._lease.is_lost)


def test_trial_left_after_a_silent_lease_is_handed_back(own_server: ServerProcess) -> None:
    with tuner.Client(own_server.url) as client:
        study = new_study(client)
        with study.ask(lease_seconds=2) as trial:
            own_server.kill()
            seconds_until(lambda: trial.should_stop)
            own_server.start()
        assert study.trial(0).state is TrialState.WAITING


def test_report_for_the_pruner_waits_and_then_tells_that_nobody_answers(own_server: ServerProcess) -> None:
    transport = HttpTransport(own_server.url, patience_seconds=1.0)
    with tuner.Client(own_server.url) as client:
        study = new_study(client, pruner="asha")
        leased = study.ask()._leased
    trial = Trial(leased, ("accuracy",), transport)
    transport.health()
    own_server.kill()
    with pytest.raises(ConnectionFailed):
        trial.report(3, 0.5)
    own_server.start()
    trial.tell(0.5)
    with tuner.Client(own_server.url) as client:
        assert curve(client.get_study(study.id)) == [(3, 0.5)]
    transport.close()


def test_lost_trial_takes_no_result_but_says_so(own_server: ServerProcess) -> None:
    with tuner.Client(own_server.url) as client:
        study = new_study(client)
        trial = study.ask(lease_seconds=1)
        client._renewer.close()
        seconds_until(lambda: study.trial(0).state is TrialState.WAITING)
        heir = study.ask()
        assert (heir.number, study.trial(0).attempt) == (0, 2)
        with pytest.raises(LeaseLost):
            trial.tell(0.5)
        heir.tell(0.75)
        assert study.best_value == 0.75
