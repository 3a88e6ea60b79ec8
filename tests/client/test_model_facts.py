"""The columns of a leaderboard of trained models."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tuner.client.model_facts import MODEL_FACTS, facts_of
from tuner.client.tables import leaderboard_frame
from tuner.wire import TrialResource


def trial(number: int, rank: int | None, **metrics: float) -> TrialResource:
    fields: dict[str, Any] = {
        "id": str(number), "study": "s", "number": number, "state": "completed", "origin": "sampler",
        "params": {"model": "linear"}, "attempt": 1, "values": {"rmse": 1.0}, "failure": None, "message": None,
        "worker": None, "last_step": None, "last_value": None, "metrics": metrics, "rank": rank,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC), "started_at": None, "finished_at": None,
        "duration_seconds": 1.0,
    }  # fmt: skip
    return TrialResource.model_validate(fields)


def test_a_trial_is_worth_its_time_if_no_better_one_is_quicker() -> None:
    trials = [
        trial(0, 1, predict_ms_one_row=5.0),
        trial(1, 2, predict_ms_one_row=7.0),
        trial(2, 3, predict_ms_one_row=2.0),
        trial(3, 4),
        trial(4, None, predict_ms_one_row=1.0),
    ]
    assert [facts.pareto for facts in facts_of(trials)] == [True, False, True, False, False]


def test_leaderboard_of_models_shows_what_they_cost() -> None:
    frame = leaderboard_frame([trial(0, 1, model_bytes=2.5e6, folds=5.0, standard_error=0.1)], ["rmse"])
    assert list(frame.columns[:11]) == ["rank", "number", "model", "rmse", *MODEL_FACTS]
    assert (frame["model_mb"][0], frame["folds"][0], frame["standard_error"][0]) == (2.5, 5, 0.1)


def test_leaderboard_of_own_trainings_has_no_such_columns() -> None:
    assert not set(MODEL_FACTS) & set(leaderboard_frame([trial(0, 1)], ["rmse"]).columns)
