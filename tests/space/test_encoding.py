import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.space import Categorical, Float, Forbid, Int, Linear, Params, SearchSpace
from tuner.space.encoding import Encoding
from tuner.testing.spaces import corner_spaces, search_spaces

SPACE = SearchSpace(
    {
        "model": Categorical(["tree", "net"]),
        "rate": Float(1e-4, 1.0, log=True),
        "layers": Int(1, 3, when={"model": ["net"]}),
        "width": Int(8, 1024, log=True, when={"layers": [2, 3]}),
        "dropout": Float(0, 0.9, step=0.1, when={"model": ["net"]}),
        "fixed": Int(3, 3),
        "size": Categorical(["small", "medium", "large"], ordered=True, when={"fixed": [3]}),
    }
)


@settings(max_examples=100, deadline=None)
@given(space=search_spaces(), seed=st.integers(0, 2**32 - 1))
def test_points_come_back_from_their_rows(space: SearchSpace, seed: int) -> None:
    rng = np.random.default_rng(seed)
    encoding = Encoding(space)
    points = [space.draw(rng) for _ in range(5)]
    rows = encoding.encode(points)
    for row, point in zip(rows, points, strict=True):
        again = encoding.decode(row)
        assert list(again) == list(point)
        for name, value in point.items():
            place = encoding.index.get(name)
            if place is None or encoding.columns[place].num_cells:
                assert again[name] == (pytest.approx(value) if isinstance(space[name], Float) else value)
    np.testing.assert_allclose(encoding.encode([encoding.decode(row) for row in rows]), rows, atol=1e-9)


@settings(max_examples=100, deadline=None)
@given(space=search_spaces(), seed=st.integers(0, 2**32 - 1))
def test_any_row_is_a_valid_point_and_activity_is_known_without_decoding(space: SearchSpace, seed: int) -> None:
    rng = np.random.default_rng(seed)
    encoding = Encoding(space)
    drawn = encoding.draw(6, rng)
    for row, flags in zip(drawn, encoding.active(drawn), strict=True):
        point = encoding.decode(row)
        assert all(space[name].contains(value) for name, value in point.items())
        assert list(point) == space.active(point)
        assert {column.name for column, flag in zip(encoding.columns, flags, strict=True) if flag} == {
            column.name for column in encoding.columns if column.name in point
        }
        assert (np.isnan(row) == ~flags).all()


@pytest.mark.parametrize("corner", corner_spaces())
def test_rows_stay_between_zero_and_one_at_the_limits_of_arithmetic(corner: str) -> None:
    rng = np.random.default_rng(0)
    space = corner_spaces()[corner]
    encoding = Encoding(space)
    rows = np.vstack([encoding.draw(20, rng), encoding.encode([space.draw(rng) for _ in range(20)])])
    assert ((rows >= 0) & (rows <= 1) | np.isnan(rows)).all()
    assert not np.isnan(encoding.fill(rows, rng)).any()


def test_snapping_a_snapped_row_changes_nothing() -> None:
    encoding = Encoding(SPACE)
    rows = encoding.draw(200, np.random.default_rng(0))
    np.testing.assert_array_equal(encoding.snap(rows), rows)


def test_values_lie_at_the_centres_of_their_cells() -> None:
    encoding = Encoding(SPACE)
    (row,) = encoding.encode(
        [{"model": "net", "rate": 0.01, "layers": 2, "width": 90, "dropout": 0.1, "fixed": 3, "size": "large"}]
    )
    found = dict(zip((column.name for column in encoding.columns), row, strict=True))
    assert found["model"] == 0.75
    assert found["rate"] == pytest.approx(0.5)
    assert found["layers"] == 0.5
    assert found["dropout"] == pytest.approx(0.15)
    assert found["size"] == pytest.approx(5 / 6)
    assert found["width"] == pytest.approx(math.log(90 / 7.5) / math.log(1024.5 / 7.5))
    assert "fixed" not in found


def test_numbers_are_the_values_behind_the_rows() -> None:
    encoding = Encoding(SPACE)
    rng = np.random.default_rng(1)
    points = [SPACE.draw(rng) for _ in range(50)]
    rows = encoding.encode(points)
    for name in ("rate", "layers", "width", "dropout", "fixed"):
        for number, point in zip(encoding.numbers(name, rows), points, strict=True):
            assert math.isnan(number) if name not in point else number == pytest.approx(point[name])


def test_uniform_rows_give_every_value_the_same_room() -> None:
    space = SearchSpace({"c": Categorical(list("abcde")), "i": Int(0, 4), "l": Int(1, 3, log=True)})
    encoding = Encoding(space)
    points = [encoding.decode(row) for row in encoding.draw(3000, np.random.default_rng(0))]
    for name in ("c", "i"):
        counts = [sum(point[name] == space[name].decode(index) for point in points) for index in range(5)]
        assert min(counts) > 500
    assert sum(point["l"] == 1 for point in points) / 3000 == pytest.approx(math.log(3) / math.log(7), abs=0.04)


@settings(max_examples=100, deadline=None)
@given(space=search_spaces(), seed=st.integers(0, 2**32 - 1))
def test_rows_are_allowed_where_their_points_are(space: SearchSpace, seed: int) -> None:
    encoding = Encoding(space)
    rows = encoding.draw(8, np.random.default_rng(seed))
    points = [encoding.decode(row) for row in rows]
    for allowed, point in zip(encoding.allowed(encoding.encode(points)), points, strict=True):
        # Rounding decides at the very edge of a sum, and sums that overflow count as broken.
        assert not allowed or space.is_allowed(point) or _is_at_an_edge(space, point)


def _is_at_an_edge(space: SearchSpace, point: Params) -> bool:
    return any(
        isinstance(rule, Linear)
        and abs(rule.excess(point)) <= 1e-6 * max(map(abs, (rule.at_most or 0, rule.at_least or 0)))
        for rule in space.constraints
    )


def test_constraints_look_at_active_parameters_only() -> None:
    space = SearchSpace(
        {"model": Categorical(["a", "b"]), "n": Int(0, 9), "m": Int(0, 9, when={"model": ["b"]})},
        constraints=[Linear({"m": 1, "n": 1}, at_most=9), Linear({"m": 1}, at_least=5), Forbid({"model": "a", "n": 3})],
    )
    encoding = Encoding(space)
    points = [
        {"model": "a", "n": 9},
        {"model": "a", "n": 3},
        {"model": "b", "n": 3, "m": 6},
        {"model": "b", "n": 4, "m": 6},
        {"model": "b", "n": 4, "m": 4},
    ]
    assert encoding.allowed(encoding.encode(points)).tolist() == [True, False, True, False, False]
