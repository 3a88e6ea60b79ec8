"""A fitted fold of a candidate, in memory and in a folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tuner.models import Estimator, ModelFamily
from tuner.training.held_out import HeldOut

_MODEL_FOLDER = "model"
_PREDICTIONS_FILE = "held_out.npz"
_FACTS_FILE = "fold.json"


@dataclass(frozen=True)
class Fold:
    """A fitted fold.

    Args:
        estimator: The model of its best step.
        best_step: That step.
        held_out: What it predicts for the rows that it has not learned from.
        num_train_rows: Rows that it has learned from.
        seconds: Time that the fit took, in all attempts.
        was_stopped: Whether the fit was ended before it was done.
        is_nearly_done: Whether it had come far enough for its model to be worth having all the same.
    """

    estimator: Estimator
    best_step: int
    held_out: HeldOut
    num_train_rows: int
    seconds: float
    was_stopped: bool
    is_nearly_done: bool

    def save(self, folder: Path) -> None:
        """Write it into an existing, empty folder."""
        (folder / _MODEL_FOLDER).mkdir()
        self.estimator.save(folder / _MODEL_FOLDER)
        self.held_out.write(folder / _PREDICTIONS_FILE)
        facts = {
            "best_step": self.best_step,
            "num_train_rows": self.num_train_rows,
            "seconds": self.seconds,
            "was_stopped": self.was_stopped,
            "is_nearly_done": self.is_nearly_done,
        }
        (folder / _FACTS_FILE).write_text(json.dumps(facts))

    @classmethod
    def load(cls, folder: Path, family: ModelFamily) -> Self:
        """The fold that ``save`` wrote."""
        facts = json.loads((folder / _FACTS_FILE).read_text())
        estimator = family.estimator.load(folder / _MODEL_FOLDER)
        return cls(estimator, held_out=HeldOut.read(folder / _PREDICTIONS_FILE), **facts)
