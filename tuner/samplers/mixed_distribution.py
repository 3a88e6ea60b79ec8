"""A distribution over points that learns from ranked samples: a Gaussian for numbers, probabilities for choices."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence

import numpy as np
from cmaes import CatCMAwM
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from tuner.space.encoding import Column

# Grids with more values than this are searched as if they were continuous, and rounded.
_MAX_LISTED = 100
_INITIAL_STEP = 0.2
# Below this share of every range there is nothing left to find.
_SMALLEST_STEP = 1e-6


class MixedDistribution:
    """What CMA-ES knows: where good points lie, how far from there to sample, and in which directions.

    The arithmetic is that of ``cmaes.CatCMAwM``. Continuous columns, and grids of more than 100 values, are its real
    numbers; grids and ordered choices of 3 to 100 values its integers, which keep a margin of probability, so that none
    is lost for ever; unordered choices and all with two values its categories.

    The library wants each sample back as it drew it, before rounding. A trial only has the rounded value; so what was
    rounded away is drawn again from the distribution itself, within the value's cell.

    Args:
        columns: The columns of the rows; at least one.
        centre: Where to start, shape (d,).
        certainty: How much of the probability of each choice is put on that of ``centre`` rather than spread, 0 to 1.
        population_size: How many samples make a generation. None: 4 + 1.5 ln d, half of the usual growth,
            because hundreds of samples are few.

    Sources: Hansen and Ostermeier (2001) for CMA-ES; Hamano et al., CMA-ES with Margin (2022) and CatCMA with Margin
    (2025), for what is not continuous.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        centre: NDArray[np.float64],
        certainty: float = 0.0,
        population_size: int | None = None,
    ) -> None:
        self._columns = columns
        self._is_broken = False
        is_choice = np.array([column.is_unordered or column.num_cells == 2 for column in columns])
        is_listed = np.array([3 <= column.num_cells <= _MAX_LISTED for column in columns]) & ~is_choice
        self._choices = np.flatnonzero(is_choice)
        self._listed = np.flatnonzero(is_listed)
        self._real = np.flatnonzero(~is_choice & ~is_listed)
        self._grids = [_positions(columns[place]) for place in self._listed.tolist()]
        num_numbers = len(self._real) + len(self._listed)
        self._optimizer = CatCMAwM(
            x_space=[[0.0, 1.0]] * len(self._real) or None,
            z_space=self._grids or None,
            c_space=self._sizes().tolist() or None,
            mean=centre[np.concatenate([self._real, self._listed])] if num_numbers else None,
            sigma=_INITIAL_STEP,
            cov=np.eye(num_numbers) if num_numbers else None,
            cat_param=self._probabilities(centre, certainty) if len(self._choices) else None,
            population_size=population_size or 4 + math.floor(1.5 * math.log(len(columns))),
        )

    @property
    def population_size(self) -> int:
        """How many samples make a generation."""
        return int(self._optimizer.population_size)

    @property
    def step(self) -> float:
        """Standard deviation of the widest number, as a share of its range; of choices alone, 1."""
        if not len(self._real) + len(self._listed):
            return 1.0
        return float(self._deviations().max())

    @property
    def is_spent(self) -> bool:
        """Whether the distribution has shrunk to a point, or its arithmetic has come to an end."""
        if self._is_broken:
            return True
        if not len(self._real) + len(self._listed):
            return not np.isfinite(self._optimizer._q).all()
        with np.errstate(all="ignore"):
            is_finite = np.isfinite(self._optimizer._mean).all() and np.isfinite(self._deviations()).all()
            return not is_finite or self.step < _SMALLEST_STEP or bool(self._optimizer.should_stop())

    def copy(self) -> MixedDistribution:
        """One that learns on its own."""
        return copy.deepcopy(self)

    def draws(self, rng: np.random.Generator) -> Iterator[tuple[NDArray[np.float64], bool]]:
        """Rows drawn from the distribution, without end, and whether each lay within all bounds; shape (d,)."""
        drawing = copy.deepcopy(self._optimizer)
        drawing.reseed_rng(int(rng.integers(2**32)))
        while True:
            drawn = drawing.ask()
            row, is_inside = np.empty(len(self._columns)), True
            if len(self._real):
                row[self._real] = drawn.x
                raw = drawn._v_raw[: len(self._real)]
                is_inside = bool(((raw >= 0) & (raw <= 1)).all())
            if len(self._listed):
                row[self._listed] = drawn.z
            if len(self._choices):
                row[self._choices] = (drawn.c.argmax(axis=1) + 0.5) / self._sizes()
            yield row, is_inside

    def learn(self, rows: NDArray[np.float64], rng: np.random.Generator) -> None:
        """Take in a generation of samples, the best first, shape (population_size, d)."""
        numbers = np.hstack([rows[:, self._real], self._unrounded(rows[:, self._listed], rng)])
        chosen = np.floor(rows[:, self._choices] * self._sizes()).astype(int)
        solutions = [
            CatCMAwM.Solution(c=self._one_hot(choices) if len(choices) else None, _v_raw=number)
            for number, choices in zip(numbers, chosen, strict=True)
        ]
        try:
            with np.errstate(all="ignore"):
                self._optimizer.tell([(solution, float(rank)) for rank, solution in enumerate(solutions)])
        except (np.linalg.LinAlgError, AssertionError):
            # The library asserts that its numbers are finite. A study must go on: `is_spent` says so.
            self._is_broken = True

    def _sizes(self) -> NDArray[np.intp]:
        return np.array([self._columns[place].num_cells for place in self._choices.tolist()], dtype=np.intp)

    def _deviations(self) -> NDArray[np.float64]:
        optimizer = self._optimizer
        return np.asarray(optimizer._sigma * optimizer._A * np.sqrt(np.maximum(np.diag(optimizer._C), 0)))

    def _probabilities(self, centre: NDArray[np.float64], certainty: float) -> NDArray[np.float64]:
        sizes = self._sizes()
        table = np.zeros((len(sizes), int(sizes.max())))
        for row, size, position in zip(table, sizes, centre[self._choices], strict=True):
            row[:size] = (1 - certainty) / size
            row[min(int(position * size), size - 1)] += certainty
        return table

    def _one_hot(self, choices: NDArray[np.intp]) -> NDArray[np.bool_]:
        return np.asarray(np.arange(int(self._sizes().max())) == choices[:, None])

    def _unrounded(self, positions: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
        """Values drawn from the distribution of each grid column within the cells of these positions, shape (n, k)."""
        drawn = positions.copy()
        for index, positions_of_values in enumerate(self._grids):
            mean, scale = (each[len(self._real) + index] for each in (self._optimizer._mean, self._deviations()))
            grid = np.array(positions_of_values)
            edges = np.concatenate([[-np.inf], (grid[1:] + grid[:-1]) / 2, [np.inf]])
            cells = np.abs(positions[:, [index]] - grid).argmin(axis=1)
            low, high = ((edges[cells + end] - mean) / scale for end in (0, 1))
            drawn[:, index] = mean + scale * _truncated_normal(low, high, rng)
        return drawn


def _positions(column: Column) -> list[float]:
    """Where the values of a grid lie, lowest first."""
    start = column.parameter.encode(column.value(0.0))
    return [column.position(column.parameter.decode(start + index)) for index in range(column.num_cells)]


def _truncated_normal(
    low: NDArray[np.float64], high: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Standard normal values between bounds, shape (n,)."""
    # Towards the upper tail, one minus a tiny number is 1: there the mirror image is drawn.
    is_mirrored = low > 0
    start, end = np.where(is_mirrored, -high, low), np.where(is_mirrored, -low, high)
    share = ndtr(start) + rng.random(len(low)) * (ndtr(end) - ndtr(start))
    # Farther out than any float's share, the near end is as good as certain.
    drawn = np.clip(np.where(share > 0, ndtri(share), end), start, end)
    return np.where(is_mirrored, -drawn, drawn)
