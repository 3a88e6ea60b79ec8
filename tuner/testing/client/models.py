"""What a client promises about trained models."""

from __future__ import annotations

import pandas as pd
import pytest

import tuner
from tuner.client import Client, Study
from tuner.errors import InvalidDataset, InvalidInput, NotFound
from tuner.testing.client.acting import new_name, new_study

ROWS = pd.DataFrame(
    {"x": [row / 3 for row in range(80)], "colour": ["red", "blue"] * 40, "label": ["low"] * 40 + ["high"] * 40}
)
NEW: list[dict[str, object]] = [{"x": 0.5, "colour": "red"}, {"x": 25.0, "colour": None}]

_WAIT_SECONDS = 120.0


class ModelPromises:
    """Inherit it and give a fixture ``client`` of a service that trains and predicts, open for all tests."""

    @pytest.fixture(scope="class")
    @classmethod
    def trained(cls, client: Client) -> Study:
        """A study with a model."""
        data = client.upload_dataset(ROWS, name=new_name(), target="label")
        study = client.create_study(
            new_name(), dataset=data, models=["linear"], metric="log_loss", budget=tuner.Budget(trials=1)
        )
        return study.wait(_WAIT_SECONDS, progress=False)

    def test_model_tells_what_it_is(self, client: Client, trained: Study) -> None:
        best = trained.best_trial
        model = client.get_model(f"{trained.id}.{best.number}")
        assert model.id == f"{trained.id}.{best.number}"
        assert (model.target, model.task, model.classes) == ("label", "binary", ("high", "low"))
        assert [column.name for column in model.columns] == ["x", "colour"]
        assert client.get_model(f"{trained.name}.{best.number}") == model

    def test_rows_are_predicted_as_by_the_downloaded_model(self, client: Client, trained: Study) -> None:
        best = trained.best_trial
        prediction = client.predict(f"{trained.id}.{best.number}", NEW)
        loaded = trained.best_model()
        assert prediction.predictions == tuple(loaded.predict(NEW)) == ("low", "high")
        assert prediction.classes == ("high", "low")
        assert [list(row) for row in prediction.probabilities] == loaded.predict_proba(NEW).to_numpy().tolist()

    def test_frame_is_predicted_like_its_rows(self, client: Client, trained: Study) -> None:
        model = f"{trained.id}.{trained.best_trial.number}"
        assert client.predict(model, pd.DataFrame(NEW)) == client.predict(model, NEW)

    def test_bad_rows_are_told(self, client: Client, trained: Study) -> None:
        model = f"{trained.id}.{trained.best_trial.number}"
        with pytest.raises(InvalidDataset, match="'colour'"):
            client.predict(model, [{"x": 1.0}])
        with pytest.raises(InvalidDataset, match="not a number"):
            client.predict(model, [{"x": "much", "colour": "red"}])
        with pytest.raises(InvalidInput, match="list of dicts"):
            client.predict(model, {"x": 1.0})  # type: ignore[arg-type]  # as users do
        with pytest.raises(InvalidInput):
            client.predict(model, [])

    def test_model_that_is_not_there_is_not_found(self, client: Client, trained: Study) -> None:
        with pytest.raises(NotFound):
            client.predict(f"{trained.id}.99", NEW)
        with pytest.raises(NotFound):
            client.get_model(f"{new_name()}.0")
        with pytest.raises(InvalidInput, match="STUDY"):
            client.get_model("nothing")

    def test_own_study_has_no_model(self, client: Client) -> None:
        study = new_study(client)
        study.ask().tell(0.5)
        with pytest.raises(NotFound, match="model"):
            client.get_model(f"{study.id}.0")
        with pytest.raises(NotFound, match="model"):
            client.predict(f"{study.id}.0", NEW)
