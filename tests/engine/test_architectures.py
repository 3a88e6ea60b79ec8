"""Studies of networks that are given as data."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.acting import ActingStudy
from tuner.engine import Engine
from tuner.errors import InvalidArchitecture, InvalidInput, InvalidSearchSpace, StudyExists, TunerError
from tuner.wire import DatasetResource

DENSE = {"layer": "Dense", "units": {"type": "int", "low": 8, "high": 64, "step": 8, "name": "units"}}
NETWORK = {
    "version": 1,
    "layers": [{"repeat": {"type": "int", "low": 1, "high": 2, "name": "depth"}, "layers": [DENSE]}],
}


def document(*layers: object) -> dict[str, Any]:
    return {"version": 1, "layers": list(layers)}


def create(engine: Engine, dataset: DatasetResource, **fields: Any) -> ActingStudy:
    known = {"space": None, "objectives": None, "dataset": dataset.id, "architecture": NETWORK, "ensemble": False}
    return ActingStudy.create(engine, "net", **known | fields)


def create_automatic(engine: Engine, dataset: DatasetResource) -> ActingStudy:
    return ActingStudy.create(engine, "automatic", space=None, objectives=None, dataset=dataset.id, ensemble=False)


def refusal(engine: Engine, dataset: DatasetResource, **fields: Any) -> TunerError:
    with pytest.raises(TunerError) as caught:
        create(engine, dataset, **fields)
    return caught.value


def override(name: str, **range_: object) -> dict[str, Any]:
    return {"version": 1, "parameters": {name: range_}}


def test_network_alone_is_tuned_with_how_it_learns(engine: Engine, dataset: DatasetResource) -> None:
    shown = create(engine, dataset).shown
    assert shown.models == ("architecture",)
    assert shown.architecture == NETWORK
    names = {name.removeprefix("architecture.") for name in shown.space["parameters"]}
    assert {"depth", "units", "optimizer", "learning_rate", "batch_size", "embedding_size"} <= names


def test_network_competes_with_other_families(engine: Engine, dataset: DatasetResource) -> None:
    study = create(engine, dataset, models=["linear", "architecture"])
    assert [trial.params["model"] for trial in study.trials()] == ["linear", "architecture"]
    assert study.trials()[1].params["architecture.units"] == 32


def test_network_beside_the_automatic_choice_comes_after_the_first_two(
    engine: Engine, dataset: DatasetResource
) -> None:
    study = create(engine, dataset, models=["auto", "architecture"])
    alone = create_automatic(engine, dataset)
    assert study.shown.models == (*alone.shown.models, "architecture")
    models = [trial.params["model"] for trial in study.trials()]
    assert models[2] == "architecture"
    assert [name for name in models if name != "architecture"] == [t.params["model"] for t in alone.trials()]


def test_automatic_choice_may_be_joined_by_another_family(engine: Engine, dataset: DatasetResource) -> None:
    models = create(engine, dataset, models=["auto", "keras_resnet", "linear"], architecture=None).shown.models
    assert models.count("linear") == 1
    assert "keras_resnet" in models


def test_same_network_is_the_same_study(engine: Engine, dataset: DatasetResource) -> None:
    first = create(engine, dataset, seed=1).shown.id
    assert create(engine, dataset, seed=1).shown.id == first
    with pytest.raises(StudyExists) as caught:
        create(engine, dataset, seed=1, architecture=document(DENSE))
    assert "#/architecture" in [place.pointer for place in caught.value.places]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
class TestRefusals:
    def test_fault_in_the_document_is_told_with_its_place(self, engine: Engine, dataset: DatasetResource) -> None:
        error = refusal(engine, dataset, architecture=document({**DENSE, "activaton": "relu"}))
        assert isinstance(error, InvalidArchitecture)
        assert error.places[0].pointer == "#/architecture/layers/0/activaton"
        assert "Did you mean activation" in str(error)

    def test_layer_that_does_not_fit_the_table(self, engine: Engine, dataset: DatasetResource) -> None:
        error = refusal(engine, dataset, architecture=document({"layer": "Conv2D", "filters": 4, "kernel_size": 3}))
        assert error.places[0].pointer == "#/architecture/layers/0"
        assert "needs an image, but gets a vector" in str(error)

    def test_network_that_is_not_among_the_models(self, engine: Engine, dataset: DatasetResource) -> None:
        error = refusal(engine, dataset, models=["linear"])
        assert error.places[0].pointer == "#/models"
        assert "add 'architecture'" in str(error)

    def test_family_without_its_network(self, engine: Engine, dataset: DatasetResource) -> None:
        error = refusal(engine, dataset, models=["architecture"], architecture=None)
        assert error.places[0].pointer == "#/architecture"
        assert "is missing" in str(error)

    def test_network_without_a_table(self, engine: Engine) -> None:
        with pytest.raises(InvalidInput) as caught:
            ActingStudy.create(engine, "net", architecture=NETWORK)
        assert "#/architecture" in [place.pointer for place in caught.value.places]

    def test_name_that_has_a_meaning_already(self, engine: Engine, dataset: DatasetResource) -> None:
        choice = {"choice": "optimizer", "of": {"a": [DENSE], "b": []}}
        error = refusal(engine, dataset, architecture=document(choice))
        assert error.places[0].pointer == "#/architecture/layers/0/choice"

    def test_range_that_is_wider_than_was_proved(self, engine: Engine, dataset: DatasetResource) -> None:
        error = refusal(engine, dataset, space=override("architecture.units", type="int", low=8, high=10**9))
        assert isinstance(error, InvalidSearchSpace)
        assert "must stay within a whole number from 8 to 64" in str(error)


def test_ranges_can_be_narrowed(engine: Engine, dataset: DatasetResource) -> None:
    space = override("architecture.units", type="categorical", choices=[8, 16])
    shown = create(engine, dataset, space=space).shown
    assert shown.space["parameters"]["architecture.units"]["choices"] == [8, 16]


def test_nobody_gets_the_family_without_asking(engine: Engine, dataset: DatasetResource) -> None:
    assert "architecture" not in create(engine, dataset, architecture=None).shown.models
    listed = {family.name: family.space for family in engine.families(dataset.id).items}
    assert listed["architecture"] is None
