"""From a request to a study: defaults, repetitions, contradictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.acting import SPACE, ActingStudy, study_body
from tuner.engine import Engine
from tuner.errors import IdempotencyConflict, InvalidInput, InvalidSearchSpace, NotFound, StudyExists, UnknownName
from tuner.wire import CreateStudy, DatasetResource, Origin, StudyState

NewStudy = Callable[..., ActingStudy]


def pointers(error: InvalidInput | StudyExists) -> list[str]:
    return [place.pointer for place in error.places]


def create(engine: Engine, **fields: Any) -> ActingStudy:
    body = CreateStudy.model_validate({"name": "study", **fields})
    return ActingStudy(engine, engine.studies.create(body).result().value.id)


def test_what_is_not_said_has_a_default(engine: Engine) -> None:
    shown = create(engine, space=SPACE, objectives={"loss": "minimize"}).shown
    assert (shown.sampler, shown.pruner, shown.max_attempts) == ("auto", "asha", 3)
    assert (shown.budget.trials, shown.budget.seconds) == (None, None)
    assert (shown.dataset, shown.target, shown.models, shown.metric) == (None, None, (), None)


def test_a_new_study_runs_and_has_no_trials(study: ActingStudy) -> None:
    shown = study.shown
    assert shown.state is StudyState.RUNNING
    assert (shown.num_trials, shown.best_number, shown.used_seconds) == (0, None, 0.0)
    assert set(shown.counts.values()) == {0}


def test_the_space_comes_back_as_it_was_given(study: ActingStudy) -> None:
    assert study.shown.space == SPACE


def test_a_seed_is_drawn_anew_for_each_study(new_study: NewStudy) -> None:
    seeds = {new_study().shown.seed for _ in range(5)}
    assert len(seeds) == 5
    assert all(0 <= seed < 2**53 for seed in seeds)


def test_a_given_seed_is_kept(new_study: NewStudy) -> None:
    assert new_study(seed=2**63 - 1).shown.seed == 2**63 - 1


def test_the_same_request_finds_the_study_it_made(engine: Engine) -> None:
    first = engine.studies.create(study_body()).result()
    second = engine.studies.create(study_body()).result()
    assert (first.created, second.created) == (True, False)
    assert second.value == first.value


def test_another_request_for_a_taken_name_is_told_what_differs(engine: Engine) -> None:
    engine.studies.create(study_body(seed=1)).result()
    other = study_body(seed=2, budget={"trials": 5}, objectives={"loss": "maximize"}, pruner="asha")
    with pytest.raises(StudyExists) as caught:
        engine.studies.create(other).result()
    assert sorted(pointers(caught.value)) == ["#/budget", "#/objectives", "#/pruner", "#/seed"]


def test_options_of_the_pruner_are_kept_where_they_differ_from_the_defaults(engine: Engine) -> None:
    asked = {"name": "median", "grace_steps": 3, "num_startup_trials": 9}
    made = engine.studies.create(study_body(pruner=asked)).result().value
    assert made.pruner == {"name": "median", "num_startup_trials": 9}
    assert engine.studies.get(made.id).pruner == made.pruner
    again = engine.studies.create(study_body(pruner={"name": "median", "num_startup_trials": 9})).result()
    assert not again.created


def test_a_form_that_says_nothing_new_is_the_bare_name(engine: Engine) -> None:
    made = engine.studies.create(study_body(pruner={"name": "asha"})).result()
    assert made.value.pruner == "asha"
    assert not engine.studies.create(study_body(pruner="asha")).result().created


def test_other_options_of_the_pruner_are_another_study(engine: Engine) -> None:
    engine.studies.create(study_body(pruner="asha", seed=1)).result()
    with pytest.raises(StudyExists) as caught:
        engine.studies.create(study_body(pruner={"name": "asha", "grace_steps": 9}, seed=1)).result()
    assert pointers(caught.value) == ["#/pruner"]


def test_a_repetition_need_not_name_the_seed(engine: Engine) -> None:
    engine.studies.create(study_body(seed=1)).result()
    assert not engine.studies.create(study_body()).result().created


def test_a_repeated_key_has_the_reply_of_the_first_time(engine: Engine) -> None:
    first = engine.studies.create(study_body(), "key").result()
    ActingStudy(engine, first.value.id).pause()
    assert engine.studies.create(study_body(), "key").result() == first


def test_a_key_belongs_to_one_request(engine: Engine) -> None:
    engine.studies.create(study_body(), "key").result()
    with pytest.raises(IdempotencyConflict):
        engine.studies.create(study_body("other"), "key").result()


def test_a_refusal_is_repeated_under_its_key_whatever_has_happened_since(engine: Engine) -> None:
    other = engine.studies.create(study_body()).result().value.id
    with pytest.raises(StudyExists) as first:
        engine.studies.create(study_body(pruner="asha"), "key").result()
    engine.studies.pause(other).result()
    engine.studies.delete(other).result()
    with pytest.raises(StudyExists) as again:
        engine.studies.create(study_body(pruner="asha"), "key").result()
    assert (str(again.value), again.value.places) == (str(first.value), first.value.places)
    assert engine.studies.create(study_body(pruner="asha"), "another key").result().created


def test_the_key_of_a_refused_request_fits_no_other_request(engine: Engine) -> None:
    engine.studies.create(study_body()).result()
    with pytest.raises(StudyExists):
        engine.studies.create(study_body(pruner="asha"), "key").result()
    with pytest.raises(IdempotencyConflict):
        engine.studies.create(study_body("other", pruner="asha"), "key").result()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
class TestContradictions:
    """None of them reaches the database."""

    @pytest.mark.parametrize(("field", "known"), [("sampler", "tpe"), ("pruner", "asha")])
    def test_an_unknown_name_is_told_with_the_known_ones(self, engine: Engine, field: str, known: str) -> None:
        with pytest.raises(UnknownName) as caught:
            engine.studies.create(study_body(**{field: "magic"}))
        assert pointers(caught.value) == [f"#/{field}"]
        assert known in str(caught.value.hint)

    def test_neither_dataset_nor_space(self, engine: Engine) -> None:
        with pytest.raises(InvalidInput) as caught:
            create(engine)
        assert pointers(caught.value) == ["#/space", "#/objectives"]

    def test_fields_of_a_dataset_study_without_a_dataset(self, engine: Engine) -> None:
        with pytest.raises(InvalidInput) as caught:
            engine.studies.create(study_body(target="y", models=["linear"], metric="accuracy", task="binary"))
        assert pointers(caught.value) == ["#/target", "#/task", "#/models", "#/metric"]

    def test_dataset_and_objectives(self, engine: Engine, dataset: DatasetResource) -> None:
        with pytest.raises(InvalidInput) as caught:
            create(engine, dataset=dataset.id, objectives={"loss": "minimize"})
        assert pointers(caught.value) == ["#/objectives"]

    def test_an_empty_space(self, engine: Engine) -> None:
        with pytest.raises(InvalidInput) as caught:
            engine.studies.create(study_body(space={"version": 1, "parameters": {}}))
        assert pointers(caught.value) == ["#/space/parameters"]

    def test_a_space_with_swapped_bounds(self, engine: Engine) -> None:
        space = {"version": 1, "parameters": {"lr": {"type": "float", "low": 1, "high": 0}}}
        with pytest.raises(InvalidSearchSpace) as caught:
            engine.studies.create(study_body(space=space))
        assert pointers(caught.value) == ["#/space/parameters/lr/low"]

    def test_constraints_that_exclude_each_other(self, engine: Engine) -> None:
        limits = [{"linear": {"x": 1}, "at_most": 3}, {"forbid": {"x": 9}}, {"linear": {"x": 1}, "at_least": 4}]
        space = {"version": 1, "parameters": {"x": {"type": "int", "low": 0, "high": 9}}, "constraints": limits}
        with pytest.raises(InvalidSearchSpace, match="keeps these constraints together") as caught:
            engine.studies.create(study_body(space=space))
        assert pointers(caught.value) == ["#/space/constraints/0", "#/space/constraints/2"]

    def test_a_constraint_on_an_unknown_parameter(self, engine: Engine) -> None:
        space = SPACE | {"constraints": [{"linear": {"unit": 1}, "at_most": 3}]}
        with pytest.raises(InvalidSearchSpace) as caught:
            engine.studies.create(study_body(space=space))
        assert pointers(caught.value) == ["#/space/constraints/0/linear/unit"]

    def test_an_unknown_dataset(self, engine: Engine) -> None:
        with pytest.raises(NotFound, match="dataset 'nowhere'"):
            create(engine, dataset="nowhere")

    def test_an_unknown_family(self, engine: Engine, dataset: DatasetResource) -> None:
        with pytest.raises(UnknownName) as caught:
            create(engine, dataset=dataset.id, models=["linear", "oracle"])
        assert pointers(caught.value) == ["#/models/1"]

    def test_an_unknown_metric(self, engine: Engine, dataset: DatasetResource) -> None:
        with pytest.raises(UnknownName) as caught:
            create(engine, dataset=dataset.id, metric="beauty")
        assert pointers(caught.value) == ["#/metric"]

    def test_a_metric_of_another_task(self, engine: Engine, dataset: DatasetResource) -> None:
        with pytest.raises(InvalidInput) as caught:
            create(engine, dataset=dataset.id, metric="rmse")
        assert pointers(caught.value) == ["#/metric"]

    def test_a_replacement_for_an_unknown_parameter(self, engine: Engine, dataset: DatasetResource) -> None:
        space = {"version": 1, "parameters": {"linear.magic": {"type": "float", "low": 0, "high": 1}}}
        with pytest.raises(InvalidInput) as caught:
            create(engine, dataset=dataset.id, models=["linear"], space=space)
        assert pointers(caught.value)[0].startswith("#/space/parameters/linear.magic")


class TestOverADataset:
    def test_constraints_join_parameters_of_the_families(self, engine: Engine, dataset: DatasetResource) -> None:
        limits = [{"linear": {"linear.l2": 1.0}, "at_most": 10.0}, {"forbid": {"model": "random_forest"}}]
        space = {
            "version": 1,
            "parameters": {"linear.l2": {"type": "float", "low": 1, "high": 99}},
            "constraints": limits,
        }
        shown = create(engine, dataset=dataset.id, models=["linear", "random_forest"], space=space).shown
        assert shown.space["constraints"] == limits

    def test_constraints_that_no_family_keeps_are_refused(self, engine: Engine, dataset: DatasetResource) -> None:
        space = {"version": 1, "parameters": {}, "constraints": [{"forbid": {"model": "linear"}}]}
        with pytest.raises(InvalidSearchSpace) as caught:
            create(engine, dataset=dataset.id, models=["linear"], space=space)
        assert pointers(caught.value) == ["#/space/constraints/0"]

    def test_everything_but_the_dataset_has_a_default(self, engine: Engine, dataset: DatasetResource) -> None:
        shown = create(engine, dataset=dataset.id).shown
        assert shown.target is not None
        assert (shown.target.name, shown.target.task) == ("bought", "binary")
        assert shown.metric is not None
        assert list(shown.objectives) == [shown.metric]
        assert {"linear", "lightgbm"} <= set(shown.models)

    def test_the_space_is_composed_of_the_families_spaces(self, engine: Engine, dataset: DatasetResource) -> None:
        parameters = create(engine, dataset=dataset.id, models=["linear", "random_forest"]).shown.space["parameters"]
        assert parameters["model"]["choices"] == ["linear", "random_forest"]
        own = [parameter for name, parameter in parameters.items() if name.startswith("linear.")]
        assert own
        assert all("linear" in parameter["when"]["model"] for parameter in own)

    def test_each_family_opens_with_a_point_of_its_own(self, engine: Engine, dataset: DatasetResource) -> None:
        study = create(engine, dataset=dataset.id, models=["random_forest", "linear"], ensemble=False)
        assert study.states == ["waiting", "waiting"]
        assert [trial.params["model"] for trial in study.trials()] == ["linear", "random_forest"]
        assert {trial.origin for trial in study.trials()} == {Origin.ENQUEUED}

    def test_a_budget_below_the_number_of_families_is_kept(self, engine: Engine, dataset: DatasetResource) -> None:
        study = create(
            engine, dataset=dataset.id, models=["random_forest", "linear"], budget={"trials": 1}, ensemble=False
        )
        assert [trial.params["model"] for trial in study.trials()] == ["linear"]

    def test_families_named_twice_compete_once(self, engine: Engine, dataset: DatasetResource) -> None:
        assert create(engine, dataset=dataset.id, models=["linear", "linear"]).shown.models == ("linear",)
