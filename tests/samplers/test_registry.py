import subprocess
import sys

import pytest

from tuner.errors import UnknownName
from tuner.samplers import create_sampler, sampler_names


def test_every_name_makes_the_sampler_of_that_name() -> None:
    made = [type(create_sampler(name)).__name__.removesuffix("Sampler").lower() for name in sampler_names()]
    assert made == list(sampler_names())


def test_default_comes_first() -> None:
    assert sampler_names() == ("auto", "random", "grid", "sobol", "tpe", "gp", "cmaes", "nsga2", "nsga3")


def test_unknown_name_is_refused_with_its_place_and_the_choices() -> None:
    with pytest.raises(UnknownName, match="no sampler called 'tpee'") as caught:
        create_sampler("tpee", "#/study/sampler")
    assert caught.value.places[0].pointer == "#/study/sampler"
    assert caught.value.hint == "Use one of: auto, cmaes, gp, grid, nsga2, nsga3, random, sobol, tpe."


def test_samplers_and_pruners_can_be_listed_without_heavy_imports() -> None:
    program = (
        "import sys, tuner.samplers, tuner.pruners, tuner.space\n"
        "tuner.samplers.sampler_names(), tuner.pruners.pruner_names()\n"
        "print([name for name in ('numpy', 'optuna', 'cmaes', 'pandas', 'sqlalchemy') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
