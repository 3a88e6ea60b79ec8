"""The service trains, you choose what is searched: python examples/service.py [TRIALS].

Start it first: make serve
"""

import os
import sys
from pathlib import Path

import tuner

table = Path(__file__).with_name("penguins.csv")
new_penguin = {
    "island": "Biscoe",
    "bill_length_mm": 47.5,
    "bill_depth_mm": 14.2,
    "flipper_length_mm": 216,
    "body_mass_g": 4900,
    "sex": None,  # not known
}
num_trials = int(sys.argv[1]) if len(sys.argv) > 1 else 20

with tuner.Client(os.environ.get("TUNER_URL", "http://127.0.0.1:8000")) as client:
    data = client.upload_dataset(table, target="species")
    study = client.create_study(
        f"penguins-{num_trials}",
        dataset=data,
        models=["linear", "lightgbm", "random_forest"],
        metric="log_loss",
        # Replaces that entry of the family's own space.
        space={"lightgbm.learning_rate": tuner.Float(0.02, 0.3, log=True)},
        budget=tuner.Budget(trials=num_trials, seconds=300),
    )
    study.wait()

    print(study.leaderboard(limit=10)[["rank", "number", "model", "log_loss"]].to_string(index=False))
    print(study.best_params)
    print(study.best_model().predict([new_penguin]))
