import numpy as np
import pytest

from tuner.records import FailureReason, OutcomeConstraint, StudyView, Trial
from tuner.samplers.branches import Branch, other_branch
from tuner.samplers.evidence import EvidenceReader
from tuner.samplers.gaussian_process import Kernel
from tuner.samplers.surrogate import MAX_TRIALS, Surrogate, Surrogates
from tuner.space import Categorical, Float, SearchSpace
from tuner.testing.facts import make_trial, make_view

SPACE = SearchSpace({"kind": Categorical(["a", "b", "c"]), "x": Float(0, 1)})


def bowl(count: int, seed: int = 0) -> list[Trial]:
    """The nearer to 0.3 the better, and best by far in ``a``."""
    rng = np.random.default_rng(seed)
    points = [SPACE.draw(rng) for _ in range(count)]
    return [
        make_trial(n, p, abs(p["x"] - 0.3) + {"a": 0.0, "b": 1.0, "c": 4.0}[p["kind"]]) for n, p in enumerate(points)
    ]


def surrogate(view: StudyView, seed: int = 0) -> Surrogate:
    evidence = EvidenceReader().read(view)
    return Surrogates().of(evidence, Kernel(evidence.encoding), view.constraints, np.random.default_rng(seed))


def row(kind: str, x: float) -> np.ndarray:
    return EvidenceReader().read(make_view(SPACE, [])).encoding.encode([{"kind": kind, "x": x}])


def test_trials_come_with_the_best_mean_first() -> None:
    trials = bowl(40)
    made = surrogate(make_view(SPACE, trials))
    assert made.best == made.means[0] == made.means.min()
    best = min(trials, key=lambda trial: trial.values["loss"])
    assert made.rows[0].tolist() == row(str(best.params["kind"]), float(best.params["x"])).tolist()[0]


def test_better_points_are_worth_more() -> None:
    made = surrogate(make_view(SPACE, bowl(40)))
    scores = made.score(np.vstack([row("a", 0.31), row("a", 0.9), row("c", 0.31)]))
    assert scores[0] > scores[1]
    assert scores[0] > scores[2]


def test_points_on_their_way_are_worth_little() -> None:
    made = surrogate(make_view(SPACE, bowl(12)))
    point = row("a", 0.6)
    assert made.expecting(point).score(point)[0] < made.score(point)[0]


def test_places_of_failures_are_avoided() -> None:
    trials = bowl(30)
    before = surrogate(make_view(SPACE, trials)).score(row("a", 0.5))
    failed = [
        make_trial(30 + n, {"kind": "a", "x": 0.48 + n / 100}, failure=FailureReason.OUT_OF_MEMORY) for n in range(4)
    ]
    assert surrogate(make_view(SPACE, [*trials, *failed])).score(row("a", 0.5)) < before


def test_only_a_few_hundred_trials_are_modelled_the_best_among_them() -> None:
    trials = bowl(600)
    made = surrogate(make_view(SPACE, trials))
    assert len(made.rows) == MAX_TRIALS
    best = min(trials, key=lambda trial: trial.values["loss"])
    assert row(str(best.params["kind"]), float(best.params["x"])).tolist()[0] in made.rows.tolist()


def test_without_a_feasible_trial_feasibility_is_what_counts() -> None:
    trials = [
        make_trial(n, trial.params, {"loss": trial.values["loss"], "size": 2.0 + float(trial.params["x"])})
        for n, trial in enumerate(bowl(20))
    ]
    view = make_view(SPACE, trials)
    object.__setattr__(view, "constraints", (OutcomeConstraint("size", at_most=1.0),))
    made = surrogate(view)
    assert made.best is None
    scores = made.score(np.vstack([row("c", 0.0), row("a", 0.9)]))
    assert scores[0] > scores[1]


def test_another_branch_is_the_likelier_the_better_it_did() -> None:
    made = surrogate(make_view(SPACE, bowl(40)))
    encoding = EvidenceReader().read(make_view(SPACE, [])).encoding
    rng = np.random.default_rng(0)
    found = [other_branch(made, encoding, [0], rng) for _ in range(300)]
    counts = {kind: sum(branch == Branch(0, (n + 0.5) / 3) for branch in found) for n, kind in enumerate("abc")}
    assert counts["a"] == 0
    assert counts["b"] > counts["c"] > 0


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_a_branch_has_its_own_best(kept: int) -> None:
    made = surrogate(make_view(SPACE, bowl(20)))
    mask = np.zeros(20, dtype=bool)
    mask[20 - kept :] = True
    among = made.among(mask)
    assert len(among.rows) == kept
    assert among.best == (made.means[20 - kept] if kept else None)
