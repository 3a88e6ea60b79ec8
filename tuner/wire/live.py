"""Bodies for pages that show a whole study and follow it: trials as columns, curves, and what has changed."""

from __future__ import annotations

from tuner.wire.base import Resource
from tuner.wire.trials import ScalarBody


class TrialColumns(Resource):
    """Trials as parallel arrays, by number; with ``since`` those that have changed after that ``seq``.

    States, origins, failures and workers are places in the lists of their names. Times are seconds since the study was
    created. Numbers have six significant digits. A parameter that is not active is null. The order of the leaderboard
    is that of ``rank_class``, then of the first objective, then of the number. ``notes`` are by number; a trial that is
    not among them has none.
    """

    study: str
    seq: int
    since: int | None
    state_names: tuple[str, ...]
    origin_names: tuple[str, ...]
    failure_names: tuple[str, ...]
    worker_names: tuple[str, ...]
    numbers: list[int]
    states: list[int]
    origins: list[int]
    failures: list[int | None]
    workers: list[int | None]
    attempts: list[int]
    is_feasible: list[bool | None]
    created: list[float]
    started: list[float | None]
    finished: list[float | None]
    values: dict[str, list[float | None]]
    params: dict[str, list[ScalarBody]]
    metrics: dict[str, list[float | None]]
    last_steps: list[int | None]
    last_values: list[float | None]
    rank_class: list[int]
    notes: dict[int, str]


class Curves(Resource):
    """Learning curves of the present attempts: for each trial its steps and the values reported at them."""

    study: str
    numbers: list[int]
    attempts: list[int]
    steps: list[list[int]]
    values: list[list[float]]


class ReportColumns(Resource):
    """Values that were reported, as parallel arrays. One that is told again is the same report."""

    numbers: list[int]
    attempts: list[int]
    steps: list[int]
    values: list[float]


class Gone(Resource):
    """A study that is no more."""

    study: str
