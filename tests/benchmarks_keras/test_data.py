from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from benchmarks.keras.data import DATA, HORIZON, LEAST_STEPS, MOST_STEPS, events, passengers, reviews


def _plain(examples):
    return [np.asarray(example).tolist() for example in examples]


@pytest.mark.parametrize("name", DATA)
def test_data_is_divided_and_the_seed_alone_decides(name):
    data, again = DATA[name](1), DATA[name](1)
    assert len(data.train) == len(data.answers) > len(data.test) == len(data.truth) > 0
    assert _plain(data.train) == _plain(again.train)
    assert data.truth.tolist() == again.truth.tolist()


@pytest.mark.parametrize("name", [name for name in DATA if name != "passengers"])
def test_another_seed_divides_in_another_way_and_every_class_is_in_both_parts(name):
    data, other = DATA[name](0), DATA[name](1)
    assert _plain(data.test) != _plain(other.test)
    assert set(data.truth) == set(data.answers)


def test_pictures_and_rows_of_digits_are_divided_alike():
    pictures, rows = DATA["digits_as_images"](3), DATA["digits_as_table"](3)
    assert pictures.truth.tolist() == rows.truth.tolist()
    np.testing.assert_allclose(pictures.train[0].ravel(), rows.train[0] * 255 / 16, atol=0.5)


def test_events_are_ragged_and_only_their_order_tells_the_classes_apart():
    data = events(0)
    lengths = {len(sequence) for sequence in data.train}
    assert min(lengths) == LEAST_STEPS
    assert max(lengths) == MOST_STEPS
    sums = np.array([sequence.sum(axis=0) for sequence in data.train])
    means = np.array([sums[data.answers == name].mean(axis=0) for name in np.unique(data.answers)])
    # A fraction of one pulse, which adds about three.
    assert np.ptp(means, axis=0).max() < 0.6
    first = {name: data.train[int(np.flatnonzero(data.answers == name)[0])] for name in np.unique(data.answers)}
    assert int(np.argmax(first["class baa"][:, 1])) < int(np.argmax(first["class baa"][:, 0]))


def test_words_of_reviews_by_themselves_tell_little():
    data = reviews(0)
    by_class = {name: Counter() for name in np.unique(data.answers)}
    for text, name in zip(data.train, data.answers, strict=True):
        by_class[name].update(set(text.split()))
    for word in ("good", "rude", "not"):
        praise, blame = by_class["praise"][word], by_class["blame"][word]
        assert 0.5 < praise / blame < 2.0


def test_the_last_year_of_passengers_is_held_out():
    data = passengers(0)
    assert len(data.truth) == HORIZON
    assert data.test[0] > data.train[-1]
