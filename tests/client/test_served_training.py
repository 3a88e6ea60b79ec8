"""Studies over a dataset, trained by the workers of a server."""

import threading
import time
import uuid
from pathlib import Path

import pandas as pd
import pytest

import tuner
from tuner.errors import NotFound, TunerError, WaitTimeout
from tuner.testing.client import new_name, new_study
from tuner.testing.server import ServerProcess, WorkerProcess
from tuner.wire import Capabilities, ClaimTrials, CompleteTrial, FailureReason, StudyState, TrialState

ROWS = pd.DataFrame({"x": [row / 3 for row in range(80)], "colour": ["red", "blue"] * 40, "label": [0] * 40 + [1] * 40})


@pytest.fixture
def to_server(server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> ServerProcess:
    monkeypatch.setenv("TUNER_URL", server.url)
    return server


@pytest.mark.slow
def test_study_over_a_dataset_is_trained_and_its_best_model_predicts(server: ServerProcess, tmp_path: Path) -> None:
    with tuner.Client(server.url) as client, WorkerProcess(server.url, tmp_path):
        data = client.upload_dataset(ROWS, name=new_name(), target="label")
        study = client.create_study(
            new_name(),
            dataset=data,
            models=["linear"],
            metric="accuracy",
            space={"linear.l2": tuner.Float(0.5, 2.0)},
            budget=tuner.Budget(trials=2),
        )
        study.wait(timeout=120)
        assert sorted(study.leaderboard()["model"]) == ["baseline", "ensemble", "linear", "linear"]
        assert study.space["linear.l2"] == tuner.Float(0.5, 2.0, when={"model": ["linear"]})
        model = study.best_model(tmp_path / "best.zip")
        assert list(model.predict(ROWS.iloc[[0, 79]])) == [0, 1]


def test_fit_is_trained_by_the_server(to_server: ServerProcess, tmp_path: Path) -> None:
    with WorkerProcess(to_server.url, tmp_path):
        result = tuner.fit(ROWS, "label", time_budget="2m", models=["linear"], trials=1, progress=False)
    assert list(result.predict(ROWS.iloc[[0, 79]])) == [0, 1]
    result.close()


@pytest.mark.slow
def test_own_network_is_fitted_by_the_server(to_server: ServerProcess, tmp_path: Path) -> None:
    network = tuner.layers.Sequential([tuner.layers.Dense(tuner.Int(4, 8), activation="relu")])
    with WorkerProcess(to_server.url, tmp_path):
        result = tuner.fit(
            ROWS, "label", time_budget="4m", models=["architecture"], architecture=network, trials=1, progress=False
        )
    assert result.best_params["model"] in ("architecture", "ensemble")
    assert "architecture" in list(result.leaderboard()["model"])
    assert result.study.resource.architecture == network.to_json()
    result.close()


def test_fit_without_a_worker_says_so(to_server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tuner.automatic.START_SECONDS", 0.5)
    with pytest.raises(WaitTimeout, match="tuner worker"):
        tuner.fit(ROWS, "label", time_budget=1, models=["linear"], progress=False)
    with tuner.Client() as client:
        assert client.list_studies()[0].state is StudyState.CANCELLED


def test_fit_whose_trials_all_fail_says_so(to_server: ServerProcess) -> None:
    failing = threading.Thread(target=fail_trials, args=(to_server.url, 3))
    failing.start()
    with pytest.raises(TunerError, match="3 trials failed: out of luck"):
        tuner.fit(ROWS, "label", time_budget=30, models=["linear"], trials=2, progress=False)
    failing.join()


def test_own_study_has_no_model_to_load(server: ServerProcess) -> None:
    with tuner.Client(server.url) as client:
        study = new_study(client)
        study.ask().tell(0.5)
        with pytest.raises(NotFound, match="no trained model"):
            study.best_model()


def test_family_of_another_kind_is_told(server: ServerProcess) -> None:
    with tuner.Client(server.url) as client:
        data = client.upload_dataset(ROWS, name=new_name(), target="label")
        spaces = {family.name: family.space for family in client.families(data)}
        assert "l2" in (spaces["linear"] or {})["parameters"]


def fail_trials(url: str, count: int) -> None:
    """Act as a worker that fails everything."""
    with tuner.Client(url) as client:
        transport = client.transport
        # Once more in the end: a study ends when its plan is looked at.
        while count >= 0:
            count -= count == 0
            body = ClaimTrials(worker="unlucky", capabilities=Capabilities(families=["linear"]), wait_seconds=1)
            for claim in transport.claim(body, key=uuid.uuid4().hex).claims:
                failed = CompleteTrial(
                    lease=claim.leased.lease,
                    state=TrialState.FAILED,
                    failure=FailureReason.ERROR,
                    metrics={},
                    message="Traceback:\n  ...\nout of luck",
                )
                transport.complete(claim.study.id, claim.leased.trial.number, failed)
                count -= 1
            time.sleep(0.05)
