"""Constraints as a mixed-integer linear program, which decides whether a space has a point that keeps them.

Every choice becomes a column that is 0 or 1, every number a share of its range or an index on its grid, and so does
the question whether a parameter is active. Conditions, forbidden combinations and bounded sums are rows over these
columns. HiGHS solves it, by way of SciPy (Huangfu and Hall, 2018).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from tuner.space.constraints import Constraint, Forbid, Linear
from tuner.space.parameters import Categorical, Float, Int, Parameter, Scalar

if TYPE_CHECKING:
    from tuner.space.search_space import Params, SearchSpace

# A weighted sum of columns.
_Sum = Mapping[int, float]

# A column that is always 1, so that constants are sums of columns too.
_ONE = 0
_ALWAYS: _Sum = {_ONE: 1.0}
_NEVER: _Sum = {}
# Larger grids are continuous for the solver, whose whole numbers end near 2**31; decoding rounds.
_MAX_GRID = 10**6
# Rows are scaled to coefficients of at most 1; what is further away can as well be this far.
_FARTHEST = Fraction(10**9)
# Products of floats are rounded to multiples of this, here they are exact.
_SMALLEST = Fraction(5e-324)
_TIME_LIMIT_SECONDS = 5.0
# A point a tenth further away than the nearest is near enough.
_GAP = 0.1


class Outcome(NamedTuple):
    """What the solver found: a point that keeps the constraints to about 1e-6, or the proof that there is none."""

    point: Params | None
    is_impossible: bool


@dataclass(frozen=True)
class _Axis:
    """The columns of a number: its coordinate runs from 0 to ``length`` while it is active."""

    column: int
    unit: float
    length: int
    pieces: Mapping[int, tuple[int, int]]

    def coordinate(self, parameter: Parameter, value: Scalar) -> float:
        """Where a value lies on the axis."""
        if isinstance(parameter, Float) and parameter.step is None:
            assert isinstance(value, int | float)
            # Halves, because the width of a range may be beyond the largest float.
            return (value / 2 - parameter.low / 2) / (parameter.high / 2 - parameter.low / 2)
        return _grid_index(parameter, value)

    def value(self, parameter: Parameter, coordinate: float) -> Scalar:
        """The value at a place of the axis."""
        if isinstance(parameter, Float) and parameter.step is None:
            return min(
                max(parameter.low * (1 - coordinate) + parameter.high * coordinate, parameter.low), parameter.high
            )
        return parameter.decode(coordinate + _offset(parameter))


class Program:
    """Columns and rows for the parameters that some constraints of a space depend on.

    Args:
        space: The space.
        constraints: Those that count.
    """

    def __init__(self, space: SearchSpace, constraints: Sequence[Constraint]) -> None:
        self._space = space
        self._upper: list[float] = []
        self._is_whole: list[bool] = []
        self._rows: list[tuple[_Sum, float, float]] = []
        self._active: dict[str, _Sum] = {}
        self._choices: dict[str, list[int]] = {}
        self._axes: dict[str, _Axis] = {}
        self._names = _relevant(space, constraints)
        self._mentioned = _mentioned(space, self._names, constraints)

        self._column(1.0, is_whole=False)
        self._row(_ALWAYS, low=1.0)
        for name in self._names:
            self._active[name] = self._activity(space[name])
            self._add_values(name, space[name])
        for constraint in constraints:
            if isinstance(constraint, Linear):
                self._add_linear(constraint)
            elif isinstance(constraint, Forbid):
                together = [self._has(name, value) for name, value in constraint.values.items()]
                self._row(_added(together), high=len(together) - 1.0)

    def solve(
        self,
        rng: np.random.Generator,
        near: Mapping[str, Scalar] | None = None,
        time_limit_seconds: float = _TIME_LIMIT_SECONDS,
    ) -> Outcome:
        """Look for a point that keeps the constraints.

        Args:
            rng: Draws the parameters that no constraint depends on, and decides between points equally near.
            near: A point to stay near: as few choices as possible differ, and numbers by the least sum of shares.
            time_limit_seconds: When to give up.

        Returns:
            A point and False; or None and whether there is none for certain (otherwise time was short).
        """
        costs, upper, rows = [0.0] * len(self._upper), list(self._upper), list(self._rows)
        if near is not None:
            self._add_distances(near, rng, costs, upper, rows)
        is_whole = self._is_whole + [False] * (len(upper) - len(self._upper))
        places, columns, weights = zip(
            *[(place, column, weight) for place, (row, _, _) in enumerate(rows) for column, weight in row.items()],
            strict=True,
        )
        matrix = csr_array((weights, (places, columns)), shape=(len(rows), len(upper)))
        result = milp(
            np.array(costs),
            integrality=np.array(is_whole, dtype=int),
            bounds=Bounds(np.zeros(len(upper)), np.array(upper)),
            constraints=LinearConstraint(
                matrix, np.array([low for _, low, _ in rows]), np.array([high for _, _, high in rows])
            ),
            options={"time_limit": time_limit_seconds, "mip_rel_gap": _GAP},
        )
        if result.x is None:
            return Outcome(None, is_impossible=result.status == 2)
        return Outcome(self._point(result.x, near or {}, rng), is_impossible=False)

    def _add_distances(
        self,
        near: Mapping[str, Scalar],
        rng: np.random.Generator,
        costs: list[float],
        upper: list[float],
        rows: list[tuple[_Sum, float, float]],
    ) -> None:
        """Extend the program by what it costs to leave a point; what this does not name is drawn to a random value."""
        for name, choices in self._choices.items():
            index = self._space[name].encode(near[name]) if name in near else -1
            for place, column in enumerate(choices):
                costs[column] = (place != index) * (1.0 if name in near else 0.1) * (1.0 + float(rng.random()))
        for name, axis in self._axes.items():
            parameter = self._space[name]
            goal = axis.coordinate(parameter, near[name] if name in near else parameter.draw(rng)) / axis.unit
            wanted = _scaled(self._active[name], goal)
            distance = len(upper)
            upper.append(self._upper[axis.column])
            costs.append((1.0 + float(rng.random())) / self._upper[axis.column])
            rows.append((_added([{distance: 1.0, axis.column: 1.0}, _scaled(wanted, -1)]), 0.0, np.inf))
            rows.append((_added([{distance: 1.0, axis.column: -1.0}, wanted]), 0.0, np.inf))

    def _point(self, solution: np.ndarray, near: Mapping[str, Scalar], rng: np.random.Generator) -> Params:
        params: Params = {}
        for name in self._space.order:
            parameter = self._space[name]
            if not self._space.is_active(name, params):
                continue
            if name in self._choices:
                params[name] = parameter.decode(int(np.argmax(solution[self._choices[name]])))
            elif name in self._axes:
                axis = self._axes[name]
                coordinate = float(solution[axis.column]) * axis.unit
                if axis.pieces:
                    low, high = axis.pieces[max(axis.pieces, key=lambda column: float(solution[column]))]
                    coordinate = min(max(coordinate, low), high)
                params[name] = axis.value(parameter, coordinate)
            else:
                params[name] = near[name] if name in near else parameter.draw(rng)
        return params

    def _column(self, upper: float, *, is_whole: bool) -> int:
        self._upper.append(upper)
        self._is_whole.append(is_whole)
        return len(self._upper) - 1

    def _row(self, row: _Sum, low: float = -np.inf, high: float = np.inf) -> None:
        # An empty row still says something: 0 may not be within the bounds.
        self._rows.append((row or {_ONE: 0.0}, low, high))

    def _activity(self, parameter: Parameter) -> _Sum:
        if not parameter.when:
            return _ALWAYS
        conditions = [
            _added([self._has(parent, value) for value in dict.fromkeys(values)])
            for parent, values in parameter.when.items()
        ]
        active = {self._column(1.0, is_whole=True): 1.0}
        for condition in conditions:
            self._row(_added([active, _scaled(condition, -1)]), high=0.0)
        self._row(_added([active, *(_scaled(condition, -1) for condition in conditions)]), low=1.0 - len(conditions))
        return active

    def _add_values(self, name: str, parameter: Parameter) -> None:
        """Columns for the value; exactly one choice, one piece of the range, while the parameter is active."""
        if parameter.is_single:
            return
        inactive = _scaled(self._active[name], -1)
        if isinstance(parameter, Categorical):
            self._choices[name] = [self._column(1.0, is_whole=True) for _ in parameter.choices]
            self._exactly(_added([dict.fromkeys(self._choices[name], 1.0), inactive]), 0.0)
            return
        assert isinstance(parameter, Float | Int)
        if isinstance(parameter, Float) and parameter.step is None:
            length, unit, is_whole = 1, 1.0, False
        else:
            length = parameter.num_steps
            is_whole = length <= _MAX_GRID
            unit = 1.0 if is_whole else float(length)
        column = self._column(length / unit, is_whole=is_whole)
        pieces = self._pieces(sorted(self._mentioned.get(name, ())), length)
        self._axes[name] = _Axis(column, unit, length, pieces)
        if pieces:
            self._exactly(_added([dict.fromkeys(pieces, 1.0), inactive]), 0.0)
            lows = {piece: -low / unit for piece, (low, _) in pieces.items()}
            highs = {piece: -high / unit for piece, (_, high) in pieces.items()}
            self._row({column: 1.0, **lows}, low=0.0)
            self._row({column: 1.0, **highs}, high=0.0)
        else:
            self._row(_added([{column: 1.0}, _scaled(inactive, length / unit)]), high=0.0)

    def _pieces(self, indices: list[int], length: int) -> dict[int, tuple[int, int]]:
        """A grid cut at the indices that something depends on: a column for each of these and for each gap between."""
        pieces = {}
        start = 0
        for index in indices:
            if start < index:
                pieces[self._column(1.0, is_whole=True)] = (start, index - 1)
            pieces[self._column(1.0, is_whole=True)] = (index, index)
            start = index + 1
        if pieces and start <= length:
            pieces[self._column(1.0, is_whole=True)] = (start, length)
        return pieces

    def _has(self, name: str, value: Scalar) -> _Sum:
        """1 while a parameter is active and has a value, else 0."""
        parameter = self._space[name]
        if parameter.is_single:
            return self._active[name] if parameter.is_same(parameter.decode(0), value) else _NEVER
        if name in self._choices:
            return {self._choices[name][int(parameter.encode(value))]: 1.0}
        if isinstance(parameter, Float) and parameter.step is None:
            return _NEVER  # One point of a continuum: a walk leaves it.
        index = _grid_index(parameter, value)
        return {piece: 1.0 for piece, (low, high) in self._axes[name].pieces.items() if low == index == high}

    def _add_linear(self, constraint: Linear) -> None:
        row: dict[int, Fraction] = {}
        largest = Fraction(0)
        for name, weight in constraint.weights.items():
            parameter = self._space[name]
            if parameter.is_single:
                start, width = _exact(parameter.decode(0)), Fraction(0)
            else:
                assert isinstance(parameter, Float | Int)
                start, step = _exact(parameter.low), parameter.step
                axis = self._axes[name]
                width = _exact(parameter.high) - start if step is None else _exact(step) * axis.length
                row[axis.column] = Fraction(weight) * width / axis.length * Fraction(axis.unit)
            for column, share in self._active[name].items():
                row[column] = row.get(column, Fraction(0)) + Fraction(weight) * start * Fraction(share)
            largest = max(largest, abs(Fraction(weight)) * max(abs(start), abs(width)))
        applies = self._any_active(constraint.names)
        scale = largest or Fraction(1)
        scaled = {column: float(share / scale) for column, share in row.items()}
        slack = _SMALLEST * len(constraint.weights)
        if constraint.at_most is not None:
            bound = _bound(Fraction(constraint.at_most) + slack, scale)
            self._row(_added([scaled, _scaled(applies, -bound)]), high=0.0)
        if constraint.at_least is not None:
            bound = _bound(Fraction(constraint.at_least) - slack, scale)
            self._row(_added([scaled, _scaled(applies, -bound)]), low=0.0)

    def _any_active(self, names: Sequence[str]) -> _Sum:
        activities = [self._active[name] for name in names]
        if _ALWAYS in activities:
            return _ALWAYS
        some = {self._column(1.0, is_whole=True): 1.0}
        self._row(_added([some, *(_scaled(activity, -1) for activity in activities)]), high=0.0)
        for activity in activities:
            self._row(_added([some, _scaled(activity, -1)]), low=0.0)
        return some

    def _exactly(self, row: _Sum, value: float) -> None:
        self._row(row, low=value, high=value)


def _relevant(space: SearchSpace, constraints: Sequence[Constraint]) -> list[str]:
    """The parameters named by constraints and those that decide whether these are active, parents first."""
    found = {name for constraint in constraints for name in constraint.names}
    for name in reversed(space.order):
        if name in found:
            found |= set(space[name].when or ())
    return [name for name in space.order if name in found]


def _mentioned(space: SearchSpace, names: Sequence[str], constraints: Sequence[Constraint]) -> dict[str, set[int]]:
    """Grid indices of the values that conditions and forbidden combinations name, by parameter."""
    pairs = [
        (parent, value) for name in names for parent, values in (space[name].when or {}).items() for value in values
    ]
    pairs += [
        pair for constraint in constraints if isinstance(constraint, Forbid) for pair in constraint.values.items()
    ]
    found: dict[str, set[int]] = {}
    for name, value in pairs:
        parameter = space[name]
        if isinstance(parameter, Float | Int) and parameter.step is not None:
            found.setdefault(name, set()).add(_grid_index(parameter, value))
    return found


def _grid_index(parameter: Parameter, value: Scalar) -> int:
    return int(parameter.encode(value)) - _offset(parameter)


def _offset(parameter: Parameter) -> int:
    """Where the coordinates of a grid begin."""
    return parameter.low if isinstance(parameter, Int) and parameter.log else 0


def _added(sums: Sequence[_Sum]) -> _Sum:
    total: dict[int, float] = {}
    for each in sums:
        for column, weight in each.items():
            total[column] = total.get(column, 0.0) + weight
    return total


def _scaled(row: _Sum, factor: float) -> _Sum:
    return {column: weight * factor for column, weight in row.items()}


def _exact(value: Scalar) -> Fraction:
    assert isinstance(value, int | float)
    return Fraction(value)


def _bound(bound: Fraction, scale: Fraction) -> float:
    return float(min(max(bound / scale, -_FARTHEST), _FARTHEST))
