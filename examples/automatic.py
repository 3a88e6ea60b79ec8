"""A table in, a ranked set of models out: python examples/automatic.py [TIME]."""

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
time_budget = sys.argv[1] if len(sys.argv) > 1 else "60s"

result = tuner.fit(table, target="species", time_budget=time_budget)

facts = ["rank", "model", result.metric, "standard_error", "folds", "fit_seconds", "predict_ms_one_row"]
print(result.leaderboard(limit=10)[facts].to_string(index=False))
print(result.predict([new_penguin]))
print(result.best_model.explain().to_pandas().head(5).to_string(index=False))  # what the answers hang on
result.best_model.card("penguins.html")  # all about the model in one page
