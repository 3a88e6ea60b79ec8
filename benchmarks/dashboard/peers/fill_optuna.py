"""Puts a study into an Optuna database: ``python fill_optuna.py URL STUDY.json``. Run by the interpreter that has it.

The file holds the choices of categories by parameter, bounds of the others, and trials as points with their values.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution


def distribution(parameter: dict[str, Any]) -> BaseDistribution:
    """What Optuna calls a parameter's range."""
    match parameter["type"]:
        case "categorical":
            return CategoricalDistribution(parameter["choices"])
        case "int":
            return IntDistribution(parameter["low"], parameter["high"])
        case _:
            return FloatDistribution(parameter["low"], parameter["high"])


def main() -> None:
    """Add all trials at once."""
    url, path = sys.argv[1:]
    document = json.loads(Path(path).read_text())
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    ranges = {name: distribution(parameter) for name, parameter in document["parameters"].items()}
    study = optuna.create_study(storage=url, study_name=document["name"])
    study.add_trials(
        optuna.trial.create_trial(
            params=trial["params"],
            distributions={name: ranges[name] for name in trial["params"]},
            value=trial["value"],
        )
        for trial in document["trials"]
    )


if __name__ == "__main__":
    main()
