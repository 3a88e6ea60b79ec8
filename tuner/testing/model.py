"""What model families promise. Subclass a contract in a test module to check one.

``ModelFamilyContract`` holds for every family, on data that ``data`` gives; ``TableFamilyContract`` is for those that
read tables. What networks promise beside this stands in ``tuner.testing.network``.

Example:
    ```python
    class TestLightGBM(TableFamilyContract):
        family = LightGBM()
    ```
"""

from __future__ import annotations

import functools
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from tuner.artifact import ModelFacts, save_model
from tuner.data import TABLE_TASKS, ColumnKind, DatasetProfile, Task, target_profile
from tuner.data.frames import plain_frame
from tuner.data.profiling import profile_table
from tuner.data.splits import folds
from tuner.data.table import Table, build_table, features_frame
from tuner.models import Estimator, ModelFamily, Report, Verdict
from tuner.models.imbalance import CLASS_WEIGHT
from tuner.space import Params
from tuner.training.metrics import default_metric, metric

_NUM_ROWS = 320
_CITIES = ("München", "東京", "Łódź", "São Paulo", 'O\'Brien, "Bay"')
# How much each city adds to the target.
_WEIGHTS = {"München": 1.5, "東京": -1.5, "Łódź": 0.5, "São Paulo": -0.5, 'O\'Brien, "Bay"': 0.0}


@dataclass(frozen=True)
class Data:
    """A table with its profile, divided in two."""

    profile: DatasetProfile
    table: Table
    train: Table
    validation: Table


@dataclass(frozen=True)
class Trained:
    """A fitted estimator with what it reported on the way."""

    estimator: Estimator
    kept: int
    steps: tuple[int, ...]
    reported: tuple[NDArray[np.float64], ...]


class KeepLatest(Report):
    """Takes every step for the best so far and lets the training run to its end."""

    def __call__(self, step: int, prediction: NDArray[np.float64]) -> Verdict:
        return Verdict(step)


class Curve(Report):
    """Scores the steps with the task's default metric and remembers them.

    Args:
        data: Where the steps are scored.
        stop: Whether to stop after a step.
        should_stop: Whether to stop between steps.
    """

    def __init__(self, data: Data, stop: Callable[[int], bool], should_stop: Callable[[], bool]) -> None:
        self._data = data
        self._metric = default_metric(data.table.target_profile.task)
        self._stop = stop
        self._should_stop = should_stop
        self._losses: list[float] = []
        self.steps: list[int] = []
        self.reported: list[NDArray[np.float64]] = []

    def __call__(self, step: int, prediction: NDArray[np.float64]) -> Verdict:
        self.steps.append(step)
        self.reported.append(prediction)
        score = self._metric.score(self._data.validation.target, prediction)
        self._losses.append(self._metric.direction.sign * score)
        return Verdict(best_step=self.steps[int(np.argmin(self._losses))], stop=self._stop(step))

    def should_stop(self) -> bool:
        return self._should_stop()


@functools.cache
def small_data(task: Task, num_rows: int = _NUM_ROWS) -> Data:
    """A table with numbers, gaps, categories in several scripts, truth values, and a relation that can be learned."""
    rng = np.random.Generator(np.random.Philox(20))
    city = rng.choice(list(_WEIGHTS), num_rows)
    size = rng.normal(170, 10, num_rows).round(2)
    income = rng.lognormal(10, 1, num_rows).round(2)
    member = rng.choice(["yes", "no"], num_rows)
    signal = (
        (size - 170) / 10
        + np.array([_WEIGHTS[name] for name in city])
        + (member == "yes")
        + rng.normal(0, 0.4, num_rows)
    )
    frame = pd.DataFrame({"größe": size, "city": city, "income": income, "member": member}, dtype=object)
    for name in frame.columns:
        frame.loc[rng.random(num_rows) < 0.08, name] = None
    match task:
        case Task.BINARY:
            frame["target"] = np.where(signal > np.median(signal), "да", "нет")
        case Task.MULTICLASS:
            frame["target"] = np.digitize(signal, np.quantile(signal, [0.4, 0.8])) + 1
        case Task.REGRESSION:
            frame["target"] = (1000 + 50 * signal).round(3)
    plain = plain_frame(frame)
    profile = profile_table(plain)
    table = build_table(plain, profile, target_profile(profile, "target"))
    assert table.task is task
    assert {column.kind for column in table.columns} == {ColumnKind.NUMBER, ColumnKind.CATEGORY, ColumnKind.BOOLEAN}
    split = folds(table, seed=0, count=4)[1]
    return Data(profile, table, table.take(split.train), table.take(split.validation))


def fit(
    family: ModelFamily,
    data: Data,
    params: Params | None = None,
    *,
    seed: int = 0,
    stop: Callable[[int], bool] = lambda _: False,
    should_stop: Callable[[], bool] = lambda: False,
) -> Trained:
    """Fit an estimator as training does, with the task's default metric.

    Args:
        family: What to build.
        data: Where to learn and to score.
        params: A point of the family's space; by default its default.
        seed: The estimator's seed.
        stop: Whether to stop after a step.
        should_stop: Whether to stop between steps.
    """
    chosen = family.default(data.profile, data.table.target_profile) if params is None else params
    estimator = family.build(chosen, seed=seed, threads=1)
    curve = Curve(data, stop, should_stop)
    kept = estimator.fit(data.train, data.validation, curve)
    return Trained(estimator, kept, tuple(curve.steps), tuple(curve.reported))


each_task = pytest.mark.parametrize("task", TABLE_TASKS)


class ModelFamilyContract:
    """The promises of a family. A subclass names the family, and what it learns from unless that is a table."""

    family: ClassVar[ModelFamily]
    least: ClassVar[Mapping[Task, tuple[str, float]]] = {
        Task.BINARY: ("roc_auc", 0.85),
        Task.MULTICLASS: ("accuracy", 0.65),
        Task.REGRESSION: ("r2", 0.6),
    }
    """What the default reaches at least on the rows it has not seen: a metric, and its value."""

    @classmethod
    def data(cls, task: Task) -> Data:
        """Data with a relation that can be learned; three classes in a multiclass task."""
        return small_data(task)

    @pytest.fixture(autouse=True)
    def _only_its_own_tasks(self, request: pytest.FixtureRequest) -> None:
        task = getattr(request.node, "callspec", None) and request.node.callspec.params.get("task")
        if isinstance(task, Task) and task not in self.family.tasks:
            pytest.skip(f"{self.family.name} does not predict a {task} target")

    @property
    def _any_task(self) -> Task:
        return self.family.tasks[0]

    @classmethod
    @functools.cache
    def _fitted(cls, task: Task) -> Trained:
        """The default, trained. Training is the slow part, so tests that only look at its result share it."""
        return fit(cls.family, cls.data(task))

    @each_task
    def test_default_lies_in_the_space(self, task: Task) -> None:
        data = self.data(task)
        default = self.family.default(data.profile, data.table.target_profile)
        assert self.family.space(data.profile, data.table.target_profile).check(default) == default

    @pytest.mark.parametrize("num_rows", [4, 1_000_000])
    def test_default_lies_in_the_space_of_any_number_of_rows(self, num_rows: int) -> None:
        data = self.data(self._any_task)
        target = replace(data.table.target_profile, num_rows=num_rows)
        profile = replace(data.profile, num_rows=num_rows)
        default = self.family.default(profile, target)
        assert self.family.space(profile, target).check(default) == default

    def test_empty_point_is_completed_to_the_default(self) -> None:
        data = self.data(self._any_task)
        default = self.family.default(data.profile, data.table.target_profile)
        assert self.family.complete({}, data.profile, data.table.target_profile) == default

    @each_task
    def test_predictions_have_a_column_for_each_class(self, task: Task) -> None:
        data = self.data(task)
        prediction = self._fitted(task).estimator.predict(data.validation.features)
        assert prediction.dtype == np.float64
        classes = data.table.target_profile.classes
        assert prediction.shape == (data.validation.num_rows, *([len(classes)] if classes else []))

    @pytest.mark.parametrize("task", [Task.BINARY, Task.MULTICLASS])
    def test_probabilities_sum_to_one(self, task: Task) -> None:
        prediction = self._fitted(task).estimator.predict(self.data(task).validation.features)
        assert (prediction >= 0).all()
        np.testing.assert_allclose(prediction.sum(axis=1), 1, rtol=1e-6)

    @each_task
    def test_default_learns_the_relation(self, task: Task) -> None:
        data = self.data(task)
        prediction = self._fitted(task).estimator.predict(data.validation.features)
        name, least = self.least[task]
        assert metric(name, task).score(data.validation.target, prediction) > least

    @pytest.mark.parametrize("task", [Task.REGRESSION])
    def test_quantities_far_from_zero_are_learned(self, task: Task) -> None:
        data = self.data(task)
        train, validation = (
            replace(part, target=np.asarray(part.target * 1e-3 + 1.7e9, np.float64))
            for part in (data.train, data.validation)
        )
        trained = fit(self.family, replace(data, train=train, validation=validation))
        prediction = trained.estimator.predict(validation.features)
        assert metric("r2", Task.REGRESSION).score(validation.target, prediction) > self.least[task][1]

    @each_task
    def test_reports_rising_steps(self, task: Task) -> None:
        steps = self._fitted(task).steps
        assert steps[0] >= 1
        assert all(earlier < later for earlier, later in pairwise(steps))
        assert len(steps) == 1 if self.family.step == "fit" else len(steps) > 1

    @each_task
    def test_the_kept_step_is_the_model(self, task: Task) -> None:
        trained = self._fitted(task)
        prediction = trained.estimator.predict(self.data(task).validation.features)
        reported = trained.reported[trained.steps.index(trained.kept)]
        np.testing.assert_allclose(prediction, reported, rtol=1e-6, atol=1e-9)

    def test_stops_at_once_and_can_predict(self) -> None:
        data = self.data(self._any_task)
        # The second step, or the only one of a family that learns in one go.
        told_at = self._fitted(self._any_task).steps[:2][-1]
        trained = fit(self.family, data, stop=lambda step: step == told_at)
        assert trained.steps[-1] == told_at
        assert trained.kept in trained.steps
        assert np.isfinite(trained.estimator.predict(data.validation.features)).all()

    def test_stops_between_steps_and_can_predict(self) -> None:
        data = self.data(self._any_task)
        trained = fit(self.family, data, should_stop=lambda: True)
        assert len(trained.steps) == 1
        assert trained.kept == trained.steps[0] <= self._fitted(self._any_task).steps[0]
        assert np.isfinite(trained.estimator.predict(data.validation.features)).all()

    def test_estimate_of_time_grows_with_the_rows(self) -> None:
        data = self.data(self._any_task)
        target = data.table.target_profile
        default = self.family.default(data.profile, target)
        small, large = (
            self.family.fit_seconds(
                replace(data.profile, num_rows=num_rows), replace(target, num_rows=num_rows), default
            )
            for num_rows in (300, 30_000)
        )
        assert 0 < small < large

    @pytest.mark.parametrize("task", [Task.BINARY, Task.REGRESSION])
    def test_two_rows_can_be_trained(self, task: Task) -> None:
        data = self.data(task)
        rows = np.array([int(data.train.target.argmin()), int(data.train.target.argmax())])
        trained = fit(self.family, replace(data, train=data.train.take(rows)), stop=lambda _: True)
        assert np.isfinite(trained.estimator.predict(data.validation.features)).all()

    @each_task
    def test_same_seed_gives_same_predictions(self, task: Task) -> None:
        data = self.data(task)
        first, again = self._fitted(task), fit(self.family, data)
        assert again.steps == first.steps
        np.testing.assert_array_equal(
            again.estimator.predict(data.validation.features), first.estimator.predict(data.validation.features)
        )

    def test_global_random_state_is_left_alone(self) -> None:
        # What is imported on the way may draw, once.
        self._fitted(self._any_task)
        # Drawn from twice around a fit; nobody else may have drawn or seeded in between.
        random.seed(3)
        np.random.seed(3)
        expected = (random.random(), random.random()), (np.random.random(), np.random.random())
        random.seed(3)
        np.random.seed(3)
        first = random.random(), np.random.random()
        fit(self.family, self.data(self._any_task), stop=lambda _: True)
        second = random.random(), np.random.random()
        assert ((first[0], second[0]), (first[1], second[1])) == expected

    @pytest.mark.parametrize("draw", range(3))
    def test_drawn_points_can_be_trained(self, draw: int) -> None:
        data = self.data(self.family.tasks[draw % len(self.family.tasks)])
        space = self.family.space(data.profile, data.table.target_profile)
        params = space.draw(np.random.Generator(np.random.Philox(draw)))
        trained = fit(self.family, data, params, stop=lambda _: True)
        assert np.isfinite(trained.estimator.predict(data.validation.features)).all()

    @pytest.mark.parametrize("task", [Task.REGRESSION])
    def test_a_few_rows_can_be_trained(self, task: Task) -> None:
        data = self.data(task)
        tiny = replace(data, train=data.train.take(np.arange(3)), validation=data.validation.take(np.arange(1)))
        trained = fit(self.family, tiny, stop=lambda _: True)
        assert np.isfinite(trained.estimator.predict(data.validation.features)).all()

    @pytest.mark.parametrize("task", [Task.MULTICLASS])
    def test_no_rows_give_no_predictions(self, task: Task) -> None:
        prediction = self._fitted(task).estimator.predict(self.data(task).validation.features.iloc[:0])
        assert prediction.shape == (0, 3)

    @each_task
    def test_loaded_model_predicts_the_same(self, task: Task, tmp_path: Path) -> None:
        data = self.data(task)
        estimator = self._fitted(task).estimator
        estimator.save(tmp_path)
        loaded = self.family.estimator.load(tmp_path)
        np.testing.assert_array_equal(
            loaded.predict(data.validation.features), estimator.predict(data.validation.features)
        )

    def test_saved_model_has_flat_files_without_pickles(self, tmp_path: Path) -> None:
        self._fitted(self._any_task).estimator.save(tmp_path)
        assert_flat_without_pickles(tmp_path)

    @each_task
    def test_saved_model_predicts_in_another_process(self, task: Task, tmp_path: Path) -> None:
        data = self.data(task)
        target = data.table.target_profile
        facts = ModelFacts(
            family=self.family.name,
            params=self.family.default(data.profile, target),
            target=target,
            target_form=data.profile.column(target.name).form,
            columns=data.table.columns,
            metric=default_metric(task).name,
            value=0.0,
        )
        estimator = self._fitted(task).estimator
        save_model(tmp_path / "model", [estimator], facts)
        # The test's own rows, between two processes of its own; models have no pickles.
        data.validation.features.to_pickle(tmp_path / "rows.pkl")
        program = (
            "import sys, numpy, pandas; from tuner.artifact import load_model;"
            "model, rows = load_model(sys.argv[1]), pandas.read_pickle(sys.argv[2]);"
            "numpy.save(sys.argv[3], model.predict_proba(rows) if model.classes else model.predict(rows))"
        )
        arguments = [str(tmp_path / name) for name in ("model", "rows.pkl", "prediction.npy")]
        subprocess.run([sys.executable, "-P", "-c", program, *arguments], check=True, timeout=120)
        np.testing.assert_allclose(
            np.load(tmp_path / "prediction.npy"), estimator.predict(data.validation.features), rtol=1e-5, atol=1e-7
        )


class TableFamilyContract(ModelFamilyContract):
    """The promises of a family that reads tables."""

    def test_columns_of_one_value_can_be_trained(self) -> None:
        data = self.data(Task.BINARY)
        features = data.train.features.assign(city=None, member=np.nan, income=7.0)
        trained = fit(self.family, replace(data, train=replace(data.train, features=features)), stop=lambda _: True)
        assert np.isfinite(trained.estimator.predict(data.validation.features)).all()

    @pytest.mark.parametrize("task", [Task.BINARY, Task.MULTICLASS])
    def test_balanced_weights_are_learned_with(self, task: Task) -> None:
        data = _with_a_rare_class(self.data(task))
        default = self.family.default(data.profile, data.table.target_profile)
        # Families to which the weight of a row means nothing have no such parameter.
        if CLASS_WEIGHT in default:
            usual, balanced = (
                fit(self.family, data, {**default, CLASS_WEIGHT: weight}).estimator.predict(data.validation.features)
                for weight in ("none", "balanced")
            )
            assert np.isfinite(balanced).all()
            assert not np.allclose(balanced, usual)

    @each_task
    def test_new_categories_and_gaps_are_predicted(self, task: Task) -> None:
        data = self.data(task)
        rows = pd.DataFrame(
            {"größe": [None, 171.5], "city": ["Atlantis", None], "income": [None, None], "member": [None, "maybe"]}
        )
        prediction = self._fitted(task).estimator.predict(features_frame(rows, data.table.columns))
        assert np.isfinite(prediction).all()

    def test_outliers_are_predicted(self) -> None:
        data = self.data(Task.BINARY)
        rows = pd.DataFrame(
            {"größe": [1e300, -1e300], "city": ["東京"] * 2, "income": [1e300, 0], "member": ["yes", "no"]}
        )
        prediction = self._fitted(Task.BINARY).estimator.predict(features_frame(rows, data.table.columns))
        assert np.isfinite(prediction).all()


def _with_a_rare_class(data: Data) -> Data:
    """The data with a sixth of the training rows of the first class."""
    is_left = (data.train.target != 0) | (np.arange(data.train.num_rows) % 6 == 0)
    train = data.train.take(np.flatnonzero(is_left))
    counts = tuple(np.bincount(train.target).tolist())
    target = replace(train.target_profile, num_rows=train.num_rows, class_counts=counts)
    return replace(data, table=replace(data.table, target_profile=target), train=replace(train, target_profile=target))


def assert_flat_without_pickles(folder: Path) -> None:
    """Check that a folder has files, none of which a reader could be made to run."""
    files = list(folder.iterdir())
    assert files
    assert all(path.is_file() for path in files)
    for path in files:
        assert not path.read_bytes().startswith(b"\x80")
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                assert not [name for name in archive.namelist() if name.endswith((".pkl", ".pickle"))]
