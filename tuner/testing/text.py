"""What families promise that read text. Subclass ``TextFamilyContract`` in a test module to check one.

Example:
    ```python
    class TestTextLinear(TextFamilyContract):
        family = TextLinear()
    ```
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from tuner.data import TABLE_TASKS, ColumnKind, Task, target_profile
from tuner.data.frames import plain_frame
from tuner.data.profiling import profile_table
from tuner.data.splits import folds
from tuner.data.table import build_table, features_frame
from tuner.testing.model import Data, ModelFamilyContract, fit

# What words add to the target; the others add nothing.
_WORTH = {
    **dict.fromkeys(("excellent", "wonderful", "délicieux", "太好了", "отлично", "😀"), 1.0),
    **dict.fromkeys(("awful", "broken", "dégoûtant", "糟糕", "ужасно", "😡"), -1.0),
}
_OTHERS = (
    *("the", "a", "it", "was", "we", "they", "arrived", "late", "service", "room", "chef", "garden", "with", "and"),
    *("Straße", "très", "我们", "очень", "42"),
)

ODD_TEXTS = (
    "",
    "   ",
    "!!! ... ???",
    "\u200b\ufeff\u2060",
    "\u202etxet desrever\u202c",
    "مرحبا بالعالم",
    "👨\u200d👩\u200d👧\u200d👦🏽",
    "e\u0301\u0301\u0301 \ufb01 \u2126 ①",
    "漢字かな交じり文" * 400,
    "x" * 1_000_000,
    "word " * 200_000,
    "<b>&amp;</b>\t\r\n;,\"'",
)
"""Texts that a table may hold, and that break what was made for English."""


@functools.cache
def text_data(task: Task, num_rows: int = 400) -> Data:
    """Short texts in several scripts, with a number and a category beside them, and gaps in all three."""
    rng = np.random.Generator(np.random.Philox(21))
    words = [*_WORTH, *_OTHERS]
    chances = np.array([1.5 if word in _WORTH else 1.0 for word in words])
    chosen = [rng.choice(words, rng.integers(6, 20), p=chances / chances.sum()) for _ in range(num_rows)]
    price = rng.normal(20, 5, num_rows).round(2)
    shop = rng.choice(["North", "Süd", "東"], num_rows)
    worth = np.array([sum(_WORTH.get(word, 0.0) for word in row) for row in chosen])
    signal = worth + (price - 20) / 5 + (shop == "東") + rng.normal(0, 0.3, num_rows)
    frame = pd.DataFrame({"comment": [" ".join(row) for row in chosen], "price": price, "shop": shop}, dtype=object)
    for name in frame.columns:
        frame.loc[rng.random(num_rows) < 0.04, name] = None
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
    assert [column.kind for column in table.columns] == [ColumnKind.TEXT, ColumnKind.NUMBER, ColumnKind.CATEGORY]
    split = folds(table, seed=0, count=4)[1]
    return Data(profile, table, table.take(split.train), table.take(split.validation))


def text_alone(task: Task) -> Data:
    """The same without its other columns."""
    data = text_data(task)
    columns = tuple(column for column in data.table.columns if column.kind is ColumnKind.TEXT)
    kept = {"target", *(column.name for column in columns)}
    profile = replace(data.profile, columns=tuple(each for each in data.profile.columns if each.name in kept))
    table, train, validation = (
        replace(part, columns=columns, features=part.features[[column.name for column in columns]])
        for part in (data.table, data.train, data.validation)
    )
    return Data(profile, table, train, validation)


class TextFamilyContract(ModelFamilyContract):
    """The promises of a family that reads text, alone and beside other columns."""

    least: ClassVar[Mapping[Task, tuple[str, float]]] = {
        Task.BINARY: ("roc_auc", 0.85),
        Task.MULTICLASS: ("accuracy", 0.65),
        Task.REGRESSION: ("r2", 0.55),
    }

    @classmethod
    def data(cls, task: Task) -> Data:
        return text_data(task)

    def test_a_table_of_text_alone_is_supported(self) -> None:
        data = text_alone(Task.BINARY)
        assert self.family.supports(data.profile, data.table.target_profile)
        trained = fit(self.family, data, stop=lambda _: True)
        assert np.isfinite(trained.estimator.predict(data.validation.features)).all()

    @pytest.mark.parametrize("task", TABLE_TASKS)
    def test_odd_texts_are_predicted(self, task: Task) -> None:
        rows = pd.DataFrame({"comment": [*ODD_TEXTS, None], "price": [20.0] * 13, "shop": ["東"] * 13}, dtype=object)
        prediction = self._fitted(task).estimator.predict(features_frame(rows, self.data(task).table.columns))
        assert np.isfinite(prediction).all()

    def test_odd_texts_are_learned_from(self) -> None:
        data = self.data(Task.BINARY)
        texts = np.resize(np.array([*ODD_TEXTS[:-3], None], dtype=object), data.train.num_rows)
        train = replace(data.train, features=data.train.features.assign(comment=texts))
        trained = fit(self.family, replace(data, train=train), stop=lambda _: True)
        assert np.isfinite(trained.estimator.predict(data.validation.features)).all()

    def test_missing_texts_can_be_trained(self) -> None:
        data = self.data(Task.BINARY)
        train = replace(data.train, features=data.train.features.assign(comment=None))
        trained = fit(self.family, replace(data, train=train), stop=lambda _: True)
        assert np.isfinite(trained.estimator.predict(data.validation.features)).all()
