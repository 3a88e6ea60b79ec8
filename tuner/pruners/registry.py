"""Pruners by name, and by the form that gives their options as well."""

from __future__ import annotations

from collections.abc import Mapping

from tuner.errors import InvalidInput, Place, UnknownName
from tuner.pruners.asha import ASHAPruner
from tuner.pruners.base import Pruner
from tuner.pruners.hyperband import HyperbandPruner
from tuner.pruners.median import MedianPruner
from tuner.pruners.none import NonePruner
from tuner.pruners.options import Option, checked_options, default_options
from tuner.pruners.patience import PatiencePruner
from tuner.pruners.percentile import PercentilePruner
from tuner.pruners.racing import RacingPruner
from tuner.pruners.threshold import ThresholdPruner

_CLASSES: dict[str, type[Pruner]] = {
    "asha": ASHAPruner,
    "hyperband": HyperbandPruner,
    "median": MedianPruner,
    "percentile": PercentilePruner,
    "racing": RacingPruner,
    "patience": PatiencePruner,
    "threshold": ThresholdPruner,
    "none": NonePruner,
}


_DESCRIPTIONS = {
    "asha": "Successive halving without waiting: stops what is not expected to end among the best part.",
    "hyperband": "Successive halving that judges some trials early, others later: where first values may mislead.",
    "median": "Stops what is worse than the median of the completed trials at the same step: mild.",
    "percentile": "Stops what is not within the best percentile of the completed trials: as strict as you say.",
    "racing": "Stops what cannot keep up with the completed trials fold by fold: for cross-validation.",
    "patience": "Stops a trial that has not improved for a while, whatever the others do.",
    "threshold": "Stops a trial that reports a value out of bounds that you give.",
    "none": "Every trial runs to its end.",
}


def pruner_names() -> tuple[str, ...]:
    """The names that ``create_pruner`` knows, the default first."""
    return tuple(_CLASSES)


def pruner_descriptions() -> dict[str, str]:
    """A sentence about each pruner, by name, the default first."""
    return {name: _DESCRIPTIONS[name] for name in _CLASSES}


def pruner_options(name: str) -> dict[str, Option]:
    """The options of a pruner with their defaults."""
    return default_options(_CLASSES[name])


def create_pruner(form: str | Mapping[str, object], pointer: str = "#/pruner") -> Pruner:
    """A new pruner.

    Args:
        form: A name from ``pruner_names()``, for the defaults; or ``{"name": "asha", "grace_steps": 5}``, where the
            options are the arguments of the pruner's class.
        pointer: Where the form stood in the request.

    Raises:
        UnknownName: There is no such pruner.
        InvalidInput: An option is not known or its value makes no sense; ``places`` points at it.
    """
    name, given = _parts(form, pointer)
    options = checked_options(name, _CLASSES[name], given, pointer)
    try:
        return _CLASSES[name](**options)
    except InvalidInput as error:
        places = [Place(pointer + place.pointer.removeprefix("#"), place.detail) for place in error.places]
        raise InvalidInput(error.message, hint=error.hint, places=places) from None


def normal_form(form: str | Mapping[str, object], pointer: str = "#/pruner") -> str | dict[str, str | Option]:
    """The shortest form of the same pruner: its bare name if every option has its default, else those that differ.

    Args:
        form: As ``create_pruner`` takes it.
        pointer: Where it stood in the request.

    Raises:
        UnknownName: There is no such pruner.
        InvalidInput: An option is not known or its value makes no sense.
    """
    pruner = create_pruner(form, pointer)
    name, _ = _parts(form, pointer)
    defaults = default_options(type(pruner))
    # A pruner keeps each argument under its own name.
    options: dict[str, str | Option] = {option: getattr(pruner, option) for option in defaults}
    differing = {option: value for option, value in options.items() if value != defaults[option]}
    return {"name": name, **differing} if differing else name


def _parts(form: str | Mapping[str, object], pointer: str) -> tuple[str, dict[str, object]]:
    if isinstance(form, str):
        name, place, given = form, pointer, {}
    else:
        given = dict(form)
        named, place = given.pop("name", None), f"{pointer}/name"
        if not isinstance(named, str):
            detail = "is missing" if named is None else f"must be a name, got {named!r:.80}"
            hint = 'Write the pruner\'s name, or {"name": "asha", "grace_steps": 5}.'
            raise InvalidInput(f"{place} {detail}.", hint=hint, places=[Place(place, detail)])
        name = named
    if name not in _CLASSES:
        raise UnknownName("pruner", name, _CLASSES, place)
    return name, given
