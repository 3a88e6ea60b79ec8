import pytest

from tuner.errors import InvalidInput, UnknownName
from tuner.pruners import create_pruner, normal_form, pruner_names
from tuner.pruners.asha import ASHAPruner
from tuner.pruners.threshold import ThresholdPruner


def test_every_name_makes_a_pruner() -> None:
    made = {type(create_pruner(name)).__name__ for name in pruner_names() if name != "threshold"}
    names = {"ASHA", "Hyperband", "Median", "Percentile", "Racing", "Patience", "None"}
    assert made == {f"{name}Pruner" for name in names}


def test_default_comes_first() -> None:
    assert pruner_names()[0] == "asha"


def test_unknown_name_is_refused_with_its_place_and_the_choices() -> None:
    with pytest.raises(UnknownName, match="no pruner called 'asah'") as caught:
        create_pruner("asah")
    assert caught.value.places[0].pointer == "#/pruner"
    assert caught.value.hint == "Use one of: asha, hyperband, median, none, patience, percentile, racing, threshold."


def test_form_gives_the_options_and_leaves_the_others_at_their_defaults() -> None:
    pruner = create_pruner({"name": "asha", "grace_steps": 5})
    assert isinstance(pruner, ASHAPruner)
    assert (pruner.grace_steps, pruner.reduction_factor) == (5, ASHAPruner().reduction_factor)


def test_whole_number_stands_for_a_fractional_one() -> None:
    pruner = create_pruner({"name": "threshold", "at_most": 5})
    assert isinstance(pruner, ThresholdPruner)
    assert isinstance(pruner.at_most, float)


@pytest.mark.parametrize(
    ("form", "pointer", "words"),
    [
        ({"name": "asha", "grace_step": 3}, "#/pruner/grace_step", "expected grace_steps, reduction_factor"),
        ({"name": "none", "grace_steps": 3}, "#/pruner/grace_steps", "expected no options at all"),
        ({"name": "asha", "grace_steps": "3"}, "#/pruner/grace_steps", "must be a whole number, got '3'"),
        ({"name": "asha", "grace_steps": 3.0}, "#/pruner/grace_steps", "must be a whole number"),
        ({"name": "asha", "grace_steps": True}, "#/pruner/grace_steps", "must be a whole number"),
        ({"name": "asha", "grace_steps": None}, "#/pruner/grace_steps", "must be a whole number"),
        ({"name": "asha", "grace_steps": 2**63}, "#/pruner/grace_steps", "must be a whole number"),
        ({"name": "asha", "grace_steps": 0}, "#/pruner/grace_steps", "must be at least 1, got 0"),
        ({"name": "percentile", "percentile": 101}, "#/pruner/percentile", "must be from 0 to 100"),
        ({"name": "threshold", "at_most": float("nan")}, "#/pruner/at_most", "must be a finite number"),
        ({"name": "threshold", "at_most": 1.0, "at_least": 2.0}, "#/pruner/at_least", "must be at most at_most"),
        ("threshold", "#/pruner", "needs at_most or at_least"),
        ({"grace_steps": 3}, "#/pruner/name", "is missing"),
        ({"name": 3}, "#/pruner/name", "must be a name"),
        ({"name": "asha", "a/b": 3}, "#/pruner/a~1b", "is not an option"),
    ],
)
def test_wrong_option_is_refused_at_its_place(form: str | dict[str, object], pointer: str, words: str) -> None:
    for read in (create_pruner, normal_form):
        with pytest.raises(InvalidInput) as caught:
            read(form)
        (place,) = caught.value.places
        assert place.pointer == pointer
        assert words in place.detail


def test_unknown_name_in_a_form_is_refused_at_the_name() -> None:
    with pytest.raises(UnknownName) as caught:
        create_pruner({"name": "asah"})
    assert caught.value.places[0].pointer == "#/pruner/name"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("asha", "asha"),
        ({"name": "asha"}, "asha"),
        ({"name": "asha", "grace_steps": 3}, "asha"),
        ({"name": "median", "num_startup_trials": 9, "grace_steps": 3}, {"name": "median", "num_startup_trials": 9}),
        ({"name": "threshold", "at_most": 5, "at_least": None}, {"name": "threshold", "at_most": 5.0}),
    ],
)
def test_forms_of_the_same_pruner_have_one_normal_form(
    form: str | dict[str, object], expected: str | dict[str, object]
) -> None:
    assert normal_form(form) == expected
    assert normal_form(normal_form(form)) == expected
