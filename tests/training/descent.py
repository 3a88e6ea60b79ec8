"""A family that learns by gradient descent and keeps checkpoints, in a few lines: what resuming is tested with."""

from __future__ import annotations

import json
import os
import time

import numpy as np

from tuner.models import Estimator, ModelFamily, registry
from tuner.space import Float, Int, SearchSpace
from tuner.training import TrainingJob, TrainingResult, checkpoints, train
from tuner.training.channel import Channel

STATE = "state.json"


class DescentEstimator(Estimator):
    """Least squares with momentum over the table's numbers. Prints which epochs it has trained."""

    def fit(self, train, validation, report):
        x, y = self._numbers(train.features), train.target
        weights, speed, kept, first, best = np.zeros(x.shape[1]), np.zeros(x.shape[1]), np.zeros(x.shape[1]), 1, 0
        folder = report.resume()
        if folder is not None:
            state = json.loads((folder / STATE).read_text())
            weights, speed, kept = (np.array(state[name]) for name in ("weights", "speed", "kept"))
            first, best = state["epoch"] + 1, state["best"]
        for epoch in range(first, self._params["epochs"] + 1):
            for row in np.random.Generator(np.random.Philox([self._seed, epoch])).permutation(len(y)):
                if report.should_stop():
                    break
                error = x[row] @ weights - y[row]
                speed = 0.9 * speed - self._params["learning_rate"] * error * x[row]
                weights = weights + speed
            time.sleep(self._params["pause"])
            print("epoch", epoch)
            verdict = report(epoch, self._predict(weights, x=self._numbers(validation.features)))
            best = verdict.best_step
            if best == epoch:
                kept = weights
            arrays = {"weights": weights, "speed": speed, "kept": kept}
            state = {name: array.tolist() for name, array in arrays.items()} | {"epoch": epoch, "best": best}
            report.checkpoint(epoch, lambda into, state=state: (into / STATE).write_text(json.dumps(state)))
            if verdict.stop:
                break
        self._weights = kept
        return best

    def predict(self, frame):
        return self._predict(self._weights, self._numbers(frame))

    def save(self, folder):
        (folder / "weights.json").write_text(json.dumps(self._weights.tolist()))

    @classmethod
    def load(cls, folder):
        loaded = cls({}, seed=0, threads=1)
        loaded._weights = np.array(json.loads((folder / "weights.json").read_text()))
        return loaded

    @staticmethod
    def _predict(weights, x):
        return x @ weights

    @staticmethod
    def _numbers(frame):
        return frame.select_dtypes("number").to_numpy(np.float64)


class Descent(ModelFamily):
    name = "descent"
    title = "Gradient descent"
    extra = "local"
    step = "epochs"
    modules = ("numpy",)
    estimator = DescentEstimator

    def space(self, profile, target):
        return SearchSpace(
            {"epochs": Int(1, 1000), "learning_rate": Float(1e-6, 0.1), "pause": Float(0, 10)},
        )

    def default(self, profile, target):
        return {"epochs": 6, "learning_rate": 1e-3, "pause": 0.0}

    def fit_seconds(self, profile, target, params):
        return 1.0


def register() -> None:
    """Make the family one that there is, in this process."""
    if "descent" not in registry.families():
        registry._FAMILIES = (*registry._FAMILIES, Descent())


def trained_epochs(log: str) -> list[int]:
    """Which epochs were trained, as told by what was printed."""
    return [int(line.split()[1]) for line in log.splitlines() if line.startswith("epoch ")]


def act(job: TrainingJob, channel: Channel) -> TrainingResult:
    """What a child process does that may train this family. Checkpoints come at each step, which are short here."""
    register()
    checkpoints._PAUSE_SECONDS = checkpoints._PAUSES_PER_WRITE = 0.0
    print("pid", os.getpid())
    return train(job, channel)
