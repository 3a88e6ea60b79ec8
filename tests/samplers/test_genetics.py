from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tuner.samplers.genetics import child_of
from tuner.space import Categorical, Float, Int, SearchSpace
from tuner.space.encoding import Encoding
from tuner.testing.spaces import search_spaces


def children(space: SearchSpace, first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    return np.array([child_of(first, second, Encoding(space), rng) for _ in range(400)])


@settings(max_examples=60, deadline=None)
@given(space=search_spaces(), seed=st.integers(0, 2**32 - 1))
def test_children_are_valid_points(space: SearchSpace, seed: int) -> None:
    rng, encoding = np.random.default_rng(seed), Encoding(space)
    first, second = encoding.draw(2, rng)
    for _ in range(5):
        child = child_of(first, second, encoding, rng)
        point = encoding.decode(child)
        assert list(point) == space.active(point)
        assert all(space[name].contains(value) for name, value in point.items())
        assert np.array_equal(np.isnan(child), ~encoding.active(child[None])[0])


def test_children_resemble_their_parents() -> None:
    space = SearchSpace({name: Float(0, 1) for name in "abcdefgh"})
    found = children(space, np.full(8, 0.2), np.full(8, 0.8))
    distance = np.minimum(np.abs(found - 0.2), np.abs(found - 0.8))
    assert np.median(distance) < 0.1
    assert 0.4 < np.mean(found < 0.5) < 0.6


def test_equal_parents_have_children_that_differ_in_one_parameter_on_average() -> None:
    space = SearchSpace(
        {
            "units": Int(1, 512, log=True),
            "fine": Int(0, 1000),
            "size": Categorical(["s", "m", "l"], ordered=True),
            "kind": Categorical(["a", "b", "c"]),
            "step": Float(0, 1, step=0.01),
        }
    )
    parent = Encoding(space).encode([{"units": 64, "fine": 500, "size": "l", "kind": "b", "step": 0.5}])[0]
    is_changed = np.abs(children(space, parent, parent) - parent) > 1e-9
    assert 0.8 < is_changed.sum(axis=1).mean() < 1.2
    assert (is_changed.mean(axis=0) > 0.1).all()


def test_what_becomes_active_is_inherited_or_drawn() -> None:
    space = SearchSpace(
        {
            "model": Categorical(["tree", "net"]),
            "depth": Float(0, 1, when={"model": ["tree"]}),
            "rate": Float(0, 1, when={"model": ["net"]}),
        }
    )
    encoding = Encoding(space)
    tree, net = encoding.encode([{"model": "tree", "depth": 0.3}, {"model": "net", "rate": 0.7}])
    points = [encoding.decode(row) for row in children(space, tree, net)]
    assert min(Counter(point["model"] for point in points).values()) > 100
    rates = [point["rate"] for point in points if "rate" in point]
    assert np.mean([abs(float(str(rate)) - 0.7) < 1e-6 for rate in rates]) > 0.4
    alone = [encoding.decode(row) for row in children(space, tree, tree)]
    drawn = [float(str(point["rate"])) for point in alone if "rate" in point]
    assert 0.4 < np.mean(drawn) < 0.6
    assert np.std(drawn) > 0.2
