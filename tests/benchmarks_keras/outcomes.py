"""Outcomes and searches as a run would leave them."""

from __future__ import annotations

from benchmarks.keras.outcome import Outcome
from benchmarks.keras.watch import Sample


def outcome(system: str, task: str, score: float | None, *, seconds: float = 40.0, seed: int = 0, **facts) -> Outcome:
    known = {
        "search_seconds": seconds + 1.0,
        "first_trial_seconds": 6.0,
        "num_trials": 7,
        "before_fit_and_after": 0.5,
        "between_trials": 0.05,
        "cpu_seconds": 38.0,
        "lasting_bytes_first": 300_000_000,
        "lasting_bytes_last": 310_000_000,
        "bytes_per_trial": 20_000.0,
        "peak_bytes": 700_000_000,
        "best": "units=64",
        "versions": {"keras": "3.15.1"},
        "machine": "a processor",
        "load": 0.1,
        "started_at": "2026-11-26T10:00:00+00:00",
    }
    figures = known if score is not None else {}
    return Outcome(task=task, seed=seed, seconds=seconds, system=system, score=score, **(figures | facts))


def trial(began_at: float, ended_at: float, fit_seconds: float | None) -> dict[str, float | None]:
    return {"began_at": began_at, "ended_at": ended_at, "fit_seconds": fit_seconds}


def sample(at: float, lasting_bytes: int = 0, cpu_seconds: float = 0.0, all_bytes: int = 0) -> Sample:
    return Sample(at, cpu_seconds, lasting_bytes, all_bytes)
