import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.conftest import served
from tuner.client.http_transport import HttpTransport
from tuner.execution import LocalWorker
from tuner.wire import BudgetBody, CreateStudy, StudyResource, TrialState
from tuner.wire.artifacts import MODEL, PREDICTIONS

# Without a main guard: what starts children by importing the program again would start them for ever.
PROGRAM = """
from pathlib import Path
from tuner.client.http_transport import HttpTransport
from tuner.execution import LocalWorker

with LocalWorker(HttpTransport({url!r}), folder=Path({folder!r})) as worker:
    print(worker.wait_idle(60))
"""


@pytest.fixture
def transport(tmp_path: Path) -> Iterator[HttpTransport]:
    with served(tmp_path / "server") as client:
        transport = HttpTransport(str(client.base_url), patience_seconds=0.0)
        yield transport
        transport.close()


@pytest.fixture
def study(transport: HttpTransport, table: Path) -> StudyResource:
    dataset = transport.upload_dataset(table, name="sides", target="side")
    body = CreateStudy(
        name="study", dataset=dataset.id, models=["linear", "lightgbm"], sampler="random", budget=BudgetBody(trials=3)
    )
    return transport.create_study(body, key="study")


def test_study_is_trained_to_its_end(transport: HttpTransport, study: StudyResource, tmp_path: Path) -> None:
    with LocalWorker(transport, folder=tmp_path / "worker", slots=2) as worker:
        assert worker.wait_idle(120)
    assert transport.study(study.id).counts[TrialState.COMPLETED] == 3


def test_trained_trial_has_model_predictions_and_figures(
    transport: HttpTransport, study: StudyResource, tmp_path: Path
) -> None:
    with LocalWorker(transport, folder=tmp_path / "worker") as worker:
        assert worker.wait_idle(120)
    trial = transport.trial(study.id, 0)
    assert trial.values is not None
    assert 0.5 < trial.values["roc_auc"] <= 1.0
    assert trial.metrics["num_validation_rows"] > 0
    assert {MODEL, PREDICTIONS} <= {item.name for item in transport.artifacts(study.id, 0).items}


def test_program_from_standard_input_can_train(transport: HttpTransport, study: StudyResource, tmp_path: Path) -> None:
    program = PROGRAM.format(url=transport.address, folder=str(tmp_path / "worker"))
    done = subprocess.run([sys.executable, "-"], input=program, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "True\n"
    assert done.stderr == ""
    assert transport.study(study.id).counts[TrialState.COMPLETED] == 3


def test_stop_clears_the_trainings_away(transport: HttpTransport, study: StudyResource, tmp_path: Path) -> None:
    with LocalWorker(transport, folder=tmp_path / "worker") as worker:
        assert worker.wait_idle(120)
    assert list((tmp_path / "worker" / "runs").iterdir()) == []
