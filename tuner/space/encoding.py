"""Points as rows of numbers between 0 and 1, for methods that compute."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.space.constraints import TOLERANCE, Forbid, Linear
from tuner.space.parameters import Categorical, Float, Int, Parameter, Scalar, is_one_of
from tuner.space.search_space import Params, SearchSpace

Rows = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Above this many values a whole number is one of a continuum: its cells are narrower than what rounding leaves.
MAX_CELLS = 1 << 20


@dataclass(frozen=True)
class Column:
    """One axis of the rows: a parameter that has more than one value.

    Args:
        name: The parameter's name.
        parameter: The parameter.
        num_cells: How many values it has; 0 for a continuum, and for more than ``MAX_CELLS`` values.
        num_choices: How many values it has if they are in no order (an unordered categorical); else 0.
    """

    name: str
    parameter: Parameter
    num_cells: int
    num_choices: int

    @property
    def is_unordered(self) -> bool:
        """Whether neighbouring positions mean nothing."""
        return self.num_choices > 0

    def position(self, value: Scalar) -> float:
        """Where a value of the parameter lies between 0 and 1."""
        coordinate = self.parameter.encode(value)
        match self.parameter:
            case Float(step=None):
                return coordinate
            case Int(log=True, low=low, high=high):
                start, end = math.log(low - 0.5), math.log(high + 0.5)
                return (math.log(coordinate) - start) / (end - start)
            case Float() | Int():
                return (coordinate + 0.5) / (self.parameter.num_steps + 1)
            case _:
                return (coordinate + 0.5) / self.num_cells

    def value(self, position: float) -> Scalar:
        """The value whose cell a position lies in."""
        match self.parameter:
            case Float(step=None):
                return self.parameter.decode(position)
            case Int(log=True, low=low, high=high):
                start, end = math.log(low - 0.5), math.log(high + 0.5)
                return self.parameter.decode(math.exp(min(start + position * (end - start), end)))
            case Float() | Int():
                return self.parameter.decode(math.floor(position * (self.parameter.num_steps + 1)))
            case _:
                return self.parameter.decode(math.floor(position * self.num_cells))

    def cells(self, positions: Rows) -> NDArray[np.intp]:
        """Index of the value at each position, shape (n,); -1 for NaN. Only for a column with cells."""
        inside = np.clip(positions, 0.0, 1.0)
        match self.parameter:
            case Int(log=True, low=low):
                found = self.numbers(inside) - low
            case _:
                found = np.minimum(np.floor(inside * self.num_cells), self.num_cells - 1)
        return np.where(np.isnan(positions), -1.0, found).astype(np.intp)

    def snap(self, positions: Rows) -> Rows:
        """The positions of the values that positions stand for, shape (n,); NaN stays NaN."""
        inside = np.clip(positions, 0.0, 1.0)
        match self.parameter:
            case Int(log=True, low=low, high=high) if self.num_cells:
                start, end = math.log(low - 0.5), math.log(high + 0.5)
                return np.asarray((np.log(self.numbers(inside)) - start) / (end - start))
            case _ if self.num_cells:
                cells = np.minimum(np.floor(inside * self.num_cells), self.num_cells - 1)
                return np.asarray((cells + 0.5) / self.num_cells)
            case _:
                return inside

    def numbers(self, positions: Rows) -> Rows:
        """The values of a number (``Float`` or ``Int``) at positions, shape (n,); NaN stays NaN."""
        match self.parameter:
            case Float(step=None, log=False, low=low, high=high):
                return low * (1 - positions) + high * positions
            case Float(step=None, low=low, high=high):
                return np.exp(math.log(low) * (1 - positions) + math.log(high) * positions)
            case Int(log=True, low=low, high=high):
                start, end = math.log(low - 0.5), math.log(high + 0.5)
                return np.clip(np.rint(np.exp(start + positions * (end - start))), low, high)
            case Float(step=float(step), low=low) | Int(step=step, low=low):
                return low + step * np.floor(positions * (self.parameter.num_steps + 1))
            case _:
                raise TypeError(f"{self.name} is no number.")


class Encoding:
    """Rows of numbers for the points of a space.

    A row has one column for each parameter that has more than one value, parents before children. A number lies at its
    share of the range, on the logarithmic scale where the parameter says so; of ``k`` values on a grid, and of ``k``
    choices, the one with index ``i`` lies at the centre of its cell, ``(i + 0.5) / k``. NaN stands where a parameter is
    inactive. A row without any NaN is as good: what is inactive in it is ignored.

    Args:
        space: The space.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self.columns = tuple(_column(name, space[name]) for name in space.order if not space[name].is_single)
        self.index = {column.name: place for place, column in enumerate(self.columns)}
        self._conditions = {name: _Conditions(self, space[name]) for name in space.order if space[name].when}

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.columns)

    def encode(self, points: Sequence[Mapping[str, Scalar]]) -> Rows:
        """The rows of valid points, shape (n, width)."""
        rows = np.full((len(points), self.width), np.nan)
        for row, params in zip(rows, points, strict=True):
            for place, column in enumerate(self.columns):
                if column.name in params:
                    row[place] = column.position(params[column.name])
        return rows

    def decode(self, row: Rows) -> Params:
        """The point of a row, shape (width,): rounded to the grid, without what is inactive. Constraints are not kept.

        Where an active parameter has NaN, the middle of its range is taken.
        """
        params: Params = {}
        for name in self.space.order:
            if not self.space.is_active(name, params):
                continue
            place = self.index.get(name)
            if place is None:
                params[name] = self.space[name].decode(0)
            else:
                position = float(row[place])
                params[name] = self.columns[place].value(0.5 if math.isnan(position) else position)
        return params

    def draw(self, count: int, rng: np.random.Generator) -> Rows:
        """Rows drawn uniformly, shape (count, width). Constraints are not kept."""
        return self.snap(rng.random((count, self.width)))

    def fill(self, rows: Rows, rng: np.random.Generator) -> Rows:
        """The rows with a uniform draw in the place of every NaN, shape (n, width)."""
        return np.where(np.isnan(rows), rng.random(rows.shape), rows)

    def snap(self, rows: Rows) -> Rows:
        """The rows rounded to the grid, with NaN where a parameter is inactive, shape (n, width)."""
        snapped = np.empty_like(rows)
        for place, column in enumerate(self.columns):
            snapped[:, place] = column.snap(rows[:, place])
        snapped[~self.active(snapped)] = np.nan
        return snapped

    def active(self, rows: Rows) -> Flags:
        """Which parameters are active in each row, shape (n, width)."""
        by_name = self.active_by_name(rows)
        flags = np.empty(rows.shape, dtype=bool)
        for place, column in enumerate(self.columns):
            flags[:, place] = by_name[column.name]
        return flags

    def active_by_name(self, rows: Rows) -> dict[str, Flags]:
        """In which rows each parameter of the space is active, those with a single value included; each shape (n,)."""
        everywhere = np.ones(len(rows), dtype=bool)
        active: dict[str, Flags] = {}
        for name in self.space.order:
            conditions = self._conditions.get(name)
            active[name] = everywhere if conditions is None else conditions.met(rows, active)
        return active

    def allowed(self, rows: Rows) -> Flags:
        """Which rows keep the space's constraints, shape (n,).

        Sums are taken in floating point; where they overflow, a row counts as not allowed.
        """
        kept = np.ones(len(rows), dtype=bool)
        if not self.space.constraints:
            return kept
        active = self.active_by_name(rows)
        for constraint in self.space.constraints:
            match constraint:
                case Linear():
                    kept &= self._keeps_linear(constraint, rows, active)
                case Forbid():
                    is_combination = np.ones(len(rows), dtype=bool)
                    for name, value in constraint.values.items():
                        is_combination &= active[name] & self.holds(name, [value], rows)
                    kept &= ~is_combination
                case _:
                    raise TypeError(f"{type(constraint).__name__} has no form in rows.")
        return kept

    def _keeps_linear(self, constraint: Linear, rows: Rows, active: Mapping[str, Flags]) -> Flags:
        with np.errstate(over="ignore", invalid="ignore"):
            terms = np.array(
                [
                    np.where(active[name], weight * self.numbers(name, rows), 0.0)
                    for name, weight in constraint.weights.items()
                ]
            )
            total, largest = terms.sum(axis=0), np.abs(terms).max(axis=0)
            kept = np.isfinite(total)
            if constraint.at_most is not None:
                kept &= total - constraint.at_most <= TOLERANCE * np.maximum(largest, abs(constraint.at_most))
            if constraint.at_least is not None:
                kept &= constraint.at_least - total <= TOLERANCE * np.maximum(largest, abs(constraint.at_least))
        is_silent = ~np.any([active[name] for name in constraint.weights], axis=0)
        return np.asarray(kept | is_silent)

    def numbers(self, name: str, rows: Rows) -> Rows:
        """The values of a number in each row, as if it were active, shape (n,)."""
        place = self.index.get(name)
        if place is None:
            value = self.space[name].decode(0)
            assert isinstance(value, int | float)
            return np.full(len(rows), float(value))
        return self.columns[place].numbers(rows[:, place])

    def holds(self, name: str, values: Sequence[Scalar], rows: Rows) -> Flags:
        """In which rows a parameter has one of ``values``, as if it were active, shape (n,)."""
        place = self.index.get(name)
        if place is None:
            return np.full(len(rows), is_one_of(self.space[name].decode(0), values))
        return _Value(self.columns[place], values).holds(rows[:, place])


class _Value:
    """Whether a column has one of some values."""

    def __init__(self, column: Column, values: Sequence[Scalar]) -> None:
        self._column = column
        self._values = values
        # One entry more, for the index -1 of NaN.
        self._table = np.zeros(column.num_cells + 1, dtype=bool)
        if column.num_cells:
            wanted = [column.position(value) for value in values if column.parameter.contains(value)]
            self._table[column.cells(np.array(wanted, dtype=float))] = True

    def holds(self, positions: Rows) -> Flags:
        column = self._column
        if column.num_cells:
            return np.asarray(self._table[column.cells(positions)])
        return np.array(
            [not math.isnan(each) and is_one_of(column.value(each), self._values) for each in positions.tolist()],
            dtype=bool,
        )


class _Conditions:
    """What makes one parameter active."""

    def __init__(self, encoding: Encoding, parameter: Parameter) -> None:
        self._fixed = True
        self._parents: list[str] = []
        self._values: list[tuple[int, _Value]] = []
        for parent, values in (parameter.when or {}).items():
            self._parents.append(parent)
            place = encoding.index.get(parent)
            if place is None:
                self._fixed &= is_one_of(encoding.space[parent].decode(0), values)
            else:
                self._values.append((place, _Value(encoding.columns[place], values)))

    def met(self, rows: Rows, active: Mapping[str, Flags]) -> Flags:
        flags = np.full(len(rows), self._fixed)
        for parent in self._parents:
            flags &= active[parent]
        for place, value in self._values:
            flags &= value.holds(rows[:, place])
        return flags


def _column(name: str, parameter: Parameter) -> Column:
    match parameter:
        case Float(step=None):
            num_values = 0
        case Int(log=True, low=low, high=high):
            num_values = high - low + 1
        case Float() | Int():
            num_values = parameter.num_steps + 1
        case Categorical():
            num_values = len(parameter.choices)
        case _:
            raise TypeError(f"{type(parameter).__name__} has no axis.")
    is_unordered = isinstance(parameter, Categorical) and not parameter.ordered
    return Column(name, parameter, num_values if num_values <= MAX_CELLS else 0, num_values if is_unordered else 0)
