from collections import Counter

import numpy as np

from tuner.samplers.evidence import EvidenceReader
from tuner.samplers.start import StartDesign
from tuner.space import Categorical, Float, Linear, SearchSpace
from tuner.space.encoding import Encoding
from tuner.testing.facts import make_trial, make_view

SPACE = SearchSpace(
    {
        "model": Categorical(["linear", "tree", "forest", "boosting", "net"]),
        "color": Categorical(["red", "blue"]),
        "rate": Float(1e-4, 1, log=True, when={"model": ["tree", "forest"]}),
        "x": Float(0, 4),
    }
)


def started(space: SearchSpace, count: int, seed: int = 0) -> list[dict[str, object]]:
    encoding, rng = Encoding(space), np.random.default_rng(seed)
    design, rows = StartDesign(encoding), np.empty((0, encoding.width))
    for _ in range(count):
        rows = np.vstack([rows, design.row(rows, rng)])
    return [dict(encoding.decode(row)) for row in rows]


def test_first_point_is_the_middle_of_every_range() -> None:
    for seed in range(10):
        (point,) = started(SPACE, 1, seed)
        assert point["x"] == 2.0
        assert "rate" not in point or np.isclose(point["rate"], 1e-2)


def test_every_branch_is_tried_equally_often() -> None:
    design = StartDesign(Encoding(SPACE))
    assert design.size == 10
    for seed in range(5):
        assert set(Counter(point["model"] for point in started(SPACE, 10, seed)).values()) == {2}


def test_order_of_the_branches_depends_on_the_randomness() -> None:
    assert len({tuple(point["model"] for point in started(SPACE, 5, seed)) for seed in range(10)}) > 5


def test_points_keep_the_constraints_and_do_not_repeat_in_a_small_space() -> None:
    space = SearchSpace({"x": Float(0, 1), "y": Float(0, 1)}, constraints=[Linear({"x": 1, "y": 1}, at_most=0.8)])
    assert all(point["x"] + point["y"] <= 0.8 for point in started(space, 8)[1:])
    small = SearchSpace({"a": Categorical(["p", "q", "r"]), "b": Categorical([1, 2])})
    assert len({repr(point) for point in started(small, 6)}) == 6


def test_lasts_until_its_points_are_made_and_something_is_known() -> None:
    design, reader = StartDesign(Encoding(SPACE)), EvidenceReader()
    rng = np.random.default_rng(0)
    trials = [make_trial(number, SPACE.draw(rng)) for number in range(12)]
    assert design.lasts(reader.read(make_view(SPACE, trials[:9])))
    assert design.lasts(reader.read(make_view(SPACE, trials)))
    trials[3] = make_trial(3, trials[3].params, 1.0)
    assert not design.lasts(reader.read(make_view(SPACE, trials)))
