"""Functions learned from tables of trainings: as quick as a formula, as crooked as life."""

from __future__ import annotations

import math
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tuner.space import Categorical, Float, Int, Params, SearchSpace

FOLDER = Path(__file__).with_name("tables")
_TREES = 32
# What stands for an inactive parameter: outside of every range, so that a tree can split it off.
_INACTIVE = -1.0


class Surrogate:
    """What a training would give, foretold by trees grown on a table of such trainings.

    Extremely randomised trees, averaged: less of a staircase than other forests. The trees are grown at the first call.

    Args:
        name: Name of the table in ``benchmarks/search/tables``.
        space: The space of the training.
    """

    def __init__(self, name: str, space: SearchSpace) -> None:
        self._name = name
        self._space = space

    def __call__(self, params: Params) -> np.ndarray:
        """Foretold value, shape (), or values by epoch, shape (num_epochs,)."""
        row = features(self._space, coordinates(self._space, params)[None, :])
        found = np.exp(np.mean([tree.predict(row)[0].ravel() for tree in self._trees], axis=0))
        return np.asarray(found if found.size > 1 else found[0])

    @cached_property
    def _trees(self) -> list[Any]:
        from sklearn.ensemble import ExtraTreesRegressor

        points, values = self.table()
        forest = ExtraTreesRegressor(_TREES, min_samples_leaf=2, max_features=0.7, random_state=0)
        forest.fit(features(self._space, points), np.log(values))
        return [tree.tree_ for tree in forest.estimators_]

    def table(self) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates of the tabulated points, shape (n, d), and their values, shape (n,) or (n, num_epochs)."""
        with np.load(FOLDER / f"{self._name}.npz") as table:
            return table["coordinates"], np.maximum(table["values"].astype(float), 1e-6)


def coordinates(space: SearchSpace, params: Params) -> np.ndarray:
    """The place of each parameter's value in its range, shape (d,), 0 to 1; categories by index; NaN if inactive."""
    row = np.full(len(space.order), np.nan)
    for index, name in enumerate(space.order):
        if name in params:
            row[index] = _place(space, name, params)
    return row


def _place(space: SearchSpace, name: str, params: Params) -> float:
    # Worked out here and not by the parameter, whose own coordinates may change while the tables stay.
    parameter, value = space[name], params[name]
    if isinstance(parameter, Categorical):
        return float(parameter.choices.index(value))
    assert isinstance(parameter, Float | Int)
    assert isinstance(value, int | float)
    if parameter.log:
        return math.log(value / parameter.low) / math.log(parameter.high / parameter.low)
    return (value - parameter.low) / (parameter.high - parameter.low)


def features(space: SearchSpace, rows: np.ndarray) -> np.ndarray:
    """What trees see, shape (n, k): places, and a column for each category of an unordered parameter."""
    columns = []
    for index, name in enumerate(space.order):
        parameter = space[name]
        if isinstance(parameter, Categorical) and not parameter.ordered:
            columns += [rows[:, index] == choice for choice in range(len(parameter.choices))]
        else:
            columns.append(np.nan_to_num(rows[:, index], nan=_INACTIVE))
    return np.ascontiguousarray(np.stack(columns, axis=1), dtype=np.float32)
