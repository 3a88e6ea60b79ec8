import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from tests.api.conftest import served
from tuner.client import Transport
from tuner.client.http_transport import HttpTransport
from tuner.execution import LocalWorker
from tuner.testing.client import CountedCalls
from tuner.wire import BudgetBody, CreateStudy, Origin, StudyResource, TrialState
from tuner.wire.artifacts import MODEL, PREDICTIONS

# Without a main guard: what starts children by importing the program again would start them for ever.
PROGRAM = """
from pathlib import Path
from tuner.client import Transport
from tuner.client.http_transport import HttpTransport
from tuner.execution import LocalWorker

with LocalWorker(HttpTransport({url!r}), folder=Path({folder!r})) as worker:
    print(worker.wait_idle(60))
"""


@pytest.fixture(scope="module")
def transport(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpTransport]:
    with served(tmp_path_factory.mktemp("server")) as client:
        transport = HttpTransport(str(client.base_url), patience_seconds=0.0)
        yield transport
        transport.close()


@pytest.fixture(scope="module")
def dataset(transport: HttpTransport, table: Path) -> str:
    return transport.upload_dataset(table, name="sides", target="side").id


def new_study(transport: HttpTransport, dataset: str, name: str) -> StudyResource:
    body = CreateStudy(
        name=name, dataset=dataset, models=["linear", "lightgbm"], sampler="random", budget=BudgetBody(trials=3)
    )
    return transport.create_study(body, key=name)


@dataclass
class Trained:
    """A study that a worker has trained, the requests it made for that, and the folder it worked in."""

    study: StudyResource
    calls: CountedCalls
    folder: Path


@pytest.fixture(scope="module")
def trained(transport: HttpTransport, dataset: str, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    study = new_study(transport, dataset, "trained")
    calls = CountedCalls(transport)
    folder = tmp_path_factory.mktemp("worker")
    with LocalWorker(cast(Transport, calls), folder=folder, slots=2) as worker:
        assert worker.wait_idle(120)
    return Trained(transport.study(study.id), calls, folder)


def test_study_is_trained_to_its_end(trained: Trained) -> None:
    assert trained.study.counts[TrialState.COMPLETED] >= 3


def test_best_trial_has_model_predictions_and_figures(transport: HttpTransport, trained: Trained) -> None:
    trial = transport.trials(trained.study.id, order_by="rank").items[0]
    assert trial.values is not None
    assert 0.5 < trial.values["roc_auc"] <= 1.0
    assert trial.metrics["num_validation_rows"] > 0
    assert {MODEL, PREDICTIONS} <= {item.name for item in transport.artifacts(trained.study.id, trial.number).items}


def test_ensemble_of_own_models_downloads_none_of_them(transport: HttpTransport, trained: Trained) -> None:
    ensembles = [trial for trial in transport.trials(trained.study.id).items if trial.origin is Origin.ENSEMBLE]
    assert TrialState.COMPLETED in {trial.state for trial in ensembles}
    assert trained.calls.counts["read_artifact"] == 0


def test_stop_clears_the_trainings_away(trained: Trained) -> None:
    assert list((trained.folder / "runs").iterdir()) == []


def test_program_from_standard_input_can_train(transport: HttpTransport, dataset: str, tmp_path: Path) -> None:
    study = new_study(transport, dataset, "from-standard-input")
    program = PROGRAM.format(url=transport.address, folder=str(tmp_path / "worker"))
    done = subprocess.run([sys.executable, "-"], input=program, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "True\n"
    assert done.stderr == ""
    assert transport.study(study.id).counts[TrialState.COMPLETED] >= 3
