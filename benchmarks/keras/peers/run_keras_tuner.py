"""KerasTuner: random search or Hyperband over the same space, in one process, as its documentation shows it."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

os.environ |= {"KERAS_BACKEND": "jax"}

import keras
import keras_tuner
import numpy as np
from arrays import Preparation
from job import Answer, Job, TrialTimes, leave, read_data, read_job
from networks import NETWORKS, compiled

VALIDATION_SHARE = 0.2


class Network(keras_tuner.HyperModel):
    """A network as points of a space.

    Args:
        job: Names the family, and plans its epochs.
        examples: The arrays of the training examples, for their shapes.
        num_rows: How many of them are learned from.
        num_codes: How many numbers a word can have.
        num_classes: What it tells apart.
    """

    def __init__(
        self, job: Job, examples: Mapping[str, np.ndarray], num_rows: int, num_codes: int, num_classes: int
    ) -> None:
        super().__init__()
        self._job = job
        self._examples = examples
        self._num_rows = num_rows
        self._num_codes = num_codes
        self._num_classes = num_classes

    def build(self, hp: Any) -> Any:
        point = _point(hp, self._job.peer_space)
        entries = {
            name: keras.Input(array.shape[1:], dtype=array.dtype.name, name=name)
            for name, array in self._examples.items()
        }
        body = NETWORKS[self._job.family](point, entries, self._num_codes)
        num_steps = self.epochs(point["batch_size"]) * self._steps_per_epoch(point["batch_size"])
        return compiled(body, entries, point, self._num_classes, num_steps)

    def fit(self, hp: Any, model: Any, *args: Any, **options: Any) -> Any:
        batch_size = hp.get("batch_size")
        # Hyperband says how many itself.
        options.setdefault("epochs", self.epochs(batch_size))
        return model.fit(*args, batch_size=batch_size, **options)

    def epochs(self, batch_size: int) -> int:
        """How many epochs our estimator plans."""
        plan = self._job.plan
        return min(max(plan["steps"] // self._steps_per_epoch(batch_size), plan["min_epochs"]), plan["max_epochs"])

    def _steps_per_epoch(self, batch_size: int) -> int:
        # A batch may be larger than a little table.
        return max(self._num_rows // batch_size, 1)


class Deadline(keras.callbacks.Callback):
    """Ends a training when the time of the search is over.

    Args:
        at: When that is, as an instant of ``time.time``.
    """

    def __init__(self, at: float) -> None:
        super().__init__()
        self._at = at

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if time.time() > self._at:
            self.model.stop_training = True


class Timed:
    """Notes how long trials take, and hands out none once the time or the number of trials is over.

    A base beside a tuner of KerasTuner, which has no limit of time.
    """

    def limit(self, ends_at: float, num_trials: int) -> None:
        """Say when to end; ``times`` is empty then."""
        self._ends_at, self._num_trials = ends_at, num_trials
        self.times: list[TrialTimes] = []

    def on_trial_begin(self, trial: Any) -> None:
        super().on_trial_begin(trial)  # type: ignore[misc]  # here and below: of the tuner beside it
        self._began_at, self._fit_seconds = time.time(), None

    def run_trial(self, trial: Any, *args: Any, **options: Any) -> Any:
        began = time.perf_counter()
        results = super().run_trial(trial, *args, **options)  # type: ignore[misc]
        self._fit_seconds = time.perf_counter() - began
        return results

    def on_trial_end(self, trial: Any) -> None:
        super().on_trial_end(trial)  # type: ignore[misc]
        self.times.append(TrialTimes(self._began_at, time.time(), self._fit_seconds))
        if time.time() > self._ends_at or len(self.times) >= self._num_trials:
            self.oracle.max_trials = len(self.oracle.trials)  # type: ignore[attr-defined]


class TimedRandomSearch(Timed, keras_tuner.RandomSearch):
    """Random search."""


class TimedHyperband(Timed, keras_tuner.Hyperband):
    """Hyperband."""


def main() -> None:
    """Search, and predict with the best model."""
    job = read_job()
    # Keras warns of optimizer state that KerasTuner does not load, once in each trial of a later rung.
    warnings.filterwarnings("ignore")
    examples, answers, test = read_data(job)
    labels, targets = np.unique(answers, return_inverse=True)
    rng = np.random.default_rng(job.seed)
    order = rng.permutation(len(targets))
    num_rows = len(order) - int(len(order) * VALIDATION_SHARE)
    learned, validated = order[:num_rows], order[num_rows:]
    preparation = Preparation(job.kind, examples, job.peer_space)
    arrays = preparation.arrays(examples)
    num_codes = preparation.num_codes if job.kind == "text" else 0
    tuner = _tuner(job, Network(job, arrays, num_rows, num_codes, len(labels)))
    began_at = time.time()
    tuner.limit(began_at + job.seconds, job.trials)
    tuner.search(
        {name: array[learned] for name, array in arrays.items()},
        targets[learned],
        validation_data=({name: array[validated] for name, array in arrays.items()}, targets[validated]),
        callbacks=[
            keras.callbacks.EarlyStopping("val_loss", patience=job.plan["patience"]),
            Deadline(began_at + job.seconds),
        ],
        verbose=0,
    )
    ended_at = time.time()
    logits = tuner.get_best_models(1)[0].predict(preparation.arrays(test), verbose=0)
    best = tuner.get_best_hyperparameters(1)[0].values
    answer = Answer(began_at, ended_at, tuner.times, _described(job, best))
    leave(job, answer, labels[logits.argmax(axis=1)], ["keras-tuner", "keras", "jax"])


def _tuner(job: Job, network: Network) -> Any:
    settings = {
        "objective": keras_tuner.Objective("val_loss", "min"),
        "seed": job.seed + 1,  # it takes 0 for no seed
        "directory": str(Path(job.folder) / "keras_tuner"),
        "overwrite": True,
    }
    if job.system == "keras_tuner_random":
        return TimedRandomSearch(network, max_trials=job.trials, **settings)
    most_epochs = network.epochs(min(job.peer_space["batch_size"]["choices"]))
    # As many brackets as there is time for.
    return TimedHyperband(network, max_epochs=most_epochs, hyperband_iterations=1_000, **settings)


def _point(hp: Any, space: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A value of each parameter that is active."""
    point: dict[str, Any] = {}
    for name, form in space.items():
        conditions = form.get("when", {})
        # All that the space has are on one parameter, which comes before.
        for parent, values in conditions.items():
            with hp.conditional_scope(parent, list(values)):
                value = _value(hp, name, form)
            if point[parent] in values:
                point[name] = value
        if not conditions:
            point[name] = _value(hp, name, form)
    return point


def _value(hp: Any, name: str, form: Mapping[str, Any]) -> Any:
    match form["type"]:
        case "constant":
            return form["value"]
        case "int":
            return hp.Int(name, form["low"], form["high"], step=form.get("step", 1))
        case "float":
            return hp.Float(name, form["low"], form["high"], sampling="log" if form.get("log") else "linear")
        case _:
            return hp.Choice(name, form["choices"])


def _described(job: Job, values: Mapping[str, Any]) -> str:
    chosen = {name: value for name, value in values.items() if name in job.peer_space}
    return ", ".join(
        f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}" for name, value in chosen.items()
    )


if __name__ == "__main__":
    main()
