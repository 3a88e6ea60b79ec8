"""Networks that read sequences."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tuner.data import ColumnKind, Task
from tuner.data.arrays.cells import cells_of
from tuner.data.profile import ColumnProfile, ValueForm
from tuner.data.typed_rows import TypedRows
from tuner.models import ModelFamily
from tuner.models.keras_conv1d import KerasConv1D
from tuner.models.keras_rnn import KerasRNN
from tuner.models.networks.sequence_inputs import MaskedSequenceInputs
from tuner.testing.arrays import SequenceFamilyContract, array_alone, sequence_data
from tuner.testing.model import Data, fit
from tuner.testing.network import NetworkContract
from tuner.training import metric

VARIANTS = [
    (KerasRNN(), {"cell": "gru", "bidirectional": True, "pooling": "max"}),
    (KerasRNN(), {"cell": "lstm", "bidirectional": True, "pooling": "last", "layers": 2}),
    (KerasRNN(), {"cell": "gru", "bidirectional": False, "pooling": "attention"}),
    (KerasRNN(), {"cell": "lstm", "bidirectional": False, "pooling": "mean"}),
    (KerasConv1D(), {"pooling": "mean"}),
    (KerasConv1D(), {"pooling": "max", "dilated": False, "blocks": 1}),
    (KerasConv1D(), {"pooling": "attention", "blocks": 2}),
]
_each_variant = pytest.mark.parametrize(
    ("family", "changes"), VARIANTS, ids=[f"{family.name}-{'-'.join(map(str, c.values()))}" for family, c in VARIANTS]
)


@pytest.mark.slow
class TestKerasRNN(NetworkContract, SequenceFamilyContract):
    family = KerasRNN()


@pytest.mark.slow
class TestKerasConv1D(NetworkContract, SequenceFamilyContract):
    family = KerasConv1D()


def with_longest(data: Data, steps: int) -> Data:
    """The data as if its longest sequence had so many steps."""

    def changed(columns: tuple[ColumnProfile, ...]) -> tuple[ColumnProfile, ...]:
        return tuple(
            replace(column, shape=(steps, 2)) if column.kind is ColumnKind.SEQUENCE else column for column in columns
        )

    table, train, validation = (
        replace(part, columns=changed(part.columns)) for part in (data.table, data.train, data.validation)
    )
    profile = replace(data.profile, columns=changed(data.profile.columns))
    return Data(profile, table, train, validation)


@pytest.mark.slow
@pytest.mark.every_backend
@_each_variant
def test_padding_changes_neither_what_is_learned_nor_what_is_predicted(
    family: ModelFamily, changes: dict[str, Any]
) -> None:
    data = array_alone(sequence_data(Task.BINARY))
    predictions = []
    for steps in (24, 40):
        padded = with_longest(data, steps)
        # Dropout draws for each step, padding included.
        params = {**family.default(padded.profile, padded.table.target_profile), **changes, "dropout": 0.0}
        estimator = fit(family, padded, params, seed=1, stop=lambda step: step == 2).estimator
        predictions.append(estimator.predict(data.validation.features))
    assert predictions[0].std() > 1e-3
    np.testing.assert_allclose(*predictions, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@_each_variant
def test_every_variant_tells_what_came_first(family: ModelFamily, changes: dict[str, Any]) -> None:
    data = sequence_data(Task.BINARY)
    params = {**family.default(data.profile, data.table.target_profile), **changes}
    prediction = fit(family, data, params).estimator.predict(data.validation.features)
    assert metric("roc_auc", Task.BINARY).score(data.validation.target, prediction) > 0.85


def frame(*cells: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"signal": pd.Series(cells_of(cells, len(cells)), dtype=object)})


def fitted(rows: pd.DataFrame, longest: int, max_steps: int | None) -> MaskedSequenceInputs:
    column = ColumnProfile("signal", ColumnKind.SEQUENCE, "", ValueForm.FRACTION, 0, 2, shape=(longest, 1))
    return MaskedSequenceInputs.fit(rows, [column], {} if max_steps is None else {"max_steps": max_steps})


def test_masks_tell_which_steps_are_real_and_empty_sequences_are_one_mean_step() -> None:
    rows = frame(np.ones((3, 1)), np.zeros((1, 1)), np.zeros((0, 1)))
    arrays = fitted(rows, 3, None).transform(TypedRows.of(rows))
    np.testing.assert_array_equal(arrays["sequence_0_mask"], [[1, 1, 1], [0, 0, 1], [0, 0, 1]])
    assert arrays["sequence_0"].shape == (3, 3, 1)
    assert not arrays["sequence_0"][2].any()


def test_long_sequences_become_means_of_neighbouring_steps() -> None:
    rows = frame(np.arange(7.0)[:, None], np.array([[1.0], [np.nan], [5.0]]))
    inputs = fitted(rows, 7, max_steps=4)
    arrays = inputs.transform(TypedRows.of(rows))
    loaded = MaskedSequenceInputs.from_json(inputs.to_json()).transform(TypedRows.of(rows))
    np.testing.assert_array_equal(arrays["sequence_0_mask"], [[1, 1, 1, 1], [0, 0, 1, 1]])
    # 0; 1 and 2; 3 and 4; 5 and 6; and of the other 1; a gap and 5: whole steps are counted from the end.
    values = arrays["sequence_0"][..., 0]
    np.testing.assert_allclose(np.diff(values[0]) / (values[0, 2] - values[0, 1]), [0.75, 1, 1], rtol=1e-5)
    np.testing.assert_allclose(values[1, 3] - values[1, 2], (values[0, 2] - values[0, 1]) * 2, rtol=1e-5)
    np.testing.assert_array_equal(loaded["sequence_0"], arrays["sequence_0"])


def test_one_sequence_far_longer_than_the_others_does_not_make_all_of_them_long() -> None:
    rows = frame(*[np.ones((20, 1))] * 40, np.ones((5_000, 1)))
    arrays = fitted(rows, 5_000, max_steps=64).transform(TypedRows.of(rows))
    assert arrays["sequence_0"].shape == (41, 40, 1)


@pytest.mark.parametrize("longest", [1, 2, 64, 65, 1_000, 100_000])
@pytest.mark.parametrize("family", [KerasRNN(), KerasConv1D()], ids=lambda family: family.name)
def test_space_fits_sequences_of_every_length(family: ModelFamily, longest: int) -> None:
    data = with_longest(sequence_data(Task.BINARY), longest)
    target = data.table.target_profile
    space, default = family.space(data.profile, target), family.default(data.profile, target)
    assert space.check(default) == default
    assert ("max_steps" in space) == (longest > 64)
    assert family.fit_seconds(data.profile, target, default) < 600
