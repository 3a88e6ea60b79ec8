"""Where good trials lie and where bad ones do, over a conditional space."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tuner.samplers.evidence import Evidence, Lesson
from tuner.samplers.parzen import ParzenMixture
from tuner.samplers.unseen import UnseenPoints
from tuner.space import Params, SearchSpace
from tuner.space.encoding import Column, Encoding

_Floats = NDArray[np.float64]
_Indices = NDArray[np.intp]

_NUM_CANDIDATES = 24
# Measured over 500 trials on 9 problems: regret with 100 or 256 kernels is not above that with all of them.
_MAX_BAD = 128
_LATE_BAD = 96
_NUM_FULL_WEIGHT = 25
# Measured over 100 trials on 36 problems, 6 seeds: the mean regret is a fifth below that with a sharpness of 1 and
# equal weights. With a sharpness of 8 it is back where it was.
_GOOD_SHARPNESS = 3.0
_WEIGHT_LOSS = 0.8


@dataclass(frozen=True)
class Group:
    """Parameters that are always active together, or a single one.

    Args:
        names: Their names, those with a single value included.
        places: Columns of those that have more than one, shape (d,).
        columns: The same columns.
    """

    names: tuple[str, ...]
    places: _Indices
    columns: tuple[Column, ...]

    @classmethod
    def all_of(cls, encoding: Encoding, jointly: bool) -> tuple[Group, ...]:
        """The groups of a space, parents first; each parameter by itself unless ``jointly``."""
        space = encoding.space
        by_conditions: dict[str, list[str]] = {}
        for name in space.order:
            by_conditions.setdefault(_conditions(space, name) if jointly else name, []).append(name)
        groups = []
        for names in by_conditions.values():
            places = [encoding.index[name] for name in names if name in encoding.index]
            columns = tuple(encoding.columns[place] for place in places)
            groups.append(cls(tuple(names), np.array(places, dtype=np.intp), columns))
        return tuple(groups)


@dataclass(frozen=True)
class GoodAndBad:
    """Two densities for each group of parameters, that of good and that of bad trials.

    Args:
        encoding: What the columns of rows are.
        groups: The groups of the space.
        rows: All points, shape (n, d).
        good: Places of the good ones.
        good_weights: Weight of each of them.
        bad: Places of the bad ones.
        pending: Further bad points, later than all others, shape (k, d).
    """

    encoding: Encoding
    groups: tuple[Group, ...]
    rows: _Floats
    good: _Indices
    good_weights: _Floats
    bad: _Indices
    pending: _Floats

    @classmethod
    def of(cls, evidence: Evidence, groups: tuple[Group, ...], good: _Indices) -> GoodAndBad:
        """The model of a study, given the places of its good trials, the best first."""
        is_bad = evidence.lessons != Lesson.NOTHING
        is_bad[good] = False
        # On a Pareto front nobody is first.
        loss = _WEIGHT_LOSS if evidence.losses.shape[1] == 1 else 0.0
        weights = 1 - loss * np.arange(len(good)) / max(len(good), 1)
        return cls(evidence.encoding, groups, evidence.rows, good, weights, np.flatnonzero(is_bad), evidence.rows[:0])

    def with_pending(self, rows: _Floats) -> GoodAndBad:
        """The model with more points whose results are still to come, shape (k, d)."""
        return replace(self, pending=np.concatenate([self.pending, rows]))

    def draw(self, unseen: UnseenPoints, rng: np.random.Generator) -> Params:
        """The next point. It may break constraints, or not be new, where no candidate is better.

        Args:
            unseen: The points that are new.
            rng: Randomness.
        """
        space, params = self.encoding.space, Params()
        row = np.full(self.encoding.width, np.nan)
        for group in self.groups:
            if not space.is_active(group.names[0], params):
                continue
            if group.columns:
                row[group.places] = self._best_candidate(group, row, unseen, rng)
            for name in group.names:
                place = self.encoding.index.get(name)
                if place is None:
                    params[name] = space[name].decode(0)
                else:
                    params[name] = self.encoding.columns[place].value(float(row[place]))
        return {name: params[name] for name in space.order if name in params}

    def _best_candidate(self, group: Group, row: _Floats, unseen: UnseenPoints, rng: np.random.Generator) -> _Floats:
        """Positions of a group's parameters, shape (d,), given those of the groups before it."""
        good, bad = self._good_density(group), self._bad_density(group)
        candidates = good.draw(_NUM_CANDIDATES, rng)
        for place, column in enumerate(group.columns):
            candidates[:, place] = column.snap(candidates[:, place])
        ratios = good.log_density(candidates) - bad.log_density(candidates)
        left = np.ones(len(candidates), dtype=bool)
        for wanted in self._wishes(group, row, candidates, unseen, rng):
            left = left & wanted if (left & wanted).any() else left
        return np.asarray(candidates[np.argmax(np.where(left, ratios, -np.inf))])

    def _wishes(
        self, group: Group, row: _Floats, candidates: _Floats, unseen: UnseenPoints, rng: np.random.Generator
    ) -> Iterator[NDArray[np.bool_]]:
        """Which candidates are wanted for another reason than their density, the weightier first, shape (m,) each."""
        rows = np.tile(row, (len(candidates), 1))
        rows[:, group.places] = candidates
        if self.encoding.space.constraints:
            # What is still to be chosen is drawn, and may turn out otherwise.
            yield self.encoding.allowed(self.encoding.snap(self.encoding.fill(rows, rng)))
        if len(self.groups) == 1:
            yield unseen.has(rows)

    def _good_density(self, group: Group) -> ParzenMixture:
        points = self.rows[self.good[:, None], group.places]
        is_active = ~np.isnan(points[:, 0])
        weights = self.good_weights[is_active]
        # One on average, so that the prior keeps its share.
        weights = weights / np.mean(weights) if len(weights) else weights
        return ParzenMixture(group.columns, points[is_active], weights, _GOOD_SHARPNESS)

    def _bad_density(self, group: Group) -> ParzenMixture:
        place = group.places[0]
        bad = self.bad[~np.isnan(self.rows[self.bad, place])]
        pending = self.pending[~np.isnan(self.pending[:, place])]
        kept = _kept(len(bad) + len(pending))
        from_rows = self.rows[bad[kept[kept < len(bad)], None], group.places]
        from_pending = pending[kept[kept >= len(bad)] - len(bad)][:, group.places]
        weights = _weights(len(bad) + len(pending))[kept]
        return ParzenMixture(group.columns, np.concatenate([from_rows, from_pending]), weights)


def _weights(count: int) -> _Floats:
    """Weights of ``count`` points, the oldest first: the last ones count in full, those before less and less."""
    weights = np.ones(count)
    if count > _NUM_FULL_WEIGHT:
        weights[:-_NUM_FULL_WEIGHT] = np.linspace(1 / count, 1, count - _NUM_FULL_WEIGHT)
    return weights


def _kept(count: int) -> _Indices:
    """Which of ``count`` points to keep: the latest, and others spread evenly over all before them."""
    if count <= _MAX_BAD:
        return np.arange(count)
    early = np.linspace(0, count - _LATE_BAD - 1, _MAX_BAD - _LATE_BAD).astype(np.intp)
    return np.concatenate([early, np.arange(count - _LATE_BAD, count)])


def _conditions(space: SearchSpace, name: str) -> str:
    return repr(sorted((parent, sorted(map(repr, values))) for parent, values in (space[name].when or {}).items()))
