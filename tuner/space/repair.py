"""Repair: from a point that breaks constraints to one near it that keeps them.

A walk fixes one broken constraint after the other. For a sum it moves all its numbers together towards the ends that
help, just as far as needed (found by bisection on the axes of the parameters, so a logarithmic range is walked on its
logarithm and a grid stays a grid), or one number alone; for a forbidden combination it changes one value; for both it
may switch a parameter that decides which others are active. Of the moves it takes the one after which least is broken,
now and then another one (the idea of WalkSAT: Selman, Kautz and Cohen, 1994). Constraints that tie many parameters to
each other are left to a solver, which finds the nearest point of all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from tuner.space.constraints import Constraint, Linear
from tuner.space.parameters import Categorical, Float, Int, Scalar

if TYPE_CHECKING:
    import numpy as np

    from tuner.space.mixed_integer import Program
    from tuner.space.search_space import Params, SearchSpace

_MAX_EFFORT = 60
# In the largest spaces fewer moves, each of which takes tens of milliseconds there.
_MIN_EFFORT = 16
_MAX_TERMS = 40_000
_MAX_TRIES = 64
_SOLVER_SECONDS = 1.0
_MAX_OPTIONS = 8
_SIDESTEPS = 0.15
_SHARES = (0.5, 0.25, 0.1)
# Beyond every axis of coordinates, so that decoding leads to the ends.
_FAR = 1e18


class Walk:
    """Moves over a space with constraints.

    Args:
        space: The space.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._scales = [_scale(constraint, space) for constraint in space.constraints]
        num_terms = sum(len(constraint.names) for constraint in space.constraints)
        self._effort = min(max(_MAX_TERMS // max(num_terms, 1), _MIN_EFFORT), _MAX_EFFORT)
        self._ends = {
            name: (space[name].encode(space[name].decode(-_FAR)), space[name].encode(space[name].decode(_FAR)))
            for constraint in space.constraints
            if isinstance(constraint, Linear)
            for name in constraint.names
        }

    def from_point(self, params: Mapping[str, Scalar], rng: np.random.Generator) -> Params | None:
        """Where a walk from ``params`` meets an allowed point; None if it does not in a few dozen moves."""
        point = dict(params)
        effort = self._effort
        while effort > 0:
            broken = [place for place, _ in self._space.rules.broken(point)]
            if not broken:
                return point
            constraint = self._space.constraints[broken[int(rng.integers(len(broken)))]]
            # Sums that a few moves do not settle are better left to the solver.
            effort -= 8 if isinstance(constraint, Linear) else 1
            best, least = None, math.inf
            is_sidestep = rng.random() < _SIDESTEPS
            for other in self._moves(point, constraint, rng):
                violation = self._violation(other)
                if violation == 0:
                    return other
                violation = float(rng.random()) if is_sidestep else violation
                if violation < least:
                    best, least = other, violation
            if best is None:
                return None
            point = best
        return None

    def from_nearest(self, params: Mapping[str, Scalar], rng: np.random.Generator) -> Params | None:
        """The nearest point that a solver finds, for constraints that tie many parameters to each other."""
        solution = self._program.solve(rng, near=params, time_limit_seconds=_SOLVER_SECONDS).point
        if solution is None:
            return None
        # Solutions lie in corners; where the solver has found other branches and choices, a walk within them may not.
        within = {
            name: value
            if isinstance(self._space[name], Categorical) or name in self._conditions
            else params.get(name, self._space[name].draw(rng))
            for name, value in solution.items()
        }
        is_new = any(name not in params for name in within) or any(
            params[name] != value for name, value in within.items()
        )
        # The solver's arithmetic is coarser than ours; what is off by a trifle is walked to.
        return (is_new and self.from_point(within, rng)) or self.from_point(solution, rng)

    def towards(self, params: Mapping[str, Scalar], allowed: Mapping[str, Scalar], rng: np.random.Generator) -> Params:
        """A point between an allowed one and another one, allowed too: as many values of ``params`` as possible."""
        point = dict(allowed)
        common = [name for name in self._space.order if name in point and name in params]
        for name in [common[index] for index in rng.permutation(len(common))[:_MAX_TRIES]]:
            for share in (1.0, *_SHARES):
                if name not in point or point[name] == params[name]:
                    break
                other = self._with(point, name, self._between(name, point, params, share), rng)
                if self._space.is_allowed(other):
                    point = other
                    break
        return point

    def _between(self, name: str, start: Mapping[str, Scalar], goal: Mapping[str, Scalar], share: float) -> Scalar:
        """The value of a number part of the way from one point to another; of all else, the start's until the end."""
        parameter = self._space[name]
        if share == 1 or not isinstance(parameter, Float | Int):
            return goal[name] if share == 1 else start[name]
        if isinstance(parameter, Float) and parameter.step is None:
            return min(
                max(_number(start[name]) * (1 - share) + _number(goal[name]) * share, parameter.low), parameter.high
            )
        first, last = parameter.encode(start[name]), parameter.encode(goal[name])
        return parameter.decode(first + (last - first) * share)

    def _violation(self, params: Mapping[str, Scalar]) -> float:
        """How much is broken: 1 for each forbidden combination, the share of its scale for each sum."""
        # Never 0 for what is broken, however small it is beside the scale.
        return sum(max(abs(amount) / self._scales[place], 1e-300) for place, amount in self._space.rules.broken(params))

    def _moves(self, params: Params, constraint: Constraint, rng: np.random.Generator) -> Iterator[Params]:
        present = [name for name in constraint.names if name in params and not self._space[name].is_single]
        if isinstance(constraint, Linear):
            yield from self._shifts(params, constraint, [name for name in present if constraint.weights[name]], rng)
            deciding = self._ancestors[constraint.names]
        else:
            deciding = (*present, *self._ancestors[constraint.names])
        for name in _some(deciding, rng):
            if name in params:
                for value in self._other_values(name, params[name], rng):
                    yield self._with(params, name, value, rng)

    def _shifts(
        self, params: Params, constraint: Linear, names: list[str], rng: np.random.Generator
    ) -> Iterator[Params]:
        excess = constraint.excess(params)
        if len(names) > 1:
            yield self._shifted_together(params, constraint, names, rng)
        for name in _some(names, rng):
            parameter = self._space[name]
            assert isinstance(parameter, Float | Int)
            value = _beyond(parameter, params[name], -excess / constraint.weights[name])
            if value != params[name]:
                yield self._with(params, name, value, rng)

    def _shifted_together(
        self, params: Params, constraint: Linear, names: list[str], rng: np.random.Generator
    ) -> Params:
        """The point with these numbers moved towards their helpful ends, just far enough if that is possible."""
        sign = math.copysign(1, constraint.excess(params))
        paths = []
        for name in names:
            low, high = self._ends[name]
            goal = low if constraint.weights[name] * sign > 0 else high
            paths.append((name, self._space[name], self._space[name].encode(params[name]), goal))

        def moved(share: float) -> Params:
            return {
                **params,
                **{name: parameter.decode(start + (goal - start) * share) for name, parameter, start, goal in paths},
            }

        def is_far_enough(share: float) -> bool:
            return constraint.excess(moved(share)) * sign <= 0

        low_share, high_share = 0.0 if is_far_enough(1.0) else 1.0, 1.0
        while high_share - low_share > 1e-16 and low_share < (middle := (low_share + high_share) / 2) < high_share:
            if is_far_enough(middle):
                high_share = middle
            else:
                low_share = middle
        return self._settled(moved(high_share), rng)

    def _other_values(self, name: str, value: Scalar, rng: np.random.Generator) -> list[Scalar]:
        parameter = self._space[name]
        if parameter.is_single:
            return []
        if isinstance(parameter, Categorical):
            return _some([choice for choice in parameter.choices if not parameter.is_same(choice, value)], rng)
        coordinate = parameter.encode(value)
        step = 0.01 if isinstance(parameter, Float) and parameter.step is None else 1
        near = [parameter.decode(coordinate - step), parameter.decode(coordinate + step), parameter.draw(rng)]
        listed = [*near, *_some(self._conditions.get(name, ()), rng)]
        return [other for other in listed if not parameter.is_same(other, value)]

    def _with(self, params: Mapping[str, Scalar], name: str, value: Scalar, rng: np.random.Generator) -> Params:
        return self._settled({**params, name: value}, rng)

    def _settled(self, params: Mapping[str, Scalar], rng: np.random.Generator) -> Params:
        """The point with what is active now: new values for what has become so."""
        if not self._space.is_conditional:
            return {name: params[name] for name in self._space.order}
        settled: Params = {}
        for name in self._space.order:
            if self._space.is_active(name, settled):
                settled[name] = params[name] if name in params else self._space[name].draw(rng)
        return settled

    @cached_property
    def _program(self) -> Program:
        from tuner.space.mixed_integer import Program

        return Program(self._space, self._space.constraints)

    @cached_property
    def _ancestors(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        """For the names of each constraint, the parameters that decide whether they are active."""
        found = {}
        for constraint in self._space.constraints:
            waiting, seen = list(constraint.names), dict[str, None]()
            while waiting:
                for parent in self._space[waiting.pop()].when or ():
                    if parent not in seen:
                        seen[parent] = None
                        waiting.append(parent)
            found[constraint.names] = tuple(seen)
        return found

    @cached_property
    def _conditions(self) -> dict[str, list[Scalar]]:
        """Values on which something depends, by parameter."""
        listed: dict[str, list[Scalar]] = {}
        for parameter in self._space.values():
            for parent, values in (parameter.when or {}).items():
                listed.setdefault(parent, []).extend(values)
        return listed


def _scale(constraint: Constraint, space: SearchSpace) -> float:
    """The largest number that can occur in a sum; positive and finite."""
    if not isinstance(constraint, Linear):
        return 1.0
    bounds = (abs(bound) for bound in (constraint.at_most, constraint.at_least) if bound is not None)
    ends = (
        abs(weight * float(space[name].decode(end)))  # type: ignore[arg-type]  # only numbers can be added up
        for name, weight in constraint.weights.items()
        for end in (-_FAR, _FAR)
    )
    return min(max(*bounds, *ends, 1e-300), 1.7976931348623157e308)


def _beyond(parameter: Float | Int, value: Scalar, amount: float) -> Scalar:
    """The value ``amount`` away, or on a grid the first one beyond that; at most the end of the range."""
    target = min(max(_number(value) + amount, parameter.low), parameter.high)
    if parameter.step is None:
        return target
    steps = (target - parameter.low) / parameter.step
    index = math.floor(steps + 1e-9) if amount < 0 else math.ceil(steps - 1e-9)
    return parameter.decode(index + (parameter.low if isinstance(parameter, Int) and parameter.log else 0))


def _number(value: Scalar) -> float:
    assert isinstance(value, int | float)
    return value


def _some(items: list[Scalar] | list[str] | tuple[str, ...], rng: np.random.Generator) -> list:  # type: ignore[type-arg]
    """At most a handful of the items, in random order."""
    return [items[index] for index in rng.permutation(len(items))[:_MAX_OPTIONS]]
