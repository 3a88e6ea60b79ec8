"""Claims: work of any study that the service trains itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ManualClock
from tests.engine.acting import ActingStudy
from tuner.engine import Engine
from tuner.errors import IdempotencyConflict
from tuner.samplers import Suggestion, registry
from tuner.samplers.random import RandomSampler
from tuner.wire import ClaimedTrial, ClaimTrials, DatasetResource

NewStudy = Callable[..., ActingStudy]


def claim(engine: Engine, *families: str, count: int = 1, key: str | None = None) -> tuple[ClaimedTrial, ...]:
    capabilities = {"families": list(families or ["linear", "random_forest"])}
    body = ClaimTrials.model_validate({"worker": "w", "capabilities": capabilities, "count": count})
    return engine.suggestions.claim(body, key).claims


def test_a_claim_brings_all_that_training_needs(engine: Engine, trained: NewStudy, dataset: DatasetResource) -> None:
    study = trained("a")
    (claimed,) = claim(engine)
    assert claimed.study.id == study.id
    assert claimed.dataset == dataset
    assert claimed.leased.trial.params["model"] == "linear"
    assert study.complete(claimed.leased, {study.shown.metric or "": 0.5}).state == "completed"


def test_a_study_whose_user_trains_is_never_claimed(engine: Engine, study: ActingStudy) -> None:
    assert claim(engine) == ()


def test_a_worker_only_gets_what_it_can_train(engine: Engine, trained: NewStudy) -> None:
    trained("both", models=["linear", "random_forest"])
    assert claim(engine, "linear") == ()
    assert claim(engine, "linear", "random_forest")


def test_the_study_with_fewest_running_trials_comes_first(engine: Engine, trained: NewStudy) -> None:
    first, second = trained("a"), trained("b")
    claimed = [claim(engine)[0].study.id for _ in range(4)]
    assert claimed == [first.id, second.id, first.id, second.id]


def test_paused_and_ended_studies_are_passed_over(engine: Engine, trained: NewStudy, clock: ManualClock) -> None:
    trained("paused").pause()
    trained("cancelled").cancel()
    trained("out of time", budget={"seconds": 10.0})
    clock.advance(11)
    last = trained("last")
    assert claim(engine)[0].study.id == last.id


def test_a_study_without_anything_left_gives_way_to_the_next(engine: Engine, trained: NewStudy) -> None:
    spent = trained("spent", budget={"trials": 1})
    other = trained("other")
    claimed = [claim(engine)[0].study.id for _ in range(3)]
    assert claimed == [spent.id, other.id, other.id]


def test_a_repeated_claim_gets_the_same_trial(engine: Engine, trained: NewStudy) -> None:
    trained("a")
    assert claim(engine, key="key") == claim(engine, key="key")


def test_a_repeated_claim_of_the_last_trial_gets_it_again(engine: Engine, trained: NewStudy) -> None:
    trained("a", budget={"trials": 1})
    first = claim(engine, key="key")
    assert first
    assert claim(engine, key="key") == first


def test_a_repeated_claim_is_not_served_by_another_study(engine: Engine, trained: NewStudy) -> None:
    trained("a")
    first = claim(engine, key="key")
    other = trained("b")
    assert claim(engine, key="key") == first
    assert other.states == ["waiting"]


def test_a_key_of_another_claim_is_refused(engine: Engine, trained: NewStudy) -> None:
    trained("a")
    claim(engine, key="key")
    with pytest.raises(IdempotencyConflict):
        claim(engine, count=2, key="key")


class ThreePoints(RandomSampler):
    """Has as many points as bring a study to three trials."""

    learns = True

    def suggest(self, view: Any, count: int, rng: Any) -> list[Suggestion]:
        return super().suggest(view, count, rng)[: max(3 - len(view.trials), 0)]


def test_workers_go_on_with_other_studies_when_the_points_of_one_are_used_up(
    engine: Engine, trained: NewStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._CLASSES, "three", (__name__, "ThreePoints", "For tests."))
    study = trained("a", sampler="three")
    claimed = [claim(engine, count=2) for _ in range(4)]
    # The family's default point is enqueued at creation.
    assert [[each.leased.trial.number for each in claims] for claims in claimed] == [[0], [1, 2], [], []]
    other = trained("b")
    assert claim(engine)[0].study.id == other.id
    for claims in claimed:
        for each in claims:
            study.complete(each.leased, {study.shown.metric or "": 0.5})
    assert study.shown.state_reason == "the sampler has no more points"
