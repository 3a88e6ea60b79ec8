"""The table of the demonstration: real measurements that come with scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuner.errors import MissingExtra

if TYPE_CHECKING:
    import pandas as pd

_TEST_SHARE = 0.2


@dataclass(frozen=True)
class DemoTable:
    """A table to train on, and rows of it that are held out to judge the result."""

    title: str
    target: str
    train: pd.DataFrame
    test: pd.DataFrame

    @property
    def baseline(self) -> float:
        """Share of held-out rows that the most frequent answer gets right."""
        answer = self.train[self.target].mode()[0]
        return float((self.test[self.target] == answer).mean())


def load_demo_table() -> DemoTable:
    """Breast Cancer Wisconsin (Diagnostic): 569 tumours, 30 measurements of cell nuclei, malignant or benign.

    Source: Street, Wolberg and Mangasarian (1993).
    """
    try:
        from sklearn.datasets import load_breast_cancer
        from sklearn.model_selection import train_test_split
    except ModuleNotFoundError as error:
        raise MissingExtra("local", "tuner demo") from error
    loaded = load_breast_cancer(as_frame=True)
    labels = loaded.target.map(dict(enumerate(loaded.target_names)))
    rows = loaded.data.assign(diagnosis=labels)
    train, test = train_test_split(rows, test_size=_TEST_SHARE, stratify=labels, random_state=0)
    return DemoTable("Breast Cancer Wisconsin", "diagnosis", train, test)
