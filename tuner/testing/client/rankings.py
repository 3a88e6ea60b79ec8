"""What a client promises of lists and rankings of trials."""

from __future__ import annotations

import math

import pytest

import tuner
from tuner.client import Client
from tuner.client.paging import all_items
from tuner.errors import (
    InvalidInput,
    NotFound,
)
from tuner.testing.client.acting import POINT, SPACE, new_name, new_study


class RankingPromises:
    """Part of ``ClientContract``."""

    def test_best_trial_needs_a_completed_one(self, client: Client) -> None:
        with pytest.raises(NotFound, match="no completed trial yet"):
            new_study(client).best_trial  # noqa: B018

    def test_recommended_trial_is_the_best_one_where_the_sampler_knows_no_noise(self, client: Client) -> None:
        study = new_study(client)
        with pytest.raises(NotFound, match="no completed trial yet"):
            study.recommended_trial  # noqa: B018
        for value in (0.2, 0.9, 0.5):
            study.ask().tell(value)
        assert study.recommended_trial == study.trial(study.best_trial.number) == study.trial(1)

    def test_leaderboard_has_the_best_first_and_failures_last(self, client: Client) -> None:
        study = new_study(client)
        for value in (0.2, math.nan, 0.9, 0.5):
            study.ask().tell(value)
        study.ask()
        board = study.leaderboard()
        assert list(board["number"]) == [2, 3, 0, 1]
        assert list(board.columns[:5]) == ["rank", "number", "accuracy", "state", "duration_seconds"]
        assert set(board.columns[5:]) == {"sampled_by", *SPACE}
        assert board["rank"].tolist()[:3] == [1, 2, 3]
        assert list(study.leaderboard(limit=2)["number"]) == [2, 3]

    def test_leaderboard_of_several_objectives_has_the_front_first(self, client: Client) -> None:
        study = new_study(client, objectives={"accuracy": "maximize", "latency_ms": "minimize"})
        for accuracy, latency in ((0.5, 20), (0.9, 10), (0.95, 15), (0.4, 30)):
            study.ask().tell({"accuracy": accuracy, "latency_ms": latency})
        assert set(study.leaderboard(limit=2)["number"]) == {1, 2}

    def test_trials_beyond_a_constraint_rank_behind_those_that_keep_it(self, client: Client) -> None:
        study = new_study(client, constraints={"latency_ms": {"at_most": 20}})
        for accuracy, latency in ((0.9, 50), (0.95, 30)):
            study.ask().tell({"accuracy": accuracy, "latency_ms": latency})
        with pytest.raises(NotFound, match="keeps its constraints"):
            study.best_trial  # noqa: B018
        study.ask().tell({"accuracy": 0.5, "latency_ms": 20})
        board = study.leaderboard()
        assert list(board["number"]) == [2, 1, 0]
        assert list(board["is_feasible"]) == [True, False, False]
        assert list(board["latency_ms"]) == [20, 30, 50]
        assert (study.best_trial.number, study.best_value) == (2, 0.5)

    def test_pareto_front_holds_what_no_other_trial_beats(self, client: Client) -> None:
        study = new_study(client, objectives={"accuracy": "maximize", "latency_ms": "minimize"})
        assert (study.pareto_front(), study.hypervolume()) == ([], None)
        for accuracy, latency in ((0.5, 20), (0.9, 10), (0.95, 15), (0.4, 30)):
            study.ask().tell({"accuracy": accuracy, "latency_ms": latency})
        assert sorted(trial.number for trial in study.pareto_front()) == [1, 2]
        volume = study.hypervolume({"accuracy": 0, "latency_ms": 50})
        assert volume == pytest.approx(0.9 * 40 + 0.05 * 35)
        assert study.hypervolume() == pytest.approx(0.5 * 20 + 0.05 * 15)
        with pytest.raises(InvalidInput, match="reference"):
            study.hypervolume({"accuracy": 0})

    def test_each_objective_has_importances(self, client: Client) -> None:
        study = new_study(client, objectives={"accuracy": "maximize", "latency_ms": "minimize"})
        study.optimize(
            lambda trial: {
                "accuracy": float(trial.params["layers"] or 0),
                "latency_ms": float(trial.params["lr"] or 0),
            },
            trials=40,
        )
        assert next(iter(study.importances("accuracy"))) == "layers"
        assert next(iter(study.importances("latency_ms"))) == "lr"
        with pytest.raises(InvalidInput, match="'size'"):
            study.importances("size")

    def test_leaderboard_of_a_new_study_is_empty(self, client: Client) -> None:
        assert new_study(client).leaderboard().empty

    def test_parameter_may_be_called_like_a_column(self, client: Client) -> None:
        space = {"number": tuner.Int(0, 3)}
        study = client.create_study(new_name(), space=space, objectives={"accuracy": "maximize"})
        study.ask().tell(0.5)
        assert "params.number" in study.leaderboard().columns
        assert list(study.to_pandas()["number"]) == [0]

    def test_objective_may_be_called_like_a_column(self, client: Client) -> None:
        study = new_study(client, objectives={"rank": "maximize"})
        study.ask().tell(0.5)
        assert list(study.leaderboard()["values.rank"]) == [0.5]
        assert list(study.leaderboard()["rank"]) == [1]

    def test_all_trials_as_a_table(self, client: Client) -> None:
        study = new_study(client)
        study.ask().tell(0.5)
        held = study.ask()
        table = study.to_pandas()
        assert list(table["state"]) == ["completed", "running"]
        assert table["accuracy"][0] == 0.5
        assert table["lr"][1] == held.params["lr"]

    def test_trials_are_walked_page_by_page(self, client: Client) -> None:
        study = new_study(client)
        study.enqueue([POINT] * 7)
        pages = all_items(lambda cursor: client.transport.trials(study.id, limit=3, cursor=cursor))
        assert [trial.number for trial in pages] == list(range(7))

    def test_trials_can_be_narrowed_to_states(self, client: Client) -> None:
        study = new_study(client)
        study.ask().tell(0.5)
        held = study.ask()
        study.enqueue(POINT)
        assert [trial.number for trial in study.trials("running")] == [held.number]
        assert [trial.number for trial in study.trials(["completed", "waiting"])] == [0, 2]
        with pytest.raises(InvalidInput, match="waiting"):
            list(study.trials("sleeping"))

    def test_importances_add_up_to_one(self, client: Client) -> None:
        study = new_study(client)
        study.optimize(lambda trial: math.log(float(trial.params["lr"] or 1)), trials=20)
        importances = study.importances()
        assert sum(importances.values()) == pytest.approx(1)
        assert list(importances.values()) == sorted(importances.values(), reverse=True)
