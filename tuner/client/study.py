"""A study: one tuning problem, and all its trials."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, SupportsFloat, TypeAlias

from tuner.client.backoff import Backoff
from tuner.client.bodies import as_number, as_whole, new_key, plain_params, request
from tuner.client.downloads import fetch_model
from tuner.client.optimize import Function, optimize
from tuner.client.outcome import named_values
from tuner.client.paging import all_items
from tuner.client.progress import study_progress, summary
from tuner.client.renewal import LeaseRenewer
from tuner.client.tables import leaderboard_frame, trials_frame
from tuner.client.transport import Transport
from tuner.client.trial import Trial
from tuner.errors import InvalidInput, MissingExtra, NotFound, Place, StaleCursor, StudyClosed, WaitTimeout
from tuner.space import Params, SearchSpace
from tuner.wire import (
    Budget,
    BudgetBody,
    ChangeStudy,
    ChangeTrial,
    Direction,
    EnqueueTrials,
    MeasurementResource,
    StudyResource,
    StudyState,
    Suggest,
    TrialResource,
    TrialState,
)

if TYPE_CHECKING:
    import pandas as pd

    from tuner.artifact import SavedModel

Values: TypeAlias = "SupportsFloat | Mapping[str, SupportsFloat]"

ORDERS = ("number", "rank")
LONG_POLL_SECONDS = 20.0
# Between two polls that came back empty, so that a server which does not wait is not asked without end.
POLL_PAUSE_SECONDS = 0.2
LONGEST_POLL_PAUSE_SECONDS = 2.0
WATCH_SECONDS = 0.5
PAGE = 1_000
_FINISHED = tuple(state for state in TrialState if state.is_finished)


class Study:
    """A search for the best parameters. Made by ``Client.create_study`` and ``Client.get_study``.

    Whatever may change (``state``, ``best_value``, ...) is asked for at each access, so it is never stale. Objects of
    one study may be used from many threads, and as many of them may exist in as many processes as you like.
    """

    def __init__(self, resource: StudyResource, transport: Transport, renewer: LeaseRenewer) -> None:
        self._id = resource.id
        self._name = resource.name
        self._objectives = dict(resource.objectives)
        self._constraints = tuple(resource.constraints)
        self._transport = transport
        self._renewer = renewer

    def __repr__(self) -> str:
        return f"Study(name={self.name!r}, id={self.id!r})"

    def _repr_html_(self) -> str:
        study = self.resource
        rows = {
            "state": study.state + (f" ({study.state_reason})" if study.state_reason else ""),
            "trials": summary(study),
            "objectives": ", ".join(f"{direction} {name}" for name, direction in study.objectives.items()),
            "time": f"{study.used_seconds:.1f} s",
        }
        if study.search:
            rows["search"] = study.search
        cells = "".join(f"<tr><th>{name}</th><td>{escape(text)}</td></tr>" for name, text in rows.items())
        return f"<p><b>{escape(self.name)}</b></p><table>{cells}</table>"

    @property
    def id(self) -> str:
        """Its id."""
        return self._id

    @property
    def name(self) -> str:
        """Its name, unique on the service."""
        return self._name

    @property
    def objectives(self) -> dict[str, Direction]:
        """What is tuned, and which way it is better."""
        return dict(self._objectives)

    @property
    def constraints(self) -> dict[str, dict[str, float]]:
        """Bounds on the outcome by name, as they were given at creation."""
        return {name: body.model_dump(exclude_none=True) for name, body in self.resource.constraints.items()}

    @property
    def resource(self) -> StudyResource:
        """Everything the service says of the study now, in one answer."""
        return self._transport.study(self._id)

    @property
    def state(self) -> StudyState:
        """``running``, ``paused``, ``completed``, ``cancelled`` or ``failed``."""
        return self.resource.state

    @property
    def space(self) -> SearchSpace:
        """What is searched."""
        return SearchSpace.from_json(self.resource.space)

    @property
    def search(self) -> str | None:
        """What the sampler did when it last found points, such as ``gp: 38 conditional parameters, 60 trials``."""
        return self.resource.search

    @property
    def num_trials(self) -> int:
        """Trials so far, whatever their state."""
        return self.resource.num_trials

    @property
    def best_trial(self) -> TrialResource:
        """The best completed trial that keeps the constraints; with several objectives the first of the leaderboard.

        Raises:
            NotFound: No such trial has completed yet.
        """
        for trial in self._transport.trials(self._id, states=(TrialState.COMPLETED,), order_by="rank", limit=1).items:
            if trial.is_feasible is not False:
                return trial
            raise NotFound.restored(
                f"No completed trial of study {self.name!r} keeps its constraints yet.",
                "See how far each is beyond them: study.leaderboard().",
                [],
            )
        raise NotFound.restored(
            f"Study {self.name!r} has no completed trial yet.",
            "Wait for one, or look at what failed: study.trials().",
            [],
        )

    @property
    def recommended_trial(self) -> TrialResource:
        """The trial to use: the best one once noise has been taken out of the results, where the sampler can do that.

        The best of many noisy results is mostly a lucky one. ``gp`` and ``auto`` learn how noisy results are and choose
        by the mean they expect; with the other samplers, and with several objectives, this is ``best_trial``.

        Raises:
            NotFound: No trial that keeps the constraints has completed yet.
        """
        return self._transport.recommendation(self._id).trial or self.best_trial

    @property
    def best_params(self) -> Params:
        """Parameters of the best trial."""
        return dict(self.best_trial.params)

    @property
    def best_value(self) -> float:
        """First objective of the best trial."""
        return (self.best_trial.values or {})[next(iter(self._objectives))]

    def ask(self, *, timeout: float | None = None, lease_seconds: float = 60.0) -> Trial:
        """Take a trial to run: an enqueued one, one that was lost, or what the sampler proposes.

        Waits while there is none but may be one later, as at the end of a budget, when a running trial could still be
        lost and have to be repeated.

        Args:
            timeout: Longest time to wait, in seconds; without end if None.
            lease_seconds: How long you may be out of reach of the service before the trial is given to somebody
                else. Not a limit on your work: the lease is renewed in the background.

        Raises:
            StudyClosed: The study hands out no trials: it is paused or has ended.
            WaitTimeout: There was none in time.
        """
        return self.ask_batch(1, timeout=timeout, lease_seconds=lease_seconds)[0]

    def ask_batch(self, count: int, *, timeout: float | None = None, lease_seconds: float = 60.0) -> list[Trial]:
        """Take several trials to run at once: at least one, at most ``count``; fewer when the budget ends.

        One request for all; each has a lease of its own, which is renewed whether you work on it already or not.
        Arguments and errors are those of ``ask``.

        Example:
            >>> for trial in study.ask_batch(8):
            ...     trial.tell(evaluate(**trial.params))
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        backoff = Backoff(POLL_PAUSE_SECONDS, LONGEST_POLL_PAUSE_SECONDS)
        while True:
            left = LONG_POLL_SECONDS if deadline is None else max(deadline - time.monotonic(), 0.0)
            fields = {
                "worker": _worker_name(),
                "count": as_whole(count, "count"),
                "wait_seconds": min(left, LONG_POLL_SECONDS),
                "lease_seconds": lease_seconds,
            }
            reply = self._transport.suggest(self._id, request(Suggest, fields), key=new_key())
            if reply.trials:
                break
            if reply.study_state is not StudyState.RUNNING:
                raise StudyClosed(
                    f"Study {self.name!r} is {reply.study_state} and hands out no trials.",
                    hint="Resume it, or raise its budget with set_budget().",
                )
            if deadline is not None and time.monotonic() >= deadline:
                raise WaitTimeout(
                    f"Study {self.name!r} had no trial to hand out within {timeout:g} seconds.",
                    hint="All trials of its budget are taken; they come back only if their workers are lost.",
                )
            pause = backoff.next_seconds()
            time.sleep(pause if deadline is None else min(pause, max(deadline - time.monotonic(), 0.0)))
        return [
            Trial(leased, tuple(self._objectives), self._transport, self._renewer, constraints=self._constraints)
            for leased in reply.trials
        ]

    def optimize(
        self,
        function: Function,
        trials: int | None = None,
        *,
        workers: int = 1,
        catch: tuple[type[Exception], ...] = (),
    ) -> None:
        """Ask, run ``function``, tell: until ``trials`` were run here, or the study hands out no more.

        Several such calls, in as many processes and on as many machines as you like, may work on one study. Ctrl-C
        hands running trials back and leaves the study as it is.

        Args:
            function: Called with a ``Trial``. Returns the objective or a dict of objectives, or calls ``trial.tell``
                or ``trial.fail`` itself. After ``trial.report`` has said to stop it may return anything or nothing.
            trials: How many trials to run; without end if None.
            workers: Threads that run ``function`` at the same time. Training code that holds the interpreter's lock
                gains nothing from threads; start several processes that call ``optimize`` instead.
            catch: Exceptions after which to go on. Any other ends the call, once its trial is told as failed.
        """
        optimize(self.ask, function, trials=trials, workers=workers, catch=catch)

    def enqueue(
        self,
        params: Mapping[str, object] | Sequence[Mapping[str, object]],
        values: Values | Sequence[Values] | None = None,
    ) -> list[TrialResource]:
        """Have points tried before the sampler is asked, or import trials that were finished elsewhere.

        Args:
            params: One point, or several. What a point does not say is drawn at random when it is enqueued, so
                ``{"lr": 0.1}`` alone will do; with ``values``, every active parameter needs a value.
            values: With it the trials count as completed: the objective of each, or each objective and each constrained
                number by name.

        Raises:
            InvalidInput: A point does not fit the space, or there are not as many values as points.
        """
        points = [params] if isinstance(params, Mapping) else list(params)
        results: list[Any]
        if values is None:
            results = [None] * len(points)
        elif isinstance(params, Mapping):
            results = [values]
        else:
            results = list(values) if isinstance(values, Iterable) and not isinstance(values, Mapping) else [values]
        if len(results) != len(points):
            raise InvalidInput(f"There are {len(points)} points, but {len(results)} values.", hint="Give one for each.")
        bodies = []
        for point, result in zip(points, results, strict=True):
            body: dict[str, object] = {"params": plain_params(point)}
            if result is not None:
                body["values"] = self._named(result)
            bodies.append(body)
        return list(self._transport.enqueue(self._id, request(EnqueueTrials, {"trials": bodies}), key=new_key()).items)

    def wait(self, timeout: float | None = None, *, progress: bool = True) -> Self:
        """Wait until the study has ended and no trial runs any more. Ctrl-C stops the waiting, not the study.

        Args:
            timeout: Longest time to wait, in seconds.
            progress: Show trials, time and the best value so far, in a terminal or a notebook.

        Raises:
            WaitTimeout: It has not ended in time; it goes on.
            StudyClosed: It was paused, so without ``resume`` it will never end.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            with study_progress(progress) as shown:
                while True:
                    study = self.resource
                    shown.show(study)
                    if study.is_finished and not study.counts.get(TrialState.RUNNING):
                        return self
                    if study.state is StudyState.PAUSED:
                        reason = f": {study.state_reason}" if study.state_reason else ""
                        raise StudyClosed(f"Study {self.name!r} is paused{reason}.", hint="Go on with study.resume().")
                    if deadline is not None and time.monotonic() >= deadline:
                        raise WaitTimeout(
                            f"Study {self.name!r} has not ended within {timeout:g} seconds ({summary(study)}).",
                            hint="It goes on; wait again, or see that a worker runs.",
                        )
                    time.sleep(WATCH_SECONDS if deadline is None else min(WATCH_SECONDS, deadline - time.monotonic()))
        except KeyboardInterrupt:
            return self

    def pause(self) -> None:
        """Hand out no more trials; those that run may finish."""
        self._transport.pause_study(self._id)

    def resume(self) -> None:
        """Go on after ``pause``."""
        self._transport.resume_study(self._id)

    def cancel(self) -> None:
        """End the study. Its results stay."""
        self._transport.cancel_study(self._id)

    def set_budget(self, budget: Budget) -> None:
        """Replace the budget. More than is used sets a completed study running again."""
        body = BudgetBody(trials=budget.trials, seconds=budget.seconds)
        self._transport.change_study(self._id, ChangeStudy(budget=body))

    def delete(self) -> None:
        """Delete the study with all its trials and models."""
        self._transport.delete_study(self._id)

    def trial(self, number: int) -> TrialResource:
        """One trial as it stands."""
        return self._transport.trial(self._id, as_whole(number, "number"))

    def trials(
        self, states: TrialState | str | Sequence[TrialState | str] = (), *, order_by: str = "number"
    ) -> Iterator[TrialResource]:
        """All trials, fetched page by page as they are needed.

        Args:
            states: Only trials in one of these states.
            order_by: ``number``, or ``rank`` for the best first.
        """
        wanted = _trial_states(states)
        if order_by not in ORDERS:
            raise InvalidInput(
                f"Trials cannot be ordered by {order_by!r}.",
                hint="Use 'number' or 'rank'.",
                places=[Place("#/order_by", "is unknown")],
            )
        return all_items(
            lambda cursor: self._transport.trials(self._id, states=wanted, order_by=order_by, limit=PAGE, cursor=cursor)
        )

    def set_note(self, number: int, text: str) -> TrialResource:
        """Say something about a trial, in place of what was said before; with an empty text, nothing any more.

        It is shown on the dashboard, as ``note`` of the trial and in ``to_pandas()``, and changes nothing else.

        Args:
            number: The trial.
            text: At most 2,000 characters.
        """
        return self._transport.change_trial(self._id, as_whole(number, "number"), request(ChangeTrial, {"note": text}))

    def measurements(self, number: int) -> list[MeasurementResource]:
        """What a trial reported, by attempt and step: its learning curve."""
        return list(self._transport.measurements(self._id, as_whole(number, "number")).items)

    def leaderboard(self, limit: int | None = None) -> pd.DataFrame:
        """Finished trials as a DataFrame, best first, failed ones last.

        Args:
            limit: Number of rows; all if None.
        """
        return leaderboard_frame(self._ranked(limit), list(self._objectives), self._constraints)

    def to_pandas(self) -> pd.DataFrame:
        """All trials as a DataFrame, by number, with everything that is known of them."""
        return trials_frame(list(self.trials()), list(self._objectives), self._constraints)

    def importances(self, objective: str | None = None) -> dict[str, float]:
        """How much each parameter decides whether a trial is among the best tenth, most first; adds up to 1.

        Empty while too few trials have completed to tell.

        Args:
            objective: By which objective trials are good; by all of them if None.
        """
        return self._transport.importances(self._id, objective=objective).importances

    def pareto_front(self) -> list[TrialResource]:
        """The feasible completed trials that no other one beats in every objective, the roomiest first.

        With one objective these are the best trials, several if they are equally good.
        """
        return list(self._transport.pareto_front(self._id).items)

    def hypervolume(self, reference: Mapping[str, float] | None = None) -> float | None:
        """How much of the space of objectives the Pareto front covers: the more, the better.

        Args:
            reference: For each objective the value that is just not good enough any more. By default the worst one
                among the feasible trials, which changes as trials come: give one to compare volumes.

        Returns:
            The exact volume, in the product of the objectives' units. None while there are no trials and no reference,
            where the volume is too large for a float, and where it would take too long to compute: beyond 1,500 trials
            on a front of three objectives, 300 of four, 120 of five, 16 of eight.
        """
        point = None if reference is None else {name: as_number(value, name) for name, value in reference.items()}
        return self._transport.pareto_front(self._id, reference=point).hypervolume

    def best_model(self, path: str | Path | None = None) -> SavedModel:
        """The trained model of the best trial, ready to predict.

        Args:
            path: Where to keep its file; by default in the cache of the home folder.

        Raises:
            NotFound: No trial has completed, or the study is not one that the service trains.
        """
        return self._load_model(self.best_trial, path)

    def model(self, number: int, path: str | Path | None = None) -> SavedModel:
        """The trained model of one trial; see ``best_model``."""
        return self._load_model(self.trial(number), path)

    def _load_model(self, trial: TrialResource, path: str | Path | None) -> SavedModel:
        file = fetch_model(self._transport, trial, None if path is None else Path(path).expanduser())
        try:
            from tuner.artifact import load_model

            return load_model(file)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] == "tuner":
                raise
            raise MissingExtra("keras" if error.name in ("keras", "jax") else "local", "Loading this model") from error

    def _ranked(self, limit: int | None) -> list[TrialResource]:
        attempts = 5
        while True:
            ranked: list[TrialResource] = []
            try:
                for trial in self.trials(_FINISHED, order_by="rank"):
                    if limit is not None and len(ranked) >= limit:
                        break
                    ranked.append(trial)
                return ranked
            except StaleCursor:
                # A result came in between two pages: begin again.
                attempts -= 1
                if not attempts:
                    raise

    def _named(self, values: Any) -> dict[str, float]:
        if isinstance(values, Mapping):
            return {str(name): as_number(value, str(name)) for name, value in values.items()}
        return named_values(values, list(self._objectives), self._constraints, call="values=")


def _trial_states(states: TrialState | str | Sequence[TrialState | str]) -> tuple[TrialState, ...]:
    try:
        return tuple(TrialState(state) for state in ([states] if isinstance(states, str) else states))
    except ValueError as error:
        raise InvalidInput(
            f"{error}.", hint=f"Use {', '.join(TrialState)}.", places=[Place("#/states", "is unknown")]
        ) from None


def _worker_name() -> str:
    host = "".join(character for character in socket.gethostname() if character.isprintable()).strip()
    return f"{host[:150] or 'client'}-{os.getpid()}"
