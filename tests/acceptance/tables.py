"""Real tables, and one that takes long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine


@dataclass(frozen=True)
class HeldOut:
    """A table of which the service sees one part.

    Args:
        seen: Rows to upload.
        unseen: Rows to predict.
        target: Name of the column to predict.
    """

    seen: pd.DataFrame
    unseen: pd.DataFrame
    target: str

    @property
    def csv(self) -> bytes:
        """The seen part as a file."""
        return self.seen.to_csv(index=False).encode()


def wine() -> HeldOut:
    """Three sorts of wine by what chemistry finds in them: 178 rows, 13 numbers."""
    bunch = load_wine(as_frame=True)
    return _held_out(bunch.data.assign(sort=bunch.target.map({0: "Barolo", 1: "Grignolino", 2: "Barbera"})), "sort")


def breast_cancer() -> HeldOut:
    """Tumours by what a microscope shows: 569 rows, 30 numbers, two classes."""
    bunch = load_breast_cancer(as_frame=True)
    return _held_out(bunch.data.assign(benign=bunch.target), "benign")


def diabetes() -> HeldOut:
    """Progress of a disease after a year: 442 rows, 10 numbers, a number to predict."""
    bunch = load_diabetes(as_frame=True, scaled=False)
    return _held_out(bunch.data.assign(progress=bunch.target), "progress")


def slow() -> bytes:
    """A made-up table on which a forest takes seconds."""
    rng = np.random.Generator(np.random.Philox(0))
    frame = pd.DataFrame(rng.normal(size=(8_000, 20)).round(6), columns=[f"x{i}" for i in range(20)])
    frame["y"] = np.where(frame["x0"] * frame["x1"] + rng.normal(size=len(frame)) > 0, "yes", "no")
    return frame.to_csv(index=False).encode()


def _held_out(frame: pd.DataFrame, target: str) -> HeldOut:
    shuffled = frame.sample(frac=1, random_state=0).reset_index(drop=True)
    num_seen = round(len(shuffled) * 0.8)
    return HeldOut(shuffled[:num_seen], shuffled[num_seen:].reset_index(drop=True), target)
