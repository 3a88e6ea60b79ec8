"""Outcomes as a run would leave them."""

from __future__ import annotations

from benchmarks.automl.outcome import Outcome


def outcome(system: str, table: str, error: float | None, *, seconds: float = 60.0, seed: int = 0, **facts) -> Outcome:
    known = {
        "set": "development",
        "task": "regression",
        "num_rows": 100,
        "num_columns": 5,
        "call_seconds": seconds + 1.5,
        "first_model_seconds": 2.0,
        "predict_seconds": 0.1,
        "row_milliseconds": 4.0,
        "artifact_bytes": 2_000_000,
        "peak_bytes": 300_000_000,
        "best": "a model",
        "versions": {"lightgbm": "4.7.0"},
        "machine": "a processor, 2 cores",
        "load": 0.1,
        "started_at": "2026-11-26T10:00:00+00:00",
    }
    return Outcome(system=system, table=table, seconds=seconds, seed=seed, error=error, **(known | facts))
