"""The search space of a study on a dataset: which family, and that family's parameters."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeGuard

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.errors import InvalidInput, InvalidSearchSpace, Place, TooLarge
from tuner.models.registry import families
from tuner.models.registry import family as family_called
from tuner.space import (
    Categorical,
    Constant,
    Constraint,
    Float,
    Forbid,
    Int,
    Linear,
    Parameter,
    Params,
    Scalar,
    SearchSpace,
)
from tuner.space.parameters import escape

MODEL = "model"
"""The parameter that chooses the family."""

BASELINE, ENSEMBLE = "baseline", "ensemble"
"""What trials that are no candidates show as their family: the score to beat, and an average of candidates."""

# A repair may find it easier to change the family; another one may not.
_REPAIRS = 8

_NO_OVERRIDES: Mapping[str, Parameter] = MappingProxyType({})


def compose_space(
    names: Sequence[str],
    profile: DatasetProfile,
    target: TargetProfile,
    overrides: Mapping[str, Parameter] = _NO_OVERRIDES,
    constraints: Sequence[Constraint] = (),
    architecture: Mapping[str, Any] | None = None,
) -> SearchSpace:
    """Join the spaces of families into one.

    A categorical ``model`` chooses the family; the parameters of each are called ``<family>.<name>`` and are active
    only while it is chosen. An override keeps the conditions of what it replaces and may add its own; what could never
    be active under the overrides is left out.

    Args:
        names: The families that compete.
        profile: The table.
        target: What is predicted.
        overrides: Replacements by full name, e.g. ``lightgbm.learning_rate``. ``model`` may be narrowed.
        constraints: Rules between parameters by their full names. What the overrides make impossible anyway is left out
            of them.
        architecture: The network that the family ``architecture`` builds.

    Raises:
        UnknownName: There is no such family.
        InvalidArchitecture: The network cannot be built for this table.
        InvalidInput: No family is named, one is named twice, or cannot predict the target.
        InvalidSearchSpace: An override names nothing that is tuned, or has values that the family cannot take; a
            constraint does so.
    """
    _check_names(names, profile, target, architecture)
    originals: dict[str, Parameter] = {MODEL: Categorical(list(names))}
    for name in names:
        originals |= _prefixed(name, family_called(name, architecture=architecture).space(profile, target))
    parameters = dict(originals)
    for full_name, override in overrides.items():
        if full_name not in originals:
            raise _no_such_parameter(full_name, names, originals)
        _check_override(full_name, originals[full_name], override)
        _check_range(full_name, originals[full_name], override)
        parameters[full_name] = _with_conditions(originals[full_name], override)
    kept = _reachable(parameters, originals)
    return _space(kept, [_within(constraint, kept, originals) for constraint in constraints])


def split_params(params: Mapping[str, Scalar]) -> tuple[str, Params]:
    """The family of a point of a composed space, and its parameters under the family's own names."""
    name = str(params[MODEL])
    prefix = f"{name}."
    return name, {key.removeprefix(prefix): value for key, value in params.items() if key.startswith(prefix)}


def default_params(
    family: str, profile: DatasetProfile, target: TargetProfile, space: SearchSpace | None = None
) -> Params:
    """The family's default as a point of a composed space.

    Args:
        family: The family's name.
        profile: The table.
        target: What is predicted.
        space: The composed space, if it was made with overrides: values that these exclude become the nearest ones
            that they allow, and constraints move it to a point that keeps them.

    Raises:
        InvalidInput: ``space`` does not let the family be chosen, or only far from its default.
    """
    params = family_called(family).default(profile, target)
    if space is None:
        return {MODEL: family, **{f"{family}.{name}": value for name, value in params.items()}}
    return composed_params(family, params, space)


def composed_params(family: str, params: Mapping[str, Scalar], space: SearchSpace) -> Params:
    """A family's point as a point of a composed space, or the one nearest to it that the space allows.

    Args:
        family: The family's name.
        params: Under the family's own names.
        space: The composed space.

    Raises:
        InvalidInput: The space does not let the family be chosen, or only far from the point.
    """
    point: Params = {f"{family}.{name}": value for name, value in params.items()}
    nearest: Params = {}
    for name in space.order:
        if space.is_active(name, nearest):
            nearest[name] = _nearest(space[name], point.get(name)) if name != MODEL else family
    return space.check(_repaired(nearest, space))


def _repaired(point: Params, space: SearchSpace) -> Params:
    """The point moved to one of the same family that keeps the constraints."""
    if space.is_allowed(point):
        return point
    import numpy as np

    rng = np.random.default_rng(0)
    for _ in range(_REPAIRS):
        repaired = space.repair(point, rng)
        if repaired[MODEL] == point[MODEL]:
            return repaired
    raise InvalidInput(f"No point of {point[MODEL]!r} near the one given keeps the constraints of the space.")


def _check_names(
    names: Sequence[str], profile: DatasetProfile, target: TargetProfile, architecture: Mapping[str, Any] | None
) -> None:
    if not names:
        raise InvalidInput("No model family is named.", places=[Place("#/models", "must name at least one family")])
    for position, name in enumerate(names):
        pointer = f"#/models/{position}"
        if name in names[:position]:
            raise InvalidInput(f"The family {name!r} is named twice.", places=[Place(pointer, "is named before")])
        known = family_called(name, pointer, architecture=architecture)
        if known.supports(profile, target):
            continue
        if target.task in known.tasks and not (known.max_classes and len(target.classes) > known.max_classes):
            kinds = " or ".join(sorted(known.needs or known.reads))
            raise InvalidInput(
                f"The family {name!r} needs a column of the kind {kinds}, and the table has none to predict "
                f"{target.name!r} from.",
                hint="Leave it out, or choose the kinds of columns: columns={'comment': 'text'}.",
                places=[Place(pointer, "has no column to learn from")],
            )
        raise InvalidInput(
            f"The family {name!r} cannot predict {target.name!r} ({target.task}, {len(target.classes):,} classes).",
            hint="Leave it out, or group rare classes.",
            places=[Place(pointer, "cannot predict this target")],
        )


def _prefixed(name: str, space: SearchSpace) -> dict[str, Parameter]:
    """The family's parameters under their full names, active only while the family is chosen."""
    return {
        f"{name}.{own}": conditioned(
            parameter,
            {MODEL: (name,)} | {f"{name}.{parent}": values for parent, values in (parameter.when or {}).items()},
        )
        for own, parameter in space.items()
    }


def _check_override(name: str, original: Parameter, override: Parameter) -> None:
    """Refuse values of a kind that the family cannot take. A wider range of numbers is the user's choice."""
    values: list[Scalar] = []
    if isinstance(override, Categorical | Constant):
        values = list(override.choices) if isinstance(override, Categorical) else [override.value]
    match original:
        case Categorical():
            fits = values != [] and all(original.contains(value) for value in values)
            expected = f"must be a categorical with choices among {list(original.choices)}"
        case Int():
            fits = isinstance(override, Int) or (values != [] and all(_is_whole(value) for value in values))
            expected = "must be an int, or a categorical of whole numbers"
        case _:
            fits = isinstance(override, Float | Int) or (values != [] and all(_is_number(value) for value in values))
            expected = "must be a float or int, or a categorical of numbers"
    if not fits:
        raise _invalid(name, expected)
    if name == MODEL and override.when:
        raise _invalid(name, "must not have a condition")


def _check_range(name: str, original: Parameter, override: Parameter) -> None:
    """Refuse a wider range of a family for which nothing is known beyond its own."""
    owner = families().get(name.partition(".")[0])
    if owner is None or not owner.keeps_to_its_ranges:
        return
    match override:
        case Float() | Int():
            # Into a list of choices no range fits; that was seen before.
            ends = (override.low, override.high)
            fits = isinstance(original, Float | Int) and original.low <= ends[0] and ends[1] <= original.high
        case Categorical():
            fits = all(original.contains(value) for value in override.choices)
        case Constant():
            fits = original.contains(override.value)
        case _:
            fits = False
    if not fits:
        raise _invalid(
            name,
            f"must stay within {original.describe()}",
            f"{owner.title}: widen the range where the parameter is defined, so that it is checked there.",
        )


def _with_conditions(original: Parameter, override: Parameter) -> Parameter:
    """The override under the original's conditions, which the family relies on, and its own."""
    return conditioned(override, {**(override.when or {}), **(original.when or {})})


def conditioned(parameter: Parameter, when: Mapping[str, Sequence[Scalar]]) -> Parameter:
    """The parameter under other conditions."""
    assert isinstance(parameter, Float | Int | Categorical | Constant)
    return replace(parameter, when=when or None)


def _reachable(parameters: Mapping[str, Parameter], originals: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """The parameters without conditions on values that an override took away, and without those left with none.

    Conditions that were never possible stay, so that the space refuses them by name.
    """
    kept = dict(parameters)
    while True:
        reachable: dict[str, Parameter] = {}
        for name, parameter in kept.items():
            conditions = {
                parent: tuple(value for value in values if not _is_taken_away(parent, value, kept, originals))
                for parent, values in (parameter.when or {}).items()
            }
            if all(conditions.values()):
                reachable[name] = conditioned(parameter, conditions)
        if len(reachable) == len(kept):
            return reachable
        kept = reachable


def _is_taken_away(
    parent: str, value: Scalar, kept: Mapping[str, Parameter], originals: Mapping[str, Parameter]
) -> bool:
    if parent not in originals or not originals[parent].contains(value):
        return False
    return parent not in kept or not kept[parent].contains(value)


def _within(
    constraint: Constraint, kept: Mapping[str, Parameter], originals: Mapping[str, Parameter]
) -> Constraint | None:
    """The constraint without parameters that are never active any more; None if nothing is left of it."""
    gone = {name for name in constraint.names if name in originals and name not in kept}
    match constraint:
        case Linear(weights=weights) if gone:
            left = {name: weight for name, weight in weights.items() if name not in gone}
            return replace(constraint, weights=left) if left else None
        case Forbid(values=values) if gone or any(
            _is_taken_away(name, value, kept, originals) for name, value in values.items()
        ):
            return None
        case _:
            return constraint


def _space(parameters: Mapping[str, Parameter], constraints: Sequence[Constraint | None]) -> SearchSpace:
    try:
        return SearchSpace(parameters, [constraint for constraint in constraints if constraint is not None])
    except (InvalidSearchSpace, TooLarge) as error:
        error.places = tuple(Place(f"#/space{place.pointer.removeprefix('#')}", place.detail) for place in error.places)
        raise


def _nearest(parameter: Parameter, value: Scalar) -> Scalar:
    """The value of the parameter that is nearest to ``value``."""
    if parameter.contains(value):
        return value
    if isinstance(parameter, Constant):
        return parameter.value
    if isinstance(parameter, Categorical):
        numbers = [choice for choice in parameter.choices if _is_number(choice)]
        if _is_number(value) and numbers:
            return min(numbers, key=lambda choice: abs(float(choice) - float(value)))
        return parameter.choices[0]
    assert isinstance(parameter, Float | Int)
    number = min(max(float(value), parameter.low), parameter.high) if _is_number(value) else parameter.low
    if parameter.step is not None:
        steps = min(round((number - parameter.low) / parameter.step), parameter.num_steps)
        number = parameter.low + steps * parameter.step
    return int(number) if isinstance(parameter, Int) else min(number, parameter.high)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _no_such_parameter(name: str, names: Sequence[str], parameters: Mapping[str, Parameter]) -> InvalidSearchSpace:
    owner, _, own = name.partition(".")
    if own and owner in families() and owner not in names:
        return _invalid(
            name, f"belongs to the family {owner!r}, which is not among the models", f"Add {owner!r} to models."
        )
    near = difflib.get_close_matches(name, parameters, n=3)
    # Without a near name, the family's own list helps; without a family, the families do.
    shown = (
        near or [known for known in parameters if known.startswith(f"{owner}.")] or [MODEL, *(f"{n}.*" for n in names)]
    )
    question = "Did you mean" if near else "Use one of:"
    return _invalid(name, "is not a parameter of the models", f"{question} {', '.join(shown)}{'?' if near else '.'}")


def _invalid(name: str, detail: str, hint: str | None = None) -> InvalidSearchSpace:
    return InvalidSearchSpace(
        f"{name} {detail}.", hint=hint, places=[Place(f"#/space/parameters/{escape(name)}", detail)]
    )
