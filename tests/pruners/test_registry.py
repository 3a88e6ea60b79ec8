import pytest

from tuner.errors import UnknownName
from tuner.pruners import create_pruner, pruner_names


def test_every_name_makes_a_pruner() -> None:
    made = {type(create_pruner(name)).__name__ for name in pruner_names()}
    assert made == {"ASHAPruner", "MedianPruner", "NonePruner"}


def test_default_comes_first() -> None:
    assert pruner_names()[0] == "asha"


def test_unknown_name_is_refused_with_its_place_and_the_choices() -> None:
    with pytest.raises(UnknownName, match="no pruner called 'asah'") as caught:
        create_pruner("asah")
    assert caught.value.places[0].pointer == "#/pruner"
    assert caught.value.hint == "Use one of: asha, median, none."
