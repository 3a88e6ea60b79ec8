"""What clients are told to do, and what they say they did."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import warnings
from dataclasses import asdict, dataclass, field
from typing import Self


@dataclass(frozen=True)
class Plan:
    """One group of clients.

    Args:
        kind: How they speak: ``sdk``, ``plain`` or ``optuna``.
        addresses: Where to; clients take them in turn.
        study: Id of the study, for plain HTTP.
        sampler: ``random`` or ``default``.
        clients: How many processes.
        seconds: How long they work.
        rate: Trials per second of all together; as fast as they can if None.
    """

    kind: str
    addresses: list[str]
    study: str
    sampler: str
    clients: int
    seconds: float
    rate: float | None = None

    def to_json(self) -> str:
        """For the command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What ``to_json`` wrote."""
        return cls(**json.loads(text))

    def address_of(self, index: int) -> str:
        """Where the client with this index goes."""
        return self.addresses[index % len(self.addresses)]


@dataclass
class Outcome:
    """What one client did.

    Args:
        count: Full trials within the measurement.
        seconds: Their time.
        cpu_seconds: The client's own processor time in it.
        numbers: Of all trials told, those of the warm-up included.
        checksum: Sum of the last reports of these trials.
        num_stops: How often a pruner said to stop.
        num_errors: Trials that ended with an exception.
        error: The last of them.
        has_crashed: Whether the client ended early; nothing else is known of it then.
    """

    count: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    numbers: list[int] = field(default_factory=list)
    checksum: float = 0.0
    num_stops: int = 0
    num_errors: int = 0
    error: str = ""
    has_crashed: bool = False

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @property
    def rate(self) -> float:
        """Trials per second."""
        return self.count / self.seconds if self.seconds else 0.0


class ClientGroup:
    """The clients of a plan, ready to start. A context manager that leaves none behind."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        command = [sys.executable, "-m", "benchmarks.own_training.client", plan.to_json()]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            raise RuntimeError(f"The clients of {plan.kind} did not start.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def start(self) -> None:
        """Give the word."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def wait(self) -> list[Outcome]:
        """What they did, once they have done it."""
        text, _ = self._process.communicate(timeout=self._plan.seconds + 600)
        outcomes = [Outcome(**json.loads(line)) for line in text.splitlines() if line]
        for outcome in outcomes:
            if outcome.error:
                warnings.warn(f"{outcome.num_errors} trials failed: {outcome.error}", stacklevel=2)
        return outcomes
