"""`fit` in this process, with real trainings in child processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
import scipy.sparse

import tuner
from tuner.errors import InvalidDataset, InvalidInput, NotFound, UnknownName

FAST = ["linear"]


def people(num_rows: int = 240) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    age = rng.integers(18, 80, num_rows)
    sex = rng.choice(["female", "male"], num_rows)
    noise = rng.normal(0, 8, num_rows)
    return pd.DataFrame(
        {"age": age, "sex": sex, "survived": np.where(age + 20 * (sex == "male") + noise > 58, "no", "yes")}
    )


@pytest.fixture(scope="module", autouse=True)
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """All tests of this module work in one home, unless they ask for one of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNER_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNER_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def result(shared_home: None) -> Iterator[tuner.Result]:
    found = tuner.fit(people(), "survived", time_budget=60, models=FAST, trials=2, seed=0, progress=False)
    yield found
    found.close()


def studies_seen_by_another_process() -> int:
    script = "import tuner; print(len(tuner.Client().list_studies()))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_best_model_predicts_labels_and_probabilities(result: tuner.Result) -> None:
    rows = people().drop(columns="survived")
    labels = result.predict(rows)
    assert set(labels) <= {"no", "yes"}
    assert (labels == people()["survived"]).mean() > 0.8
    chances = result.predict_proba(rows)
    assert list(chances.columns) == ["no", "yes"]
    assert chances.sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)


def test_leaderboard_shows_family_and_score(result: tuner.Result) -> None:
    board = result.leaderboard()
    assert list(board.columns[:5]) == ["rank", "number", "model", "roc_auc", "standard_error"]
    assert list(board["rank"][:2]) == [1, 2]
    assert board["roc_auc"][0] == result.score > 0.8
    assert {"ensemble", "linear", "baseline"} <= set(board["model"])
    assert result.best_params["model"] == "ensemble"
    assert "ensemble" in repr(result)
    assert "<table" in result._repr_html_()


def test_closed_result_predicts_and_leaves_the_database_to_others(own_home: None) -> None:
    found = tuner.fit(people(), "survived", time_budget=60, models=FAST, trials=1, progress=False)
    found.close()
    assert studies_seen_by_another_process() == 1
    assert len(found.predict([{"age": 20, "sex": "female"}])) == 1


def test_model_can_be_kept_as_a_file(result: tuner.Result, tmp_path: Path) -> None:
    model = result.study.best_model(tmp_path / "models" / "best.zip")
    assert (tmp_path / "models" / "best.zip").is_file()
    assert len(model.predict(people().head(3))) == 3


def test_study_is_continued(result: tuner.Result) -> None:
    before = result.study.num_trials
    more = tuner.fit(people(), resume=result.study.name, time_budget=60, trials=1, progress=False)
    assert more.study.id == result.study.id
    # The further candidate, and an ensemble that may choose it.
    assert more.study.num_trials == before + 2
    more.close()


def test_study_is_not_continued_on_another_table(result: tuner.Result) -> None:
    with pytest.raises(InvalidInput, match="another table"):
        tuner.fit(people(100), resume=result.study.name)


def test_arguments_that_a_continued_study_has_already_are_refused(result: tuner.Result) -> None:
    with pytest.raises(InvalidInput, match="metric and models was given"):
        tuner.fit(people(), resume=result.study.name, metric="accuracy", models=FAST)


def test_features_and_target_may_be_given_apart() -> None:
    frame = people()
    found = tuner.fit((frame[["age", "sex"]], frame["survived"]), time_budget=60, models=FAST, trials=1, progress=False)
    assert found.metric == "roc_auc"
    assert set(found.predict(frame[["age", "sex"]])) == {"no", "yes"}
    found.close()


def test_labels_that_are_digits_in_text_come_back_as_text() -> None:
    frame = people()
    labels = np.where(frame["survived"] == "yes", "1", "0")
    features = frame[["age", "sex"]]
    found = tuner.fit(features, labels, time_budget=60, models=FAST, trials=1, progress=False)
    assert (found.predict(features) == labels).mean() > 0.6
    assert set(found.predict_proba(features).columns) == {"0", "1"}
    found.close()


def test_arrays_are_a_table_too() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(120, 4))
    features[:, 1] = 5.0  # says nothing, and is not among what the model knows
    target = features @ [1.0, 0.0, 2.0, 3.0]
    found = tuner.fit(features, "self", y=target, time_budget=60, models=FAST, trials=1, progress=False)
    assert found.metric == "rmse"
    predicted = found.predict(features)
    assert np.abs(predicted - target).mean() < 1
    named = pd.DataFrame(features, columns=["x0", "x1", "x2", "x3"])
    assert found.predict(named).tolist() == predicted.tolist()
    found.close()


@pytest.mark.slow
def test_budget_holds_as_wall_time(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    people().to_csv(path, index=False)
    started = time.monotonic()
    found = tuner.fit(path, "survived", time_budget="12s", models=["linear", "random_forest"], progress=False)
    seconds = time.monotonic() - started
    assert found.study.state == "completed"
    assert found.study.name.startswith("people-")
    # One second when the machine is idle; other tests may run beside this one.
    assert 10 < seconds < 12 + 8
    found.close()


def test_whatever_the_time_there_is_a_model() -> None:
    found = tuner.fit(people(), "survived", time_budget=0.1, models=FAST, progress=False)
    assert found.score >= 0.4
    assert set(found.predict(people().head(3))) <= {"no", "yes"}
    found.close()


@pytest.mark.parametrize(
    ("late", "has_candidate", "counts", "is_done"),
    [
        (-1.0, True, {"completed": 2, "running": 1}, False),
        (0.5, True, {"completed": 2, "running": 1}, True),
        (0.5, False, {"completed": 1, "running": 1}, False),
        (0.5, False, {"completed": 1, "waiting": 3}, True),
        (2.5, False, {"completed": 1, "running": 1}, True),
        (2.5, False, {"running": 2}, False),
    ],
)
def test_first_model_is_waited_for_a_while(
    result: tuner.Result, late: float, has_candidate: bool, counts: dict[str, int], is_done: bool
) -> None:
    study = result.study.resource.model_copy(update={"state": "running", "counts": counts})
    assert tuner.automatic._is_done(study, late, tuner.Budget(seconds=5).grace_seconds, has_candidate) is is_done


def test_interrupt_returns_the_best_so_far(own_home: None) -> None:
    def interrupt_after_the_first_model() -> None:
        with tuner.Client() as client:
            while not any(study.resource.best_number for study in client.list_studies()):
                time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Timer(1.0, interrupt_after_the_first_model).start()
    started = time.monotonic()
    found = tuner.fit(people(), "survived", time_budget="10m", models=FAST, progress=False)
    assert found.score > 0.8
    assert found.study.state == "paused"
    assert time.monotonic() - started < 60
    found.close()


def test_no_training_is_left_running() -> None:
    before = psutil.Process().children()
    found = tuner.fit(people(), "survived", time_budget=2, models=["random_forest"], progress=False)
    # Other tests of this process may keep workers of theirs.
    assert [child for child in psutil.Process().children() if child not in before] == []
    found.close()


@pytest.mark.parametrize(
    ("time_budget", "seconds"), [("60s", 60), ("10m", 600), ("1h", 3600), ("1h30m", 5400), ("1.5m 5s", 95), ("7", 7)]
)
def test_time_may_be_written_in_words(time_budget: str, seconds: float) -> None:
    assert tuner.automatic._seconds(time_budget) == seconds


@pytest.mark.parametrize("time_budget", ["", "soon", "0s", "-1s", 0, -1, True, float("nan"), "s"])
def test_what_is_no_time_is_refused(time_budget: str | float) -> None:
    with pytest.raises(InvalidInput, match="time_budget"):
        tuner.fit(people(), "survived", time_budget=time_budget)


def test_target_must_be_named() -> None:
    with pytest.raises(InvalidInput, match="Name the column"):
        tuner.fit(people())


def test_target_must_be_a_column() -> None:
    with pytest.raises(InvalidDataset, match="survived"):
        tuner.fit(people(), "surived")


def test_missing_file_is_told() -> None:
    with pytest.raises(NotFound):
        tuner.fit("nowhere.csv", "y")


def test_unknown_family_is_told() -> None:
    with pytest.raises(UnknownName, match="lightgbm"):
        tuner.fit(people(), "survived", models=["lightgmb"])


def test_failed_trainings_are_told(own_home: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "xgboost.py").write_text("raise RuntimeError('the library is damaged')\n")
    # Trainings inherit it.
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))
    models = [*FAST, "xgboost"]
    found = tuner.fit(people(), "survived", time_budget=60, models=models, trials=2, seed=0, progress=False)
    assert found.warnings[-1] == "A training failed, of xgboost: RuntimeError: the library is damaged"
    assert set(found.predict(people())) == {"yes", "no"}
    found.close()


def test_lengths_must_agree() -> None:
    with pytest.raises(InvalidInput, match="3 rows, but y has 2"):
        tuner.fit(np.zeros((3, 2)), y=[1, 2])


def test_target_cannot_be_given_twice() -> None:
    with pytest.raises(InvalidInput, match="target must be a name where y is given, got list"):
        tuner.fit(np.zeros((2, 2)), [1, 2], y=[1, 2])


@pytest.mark.parametrize("form", [lambda y: np.array(y)[:, None], lambda y: pd.DataFrame({"answer": y})])
def test_target_may_be_a_single_column(form: Any) -> None:
    features = [[float(place % 7), place % 2] for place in range(60)]
    labels = ["up" if place % 2 else "down" for place in range(60)]
    found = tuner.fit(features, form(labels), time_budget=60, models=FAST, trials=1, progress=False)
    assert found.predict(features).tolist() == labels
    found.close()


@pytest.mark.parametrize(
    ("features", "y", "message"),
    [
        (np.zeros((4, 2)), np.eye(4), r"y has the shape \(4, 4\), .*argmax"),
        (pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])), [1], "2 levels.*Join them"),
        (scipy.sparse.eye_array(3).tocsr(), [1, 2, 3], r"sparse matrix \(csr_array\).*toarray"),
    ],
)
def test_data_that_is_no_table_is_refused_with_the_remedy(features: Any, y: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=f"(?s){message}"):
        tuner.fit(features, y)


def test_target_that_is_also_a_feature_is_told() -> None:
    frame = people()
    with pytest.raises(InvalidInput, match="X has a column 'survived'"):
        tuner.fit((frame, frame["survived"]))


@pytest.mark.parametrize(
    ("features", "y", "place"),
    [
        (np.array([[1, "a"], [2, "\ud800"]], dtype=object), [1, 2], "Row 1, column 'x1':"),
        (np.array([["1", "a"], ["\ud800", "b"]]), [1, 2], "Row 1, column 'x0':"),
        ([[1, "\ud800"], [2, "a"]], [1, 2], "Row 0, column 'x1':"),
        (np.zeros((2, 1)), np.array(["a", "\ud800"], dtype=object), "Row 1, column 'target':"),
        (np.zeros((2, 1)), ["\ud800", "a"], "Row 0, column 'target':"),
        (np.zeros((2, 1)), pd.Series([1, 2], name="\ud800"), "The name of the target:"),
    ],
)
def test_text_that_no_table_can_hold_is_told_with_its_place(features: Any, y: Any, place: str) -> None:
    with pytest.raises(InvalidDataset, match=rf"{place} '\\ud800' has half of a surrogate pair"):
        tuner.fit((features, y))


@pytest.mark.slow
def test_failed_call_leaves_the_database_to_others(own_home: None) -> None:
    with pytest.raises(InvalidInput):
        tuner.fit(people())
    assert studies_seen_by_another_process() == 0
