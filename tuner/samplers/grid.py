"""Grid search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING

from tuner.errors import InvalidInput, Place
from tuner.records import StudyView
from tuner.samplers.base import Sampler, Suggestion
from tuner.samplers.combinations import Combinations, TooEntangled
from tuner.samplers.grid_values import grid_values
from tuner.space import Float, Parameter, Params, Scalar, SearchSpace

if TYPE_CHECKING:
    import numpy as np

# Constraints that leave less than one combination in so many leave no grid to speak of.
_MAX_REFUSED = 5_000


class GridSampler(Sampler):
    """Tries every combination of values exactly once, and then has no more to offer.

    Choose it for small spaces that are to be covered completely, or when a table of all combinations is wanted. With
    more than three or four parameters, ``random`` and ``sobol`` find more in the same number of trials.

    - A categorical parameter, and a number with at most 100 values, takes all of them. Wider ranges and continuous
      ones take ten: both ends and eight between, evenly spaced, on the logarithmic scale where the parameter has one.
      For another grid, give the parameter a ``step`` or list its values as a ``Categorical``. Values that conditions
      name are always among them.
    - In a conditional space only active parameters are combined, so no point comes twice. Combinations that break a
      constraint are left out.
    - The order is shuffled by the study's seed and lets the parameter on which most others depend (the model family,
      say) take its values in turn. So a search that is stopped early has seen a little of everything. Combinations are
      computed from their place in that order and never listed: a grid of 10^100 is no burden.
    - A combination is used as soon as a trial has it, whoever proposed it and whatever became of it. One whose trial
      failed is not offered again: to repeat lost work is the service's business.
    - Where 5,000 combinations in a row break a constraint, the grid is given up and points are drawn at random.

    Raises:
        InvalidInput: From ``check``: the conditions are too entangled for their combinations to be counted.
    """

    def __init__(self) -> None:
        self._grid: _Grid | None = None

    def check(self, space: SearchSpace, num_objectives: int) -> None:
        try:
            Combinations(space, grid_values(space), 0)
        except TooEntangled as error:
            detail = "cannot count the combinations: the conditions are too entangled or nested too deep"
            hint = "Use auto, random, sobol, tpe, nsga2 or nsga3."
            raise InvalidInput(f"grid {detail}.", hint=hint, places=[Place("#/sampler", detail)]) from error

    def suggest(self, view: StudyView, count: int, rng: np.random.Generator) -> list[Suggestion]:
        grid = self._of(view)
        found = list(islice(grid.unused(len(view.trials)), count))
        if grid.is_given_up:
            found += [view.space.draw(rng) for _ in range(count - len(found))]
        return [Suggestion(point) for point in found]

    def describe(self, view: StudyView) -> str:
        grid = self._of(view)
        most = "at most " if view.space.constraints else ""
        total = grid.combinations.count
        shown = f"{total:,}" if total < 10**12 else f"10^{len(str(total)) - 1}"
        return f"grid: {grid.num_used(len(view.trials)):,} of {most}{shown} combinations used"

    def _of(self, view: StudyView) -> _Grid:
        grid = self._grid
        if grid is None or not grid.is_of(view):
            grid = self._grid = _Grid(view)
        grid.look_at(view)
        return grid


class _Grid:
    """The grid of one study, and which trial used what first.

    It is kept which trial in the order of the view did so: a call with an older view, as two calls may overlap, is
    answered as it would have been then.
    """

    def __init__(self, view: StudyView) -> None:
        self.combinations = Combinations(view.space, grid_values(view.space), view.seed)
        self.is_given_up = False
        self._view = view
        self._end = self.combinations.count
        values = grid_values(view.space)
        self._axes = {name: {_comparable(view.space[name], value) for value in values[name]} for name in values}
        self._used_by: dict[tuple[Scalar, ...], int] = {}
        self._ids: list[str] = []
        # All combinations before a position are used or refused, once there are so many trials.
        self._front = (0, 0)
        self._lock = Lock()

    def is_of(self, view: StudyView) -> bool:
        """Whether what was learned from other views holds for this one."""
        known, num_common = self._view, min(len(view.trials), len(self._ids))
        is_same_study = view.study_id == known.study_id and view.seed == known.seed
        if not is_same_study or (view.space is not known.space and view.space != known.space):
            return False
        return num_common == 0 or view.trials[num_common - 1].id == self._ids[num_common - 1]

    def look_at(self, view: StudyView) -> None:
        """Learn what the trials use."""
        with self._lock:
            for place in range(len(self._ids), len(view.trials)):
                key = self._key_of(view.trials[place].params)
                if key is not None:
                    self._used_by.setdefault(key, place)
                self._ids.append(view.trials[place].id)

    def num_used(self, num_trials: int) -> int:
        """How many combinations the first trials use."""
        with self._lock:
            return sum(place < num_trials for place in self._used_by.values())

    def unused(self, num_trials: int) -> Iterator[Params]:
        """The combinations that none of the first trials uses."""
        num_known, position = self._front
        if num_trials < num_known:
            position = 0
        num_refused, is_front = 0, True
        while position < self._end:
            point = self.combinations[position]
            position += 1
            if not self._view.space.is_allowed(point):
                num_refused += 1
                if num_refused == _MAX_REFUSED:
                    # Where this happens depends on the grid alone, so every object comes to the same end.
                    self._end, self.is_given_up = position - num_refused, True
                continue
            num_refused = 0
            key = self._key_of(point)
            assert key is not None
            is_used = self._used_by.get(key, num_trials) < num_trials
            is_front = is_front and is_used
            if is_front:
                self._front = (num_trials, position)
            if not is_used:
                yield point

    def _key_of(self, params: Mapping[str, Scalar]) -> tuple[Scalar, ...] | None:
        """What tells a combination from the others; None for a point beside the grid."""
        key = []
        for name, axis in self._axes.items():
            if name in params:
                value = _comparable(self._view.space[name], params[name])
                if value not in axis:
                    return None
                key.append(value)
        return tuple(key)


def _comparable(parameter: Parameter, value: Scalar) -> Scalar:
    """The value, or the index of its grid point: 0.3 and 0.1 + 0.2 are one step."""
    return parameter.encode(value) if isinstance(parameter, Float) and parameter.step is not None else value
