"""What families promise that read pictures or sequences. Subclass one of the two contracts in a test module.

Example:
    ```python
    class TestKerasCNN(NetworkContract, ImageFamilyContract):
        family = KerasCNN()
    ```
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from tuner.data import ColumnKind, Task, target_profile
from tuner.data.arrays.cells import cells_of
from tuner.data.frames import plain_frame
from tuner.data.profiling import profile_table
from tuner.data.splits import folds
from tuner.data.table import Table, build_table, features_frame
from tuner.testing.model import Data, ModelFamilyContract, fit

_HEIGHT, _WIDTH = 10, 9
_MOST_STEPS = 24


@functools.cache
def image_data(task: Task, num_rows: int = 320) -> Data:
    """Gray pictures of upright or flat strokes anywhere, with a number and a category beside them, and gaps in both.

    How long a stroke is, and which way it goes, tells most of the target.
    """
    rng = np.random.Generator(np.random.Philox(22))
    upright = rng.random(num_rows) < 0.5
    length = rng.integers(3, 8, num_rows)
    pictures = rng.integers(0, 60, (num_rows, _HEIGHT, _WIDTH, 1), dtype=np.uint8)
    for row in range(num_rows):
        sides = (length[row], 2) if upright[row] else (2, length[row])
        top, left = rng.integers(0, _HEIGHT - sides[0] + 1), rng.integers(0, _WIDTH - sides[1] + 1)
        pictures[row, top : top + sides[0], left : left + sides[1]] += 150
    signal = np.where(upright, 1.0, -1.0) * (length + 1.0)
    return _with_columns(task, "picture", list(pictures), signal, rng)


@functools.cache
def sequence_data(task: Task, num_rows: int = 320) -> Data:
    """Sequences of 8 to 24 steps in which two things happen, with a number and a category beside them, and gaps.

    Which of the two comes first tells most of the target.
    """
    rng = np.random.Generator(np.random.Philox(23))
    sequences, signal = [], []
    for steps in rng.integers(8, _MOST_STEPS + 1, num_rows):
        sequence = rng.normal(0, 0.3, (steps, 2)).astype(np.float32)
        first, second = rng.choice(steps, 2, replace=False)
        sequence[first, 0] += 4
        sequence[second, 1] += 4
        sequence[rng.random((steps, 2)) < 0.02] = np.nan
        sequences.append(sequence)
        signal.append(3.0 * np.sign(second - first))
    return _with_columns(task, "recording", sequences, np.array(signal), rng)


def _with_columns(
    task: Task, name: str, cells: Sequence[NDArray[Any]], signal: NDArray[np.float64], rng: np.random.Generator
) -> Data:
    num_rows = len(cells)
    price = rng.normal(20, 5, num_rows).round(2)
    shop = rng.choice(["North", "Süd", "東"], num_rows)
    signal = signal + (price - 20) / 10 + (shop == "東") + rng.normal(0, 0.3, num_rows)
    frame = pd.DataFrame({"price": price, "shop": shop}, dtype=object)
    for column in frame.columns:
        frame.loc[rng.random(num_rows) < 0.04, column] = None
    frame.insert(0, name, pd.Series(cells_of(cells, num_rows), dtype=object))
    match task:
        case Task.BINARY:
            frame["target"] = np.where(signal > np.median(signal), "да", "нет")
        case Task.MULTICLASS:
            frame["target"] = np.digitize(signal, np.quantile(signal, [0.4, 0.8])) + 1
        case _:
            frame["target"] = (1000 + 50 * signal).round(3)
    plain = plain_frame(frame)
    profile = profile_table(plain)
    table = build_table(plain, profile, target_profile(profile, "target"))
    assert table.task is task
    split = folds(table, seed=0, count=4)[0]
    return Data(profile, table, table.take(split.train), table.take(split.validation))


def array_alone(data: Data) -> Data:
    """The same without columns that are no arrays."""
    columns = tuple(column for column in data.table.columns if column.kind.is_array)
    kept = {"target", *(column.name for column in columns)}
    profile = replace(data.profile, columns=tuple(each for each in data.profile.columns if each.name in kept))
    table, train, validation = (
        replace(part, columns=columns, features=part.features[[column.name for column in columns]])
        for part in (data.table, data.train, data.validation)
    )
    return Data(profile, table, train, validation)


class ArrayFamilyContract(ModelFamilyContract):
    """What both promise. A subclass says where the data comes from."""

    kind: ClassVar[ColumnKind]
    least: ClassVar[Mapping[Task, tuple[str, float]]] = {
        Task.BINARY: ("roc_auc", 0.9),
        Task.MULTICLASS: ("accuracy", 0.7),
        Task.REGRESSION: ("r2", 0.7),
    }

    def test_arrays_alone_are_supported(self) -> None:
        data = array_alone(self.data(Task.BINARY))
        assert self.family.supports(data.profile, data.table.target_profile)
        trained = fit(self.family, data, stop=lambda _: True)
        assert np.isfinite(trained.estimator.predict(data.validation.features)).all()

    def test_a_table_without_arrays_is_not(self) -> None:
        data = self.data(Task.BINARY)
        columns = tuple(column for column in data.profile.columns if not column.kind.is_array)
        if self.family.needs:
            assert not self.family.supports(replace(data.profile, columns=columns), data.table.target_profile)

    def test_arrays_that_are_all_equal_can_be_trained(self) -> None:
        data = self.data(Task.BINARY)
        trained = fit(self.family, replace(data, train=self._with_equal_cells(data.train)), stop=lambda _: True)
        assert np.isfinite(trained.estimator.predict(data.validation.features)).all()

    def _with_equal_cells(self, table: Table) -> Table:
        column = next(column.name for column in table.columns if column.kind is self.kind)
        cells = cells_of([table.features[column].iloc[0]] * table.num_rows, table.num_rows)
        return replace(table, features=table.features.assign(**{column: cells}))


class ImageFamilyContract(ArrayFamilyContract):
    """The promises of a family that reads pictures."""

    kind = ColumnKind.IMAGE

    @classmethod
    def data(cls, task: Task) -> Data:
        return image_data(task)

    def test_pictures_of_other_sizes_and_channels_are_predicted(self) -> None:
        data = self.data(Task.BINARY)
        rng = np.random.default_rng(0)
        cells = [rng.integers(0, 256, shape, dtype=np.uint8) for shape in ((1, 1, 1), (40, 7, 3), (_HEIGHT, _WIDTH))]
        rows = pd.DataFrame({"picture": cells_of(cells, 3), "price": [20.0, None, 1e300], "shop": ["東", None, "?"]})
        prediction = self._fitted(Task.BINARY).estimator.predict(features_frame(rows, data.table.columns))
        assert np.isfinite(prediction).all()

    @pytest.mark.parametrize("shape", [(1, 1, 1), (1, 12, 3), (2, 2, 1), (150, 30, 1)])
    def test_pictures_of_any_size_can_be_trained(self, shape: tuple[int, ...]) -> None:
        rng = np.random.Generator(np.random.Philox(1))
        pictures = rng.integers(0, 256, (24, *shape), dtype=np.uint8)
        signal = pictures.reshape(24, -1).mean(axis=1)
        data = array_alone(_with_columns(Task.BINARY, "picture", list(pictures), signal, rng))
        trained = fit(self.family, data, stop=lambda _: True)
        assert np.isfinite(trained.estimator.predict(data.validation.features)).all()


class SequenceFamilyContract(ArrayFamilyContract):
    """The promises of a family that reads sequences."""

    kind = ColumnKind.SEQUENCE

    @classmethod
    def data(cls, task: Task) -> Data:
        return sequence_data(task)

    def test_empty_and_long_sequences_are_predicted(self) -> None:
        data = self.data(Task.BINARY)
        cells: list[Any] = [None, np.zeros((0, 2)), np.full((3, 2), np.nan), np.full((500, 2), 1e30), [[1, 2]]]
        rows = pd.DataFrame({"recording": cells_of(cells, 5), "price": [20.0] * 5, "shop": ["東"] * 5}, dtype=object)
        prediction = self._fitted(Task.BINARY).estimator.predict(features_frame(rows, data.table.columns))
        assert np.isfinite(prediction).all()

    @pytest.mark.parametrize("longest", [1, 2, 300])
    def test_sequences_of_any_length_can_be_trained(self, longest: int) -> None:
        rng = np.random.Generator(np.random.Philox(2))
        lengths = rng.integers(0, longest + 1, 24)
        lengths[:2] = longest
        sequences = [rng.normal(size=(steps, 1)).astype(np.float32) for steps in lengths]
        signal = np.array([sequence.sum() for sequence in sequences])
        data = array_alone(_with_columns(Task.BINARY, "recording", sequences, signal, rng))
        trained = fit(self.family, data, stop=lambda _: True)
        assert np.isfinite(trained.estimator.predict(data.validation.features)).all()
