from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator

import pytest

from tests.cli.conftest import Run
from tuner import Client, Float, Study

_numbers = itertools.count()


@pytest.fixture
def new_study(served: str) -> Iterator[Callable[[], Study]]:
    """Makes a study whose trials 0, 1, 2 have the losses 0.5, 0.1, 0.9."""
    with Client(served) as client:

        def create() -> Study:
            study = client.create_study(
                f"study-{next(_numbers)}", space={"x": Float(0, 1)}, objectives={"loss": "minimize"}
            )
            study.enqueue([{"x": 0.25}, {"x": 0.5}, {"x": 0.75}], [0.5, 0.1, 0.9])
            return study

        yield create


def test_empty_home_has_no_studies(run: Run) -> None:
    done = run("studies", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def test_studies_are_listed(run: Run, served: str, new_study: Callable[[], Study]) -> None:
    study = new_study()
    done = run("studies", "--url", served)
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if study.name in line)
    assert "3 completed" in line
    assert "0.1 loss (minimize)" in line


def test_studies_can_be_chosen_by_state(run: Run, served: str, new_study: Callable[[], Study]) -> None:
    paused, running = new_study(), new_study()
    paused.pause()
    done = run("studies", "--state", "paused", "--json", "--url", served)
    names = [study["name"] for study in json.loads(done.stdout)]
    assert paused.name in names
    assert running.name not in names


def test_leaderboard_is_in_order(run: Run, served: str, new_study: Callable[[], Study]) -> None:
    study = new_study()
    done = run("leaderboard", study.name, "--json", TUNER_URL=served)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["study"]["id"] == study.id
    assert [(trial["rank"], trial["number"]) for trial in document["trials"]] == [(1, 1), (2, 0), (3, 2)]


def test_leaderboard_shows_as_many_rows_as_asked_for(run: Run, served: str, new_study: Callable[[], Study]) -> None:
    done = run("leaderboard", new_study().id, "--limit", "1", "--url", served)
    assert done.returncode == 0, done.stderr
    assert "x=0.5" in done.stdout
    assert "x=0.25" not in done.stdout


def test_leaderboard_tells_trials_beyond_a_constraint(run: Run, served: str) -> None:
    with Client(served) as client:
        study = client.create_study(
            "bounded",
            space={"x": Float(0, 1)},
            objectives={"loss": "minimize"},
            constraints={"latency_ms": {"at_most": 20}},
        )
        study.enqueue([{"x": 0.25}, {"x": 0.5}], [{"loss": 0.1, "latency_ms": 34.5}, {"loss": 0.9, "latency_ms": 12.5}])
    done = run("leaderboard", "bounded", "--url", served)
    assert done.returncode == 0, done.stderr
    (bad,) = (line for line in done.stdout.splitlines() if "34.5" in line)
    (good,) = (line for line in done.stdout.splitlines() if "12.5" in line)
    assert "infeasible" in bad
    assert "completed" in good
    assert done.stdout.index(good) < done.stdout.index(bad)


def test_unknown_study_is_told(run: Run, served: str) -> None:
    done = run("leaderboard", "nobody", "--url", served)
    assert done.returncode == 1
    assert "There is no study 'nobody'." in done.stderr
