import numpy as np

from tuner.samplers.unseen import UnseenPoints
from tuner.space import Categorical, Float, Forbid, Int, Params, SearchSpace
from tuner.space.encoding import Encoding

TREE = SearchSpace(
    {
        "model": Categorical(["a", "b"]),
        "depth": Int(1, 40, log=True, when={"model": ["a"]}),
        "rate": Float(0, 1, when={"model": ["b"]}),
    }
)


def unseen(space: SearchSpace, tried: list[Params]) -> UnseenPoints:
    encoding = Encoding(space)
    return UnseenPoints(encoding, encoding.encode(tried))


def test_tried_points_are_not_new() -> None:
    points: list[Params] = [{"model": "a", "depth": depth} for depth in range(1, 41)]
    new = unseen(TREE, points[::2])
    rows = new.encoding.snap(new.encoding.encode(points))
    assert new.has(rows).tolist() == [False, True] * 20


def test_points_with_a_continuous_parameter_are_always_new() -> None:
    point: Params = {"model": "b", "rate": 0.25}
    new = unseen(TREE, [point])
    assert new.has(new.encoding.encode([point])).tolist() == [True]


def test_points_tried_later_are_not_new_either() -> None:
    new = unseen(TREE, [])
    row = new.encoding.encode([{"model": "a", "depth": 3}])
    assert new.has(row).all()
    assert not new.without(row).has(row).any()


def test_last_point_left_is_found() -> None:
    space = SearchSpace({"a": Int(0, 39), "b": Int(0, 39)})
    points: list[Params] = [{"a": a, "b": b} for a in range(40) for b in range(40)]
    missing = points.pop(777)
    assert unseen(space, points).draw(np.random.default_rng(0)) == missing


def test_last_allowed_point_left_is_found() -> None:
    space = SearchSpace({"a": Int(0, 9), "b": Int(0, 9)}, [Forbid({"a": 0, "b": place}) for place in range(10)])
    points: list[Params] = [{"a": a, "b": b} for a in range(1, 10) for b in range(10)]
    missing = points.pop(55)
    assert unseen(space, points).draw(np.random.default_rng(0)) == missing


def test_nothing_is_drawn_from_a_space_that_is_used_up() -> None:
    space = SearchSpace({"a": Int(1, 3, log=True), "c": Categorical(["u"])})
    points: list[Params] = [{"a": a, "c": "u"} for a in (1, 2, 3)]
    assert unseen(space, points).draw(np.random.default_rng(0)) is None
