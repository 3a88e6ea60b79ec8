import numpy as np

from tuner.samplers.evidence import EvidenceReader
from tuner.samplers.local import local_row
from tuner.samplers.neighbourhood import crossed, mutated
from tuner.space import Categorical, Float, Int, SearchSpace
from tuner.space.encoding import Encoding
from tuner.testing.facts import make_trial, make_view

SPACE = SearchSpace(
    {
        "model": Categorical(["tree", "net", "linear"]),
        "x": Float(0, 1),
        "layers": Int(1, 3, when={"model": ["net"]}),
        "rate": Float(1e-4, 1, log=True, when={"model": ["net"]}),
    }
)
ENCODING = Encoding(SPACE)


def test_every_neighbour_is_another_point_and_none_leaves_the_unit_cube() -> None:
    rng = np.random.default_rng(0)
    rows = ENCODING.fill(ENCODING.draw(400, rng), rng)
    for scale in (1e-3, 0.1, 3.0):
        near = mutated(ENCODING, rows, np.full(400, scale), rng)
        assert ((near >= 0) & (near <= 1)).all()
        before, after = ENCODING.snap(rows), ENCODING.snap(near)
        same = (before == after) | (np.isnan(before) & np.isnan(after))
        assert (~same.all(axis=1)).mean() > 0.9


def test_small_steps_stay_near_and_leave_most_choices_alone() -> None:
    rng = np.random.default_rng(0)
    rows = ENCODING.fill(ENCODING.draw(400, rng), rng)
    near = mutated(ENCODING, rows, np.full(400, 0.01), rng)
    x = ENCODING.index["x"]
    assert np.abs(near[:, x] - rows[:, x]).max() < 0.06
    assert 0 < (near[:, 0] != rows[:, 0]).mean() < 0.3


def test_crossing_takes_each_parameter_from_one_of_the_parents() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.random((50, 4)), rng.random((50, 4))
    child = crossed(first, second, rng)
    assert ((child == first) | (child == second)).all()
    assert 0.3 < (child == first).mean() < 0.7


def test_local_steps_are_as_short_as_good_trials_are_close() -> None:
    space = SearchSpace({"x": Float(0, 1), "y": Float(0, 1)})
    rng = np.random.default_rng(0)

    def spread(width: float) -> float:
        points = [{"x": 0.5 + width * rng.normal(), "y": 0.5 + width * rng.normal()} for _ in range(16)]
        trials = [make_trial(number, point, 1.0) for number, point in enumerate(points)]
        far = [make_trial(16 + number, space.draw(rng), 9.0) for number in range(30)]
        evidence = EvidenceReader().read(make_view(space, [*trials, *far]))
        return float(np.std([local_row(evidence, rng) for _ in range(100)]))

    assert spread(0.1) > 2 * spread(0.02)
