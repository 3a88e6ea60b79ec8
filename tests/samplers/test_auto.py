from collections import Counter

import numpy as np

from tuner.samplers.auto import AutoSampler
from tuner.samplers.tpe import TPESampler
from tuner.space import Categorical, Float, SearchSpace
from tuner.testing.facts import make_trial, make_view
from tuner.testing.sampler import points_of

MODELS = ["linear", "tree", "forest", "boosting", "net"]
SPACE = SearchSpace(
    {
        "model": Categorical(MODELS),
        "color": Categorical(["red", "blue"]),
        "tree.rate": Float(0, 1, when={"model": ["tree", "forest"]}),
    }
)


def test_first_points_try_every_model_equally_often() -> None:
    points = points_of(AutoSampler().suggest(make_view(SPACE, []), 10, np.random.default_rng(0)))
    assert Counter(point["model"] for point in points) == dict.fromkeys(MODELS, 2)


def test_models_that_are_running_count_as_tried() -> None:
    running = [make_trial(n, {"model": model, "color": "red"}) for n, model in enumerate(["linear", "boosting", "net"])]
    points = points_of(AutoSampler().suggest(make_view(SPACE, running), 2, np.random.default_rng(0)))
    assert {point["model"] for point in points} == {"tree", "forest"}


def test_order_of_the_models_depends_on_the_randomness() -> None:
    orders = {
        tuple(s.params["model"] for s in AutoSampler().suggest(make_view(SPACE, []), 5, np.random.default_rng(seed)))
        for seed in range(10)
    }
    assert len(orders) > 5


def test_points_come_from_tpe_after_ten_results() -> None:
    rng = np.random.default_rng(0)
    view = make_view(SPACE, [make_trial(number, SPACE.draw(rng), number) for number in range(10)])
    tpe = TPESampler(num_startup_trials=1).suggest(view, 3, np.random.default_rng(1))
    assert AutoSampler().suggest(view, 3, np.random.default_rng(1)) == tpe
