import numpy as np
import pytest

from tuner.records import Direction, FailureReason, OutcomeConstraint, TrialState
from tuner.samplers.evidence import EvidenceReader, Lesson
from tuner.space import Categorical, Float, SearchSpace
from tuner.testing.facts import make_trial, make_view, random_view

SPACE = SearchSpace({"x": Float(0, 1), "kind": Categorical(["a", "b"]), "y": Float(0, 2, when={"kind": ["b"]})})
TWO = {"loss": Direction.MINIMIZE, "accuracy": Direction.MAXIMIZE}


def test_losses_are_minimised_whatever_the_direction() -> None:
    trials = [make_trial(0, {"x": 0.5, "kind": "a"}, {"loss": 3.0, "accuracy": 0.9})]
    evidence = EvidenceReader().read(make_view(SPACE, trials, directions=TWO))
    np.testing.assert_array_equal(evidence.losses, [[3.0, -0.9]])


@pytest.mark.parametrize(
    ("trial", "lesson"),
    [
        (make_trial(0, {"x": 0.5, "kind": "a"}, 1.0), Lesson.RESULT),
        (make_trial(0, {"x": 0.5, "kind": "a"}, float("inf")), Lesson.BAD),
        (make_trial(0, {"x": 0.5, "kind": "a"}), Lesson.PENDING),
        (make_trial(0, {"x": 0.5, "kind": "a"}, state=TrialState.WAITING), Lesson.PENDING),
        (make_trial(0, {"x": 0.5, "kind": "a"}, state=TrialState.CANCELLED), Lesson.NOTHING),
        (make_trial(0, {"x": 0.5, "kind": "a"}, failure=FailureReason.LOST_WORKER), Lesson.NOTHING),
        (make_trial(0, {"x": 0.5, "kind": "a"}, failure=FailureReason.ERROR), Lesson.NOTHING),
        (make_trial(0, {"x": 0.5, "kind": "a"}, failure=FailureReason.OUT_OF_MEMORY), Lesson.BAD),
        (make_trial(0, {"x": 0.5, "kind": "a"}, state=TrialState.PRUNED), Lesson.BAD),
    ],
)
def test_each_end_teaches_what_it_says(trial: object, lesson: Lesson) -> None:
    assert EvidenceReader().read(make_view(SPACE, [trial])).lessons.tolist() == [lesson]


def test_pruned_trial_counts_with_the_loss_its_curve_leads_to() -> None:
    curves = {number: {step: number + 10.0 - step for step in range(10)} for number in range(5)}
    curves[5] = {0: 12.0, 1: 11.0}
    trials = [make_trial(n, {"x": n / 10, "kind": "a"}, curves[n][9]) for n in range(5)]
    pruned = make_trial(5, {"x": 0.9, "kind": "a"}, state=TrialState.PRUNED, last_step=1, last_value=11.0)
    evidence = EvidenceReader().read(make_view(SPACE, [*trials, pruned], curves=curves))
    assert evidence.lessons[5] == Lesson.CURVE
    assert 2.0 < evidence.losses[5, 0] < 5.0
    assert evidence.deviations[5] > 0.0
    assert not evidence.deviations[:5].any()


def test_pruned_trial_without_a_curve_is_kept_away_from() -> None:
    pruned = make_trial(0, {"x": 0.9, "kind": "a"}, state=TrialState.PRUNED, last_step=1, last_value=11.0)
    assert EvidenceReader().read(make_view(SPACE, [pruned])).lessons.tolist() == [Lesson.BAD]


def test_taught_trials_come_in_the_order_in_which_they_ended() -> None:
    trials = [make_trial(n, {"x": n / 10, "kind": "a"}, 1.0) for n in range(3)]
    object.__setattr__(trials[0], "seq", 7)
    assert EvidenceReader().read(make_view(SPACE, trials)).taught.tolist() == [1, 2, 0]


def test_distance_beyond_outcome_constraints_is_added_up() -> None:
    view = make_view(SPACE, [make_trial(0, {"x": 0.5, "kind": "a"}, {"loss": 1.0, "size": 30.0, "speed": 1.0})])
    constraints = (OutcomeConstraint("size", at_most=20.0), OutcomeConstraint("speed", at_least=2.0))
    object.__setattr__(view, "constraints", constraints)
    evidence = EvidenceReader().read(view)
    assert evidence.violations.tolist() == [1.0]
    np.testing.assert_array_equal(evidence.outcomes, [[30.0, 1.0]])


def test_reading_on_gives_what_reading_afresh_gives() -> None:
    reader = EvidenceReader()
    views = [random_view(SPACE, count, np.random.default_rng(5)) for count in (30, 10, 12, 40, 40)]
    finished = [make_trial(trial.number, trial.params, 1.0) for trial in views[-1].trials]
    for view in [*views, make_view(SPACE, finished), make_view(SPACE, finished[::2]), views[0]]:
        again, fresh = reader.read(view), EvidenceReader().read(view)
        for name in ("rows", "lessons", "losses", "deviations", "outcomes", "violations", "seqs"):
            np.testing.assert_array_equal(getattr(again, name), getattr(fresh, name))
        assert list(again.trials) == list(view.trials)


def test_evidence_given_before_stays_as_it_was() -> None:
    reader = EvidenceReader()
    first = reader.read(random_view(SPACE, 20, np.random.default_rng(5)))
    before = first.rows.copy(), first.losses.copy()
    reader.read(make_view(SPACE, [make_trial(n, {"x": 0.1, "kind": "b", "y": 0.3}, 9.0) for n in range(25)]))
    np.testing.assert_array_equal(first.rows, before[0])
    np.testing.assert_array_equal(first.losses, before[1])
