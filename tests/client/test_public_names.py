import importlib.metadata
import subprocess
import sys
import typing

import tuner

HEAVY = {"numpy", "pandas", "sklearn", "lightgbm", "keras", "jax", "torch", "sqlalchemy", "optuna", "fastapi"}


def loaded_after(statements: str) -> set[str]:
    script = f"{statements}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_every_public_name_exists() -> None:
    assert {name: getattr(tuner, name) is not None for name in tuner.__all__} == dict.fromkeys(tuner.__all__, True)
    assert set(tuner.__all__) <= set(dir(tuner))


def test_public_names_are_these() -> None:
    assert set(tuner.__all__) == {
        "Budget",
        "Categorical",
        "Client",
        "Constant",
        "Dataset",
        "Float",
        "Forbid",
        "Forecast",
        "Int",
        "Linear",
        "Result",
        "SearchSpace",
        "Study",
        "Trial",
        "TunerError",
        "__version__",
        "errors",
        "fit",
        "layers",
    }


def test_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(tuner, "Experiment")


def test_version_is_that_of_the_distribution() -> None:
    assert tuner.__version__ == importlib.metadata.version("tuner")


def test_import_loads_nothing_heavy() -> None:
    assert not loaded_after("import tuner") & (HEAVY | {"httpx", "pydantic"})


def test_client_loads_nothing_heavy() -> None:
    statements = """
import tuner, tuner.space, tuner.records, tuner.wire, tuner.client, tuner.errors
tuner.Client("http://127.0.0.1:9"), tuner.Float(0, 1), tuner.Budget(trials=1), tuner.Study, tuner.Trial
"""
    assert not loaded_after(statements) & HEAVY


def test_annotations_of_the_client_can_be_read_without_pandas() -> None:
    hints = typing.get_type_hints(tuner.Study.ask)
    assert hints["return"] is tuner.Trial
