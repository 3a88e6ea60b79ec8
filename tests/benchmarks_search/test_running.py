from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from benchmarks.search.campaign import Campaign, carry_out
from benchmarks.search.play import play
from benchmarks.search.problems import all_curve_problems, all_problems
from benchmarks.search.race import race
from benchmarks.search.runs import append_run, read_runs
from benchmarks.search.systems import start


@pytest.mark.parametrize("system", ["random", "optuna-random"])
@pytest.mark.parametrize("problem", all_problems().values(), ids=lambda problem: problem.name)
def test_systems_ask_for_valid_points(system, problem):
    tuning = start(system, problem.space, seed=0)
    for _ in range(3):
        trial = tuning.ask()
        assert problem.space.check(trial.params) == trial.params
        tuning.tell(trial.number, 1.0)


def test_regret_falls_where_nothing_scatters_and_repeats_with_the_seed():
    problem = all_problems()["hartmann3"]
    run = play("random", problem, seed=3, num_trials=40)
    assert run.regrets == sorted(run.regrets, reverse=True)
    assert run.regrets == play("random", problem, seed=3, num_trials=40).regrets
    assert run.regrets != play("random", problem, seed=4, num_trials=40).regrets


def test_incumbent_is_what_was_observed_best_not_what_is_best():
    problem = all_problems()["noisy_log_valley6"]
    regrets = [play("random", problem, seed, num_trials=60).regrets for seed in range(8)]
    assert any(later > earlier for run in regrets for earlier, later in pairwise(run))


def test_batch_asks_for_all_before_it_tells_any(monkeypatch):
    calls = []

    class Spy:
        def __init__(self, tuning):
            self._tuning = tuning

        def ask(self):
            calls.append("ask")
            return self._tuning.ask()

        def tell(self, number, value):
            calls.append("tell")
            self._tuning.tell(number, value)

        def recommended(self):
            return None

        def close(self):
            pass

    monkeypatch.setattr("benchmarks.search.play.start", lambda *arguments: Spy(start(*arguments)))
    run = play("random", all_problems()["branin"], seed=0, num_trials=10, batch=4)
    assert calls == ["ask"] * 4 + ["tell"] * 4 + ["ask"] * 4 + ["tell"] * 4 + ["ask"] * 2 + ["tell"] * 2
    assert len(run.regrets) == len(run.ask_seconds) == 10


def test_race_spends_its_epochs_and_keeps_the_best_checkpoint():
    problem = all_curve_problems()["curves_crossing"]
    run = race("random+none", problem, seed=0, num_trainings=6)
    assert len(run.regrets) >= 6 * problem.num_epochs
    assert run.completed[0] is None
    assert run.completed[-1] is not None
    # Four workers: nobody has finished before the fastest has trained its epochs.
    assert all(value is None for value in run.completed[: problem.num_epochs - 1])


def test_stopped_trainings_leave_room_for_more_trials():
    problem = all_curve_problems()["curves_ranked"]
    stopped = race("random+asha", problem, seed=0, num_trainings=8)
    complete = race("random+none", problem, seed=0, num_trainings=8)
    assert len(stopped.ask_seconds) > 1.5 * len(complete.ask_seconds)


def test_campaign_makes_only_runs_that_are_missing(tmp_path):
    out = tmp_path / "runs.jsonl"
    campaign = Campaign(["random"], problems=["branin", "hartmann6"], seeds=1, trials=5)
    carry_out(campaign, out)
    assert len(out.read_text().splitlines()) == 2
    carry_out(campaign, out)
    assert len(out.read_text().splitlines()) == 2
    carry_out(Campaign(["random"], problems=["branin"], seeds=2, trials=8), out)
    assert len(out.read_text().splitlines()) == 4
    assert sorted((run.problem, run.seed, len(run.regrets)) for run in read_runs([out])) == [
        ("branin", 0, 8),
        ("branin", 1, 8),
        ("hartmann6", 0, 5),
    ]


def test_held_out_problems_are_left_alone_unless_named():
    splits = {all_problems()[task.problem].split for task in Campaign(["random"]).tasks()}
    assert splits == {"development"}


def test_run_that_was_cut_off_in_its_line_is_made_again(tmp_path):
    out = tmp_path / "runs.jsonl"
    run = play("random", all_problems()["branin"], seed=0, num_trials=5)
    append_run(out, run)
    out.write_text(out.read_text() + '{"system": "rand')
    assert [known.key for known in read_runs([out])] == [run.key]
    append_run(out, play("random", all_problems()["branin"], seed=1, num_trials=5))
    assert len(read_runs([out])) == 2


def test_values_survive_the_file_with_six_digits(tmp_path):
    run = play("random", all_problems()["branin"], seed=0, num_trials=5)
    append_run(tmp_path / "runs.jsonl", run)
    (known,) = read_runs([tmp_path / "runs.jsonl"])
    assert known.regrets == pytest.approx(run.regrets, rel=1e-5)


def test_sdk_and_sampler_make_the_same_trials():
    problem = all_problems()["conditional_nested"]
    assert np.array_equal(
        play("sdk:random", problem, seed=2, num_trials=6).regrets, play("random", problem, seed=2, num_trials=6).regrets
    )
