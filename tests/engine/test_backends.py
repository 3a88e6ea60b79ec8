"""Studies that require a backend of Keras, and studies that nobody can train."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import ManualClock
from tests.engine.acting import ActingStudy
from tuner.engine import Engine
from tuner.errors import InvalidInput, UnknownName
from tuner.wire import ClaimedTrial, ClaimTrials

NewStudy = Callable[..., ActingStudy]


def claim(
    engine: Engine, *backends: str, families: tuple[str, ...] = ("linear", "keras_mlp")
) -> tuple[ClaimedTrial, ...]:
    capabilities = {"families": list(families), "backends": list(backends)}
    return engine.suggestions.claim(ClaimTrials.model_validate({"worker": "w", "capabilities": capabilities})).claims


def test_a_required_backend_goes_to_workers_that_have_it(engine: Engine, trained: NewStudy) -> None:
    trained("study", models=["keras_mlp"], backend="torch")
    assert claim(engine) == ()
    assert claim(engine, "jax", "tensorflow") == ()
    (claimed,) = claim(engine, "jax", "torch")
    assert claimed.study.backend == "torch"


def test_any_worker_will_do_where_none_is_required(engine: Engine, trained: NewStudy) -> None:
    trained("study", models=["keras_mlp"])
    assert claim(engine, "tensorflow")


def test_an_unknown_backend_is_refused(trained: NewStudy) -> None:
    with pytest.raises(UnknownName, match="no backend called 'theano'") as caught:
        trained("study", models=["keras_mlp"], backend="theano")
    assert [place.pointer for place in caught.value.places] == ["#/backend"]
    assert "jax, tensorflow, torch" in str(caught.value)


def test_a_backend_without_a_network_is_refused(trained: NewStudy) -> None:
    with pytest.raises(InvalidInput, match="None of the models is trained on torch") as caught:
        trained("study", models=["linear"], backend="torch")
    assert [place.pointer for place in caught.value.places] == ["#/backend"]


class TestUnserved:
    def test_a_study_says_that_nobody_has_its_backend(
        self, engine: Engine, trained: NewStudy, clock: ManualClock
    ) -> None:
        study = trained("study", models=["keras_mlp"], backend="torch")
        claim(engine, "jax")
        # Somebody who has it may just be starting.
        assert study.shown.state_reason is None
        clock.advance(10)
        claim(engine, "jax")
        assert study.shown.state == "running"
        assert study.shown.state_reason == "waits for a worker that has the backend torch, which 'w' does not"

    def test_a_study_says_that_nobody_can_train_a_family(
        self, engine: Engine, trained: NewStudy, clock: ManualClock
    ) -> None:
        study = trained("study", models=["linear", "keras_mlp"])
        clock.advance(10)
        claim(engine, families=("linear",))
        assert study.shown.state_reason == "waits for a worker that can train keras_mlp, which 'w' does not"

    def test_the_note_goes_with_the_first_trial_that_is_handed_out(
        self, engine: Engine, trained: NewStudy, clock: ManualClock
    ) -> None:
        study = trained("study", models=["keras_mlp"], backend="torch")
        clock.advance(10)
        claim(engine, "jax")
        assert claim(engine, "torch")
        assert study.shown.state_reason is None

    def test_a_study_that_is_served_says_nothing(self, engine: Engine, trained: NewStudy, clock: ManualClock) -> None:
        study = trained("study", models=["keras_mlp"], backend="torch")
        assert claim(engine, "torch")
        clock.advance(60)
        claim(engine, "jax")
        assert study.shown.state_reason is None
