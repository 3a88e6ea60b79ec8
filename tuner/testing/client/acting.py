"""What the promises of a client are tried with."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, cast

import tuner
from tuner.client import Client, Study, Transport
from tuner.client.renewal import LeaseRenewer

SPACE: Mapping[str, tuner.Float | tuner.Int | tuner.Categorical] = {
    "lr": tuner.Float(1e-5, 1e-1, log=True),
    "layers": tuner.Int(1, 4),
    "optimizer": tuner.Categorical(["adam", "sgd"]),
    "momentum": tuner.Float(0, 0.99, when={"optimizer": ["sgd"]}),
}
POINT = {"lr": 0.01, "layers": 2, "optimizer": "adam"}


def new_name() -> str:
    """A name that no other test uses."""
    return f"study-{uuid.uuid4().hex[:12]}"


def new_study(
    client: Client,
    *,
    trials: int | None = None,
    objectives: Mapping[str, str] | None = None,
    constraints: Mapping[str, Mapping[str, float]] | None = None,
    pruner: str | Mapping[str, Any] = "none",
    sampler: str = "random",
    max_attempts: int = 3,
) -> Study:
    """A study whose trials the test runs itself."""
    return client.create_study(
        new_name(),
        space=SPACE,
        objectives=objectives or {"accuracy": "maximize"},
        constraints=constraints,
        sampler=sampler,
        pruner=pruner,
        seed=0,
        budget=tuner.Budget(trials=trials),
        max_attempts=max_attempts,
    )


class CountedCalls:
    """Passes every operation on to a transport, and counts them by name."""

    def __init__(self, transport: Transport) -> None:
        self.counts: Counter[str] = Counter()
        self._transport = transport

    def __getattr__(self, name: str) -> Any:  # Any: whatever the transport has
        operation = getattr(self._transport, name)
        if not callable(operation):
            return operation

        def counted(*arguments: Any, **named: Any) -> Any:
            self.counts[name] += 1
            return operation(*arguments, **named)

        return counted


def counted_study(client: Client, study: Study) -> tuple[Study, Counter[str]]:
    """The same study, and how often its objects have called each operation of the service."""
    calls = CountedCalls(client.transport)
    return Study(study.resource, cast(Transport, calls), LeaseRenewer()), calls.counts


def curve(study: Study, number: int = 0) -> list[tuple[int, float]]:
    """Steps and values that are stored for a trial, in the order of the steps."""
    return [(point.step, point.value) for point in study.measurements(number)]


def seconds_until(condition: Callable[[], bool], most: float = 30.0) -> float:
    """How long it took for something to come true."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < most, "it did not happen"
        time.sleep(0.01)
    return time.monotonic() - started
