"""Points of which only some values are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from tuner.errors import InvalidInput, InvalidSearchSpace, Place
from tuner.space.constraints import Constraint, Forbid, Linear
from tuner.space.parameters import Constant, Members, Parameter, Scalar
from tuner.space.search_space import Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np

_MAX_DRAWS = 100
_MAX_NARROWED = 5


def complete(
    space: SearchSpace, given: Mapping[str, object], rng: np.random.Generator, pointer: str = "#/params"
) -> Params:
    """A valid point with the values that are given; all other active parameters are drawn uniformly.

    A parent that is not given takes only values under which the given parameters are active. Constraints are kept by
    drawing again; where that does not help, by a draw from the space in which what is given is fixed.

    Args:
        space: What the point belongs to.
        given: Values of some parameters, or of all.
        rng: Draws the others.
        pointer: Where the values stood in the request.

    Raises:
        InvalidInput: A given parameter is unknown, outside its range or never active beside the others, or no values of
            the others were found that keep the constraints.
    """
    needed = _needed_of_parents(space, given)
    for _ in range(_MAX_DRAWS):
        point = _drawn(space, given, needed, rng)
        fits = all(name in point for name in given) and all(space[name].contains(point[name]) for name in given)
        if not fits or len(point) == len(given):
            # What is given is complete, or wrong: then this says so.
            return space.check({**point, **given}, pointer)
        if space.is_allowed(point):
            return space.check(point, pointer)
    for _ in range(_MAX_NARROWED):
        point = _drawn(space, given, needed, rng)
        try:
            return space.check(_narrowed(space, {name: point[name] for name in (*given, *needed)}).draw(rng), pointer)
        except InvalidSearchSpace:
            # With other values of the parents that are needed there may be a point.
            continue
    raise InvalidInput(
        "No values were found for the other parameters that keep the constraints.",
        hint="Give more of the values, or others.",
        places=[Place(pointer, "cannot be completed within the constraints")],
    )


def _needed_of_parents(space: SearchSpace, given: Mapping[str, object]) -> dict[str, list[Scalar]]:
    """For each parent that is not given, the values under which the given parameters are active."""
    needed: dict[str, list[Scalar]] = {}
    waiting = [name for name in given if name in space]
    while waiting:
        for parent, values in (space[waiting.pop()].when or {}).items():
            if parent in given:
                continue
            is_new = parent not in needed
            known = [value for value in values if space[parent].contains(value)] if is_new else needed[parent]
            needed[parent] = [value for value in known if value in Members(values)]
            if is_new:
                waiting.append(parent)
    return needed


def _drawn(
    space: SearchSpace,
    given: Mapping[str, object],
    needed: Mapping[str, list[Scalar]],
    rng: np.random.Generator,
) -> Params:
    """The given values that are active, and a draw of the rest; a given value may be wrong."""
    point: Params = {}
    for name in space.order:
        if not space.is_active(name, point):
            continue
        if name in given:
            point[name] = given[name]  # type: ignore[assignment]  # checked by whoever uses the point
        elif needed.get(name):
            point[name] = needed[name][int(rng.integers(len(needed[name])))]
        else:
            point[name] = space[name].draw(rng)
    return point


def _narrowed(space: SearchSpace, fixed: Mapping[str, Scalar]) -> SearchSpace:
    """The part of a space in which some active parameters have fixed values.

    Raises:
        InvalidSearchSpace: It is empty.
    """
    parameters: dict[str, Parameter] = {}
    for name in space.order:
        when = {
            parent: [value for value in values if parent in parameters and parameters[parent].contains(value)]
            for parent, values in (space[name].when or {}).items()
        }
        if all(when.values()):
            narrow = Constant(fixed[name]) if name in fixed else space[name]
            # Constant has a `when`, as every kind of parameter has.
            parameters[name] = replace(narrow, when=when or None)  # type: ignore[type-var]
    constraints = [narrow for narrow in (_within(each, parameters) for each in space.constraints) if narrow]
    return SearchSpace(parameters, constraints)


def _within(constraint: Constraint, parameters: Mapping[str, Parameter]) -> Constraint | None:
    """What a constraint demands of the parameters that are left; None: nothing."""
    if isinstance(constraint, Linear):
        weights = {name: weight for name, weight in constraint.weights.items() if name in parameters}
        return replace(constraint, weights=weights) if weights else None
    assert isinstance(constraint, Forbid)
    applies = all(name in parameters and parameters[name].contains(value) for name, value in constraint.values.items())
    return constraint if applies else None
