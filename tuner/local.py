"""The embedded mode: the same client on top of an engine in this process, without a server.

One engine serves all clients of a process on one database; it is opened by the first and closed with the last, or when
the process ends. No server's workers train here, so this process does: as soon as anything is asked about a running
study over a dataset, a worker with child processes is started.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sqlalchemy.engine import make_url

from tuner.client.home import database_url, home_folder
from tuner.engine import Engine
from tuner.engine.models import model_file, model_resource
from tuner.errors import ForkedEngine, MissingExtra, TunerError
from tuner.models.networks.backends import Backend, installed_backends
from tuner.records import StudyState, TrialState
from tuner.wire import (
    ArtifactPage,
    ArtifactResource,
    AskFamilies,
    ChangeDataset,
    ChangeStudy,
    ChangeTrial,
    ClaimReply,
    ClaimTrials,
    CompleteTrial,
    CreateStudy,
    DatasetPage,
    DatasetResource,
    EnqueueTrials,
    FamilyPage,
    Health,
    Importances,
    ParetoFront,
    Recommendation,
    ReleaseTrial,
    ReportReply,
    ReportTrial,
    StudyPage,
    StudyResource,
    Suggest,
    SuggestReply,
    TrialPage,
    TrialResource,
    TrialsCreated,
    WorkerPage,
)
from tuner.wire.models import ModelResource, Predict, Prediction, PredictionWork, split_model_id
from tuner.wire.trials import MeasurementPage

if TYPE_CHECKING:
    from tuner.execution.local_worker import LocalWorker
    from tuner.execution.predictor import Predictor

_CHUNK = 1 << 20


class LocalTransport:
    """The service in this process. Safe to use from many threads; a forked child has to open its own.

    Made by ``open``; see there for errors.
    """

    def __init__(self, shared: _SharedEngine) -> None:
        self._shared: _SharedEngine | None = shared
        self._pid = os.getpid()
        self._address = shared.address

    @classmethod
    def open(cls) -> Self:
        """Open the database of the home folder, or share the engine that has it open in this process.

        Raises:
            DatabaseInUse: Another process owns the SQLite file.
            DatabaseOutdated: The schema is not the one this version needs.
        """
        return cls(_engines.take())

    @property
    def address(self) -> str:
        return self._address

    def start_training(self) -> None:
        """Start the worker before there is a study for it: what it needs to load takes longer than a table."""
        self._open_engine().start_worker()

    def stop_training(self) -> None:
        """End the trainings that run in this process now; their trials wait again. A running study restarts them."""
        self._open_engine().stop_worker()

    def close(self) -> None:
        shared, self._shared = self._shared, None
        if shared is not None and self._pid == os.getpid():
            _engines.give_back(shared)

    def health(self) -> Health:
        from tuner import __version__

        return Health(version=__version__, ready=self._engine.ready())

    def create_study(self, body: CreateStudy, *, key: str) -> StudyResource:
        if body.backend in list(Backend) and body.backend not in installed_backends():
            # Nobody else trains for this engine.
            raise MissingExtra(Backend(body.backend).extra, f"Keras on {body.backend}")
        return self._trained(self._engine.studies.create(body, key).result().value)

    def study(self, study: str) -> StudyResource:
        return self._trained(self._engine.studies.get(study))

    def studies(
        self, *, state: StudyState | None = None, name: str | None = None, limit: int = 100, cursor: str | None = None
    ) -> StudyPage:
        return self._engine.studies.page(state=state, name=name, limit=limit, cursor=cursor)

    def change_study(self, study: str, body: ChangeStudy) -> StudyResource:
        return self._trained(self._engine.studies.change(study, body).result())

    def delete_study(self, study: str) -> None:
        self._engine.studies.delete(study).result()

    def pause_study(self, study: str) -> StudyResource:
        return self._engine.studies.pause(study).result()

    def resume_study(self, study: str) -> StudyResource:
        return self._trained(self._engine.studies.resume(study).result())

    def cancel_study(self, study: str) -> StudyResource:
        return self._engine.studies.cancel(study).result()

    def trial(self, study: str, number: int) -> TrialResource:
        return self._engine.trials.get(study, number)

    def trials(
        self,
        study: str,
        *,
        states: tuple[TrialState, ...] = (),
        order_by: str = "number",
        limit: int = 100,
        cursor: str | None = None,
    ) -> TrialPage:
        return self._engine.trials.page(study, states=states, order_by=order_by, limit=limit, cursor=cursor)

    def measurements(self, study: str, number: int) -> MeasurementPage:
        return self._engine.trials.measurements(study, number)

    def importances(self, study: str, *, objective: str | None = None) -> Importances:
        return self._engine.rankings.importances(study, objective)

    def pareto_front(self, study: str, *, reference: Mapping[str, float] | None = None) -> ParetoFront:
        return self._engine.rankings.front(study, reference)

    def recommendation(self, study: str) -> Recommendation:
        return self._engine.rankings.recommendation(study)

    def enqueue(self, study: str, body: EnqueueTrials, *, key: str) -> TrialsCreated:
        return self._engine.trials.enqueue(study, body, key).result()

    def change_trial(self, study: str, number: int, body: ChangeTrial) -> TrialResource:
        return self._engine.trials.change(study, number, body).result()

    def stop_trial(self, study: str, number: int) -> TrialResource:
        return self._engine.trials.stop(study, number).result()

    def suggest(self, study: str, body: Suggest, *, key: str) -> SuggestReply:
        return self._engine.suggestions.suggest(study, body, key)

    def claim(self, body: ClaimTrials, *, key: str) -> ClaimReply:
        return self._engine.suggestions.claim(body, key)

    def report(
        self,
        study: str,
        number: int,
        body: ReportTrial,
        *,
        timeout_seconds: float | None = None,
        patience_seconds: float | None = None,
    ) -> ReportReply:
        return self._engine.trials.report(study, number, body).result()

    def complete(self, study: str, number: int, body: CompleteTrial) -> TrialResource:
        return self._engine.trials.complete(study, number, body).result()

    def release(self, study: str, number: int, body: ReleaseTrial) -> TrialResource:
        return self._engine.trials.release(study, number, body).result()

    def put_artifact(
        self, study: str, number: int, attempt: int, name: str, path: Path, *, lease: str
    ) -> ArtifactResource:
        return self._engine.artifacts.put(study, number, attempt, name, _chunks(path), lease=lease)

    def artifacts(self, study: str, number: int) -> ArtifactPage:
        return self._engine.artifacts.of_trial(study, number)

    def read_artifact(self, study: str, number: int, attempt: int, name: str) -> Iterator[bytes]:
        return _chunks(self._engine.artifacts.find(study, number, attempt, name)[1])

    def upload_dataset(
        self, path: Path, *, name: str, target: str | None, columns: Mapping[str, str] | None = None
    ) -> DatasetResource:
        return self._engine.datasets.upload(_chunks(path), name=name, target=target, columns=columns).value

    def dataset(self, dataset: str) -> DatasetResource:
        return self._engine.datasets.get(dataset)

    def datasets(self, *, name: str | None = None, limit: int = 100, cursor: str | None = None) -> DatasetPage:
        return self._engine.datasets.page(name=name, limit=limit, cursor=cursor)

    def change_dataset(self, dataset: str, body: ChangeDataset) -> DatasetResource:
        return self._engine.datasets.change(dataset, body).result()

    def delete_dataset(self, dataset: str) -> None:
        self._engine.datasets.delete(dataset).result()

    def read_dataset(self, dataset: str) -> Iterator[bytes]:
        return _chunks(self._engine.datasets.path(dataset))

    def model(self, model: str) -> ModelResource:
        return model_resource(self._engine, model)

    def predict(self, model: str, body: Predict) -> Prediction:
        shared = self._open_engine()
        artifact, _ = model_file(shared.engine, model)
        study, number = split_model_id(model)
        work = PredictionWork(
            id=model,
            model=model,
            study=study,
            number=number,
            attempt=artifact.attempt,
            sha256=artifact.sha256,
            rows=body.rows,
            horizon=body.horizon,
        )
        return shared.predictor().predict(work)

    def families(self, body: AskFamilies) -> FamilyPage:
        forecast = None if body.forecast is None else body.forecast.to_record()
        return self._engine.families(body.dataset, target=body.target, task=body.task, forecast=forecast)

    def workers(self) -> WorkerPage:
        return self._engine.workers.all()

    def _trained(self, study: StudyResource) -> StudyResource:
        """The study; if it is one to train, somebody does from now on."""
        if study.dataset is not None and study.state is StudyState.RUNNING:
            self._open_engine().start_worker()
        return study

    @property
    def _engine(self) -> Engine:
        return self._open_engine().engine

    def _open_engine(self) -> _SharedEngine:
        if self._pid != os.getpid():
            raise ForkedEngine(
                "This client was opened in another process and copied by fork.",
                hint="Open a tuner.Client in the new process; for several processes at once, run `tuner serve`.",
            )
        if self._shared is None:
            raise TunerError("This client has been closed.", hint="Make a new tuner.Client().")
        return self._shared


class _SharedEngine:
    """An open engine, how many clients use it, and the worker that trains for its studies."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.engine = Engine.open(url, folder, embedded=True)
        self.address = make_url(url).render_as_string(hide_password=True)
        self.num_clients = 0
        self._cache = folder / "cache"
        self._lock = threading.Lock()
        self._worker: LocalWorker | None = None
        self._predictor: Predictor | None = None

    def start_worker(self) -> None:
        # Imported late: studies whose trials the user runs need no worker.
        from tuner.execution.local_worker import LocalWorker

        with self._lock:
            if self._worker is None:
                # With its own transport: it goes on when the client that made it necessary is closed.
                self._worker = LocalWorker(LocalTransport(self), folder=self._cache)
                self._worker.start()

    def predictor(self) -> Predictor:
        """Predicts with the models of this engine, in a child process that is started when it is needed."""
        from tuner.execution.predictor import Predictor

        with self._lock:
            if self._predictor is None:
                self._predictor = Predictor(LocalTransport(self), self._cache)
            return self._predictor

    def stop_worker(self) -> None:
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop()

    def close(self) -> None:
        self.stop_worker()
        if self._predictor is not None:
            self._predictor.close()
        self.engine.close()


class _Engines:
    """The engines that this process has open, by database."""

    def __init__(self) -> None:
        self.reset()

    def take(self) -> _SharedEngine:
        folder = home_folder()
        url = database_url(folder)
        with self._lock:
            if url not in self._open:
                folder.mkdir(parents=True, exist_ok=True)
                self._open[url] = _SharedEngine(url, folder)
            shared = self._open[url]
            shared.num_clients += 1
            return shared

    def give_back(self, shared: _SharedEngine) -> None:
        with self._lock:
            shared.num_clients -= 1
            if shared.num_clients == 0 and self._open.pop(shared.url, None) is not None:
                shared.close()

    def close(self) -> None:
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()

    def reset(self) -> None:
        """Forget engines, as a forked child must: they are its parent's."""
        self._lock = threading.Lock()
        self._open: dict[str, _SharedEngine] = {}


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


_engines = _Engines()
os.register_at_fork(after_in_child=_engines.reset)
atexit.register(_engines.close)
