"""A service with something on every page: models trained by a worker, and a training of one's own."""

from __future__ import annotations

import timeit
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from tests.acceptance import tables
from tests.acceptance.service import Body, Service
from tests.dashboard.studies import ask

SPACE = {
    "version": 1,
    "parameters": {
        "learning_rate": {"type": "float", "low": 1e-4, "high": 0.3, "log": True},
        "solver": {"type": "categorical", "choices": ["adam", "sgd"]},
        "momentum": {"type": "float", "low": 0.0, "high": 0.99, "when": {"solver": ["sgd"]}},
        "layers": {"type": "int", "low": 1, "high": 3},
        "width": {"type": "int", "low": 8, "high": 128, "log": True},
        "penalty": {"type": "float", "low": 1e-6, "high": 1e-1, "log": True},
    },
}
EPOCHS = 12


def furnish(service: Service, *, models: list[str] | None, num_models: int, num_own: int) -> dict[str, str]:
    """Fill a service whose server and worker run; the paths of all views by name."""
    own = train_digits(service, num_own)
    table = tables.wine()
    dataset = service.upload(table.csv, "wine", table.target)
    named: Body = {} if models is None else {"models": models}
    automatic = service.create_study(
        name="Cultivar of a wine", dataset=dataset, budget={"trials": num_models}, seed=1, **named
    )
    service.wait_finished(automatic, timeout=600)
    ranked = list(service.trials(automatic, order_by="rank"))
    best = ranked[0]["number"]
    # An average of others has no curve and no parameters.
    single = next(trial["number"] for trial in ranked if trial["origin"] not in ("ensemble", "baseline"))
    studied = f"/studies/{automatic}"
    return {
        "studies": "/",
        "overview": studied,
        "leaderboard": f"{studied}/trials",
        "trial": f"{studied}/trials/{single}",
        "compare": f"/studies/{own}/compare?trials=0,1,2",
        "analysis": f"/studies/{own}/analysis",
        "timeline": f"{studied}/timeline",
        "set-up": f"/studies/{own}/space",
        "create": f"/create?dataset={dataset}",
        "create-own": "/create?mode=own",
        "datasets": "/datasets",
        "dataset": f"/datasets/{dataset}",
        "models": "/models",
        "model": f"/models/{automatic}.{best}",
        "workers": "/workers",
    }


def train_digits(service: Service, num_trials: int) -> str:
    """Search a small network for written digits that is right and quick; the study's id."""
    study = service.create_study(
        name="Digits, right and quick",
        space=SPACE,
        objectives={"error": "minimize", "microseconds": "minimize"},
        budget={"trials": num_trials + 10},
        seed=1,
    )
    images, labels = load_digits(return_X_y=True)
    data = train_test_split(images / 16, labels, test_size=0.4, random_state=0)
    for _ in range(num_trials):
        leased = ask(service, study)
        trial, lease = f"/studies/{study}/trials/{leased['trial']['number']}", leased["lease"]
        error, microseconds = _train(service, trial, lease, leased["trial"]["params"], data)
        values = {"error": error, "microseconds": microseconds}
        service.post(f"{trial}/complete", {"lease": lease, "state": "completed", "values": values})
    ask(service, study)
    return study


# Any: arrays as scikit-learn returns them.
def _train(service: Service, trial: str, lease: str, params: Body, data: list[Any]) -> tuple[float, float]:
    seen, unseen, seen_labels, unseen_labels = data
    network = MLPClassifier(
        hidden_layer_sizes=(params["width"],) * params["layers"],
        solver=params["solver"],
        learning_rate_init=params["learning_rate"],
        momentum=params.get("momentum", 0.9),
        alpha=params["penalty"],
        random_state=0,
    )
    error = 1.0
    for epoch in range(1, EPOCHS + 1):
        network.partial_fit(seen, seen_labels, classes=np.arange(10))
        error = float(1 - network.score(unseen, unseen_labels))
        service.post(f"{trial}/report", {"lease": lease, "step": epoch, "value": error})
    # The quickest of some: the others waited for the machine.
    seconds = min(timeit.repeat(lambda: network.predict(unseen), number=1, repeat=10))
    return error, 1e6 * seconds / len(unseen)
