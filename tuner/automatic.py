"""``fit``: a table in, a ranked set of trained models out."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from tuner.client import Client, Dataset, Study
from tuner.client.bodies import Architecture
from tuner.client.dataset import is_frame, labelled, table_name
from tuner.client.http_transport import HttpTransport
from tuner.client.progress import study_progress
from tuner.client.study import WATCH_SECONDS
from tuner.client.transport import Transport
from tuner.data.pictures.files import LABEL
from tuner.errors import InvalidInput, Place, TunerError, WaitTimeout
from tuner.records import Budget, FailureReason, StudyState, TrialState
from tuner.space import Params
from tuner.wire import Forecast, Origin, StudyResource, TrialResource
from tuner.wire.studies import AUTO_FAMILIES

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import ArrayLike

    from tuner.artifact import SavedModel
    from tuner.artifact.rows import Rows
    from tuner.local import LocalTransport

    Table = str | Path | pd.DataFrame | tuple[ArrayLike | pd.DataFrame, ArrayLike | pd.Series[Any]]

# From the study's end until the answer is here.
RESERVE_SECONDS = 0.3
MIN_STUDY_SECONDS = 1.0
EXTENSION_SECONDS = 30.0
EXTEND_BEFORE_SECONDS = 3.0
START_SECONDS = 15.0
SHORTEST_PAUSE_SECONDS = 0.05
LATEST_FIRST_SECONDS = 120.0
ENOUGH_FAILURES = 10

_T = TypeVar("_T")

_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")


def fit(
    data: Table | pd.DataFrame | ArrayLike,
    target: str | ArrayLike | pd.Series[Any] | None = None,
    *,
    time_budget: str | float = "60s",
    y: ArrayLike | pd.Series[Any] | None = None,
    columns: Mapping[str, str] | None = None,
    metric: str | None = None,
    models: Sequence[str] | None = None,
    name: str | None = None,
    resume: str | None = None,
    seed: int | None = None,
    trials: int | None = None,
    max_predict_ms: float | None = None,
    forecast: Forecast | int | None = None,
    architecture: Architecture | None = None,
    progress: bool = True,
) -> Result:
    """Train the best model for a table within a time, and rank all that were tried.

    Strong settings of many model families are tried first, then others near the best; in the end the best models are
    averaged. The best is replaced only by what scores better on rows that no model has learned from.

    Works in this process, with training in child processes, unless ``TUNER_URL`` names a server or one owns the home
    folder: then its workers train. Ctrl-C returns the best so far.

    Args:
        data: Path of a CSV file, plain or gzip, of a Parquet file, of an NPZ file of arrays, or of a folder or zip file
            of pictures; a DataFrame, whose cells may be arrays; or a pair ``(X, y)``, where X may be pictures (n,
            height, width, channels) or sequences (n, steps, features), or a list of arrays. See
            ``Client.upload_dataset``.
        target: Column to predict; for pictures in folders ``label`` if None. With ``y``, the name to give it. Values
            instead of a name are ``y`` itself, so that ``fit(X, y)`` does what it does everywhere.
        time_budget: Wall time from this call: ``"60s"``, ``"10m"``, ``"1h30m"``, or seconds. If there is no model by
            then, the first one is waited for, for a quarter of the time (from 2 to 30 s) longer. After that it may be
            one that always gives the same answer.
        y: What to predict, when ``data`` holds the features alone.
        columns: Kinds for columns that are to be used in another way than is found: ``{"zip": "category"}``. See
            ``Client.upload_dataset``.
        metric: What models are judged by, such as ``roc_auc``, ``log_loss``, ``rmse``; chosen by task if None.
        models: Model families that compete; those that suit the table if None. See ``Client.families``.
        name: Name of the study; made up if None.
        resume: Name of a study of an earlier ``fit`` on the same table, to be continued for another ``time_budget``.
        seed: Fixes the random choices: which rows validate, which parameters are tried.
        trials: End after this many candidates, if that comes first.
        max_predict_ms: How long the average of models may take to predict one row, in milliseconds.
        forecast: Predict the values to come of a time series: how many, or a ``tuner.Forecast`` that also names the
            columns of time and of the series. ``result.forecast()`` are they.
        architecture: A network of your own that competes with the others, with search parameters in any place: layers
            from ``tuner.layers``, or their JSON form. ``models=["architecture"]`` tunes it alone.
        progress: Show trials, time and the best score so far, in a terminal or a notebook.

    Raises:
        InvalidDataset: It is no table, or the target cannot be predicted from it.
        TunerError: No model could be trained; the message says why.
        MissingExtra: The packages for working in this process are not installed.

    Example:
        >>> result = tuner.fit("titanic.csv", target="survived", time_budget="60s")
        >>> result.leaderboard()
        >>> result.predict(new_rows)
    """
    started_at = time.monotonic()
    seconds = _seconds(time_budget)
    deadline = started_at + seconds
    chosen = {
        "name": name,
        "metric": metric,
        "models": models,
        "seed": seed,
        "max_predict_ms": max_predict_ms,
        "forecast": forecast,
        "architecture": architecture,
    }
    client = Client()
    try:
        earlier = None if resume is None else _to_resume(client, resume, chosen)
        if (here := _local(client.transport)) is not None:
            here.start_training()
        source, target = _labelled(data, target, y, earlier)
        is_forecast = forecast is not None or (earlier is not None and _is_forecast(earlier))
        # What an upload finds out about a target is about rows that stand for themselves.
        asked = None if is_forecast else target
        dataset = client.upload_dataset(source, name=table_name(source), target=asked, columns=columns)
        study_seconds = max(deadline - time.monotonic() - RESERVE_SECONDS, MIN_STUDY_SECONDS)
        if earlier is None:
            study = client.create_study(
                name or _unique_name(dataset),
                dataset=dataset,
                target=target,
                metric=metric,
                models=_with_own_network(models, architecture),
                seed=seed,
                budget=Budget(trials=trials, seconds=study_seconds),
                max_predict_ms=max_predict_ms,
                forecast=forecast,
                architecture=architecture,
            )
        else:
            study = _continued(client, earlier, dataset, trials, study_seconds)
        _train(study, client.transport, deadline, progress)
        return Result(study, client, dataset.warnings, _written_labels(source, target))
    except BaseException:
        client.close()
        raise


class Result:
    """What ``fit`` found: the best model, ready to predict, and the study with everything that was tried."""

    def __init__(
        self, study: Study, client: Client, warnings: Sequence[str], written: Mapping[int | float | bool, str]
    ) -> None:
        self._study = study
        self._client = client
        self._best = study.best_trial
        self._warnings = tuple(warnings)
        self._written = written
        self.is_forecast = _is_forecast(study.resource)
        """Whether values of a time series are predicted."""

    def __repr__(self) -> str:
        family = self.best_params.get("model")
        return f"Result({self.metric}={self.score:.6g}, model={family!r}, study={self._study.name!r})"

    def _repr_html_(self) -> str:
        return str(self.leaderboard(limit=20).to_html(index=False))

    @property
    def study(self) -> Study:
        """The study behind it."""
        return self._study

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What is doubtful about the table, such as a column that gives the answer away, or gaps in a series.

        Also that there was too little time to train a model, or to judge it as was planned; and that trainings failed,
        for other reasons than the time.
        """
        told = list(self._warnings)
        if self._best.origin is Origin.BASELINE and not _has_candidate(self._study, self._study.resource):
            told.append(
                "No model was trained in the time: this one always gives the same answer. "
                "Give more time, or quicker families: models=['linear']."
            )
        elif self._best.message is not None:
            told.append(f"There was little time for the best model: {self._best.message}")
        if self.is_forecast:
            told += self.best_model.manifest.facts.warnings
        told += self._failures()
        return tuple(dict.fromkeys(told))

    def _failures(self) -> list[str]:
        """How many trainings failed, and why the first one did, as a sentence."""
        failed = [t for t in self._study.trials(TrialState.FAILED) if t.failure is not FailureReason.TIMEOUT]
        if not failed:
            return []
        first = f"{failed[0].params['model']}: {_reason(failed[0])}"
        if len(failed) == 1:
            return [f"A training failed, of {first}"]
        return [f"{len(failed)} trainings failed, the first of {first}"]

    @property
    def metric(self) -> str:
        """What the models were judged by."""
        return next(iter(self._study.objectives))

    @property
    def score(self) -> float:
        """The metric of the best model on the rows that were held out for validation."""
        return (self._best.values or {})[self.metric]

    @property
    def best_params(self) -> Params:
        """Family and parameters of the best model."""
        return dict(self._best.params)

    @cached_property
    def best_model(self) -> SavedModel:
        """The best model. It can be used without this library's server or database."""
        return self._study.model(self._best.number)

    def leaderboard(self, limit: int | None = None) -> pd.DataFrame:
        """All that were tried, best first.

        Args:
            limit: Number of rows; all if None.
        """
        return self._study.leaderboard(limit)

    @overload
    def predict(self) -> pd.DataFrame: ...

    @overload
    def predict(self, rows: Rows) -> np.ndarray[Any, Any]: ...

    def predict(self, rows: Rows | None = None) -> np.ndarray[Any, Any] | pd.DataFrame:
        """Predict with the best model: labels for classes, as they were given, numbers otherwise.

        A forecast needs no rows.

        Args:
            rows: A DataFrame, a list of dicts, or the path of a file, with the columns of the training table; the
                target may be missing. Or an array (n, columns), with the columns in their order. If all it learned from
                is pictures or sequences, also an array of them; see ``tuner.artifact.SavedModel``. For a forecast, rows
                with times to come, if columns are known in advance; without rows it gives ``forecast()``.
        """
        if rows is not None:
            return self._as_written(self.best_model.predict(rows))
        if not self.is_forecast:
            raise InvalidInput("It is not said which rows to predict.", hint="Give rows: result.predict(rows).")
        return self.forecast()

    def forecast(self, horizon: int | None = None) -> pd.DataFrame:
        """The next values of every series by the best model, a row for each with its time, for a study of a forecast.

        Args:
            horizon: How many values; as many as were asked for if None.
        """
        return self.best_model.forecast(horizon)

    def predict_proba(self, rows: Rows) -> pd.DataFrame:
        """Predict the probability of each class with the best model; the columns are the classes."""
        return self.best_model.predict_proba(rows).rename(columns=self._written)

    def _as_written(self, predicted: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Labels that were text as text, although the table holds them as numbers."""
        if not self._written or not self.best_model.task.is_classification:
            return predicted
        import numpy as np

        return np.array([self._written.get(label, label) for label in predicted.tolist()], dtype=object)

    def close(self) -> None:
        """Give up the database, if it was opened in this process, so that another one may have it."""
        self.best_model  # noqa: B018  (predictions go on afterwards)
        self._client.close()


def _is_forecast(study: StudyResource) -> bool:
    return study.target is not None and study.target.forecast is not None


def _train(study: Study, transport: Transport, deadline: float, progress: bool) -> None:
    """Watch the study until its time is over and there is a model; see that it ends then."""
    wanted = study.resource.budget.to_record()
    try:
        with study_progress(progress) as shown:
            while True:
                now = study.resource
                shown.show(now)
                late = time.monotonic() - deadline
                has_candidate = _has_candidate(study, now)
                if _is_done(now, late, wanted.grace_seconds, has_candidate):
                    break
                hopeless = _hopelessness(study, now, late)
                if hopeless is not None:
                    study.cancel()
                    raise hopeless
                _keep_open(study, now, wanted, has_candidate)
                time.sleep(max(min(WATCH_SECONDS, -late), SHORTEST_PAUSE_SECONDS))
        _end(study)
    except KeyboardInterrupt:
        study.pause()
        if not study.resource.counts.get(TrialState.COMPLETED):
            raise
    finally:
        if (here := _local(transport)) is not None:
            here.stop_training()


def _is_done(study: StudyResource, late: float, grace_seconds: float, has_candidate: bool) -> bool:
    if not study.counts.get(TrialState.COMPLETED):
        return False
    if late >= 0 and (has_candidate or late >= grace_seconds or not study.counts.get(TrialState.RUNNING)):
        return True
    return _has_ended(study)


def _has_candidate(study: Study, now: StudyResource) -> bool:
    """Whether there is a model, and not just the score to beat."""
    num_completed = now.counts.get(TrialState.COMPLETED, 0)
    # There is one score to beat. Whatever else completes is a candidate, or made of some.
    return num_completed > 1 or (
        num_completed == 1 and any(trial.origin.is_candidate for trial in study.trials(TrialState.COMPLETED))
    )


def _has_ended(study: StudyResource) -> bool:
    return study.is_finished and not study.counts.get(TrialState.RUNNING)


def _reason(failed: TrialResource) -> str:
    """Why a trial failed, in a line."""
    return (failed.message or str(failed.failure)).strip().rpartition("\n")[2]


def _hopelessness(study: Study, now: StudyResource, late: float) -> TunerError | None:
    """Why there will be no first model, if that is so."""
    if now.counts.get(TrialState.COMPLETED):
        return None
    if now.state is StudyState.PAUSED:
        return TunerError(f"No model could be trained: {now.state_reason}.", hint="See the workers' logs.")
    # More of the same will not help once the time is over.
    is_failing = late > 0 and now.counts.get(TrialState.FAILED, 0) >= ENOUGH_FAILURES
    if _has_ended(now) or is_failing:
        failed = list(study.trials(TrialState.FAILED))
        reason = _reason(failed[-1]) if failed else "none ran"
        return TunerError(
            f"No model could be trained: {len(failed)} trials failed: {reason}",
            hint=f"See all reasons: tuner.Client().get_study({now.name!r}).to_pandas()['message'].",
        )
    has_begun = any(count for state, count in now.counts.items() if state is not TrialState.WAITING)
    if late > START_SECONDS and not has_begun:
        return WaitTimeout(
            "No worker has taken a trial.", hint="Start one with `tuner worker`, or unset TUNER_URL to train here."
        )
    if late > LATEST_FIRST_SECONDS:
        return WaitTimeout(
            f"No model was ready {LATEST_FIRST_SECONDS:.0f} seconds after the time budget was over.",
            hint="Give more time, fewer rows, or quicker models such as models=['linear'].",
        )
    return None


def _keep_open(study: Study, now: StudyResource, wanted: Budget, has_candidate: bool) -> None:
    """Lengthen the study's time while there is no model yet: its end would stop the trials that make the first.

    Args:
        study: The study.
        now: Its state.
        wanted: Its budget.
        has_candidate: Whether there is a model; then the budget is what it was.
    """
    limit, seconds = now.budget.seconds, wanted.seconds
    if limit is None or seconds is None or now.is_finished:
        return
    if not has_candidate:
        if now.used_seconds <= limit - EXTEND_BEFORE_SECONDS:
            return
        # Once, but for a study without any model.
        is_empty = not now.counts.get(TrialState.COMPLETED)
        seconds = limit + EXTENSION_SECONDS if is_empty else max(limit, seconds + wanted.grace_seconds)
    if seconds != limit:
        study.set_budget(Budget(trials=now.budget.trials, seconds=seconds))


def _end(study: Study) -> None:
    """End a study whose time has come, in a way that lets it be continued: its budget is what it has used."""
    now = study.resource
    if not now.is_finished:
        study.set_budget(Budget(trials=now.budget.trials, seconds=max(now.used_seconds, 1e-3)))


def _local(transport: Transport) -> LocalTransport | None:
    """The transport, if this process does the training."""
    if isinstance(transport, HttpTransport):
        return None
    # Imported late: over HTTP the engine and its database need not be installed.
    from tuner.local import LocalTransport

    assert isinstance(transport, LocalTransport)
    return transport


def _to_resume(client: Client, name: str, chosen: Mapping[str, object]) -> StudyResource:
    given = [argument for argument, value in chosen.items() if value is not None]
    if given:
        raise InvalidInput(
            f"A study that is continued keeps what it was created with, but {' and '.join(given)} was given.",
            hint="Leave it out, or leave resume out.",
            places=[Place(f"#/{argument}", "does not go with resume") for argument in given],
        )
    study = client.get_study(name).resource
    if study.dataset is None or study.target is None:
        raise InvalidInput(
            f"Study {name!r} is not over a dataset.", hint="Its trials are yours to run: use client.get_study(name)."
        )
    return study


def _with_own_network(models: Sequence[str] | None, architecture: Architecture | None) -> Sequence[str] | None:
    """Whoever names no families wants the best of all, a network of their own among them."""
    if models is not None or architecture is None:
        return models
    # Imported late: the families take a while, and few calls bring a network.
    from tuner.models.architecture import ARCHITECTURE

    return (AUTO_FAMILIES, ARCHITECTURE)


def _continued(client: Client, earlier: StudyResource, dataset: Dataset, trials: int | None, seconds: float) -> Study:
    assert earlier.dataset is not None
    if client.get_dataset(earlier.dataset).sha256 != dataset.sha256:
        raise InvalidInput(
            f"Study {earlier.name!r} was made on another table.",
            hint="Give the same table, or leave resume out.",
            places=[Place("#/data", "differs from the study's table")],
        )
    study = client.get_study(earlier.id)
    limit = None if trials is None else earlier.num_counted + trials
    study.set_budget(Budget(trials=limit, seconds=earlier.used_seconds + seconds))
    study.resume()
    return study


def _labelled(data: Any, target: Any, y: Any, earlier: StudyResource | None) -> tuple[str | Path | pd.DataFrame, str]:
    """The table with the target in it, and the target's name."""
    if target is not None and not isinstance(target, str):
        if y is not None:
            raise InvalidInput(
                f"target must be a name where y is given, got {type(target).__name__}.",
                hint='Write tuner.fit(X, y), or tuner.fit(X, y=y, target="price") to name it.',
                places=[Place("#/target", "is no name")],
            )
        target, y = None, target
    if isinstance(data, tuple) and len(data) == 2 and y is None:
        data, y = data
    if y is not None:
        return labelled(data, y, target)
    if not isinstance(data, str | Path) and not is_frame(data):
        raise InvalidInput(
            f"data must be a path, a DataFrame or a pair (X, y), got {type(data).__name__}.",
            hint="Write tuner.fit(X, y) for arrays.",
            places=[Place("#/data", "is no table")],
        )
    if target is None and earlier is not None and earlier.target is not None:
        target = earlier.target.name
    if target is None and _is_of_pictures(data):
        target = LABEL
    if target is None:
        raise InvalidInput(
            "It is not said what to predict.",
            hint='Name the column: tuner.fit(data, target="price").',
            places=[Place("#/target", "is missing")],
        )
    return data, target


def _written_labels(source: str | Path | pd.DataFrame, target: str) -> Mapping[int | float | bool, str]:
    """Labels as a DataFrame has them; a file is read as it is meant to be."""
    if isinstance(source, str | Path) or target not in source.columns:
        return {}
    from tuner.data.written_labels import written_labels

    return written_labels(source[target])


def _is_of_pictures(data: object) -> bool:
    return isinstance(data, str | Path) and (Path(data).expanduser().is_dir() or Path(data).suffix.lower() == ".zip")


def _unique_name(dataset: Dataset) -> str:
    return f"{dataset.name[:100]}-{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _seconds(time_budget: str | float) -> float:
    seconds = 0.0
    if isinstance(time_budget, str):
        found = _DURATION.fullmatch(time_budget.replace(" ", "").lower())
        if found:
            hours, minutes, rest = (float(part or 0) for part in found.groups())
            seconds = 3600 * hours + 60 * minutes + rest
    elif isinstance(time_budget, int | float) and not isinstance(time_budget, bool):
        seconds = float(time_budget)
    if not 0 < seconds <= 1e9:
        raise InvalidInput(
            f"time_budget must be a time above 0, got {time_budget!r}.",
            hint='Write "60s", "10m", "1h30m", or a number of seconds.',
            places=[Place("#/time_budget", "is no time")],
        )
    return seconds
