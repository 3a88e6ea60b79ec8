"""What users and workers do with a study, in few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner.engine import Engine
from tuner.wire import (
    ChangeStudy,
    ChangeTrial,
    CompleteTrial,
    CreateStudy,
    Directive,
    EnqueueTrials,
    LeasedTrial,
    ReleaseTrial,
    ReportTrial,
    StudyResource,
    Suggest,
    TrialResource,
)

SPACE: dict[str, Any] = {
    "version": 1,
    "parameters": {
        "lr": {"type": "float", "low": 1e-5, "high": 0.1, "log": True},
        "units": {"type": "int", "low": 1, "high": 512},
        "optimizer": {"type": "categorical", "choices": ["adam", "sgd"]},
        "momentum": {"type": "float", "low": 0.0, "high": 0.99, "when": {"optimizer": ["sgd"]}},
    },
}
POINT: dict[str, Any] = {"lr": 0.01, "units": 8, "optimizer": "adam"}


def study_body(name: str = "study", **fields: Any) -> CreateStudy:
    """A small study: no pruner, random points, one objective."""
    body = {"name": name, "space": SPACE, "objectives": {"loss": "minimize"}, "sampler": "random", "pruner": "none"}
    return CreateStudy.model_validate({**body, **fields})


class ActingStudy:
    """A study, and the short words for what is done with it.

    Args:
        engine: Whom to ask.
        study_id: The study.
    """

    def __init__(self, engine: Engine, study_id: str) -> None:
        self.engine = engine
        self.id = study_id

    @classmethod
    def create(cls, engine: Engine, name: str = "study", **fields: Any) -> ActingStudy:
        return cls(engine, engine.studies.create(study_body(name, **fields)).result().value.id)

    @property
    def shown(self) -> StudyResource:
        return self.engine.studies.get(self.id)

    @property
    def states(self) -> list[str]:
        """States of all trials, by number."""
        return [str(trial.state) for trial in self.trials()]

    def trial(self, number: int) -> TrialResource:
        return self.engine.trials.get(self.id, number)

    def trials(self) -> tuple[TrialResource, ...]:
        return self.engine.trials.page(self.id, limit=1_000).items

    def ranking(self) -> list[int]:
        """Numbers of all trials, best first."""
        page = self.engine.trials.page(self.id, order_by="rank", limit=1_000)
        return [trial.number for trial in page.items]

    def ask(
        self,
        count: int = 1,
        *,
        worker: str = "worker",
        wait_seconds: float = 0.0,
        lease_seconds: float = 60.0,
        key: str | None = None,
    ) -> tuple[LeasedTrial, ...]:
        body = Suggest(worker=worker, count=count, wait_seconds=float(wait_seconds), lease_seconds=float(lease_seconds))
        return self.engine.suggestions.suggest(self.id, body, key).trials

    def ask_one(self, **fields: Any) -> LeasedTrial:
        (leased,) = self.ask(**fields)
        return leased

    def report(self, leased: LeasedTrial, step: int, value: float) -> Directive:
        body = ReportTrial(lease=leased.lease, step=step, value=value)
        return self.engine.trials.report(self.id, leased.trial.number, body).result().directive

    def heartbeat(self, leased: LeasedTrial) -> Directive:
        body = ReportTrial(lease=leased.lease)
        return self.engine.trials.report(self.id, leased.trial.number, body).result().directive

    def end(self, leased: LeasedTrial, state: str, **fields: Any) -> TrialResource:
        body = CompleteTrial.model_validate({"lease": leased.lease, "state": state, **fields})
        return self.engine.trials.complete(self.id, leased.trial.number, body).result()

    def complete(self, leased: LeasedTrial, values: float | Mapping[str, float] = 0.0) -> TrialResource:
        named = values if isinstance(values, Mapping) else {"loss": values}
        return self.end(leased, "completed", values=dict(named))

    def fail(self, leased: LeasedTrial, failure: str = "error") -> TrialResource:
        return self.end(leased, "failed", failure=failure)

    def release(self, leased: LeasedTrial) -> TrialResource:
        return self.engine.trials.release(self.id, leased.trial.number, ReleaseTrial(lease=leased.lease)).result()

    def stop(self, number: int) -> TrialResource:
        return self.engine.trials.stop(self.id, number).result()

    def note(self, number: int, text: str) -> TrialResource:
        return self.engine.trials.change(self.id, number, ChangeTrial(note=text)).result()

    def enqueue(
        self,
        *points: Mapping[str, Any],
        values: float | Mapping[str, float] | None = None,
        key: str | None = None,
    ) -> tuple[TrialResource, ...]:
        """Points to try next or, with ``values``, trials that were finished elsewhere."""
        named = values if isinstance(values, Mapping) else {"loss": values}
        result = {} if values is None else {"values": dict(named)}
        body = EnqueueTrials.model_validate({"trials": [{"params": dict(point), **result} for point in points]})
        return self.engine.trials.enqueue(self.id, body, key).result().items

    def pause(self) -> StudyResource:
        return self.engine.studies.pause(self.id).result()

    def resume(self) -> StudyResource:
        return self.engine.studies.resume(self.id).result()

    def cancel(self) -> StudyResource:
        return self.engine.studies.cancel(self.id).result()

    def set_budget(self, **budget: Any) -> StudyResource:
        return self.engine.studies.change(self.id, ChangeStudy.model_validate({"budget": budget})).result()


def lose(study: ActingStudy, leased: LeasedTrial, clock: Any) -> None:
    """Let the lease run out, and have the timer see it."""
    clock.advance(leased.lease_seconds + 1)
    study.engine.timer.look()
