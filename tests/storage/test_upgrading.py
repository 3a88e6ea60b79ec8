"""A database of an earlier version works on after the upgrade."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, text

from tests.engine.acting import POINT, SPACE, ActingStudy
from tuner.engine import Engine
from tuner.storage.database import connect, parse_url
from tuner.storage.schema import _config, upgrade

STUDY = "00000000-0000-7000-8000-000000000001"
# As version 0001 stored them; rank class and value stand for the leaderboard's order.
TRIALS = [
    ("failed", 3, 0.0, None),
    ("completed", 0, 0.5, 0.5),
    ("cancelled", 3, 0.0, None),
    ("completed", 0, 0.25, 0.25),
]


@pytest.fixture
def old_url(empty_database_url: str) -> str:
    """URL of a database that version 0001 has used."""
    engine = connect(parse_url(empty_database_url), writing=True)
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        _fill(connection)
    engine.dispose()
    return empty_database_url


def _fill(connection: Connection) -> None:
    spec = {
        "name": "old", "space": SPACE, "objectives": [["loss", "minimize"]], "sampler": "random", "pruner": "none",
        "seed": 1, "max_attempts": 3, "dataset_id": None, "families": [], "target": None, "metric": None,
    }  # fmt: skip
    study: dict[str, Any] = {
        "project_id": "default", "id": STUDY, "name": "old", "state": "running", "spec": json.dumps(spec), "seq": 8,
        "next_number": 4, "num_uncounted": 0, "num_waiting": 0, "num_running": 0, "num_completed": 2, "num_pruned": 0,
        "num_failed": 1, "num_cancelled": 1, "consecutive_lost": 0, "running_seconds": 0.0, "created_at": 0,
        "updated_at": 0,
    }  # fmt: skip
    _insert(connection, "studies", study)
    key = connection.execute(text("select key from studies")).scalar_one()
    for number, (state, rank_class, rank_value, value) in enumerate(TRIALS):
        trial = {
            "project_id": "default", "id": f"trial-{number}", "study_key": key, "number": number, "state": state,
            "origin": "sampler", "params": json.dumps(POINT), "attempt": 1, "num_lost": 0, "value": value,
            "value_kind": None if value is None else "finite",
            "objectives": None if value is None else json.dumps({"loss": value}), "metrics": "{}",
            "rank_class": rank_class, "rank_value": rank_value, "seq": 2 * number, "created_at": 0, "finished_at": 1,
        }  # fmt: skip
        _insert(connection, "trials", trial)


def _insert(connection: Connection, table: str, row: dict[str, Any]) -> None:
    columns = ", ".join(row)
    connection.execute(text(f"insert into {table} ({columns}) values ({', '.join(f':{name}' for name in row)})"), row)


def test_an_old_study_is_shown_and_goes_on(old_url: str, open_engine: Callable[[str], Engine]) -> None:
    assert upgrade(old_url)[0] == "0001"
    study = ActingStudy(open_engine(old_url), STUDY)
    assert study.ranking() == [3, 1, 0, 2]
    shown = study.shown
    assert (shown.best_number, shown.best_value, shown.search, shown.constraints) == (3, 0.25, None, {})
    assert [(trial.sampled_by, trial.is_feasible) for trial in study.trials()] == [
        (None, None),
        (None, True),
        (None, None),
        (None, True),
    ]
    study.complete(study.ask_one(), 0.1)
    study.fail(study.ask_one())
    assert study.note(0, "from before").note == "from before"
    assert study.ranking() == [4, 3, 1, 0, 2, 5]
