"""Pictures and sequences over HTTP."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

import tuner
from tuner.errors import InvalidInput
from tuner.testing.client import new_name
from tuner.testing.server import ServerProcess, WorkerProcess


@pytest.mark.slow
def test_pictures_are_uploaded_learned_and_predicted_as_lists(server: ServerProcess, tmp_path: Path) -> None:
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1)
    with tuner.Client(server.url) as client, WorkerProcess(server.url, tmp_path):
        data = client.upload_dataset((images[:300], labels[:300]), name=new_name(), target="digit")
        assert "x: image 8 x 8 x 1" in repr(data)
        budget = tuner.Budget(trials=1)
        study = client.create_study(new_name(), dataset=data, models=["linear"], budget=budget, ensemble=False)
        study.wait(timeout=120)
        model = f"{study.id}.{study.best_trial.number}"

        answer = client.predict(model, images[300:340])

        assert np.mean(np.array(answer.predictions) == labels[300:340]) > 0.8
        few = client.predict(model, [{"x": image.tolist()} for image in images[300:302]])
        assert few.predictions == answer.predictions[:2]
        assert client.predict(model, list(images[300:302])).predictions == answer.predictions[:2]
        with pytest.raises(InvalidInput, match="an array of shape"):
            client.predict(model, [{"x": [1, 2, 3]}])
        with pytest.raises(InvalidInput, match="list of dicts or a DataFrame"):
            client.predict(model, 7)
