import json
import subprocess
import sys

import pytest

HEAVY = {"numpy", "pandas", "scipy", "sklearn", "lightgbm", "keras", "jax", "sqlalchemy", "optuna"}


@pytest.mark.parametrize("module", ["tuner.execution.local_worker", "tuner.execution.child", "worker.__main__"])
def test_only_trainings_load_what_trains(module: str) -> None:
    program = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert HEAVY.isdisjoint(json.loads(done.stdout))


def test_children_do_not_load_the_wire() -> None:
    program = "import json, sys, tuner.execution.child; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pydantic" not in json.loads(done.stdout)
