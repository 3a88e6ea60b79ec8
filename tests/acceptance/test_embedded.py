"""The whole product in one process of the user, from the installed wheel."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance import tables
from tests.packaging.installation import Installation

SCRIPT = """
import json, tuner
result = tuner.fit("wine.csv", target="sort", time_budget="20s", trials=4, models=["linear", "lightgbm"])
print(json.dumps([len(result.leaderboard()), result.predict("unseen.csv").tolist(), tuner.__file__]))
"""


@pytest.mark.slow
def test_fit_works_from_standard_input(installation: Installation, tmp_path: Path) -> None:
    table = tables.wine()
    (tmp_path / "wine.csv").write_bytes(table.csv)
    table.unseen.to_csv(tmp_path / "unseen.csv", index=False)
    outcome = installation.run("-", cwd=tmp_path, stdin=SCRIPT, TUNER_HOME=str(tmp_path / "home"))
    assert outcome.returncode == 0, outcome.stderr
    num_rows, labels, file = json.loads(outcome.stdout.splitlines()[-1])
    # The candidates, the score to beat, and an ensemble at least.
    assert num_rows >= 4 + 2
    assert (table.unseen["sort"] == labels).mean() > 0.85
    assert Path(file).is_relative_to(installation.folder)
