"""The way in: studies and datasets of a service, or of the engine in this process."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from tuner.client.bodies import (
    Architecture,
    Space,
    architecture_form,
    array_rows,
    as_number,
    as_whole,
    forecast_form,
    is_id,
    new_key,
    plain_rows,
    request,
    space_form,
)
from tuner.client.connect import connect
from tuner.client.dataset import Dataset, labelled, pair, table_file, table_name
from tuner.client.paging import all_items
from tuner.client.renewal import LeaseRenewer
from tuner.client.study import Study
from tuner.client.transport import Transport
from tuner.errors import InvalidInput, NotFound, Place
from tuner.wire import (
    AskFamilies,
    Budget,
    BudgetBody,
    CreateStudy,
    DatasetResource,
    Direction,
    FamilyResource,
    Forecast,
    StudyState,
    WorkerResource,
)
from tuner.wire.models import ModelResource, Predict, Prediction, model_id

if TYPE_CHECKING:
    import pandas as pd

PAGE = 100


class Client:
    """Studies and datasets, wherever they are kept.

    Without ``base_url`` that is the server named by ``TUNER_URL``; else a running server that owns the home folder
    (``TUNER_HOME``, by default ``~/.tuner``); else this process itself, on a database in that folder. The same calls
    work everywhere. Safe to use from many threads; a context manager that closes itself.

    Args:
        base_url: Where the server answers, e.g. ``http://127.0.0.1:8000``.
        api_key: The server's key, by default ``TUNER_API_KEY``.

    Raises:
        MissingExtra: It would have to work in this process, but the packages for that are not installed.
        DatabaseInUse: It would have to work in this process, but another one owns the database.

    Example:
        >>> client = tuner.Client()
        >>> space = {"lr": tuner.Float(1e-5, 1e-1, log=True)}
        >>> study = client.create_study("mine", space=space, objectives={"accuracy": "maximize"})
        >>> trial = study.ask()
        >>> trial.tell(train(**trial.params))
    """

    def __init__(self, base_url: str | None = None, api_key: str | None = None) -> None:
        self._transport: Transport = connect(base_url, api_key)
        self._renewer = LeaseRenewer()

    def __repr__(self) -> str:
        return f"Client({self.address!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def address(self) -> str:
        """Where operations go: a server's URL, or a database."""
        return self._transport.address

    @property
    def transport(self) -> Transport:
        """The typed operations of the service, one layer below these objects."""
        return self._transport

    def close(self) -> None:
        """Release connections, and the database if it was opened in this process. Later calls fail.

        Trials that were asked for and not told are handed out again once their leases have run out.
        """
        self._renewer.close()
        self._transport.close()

    def upload_dataset(
        self,
        data: str | Path | pd.DataFrame | tuple[Any, Any],  # Any: arrays of every library
        *,
        name: str | None = None,
        target: str | None = None,
        columns: Mapping[str, str] | None = None,
    ) -> Dataset:
        """Upload a table, pictures or sequences to train on. The same data under the same name is stored once.

        Args:
            data: Path of a CSV file, plain or gzip, in UTF-8 with a header line; of a Parquet file; of an NPZ file of
                arrays; of a folder or zip file with PNG or JPEG pictures in a folder for each class. Or a DataFrame,
                whose index is left out and whose cells may be arrays; or a pair ``(X, y)``, where pictures have the
                shape (n, height, width, channels), sequences (n, steps, features).
            name: By default the file's name without its ending.
            target: Column to predict, unless a study names another. For pictures in folders it is ``label``.
            columns: Kinds for columns that are to be used in another way than is found, by name: ``number``,
                ``category``, ``boolean``, ``date``, ``text``; for arrays ``image`` and ``sequence``; ``identifier``
                leaves a column out.

        Raises:
            InvalidDataset: It is no table, has no such column, or a kind does not fit its column.
            TooLarge: It is larger than the service takes.
        """
        name = name or table_name(data)
        if isinstance(data, tuple):
            data, target = labelled(*pair(data), target)
        with tempfile.TemporaryDirectory(prefix="tuner-") as folder:
            path = table_file(data, Path(folder))
            stored = self._transport.upload_dataset(path, name=name, target=target, columns=columns)
        return Dataset(stored, self._transport)

    def get_dataset(self, name_or_id: str) -> Dataset:
        """A dataset by name, the newest where several have it, or by id."""
        return Dataset(self._find_dataset(name_or_id), self._transport)

    def list_datasets(self) -> list[Dataset]:
        """All datasets, newest first."""
        found = all_items(lambda cursor: self._transport.datasets(limit=PAGE, cursor=cursor))
        return [Dataset(resource, self._transport) for resource in found]

    def create_study(
        self,
        name: str,
        *,
        dataset: Dataset | str | None = None,
        models: Sequence[str] | None = None,
        metric: str | None = None,
        target: str | None = None,
        task: str | None = None,
        space: Space | Mapping[str, Any] | None = None,
        objectives: Mapping[str, Direction | str] | None = None,
        constraints: Mapping[str, Mapping[str, float]] | None = None,
        sampler: str = "auto",
        pruner: str | Mapping[str, Any] | None = None,
        seed: int | None = None,
        budget: Budget | None = None,
        max_attempts: int = 3,
        folds: int | None = None,
        ensemble: bool | None = None,
        max_predict_ms: float | None = None,
        forecast: Forecast | int | None = None,
        backend: str | None = None,
        architecture: Architecture | None = None,
    ) -> Study:
        """Create a study, or get the one that was created before with the same arguments.

        With ``dataset`` the service's workers train models on that table. Otherwise you train: give ``space``, and use
        ``Study.ask`` or ``Study.optimize``.

        Args:
            name: Unique on the service.
            dataset: The table to train on, or its name or id.
            models: Model families that compete; all that fit if None, for which ``"auto"`` stands in a list. See
                ``families``.
            metric: What the models are judged by; chosen by task if None.
            target: Column to predict; that of the dataset if None.
            task: ``binary``, ``multiclass`` or ``regression``; found out from the column if None.
            space: Parameters by name. For a study over a dataset it replaces entries of the families' own spaces, such
                as ``lightgbm.learning_rate``.
            objectives: What you tune, with ``minimize`` or ``maximize`` for each: ``{"accuracy": "maximize"}``. Not
                together with ``dataset``, where the metric is the objective.
            constraints: Bounds on numbers that you tell with each result: ``{"latency_ms": {"at_most": 20}}``, or
                ``at_least``. Trials that keep them rank before all others, and the search looks for such. The numbers
                may be objectives. Not together with ``dataset``.
            sampler: Who proposes parameters: ``auto``, ``random``, ``grid``, ``sobol``, ``tpe``, ``gp``, ``cmaes``,
                ``nsga2``, ``nsga3``.
            pruner: Who stops hopeless trials early: ``asha``, ``hyperband``, ``median``, ``percentile``, ``patience``,
                ``racing``, ``threshold``, ``none``; with options as in ``{"name": "asha", "grace_steps": 5}``. If None,
                ``racing`` where candidates are cross-validated, else ``asha``.
            seed: Fixes every random choice. A seeded study that is asked one at a time repeats itself exactly.
            budget: When to end; never if None.
            max_attempts: How often a trial is tried while its workers are lost.
            folds: Parts of the table on which every candidate is cross-validated; if None, chosen by its size. Like the
                next two, only together with ``dataset``.
            ensemble: Whether the best candidates are averaged in the end; they are if None.
            max_predict_ms: How long that average may take to predict one row, in milliseconds; as it comes if None.
            forecast: Predict the values to come of a time series: how many, or a ``Forecast`` that also names the
                columns of time and of the series. Only together with ``dataset``, like the next two.
            backend: What networks must be trained on: ``jax``, ``torch`` or ``tensorflow``; what a worker has if None.
            architecture: A network of your own, with search parameters in any place: layers from ``tuner.layers``, or
                their JSON form. It is tuned alone if ``models`` is None; in ``["auto", "architecture"]`` it competes.

        Raises:
            StudyExists: The name is taken by a study created with other arguments; the error lists them.
            InvalidSearchSpace: The space contradicts itself.
            InvalidInput: Another argument is wrong; the error says which.
        """
        fields = {
            "name": name,
            "dataset": self._dataset_id(dataset),
            "models": None if models is None else _listed(models),
            "metric": metric,
            "target": target,
            "task": task,
            "space": None if space is None else space_form(space),
            "objectives": None if objectives is None else _directions(objectives),
            "constraints": None if constraints is None else _bounds(constraints),
            "sampler": sampler,
            "pruner": dict(pruner) if isinstance(pruner, Mapping) else pruner,
            "seed": None if seed is None else as_whole(seed, "seed"),
            "budget": None if budget is None else _budget_body(budget),
            "max_attempts": as_whole(max_attempts, "max_attempts"),
            "folds": None if folds is None else as_whole(folds, "folds"),
            "ensemble": ensemble,
            "max_predict_ms": None if max_predict_ms is None else float(max_predict_ms),
            "forecast": None if forecast is None else forecast_form(forecast),
            "backend": backend,
            "architecture": None if architecture is None else architecture_form(architecture),
        }
        created = self._transport.create_study(request(CreateStudy, fields), key=new_key())
        return Study(created, self._transport, self._renewer)

    def get_study(self, name_or_id: str) -> Study:
        """A study by name or id.

        Raises:
            NotFound: There is none.
        """
        if is_id(name_or_id):
            return Study(self._transport.study(name_or_id), self._transport, self._renewer)
        for found in all_items(lambda cursor: self._transport.studies(name=name_or_id, limit=PAGE, cursor=cursor)):
            if found.name == name_or_id:
                return Study(found, self._transport, self._renewer)
        raise NotFound("study", name_or_id, hint="See client.list_studies() for those there are.")

    def list_studies(self, *, state: StudyState | str | None = None) -> list[Study]:
        """All studies, newest first.

        Args:
            state: Only those in this state.
        """
        wanted = None if state is None else _study_state(state)
        found = all_items(lambda cursor: self._transport.studies(state=wanted, limit=PAGE, cursor=cursor))
        return [Study(resource, self._transport, self._renewer) for resource in found]

    def get_model(self, model: str) -> ModelResource:
        """What a trained model is, without downloading it.

        Args:
            model: The model's id: the study's id, a dot, the trial's number; also the study's name will do for its id.

        Raises:
            NotFound: There is no such trial, or it has no model.
        """
        return self._transport.model(self._model_id(model))

    # Any: arrays of every library.
    def predict(self, model: str, rows: Sequence[Mapping[str, object]] | pd.DataFrame | Sequence[Any]) -> Prediction:
        """Have the service predict rows. To predict many, load the model instead: ``study.model(number)``.

        Args:
            model: The model's id; see ``get_model``.
            rows: Dicts with the model's columns, or a DataFrame; at most 10,000. For a model that knows pictures or
                sequences alone also an array of them, or a list of arrays.

        Raises:
            NotFound: There is no such model.
            InvalidDataset: A column is missing, or a cell cannot be read.
            Unavailable: No worker is there to predict.

        Example:
            >>> client.predict("titanic.12", [{"age": 41, "sex": "female", "fare": 26.0}]).predictions
            (1,)
        """
        if getattr(rows, "ndim", 0) > 2 or (isinstance(rows, list) and rows and hasattr(rows[0], "ndim")):
            rows = array_rows(rows, self.get_model(model).columns)
        body = request(Predict, {"rows": plain_rows(rows)})
        return self._transport.predict(self._model_id(model), body)

    def forecast(self, model: str, horizon: int | None = None) -> Prediction:
        """Have the service tell the next values of time series, by a model of a study with ``forecast``.

        Args:
            model: The model's id; see ``get_model``.
            horizon: How many values of each series; as many as the model was trained for if None.

        Returns:
            The values as ``predictions``, and the series and time of each in ``rows``.
        """
        return self._transport.predict(self._model_id(model), request(Predict, {"horizon": horizon}))

    def families(
        self,
        dataset: Dataset | str | None = None,
        *,
        target: str | None = None,
        task: str | None = None,
        forecast: Forecast | int | None = None,
    ) -> list[FamilyResource]:
        """Model families that can be named in ``models``; with their search spaces if a dataset is given.

        Give the other arguments as you will give them to ``create_study``: the spaces, and whether a family competes by
        ``default`` where a study names none, depend on what is predicted.

        Args:
            dataset: The table, or its name or id.
            target: Column to predict; that of the dataset if None.
            task: ``binary``, ``multiclass`` or ``regression``; found out from the column if None.
            forecast: Predict the values to come of a time series: how many, or a ``Forecast``.

        Raises:
            NotFound: There is no such dataset.
            InvalidInput: The target cannot be predicted so, or there is no dataset to find it in.
        """
        fields = {
            "dataset": self._dataset_id(dataset),
            "target": target,
            "task": task,
            "forecast": None if forecast is None else forecast_form(forecast),
        }
        return list(self._transport.families(request(AskFamilies, fields)).items)

    def list_workers(self) -> list[WorkerResource]:
        """Who has asked for work within a day or runs a trial, by name: what each can do, and what it does now."""
        return list(self._transport.workers().items)

    def _model_id(self, model: str) -> str:
        study, _, number = model.rpartition(".")
        if not number.isdecimal() or not study:
            raise InvalidInput(
                f"{model!r} is no id of a model.", hint='Write "STUDY.NUMBER", with the trial\'s number.'
            )
        return model_id(study if is_id(study) else self.get_study(study).id, int(number))

    def _dataset_id(self, dataset: Dataset | str | None) -> str | None:
        if dataset is None or (isinstance(dataset, str) and is_id(dataset)):
            return dataset
        if isinstance(dataset, Dataset):
            return dataset.id
        if not isinstance(dataset, str):
            raise InvalidInput(
                f"dataset must be a Dataset, a name or an id, got {type(dataset).__name__}.",
                hint="Upload the table first: data = client.upload_dataset(...).",
                places=[Place("#/dataset", "is no dataset")],
            )
        return self._find_dataset(dataset).id

    def _find_dataset(self, name_or_id: str) -> DatasetResource:
        if is_id(name_or_id):
            return self._transport.dataset(name_or_id)
        for found in all_items(lambda cursor: self._transport.datasets(name=name_or_id, limit=PAGE, cursor=cursor)):
            if found.name == name_or_id:
                return found
        raise NotFound("dataset", name_or_id, hint="See client.list_datasets() for those there are.")


def _budget_body(budget: object) -> BudgetBody:
    if not isinstance(budget, Budget):
        raise InvalidInput(
            f"budget must be a tuner.Budget, got {budget!r:.80}.",
            hint="Write budget=tuner.Budget(trials=200, seconds=600).",
            places=[Place("#/budget", "is no budget")],
        )
    seconds = None if budget.seconds is None else as_number(budget.seconds, "budget.seconds")
    return request(BudgetBody, {"trials": budget.trials, "seconds": seconds})


def _listed(models: object) -> list[Any]:
    if isinstance(models, str) or not isinstance(models, Sequence):
        raise InvalidInput(
            f"models must be a list of names, got {models!r:.80}.",
            hint=f"Write models=[{models!r:.80}]." if isinstance(models, str) else None,
            places=[Place("#/models", "must be a list")],
        )
    return list(models)


def _directions(objectives: object) -> dict[str, Any]:
    if not isinstance(objectives, Mapping):
        raise InvalidInput(
            f"objectives must map names to directions, got {objectives!r:.80}.",
            hint='Write objectives={"accuracy": "maximize"}.',
            places=[Place("#/objectives", "must map names to directions")],
        )
    return dict(objectives)


def _bounds(constraints: object) -> dict[str, Any]:
    if not isinstance(constraints, Mapping) or not all(isinstance(each, Mapping) for each in constraints.values()):
        raise InvalidInput(
            f"constraints must map names to bounds, got {constraints!r:.80}.",
            hint='Write constraints={"latency_ms": {"at_most": 20}}.',
            places=[Place("#/constraints", "must map names to bounds")],
        )
    return {
        name: {side: as_number(bound, f"constraints.{name}.{side}") for side, bound in bounds.items()}
        for name, bounds in constraints.items()
    }


def _study_state(state: StudyState | str) -> StudyState:
    try:
        return StudyState(state)
    except ValueError:
        raise InvalidInput(f"{state!r} is not a state of a study.", hint=f"Use {', '.join(StudyState)}.") from None
