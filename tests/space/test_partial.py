from __future__ import annotations

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tuner.errors import InvalidInput
from tuner.space import Categorical, Float, Forbid, Int, Linear, SearchSpace
from tuner.space.partial import complete
from tuner.testing.spaces import satisfiable_spaces, search_spaces

SPACE = SearchSpace(
    {
        "model": Categorical(["tree", "net", "mean"]),
        "layers": Int(1, 3, when={"model": ["net"]}),
        "units": Int(1, 64, when={"layers": [2, 3]}),
        "depth": Int(1, 9, when={"model": ["tree"]}),
        "rate": Float(0, 1),
    }
)


@settings(deadline=None)
@given(space=search_spaces(max_constraints=0), seed=st.integers(0, 2**32), data=st.data())
def test_any_part_of_a_valid_point_can_be_completed(space: SearchSpace, seed: int, data: st.DataObject) -> None:
    rng = np.random.default_rng(seed)
    point = space.draw(rng)
    part = {name: point[name] for name in data.draw(st.sets(st.sampled_from(sorted(point))))} if point else {}
    found = complete(space, part, rng)
    assert space.check(found) == found
    assert part.items() <= found.items()


def test_parents_take_the_values_that_what_is_given_needs() -> None:
    rng = np.random.default_rng(0)
    found = [complete(SPACE, {"units": 8}, rng) for _ in range(50)]
    assert {point["model"] for point in found} == {"net"}
    assert {point["layers"] for point in found} == {2, 3}


def test_what_is_not_given_is_drawn_uniformly() -> None:
    rng = np.random.default_rng(0)
    rates = [complete(SPACE, {"model": "mean"}, rng)["rate"] for _ in range(2_000)]
    counts, _ = np.histogram(np.array(rates, dtype=float), bins=4, range=(0, 1))
    assert counts.min() > 420


def test_the_same_random_numbers_give_the_same_point() -> None:
    points = [complete(SPACE, {"rate": 0.5}, np.random.default_rng(7)) for _ in range(2)]
    assert points[0] == points[1]


@pytest.mark.parametrize(
    ("part", "pointer"),
    [
        ({"rat": 0.5}, "#/params/rat"),
        ({"rate": 2.0}, "#/params/rate"),
        ({"model": "forest"}, "#/params/model"),
        ({"model": ["tree"]}, "#/params/model"),
        ({"model": "tree", "layers": 2}, "#/params/layers"),
        ({"depth": 3, "layers": 2}, "#/params/"),
    ],
)
def test_a_part_that_is_wrong_is_told_with_its_place(part: dict[str, object], pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        complete(SPACE, part, np.random.default_rng(0))
    assert [place.pointer.startswith(pointer) for place in caught.value.places] == [True]


class TestConstraints:
    space = SearchSpace(
        {name: Int(0, 1_000) for name in "abcd"},
        constraints=[Linear(dict.fromkeys("abcd", 1.0), at_most=1_000), Forbid({"a": 7, "b": 7})],
    )

    def test_they_are_kept(self) -> None:
        rng = np.random.default_rng(0)
        for _ in range(50):
            point = complete(self.space, {"a": 900}, rng)
            assert point["a"] == 900
            assert self.space.is_allowed(point)

    @pytest.mark.parametrize("part", [{"a": 900, "b": 200}, {"a": 7, "b": 7}])
    def test_a_part_that_breaks_them_is_refused(self, part: dict[str, int]) -> None:
        with pytest.raises(InvalidInput, match="keep the constraints"):
            complete(self.space, part, np.random.default_rng(0))

    def test_a_complete_point_that_breaks_them_is_told_which(self) -> None:
        with pytest.raises(InvalidInput, match="breaks constraint 0"):
            complete(self.space, dict.fromkeys("abcd", 1_000), np.random.default_rng(0))

    @settings(deadline=None, max_examples=50)
    @given(space=satisfiable_spaces(), seed=st.integers(0, 2**32), data=st.data())
    def test_a_part_of_any_allowed_point_is_completed_within_them_or_refused(
        self, space: SearchSpace, seed: int, data: st.DataObject
    ) -> None:
        rng = np.random.default_rng(seed)
        point = space.draw(rng)
        part = {name: point[name] for name in data.draw(st.sets(st.sampled_from(sorted(point))))}
        try:
            found = complete(space, part, rng)
        except InvalidInput as refusal:
            event(f"refused: {refusal.message}")
            return
        event("completed")
        assert space.is_allowed(found)
        assert part.items() <= found.items()
