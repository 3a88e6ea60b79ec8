"""Points that were not tried yet."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tuner.samplers.combinations import Combinations, TooEntangled
from tuner.space import Int, Params, Scalar
from tuner.space.encoding import Column, Encoding

_Floats = NDArray[np.float64]

# Cells are wider than this, rounding errors of their centres are smaller.
_TOLERANCE = 1e-9
_NUM_DRAWS = 128


@dataclass(frozen=True)
class UnseenPoints:
    """The points of a space without those that were tried.

    In a continuum no two points are equal but by accident, so points with such a parameter count as new unlooked-at.

    Args:
        encoding: What the columns are.
        tried: Points that were tried, shape (n, d).
        more: Further ones, shape (k, d).
    """

    encoding: Encoding
    tried: _Floats
    more: _Floats | None = None

    def without(self, rows: _Floats) -> UnseenPoints:
        """What is left after these were tried as well, shape (k, d)."""
        return replace(self, more=rows if self.more is None else np.concatenate([self.more, rows]))

    def has(self, rows: _Floats) -> NDArray[np.bool_]:
        """Which of these snapped rows are new, shape (m,)."""
        is_fine = np.array([column.num_cells == 0 for column in self.encoding.columns], dtype=bool)
        fresh: NDArray[np.bool_] = np.any(~np.isnan(rows[:, is_fine]), axis=1)
        for place in np.flatnonzero(~fresh):
            fresh[place] = not any(
                tried is not None and _is_among(rows[place], tried) for tried in (self.tried, self.more)
            )
        return fresh

    def draw(self, rng: np.random.Generator) -> Params | None:
        """A random new point that keeps the constraints; None if none was found."""
        rows = self.encoding.draw(_NUM_DRAWS, rng)
        rows = rows[self.encoding.allowed(rows)]
        if (found := np.flatnonzero(self.has(rows))).size:
            return self.encoding.decode(rows[found[0]])
        return self._listed(rng)

    def _listed(self, rng: np.random.Generator) -> Params | None:
        """A new point of a space in which nearly all points were tried."""
        space, columns = self.encoding.space, {column.name: column for column in self.encoding.columns}
        num_tried = len(self.tried) + (0 if self.more is None else len(self.more))
        if any(not column.num_cells or column.num_cells > num_tried + 1 for column in columns.values()):
            return None
        values = {name: _values(columns[name]) if name in columns else [space[name].decode(0)] for name in space.order}
        try:
            combinations = Combinations(space, values, int(rng.integers(2**32)))
        except TooEntangled:
            return None
        seen = self._seen()
        # Constraints may rule out any number of combinations; not more than twice as many as were tried are looked at.
        for position in range(min(combinations.count, 2 * num_tried + _NUM_DRAWS)):
            point = combinations[position]
            if self._key(self.encoding.encode([point])) not in seen and space.is_allowed(point):
                return point
        return None

    def _seen(self) -> set[bytes]:
        return {row.tobytes() for tried in (self.tried, self.more) if tried is not None for row in self._cells(tried)}

    def _key(self, row: _Floats) -> bytes:
        key: bytes = self._cells(row)[0].tobytes()
        return key

    def _cells(self, rows: _Floats) -> NDArray[np.intp]:
        cells = [column.cells(rows[:, place]) for place, column in enumerate(self.encoding.columns)]
        return np.stack(cells, axis=1) if cells else np.empty((len(rows), 0), dtype=np.intp)


def _is_among(row: _Floats, rows: _Floats) -> bool:
    """Whether a snapped row, shape (d,), is among others, shape (n, d)."""
    alike = np.arange(len(rows))
    for place, position in enumerate(row):
        if not alike.size:
            return False
        column = rows[alike, place]
        alike = alike[np.isnan(column) if np.isnan(position) else np.abs(column - position) < _TOLERANCE]
    return bool(alike.size)


def _values(column: Column) -> list[Scalar]:
    """All values of a parameter with cells."""
    parameter = column.parameter
    first = parameter.low if isinstance(parameter, Int) and parameter.log else 0
    return [parameter.decode(first + cell) for cell in range(column.num_cells)]
