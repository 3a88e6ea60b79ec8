"""The same calls from a notebook, run by a real kernel."""

from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

CELLS = [
    """
import pandas as pd, tuner
rows = pd.DataFrame({"x": [row / 3 for row in range(120)], "label": ["low"] * 60 + ["high"] * 60})
result = tuner.fit(rows, "label", time_budget=60, models=["linear"], trials=1)
result
""",
    """
client = tuner.Client()
study = client.create_study("mine", space={"x": tuner.Float(-1, 1)}, objectives={"loss": "minimize"},
                            budget=tuner.Budget(trials=6))

def train(trial):
    return trial.params["x"] ** 2

study.optimize(train, workers=3)
study.wait()
""",
    "print(study.num_trials, result.predict(rows)[0])",
]


@pytest.mark.slow
def test_notebook_works_and_shows_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    cells = [new_code_cell(source) for source in CELLS]
    notebook: NotebookNode = new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    fitted, waited, printed = (cell["outputs"] for cell in notebook["cells"])
    shown = [output["data"]["text/html"] for output in fitted if "data" in output]
    assert "<progress" in shown[0]
    assert "<table" in shown[-1]
    assert "6 completed" in waited[-1]["data"]["text/html"]
    assert printed[0]["text"] == "6 low\n"
