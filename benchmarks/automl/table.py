"""One table of the benchmark: where it comes from, what is predicted, and who may look at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

# With fewer there would be less than ten test rows of a class, and hardly a split would be like the next.
MIN_CLASS_ROWS = 40
# Three quarters of them are trained on, which are close to 50,000.
MAX_ROWS = 66_000
_DRAWN_BY = 20261126


class Task(StrEnum):
    """What is predicted."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


class TableSet(StrEnum):
    """Who may look at a table.

    ``development`` tables may be tuned on; ``held_out`` ones are run for published figures only. ``tiny`` ones are
    shown by themselves: with five test rows their errors are chance.
    """

    DEVELOPMENT = "development"
    HELD_OUT = "held_out"
    TINY = "tiny"


@dataclass(frozen=True)
class Table:
    """One table.

    Args:
        name: How it is called in the benchmark.
        task: What is predicted.
        target: The column that is predicted.
        set: Who may look at it.
        load: Makes the whole table.
        drop: Columns that give the target away or number the rows.
        package: The package that ``load`` imports, if it is not one of the benchmark's own.
    """

    name: str
    task: Task
    target: str
    set: TableSet
    load: Callable[[], pd.DataFrame]
    drop: tuple[str, ...] = ()
    package: str | None = None

    def frame(self) -> pd.DataFrame:
        """The table as systems get it: numbers for regression, words for classes, at most ``MAX_ROWS`` rows.

        Classes are words so that every system knows them for classes: guessing the task is not what is measured.
        """
        frame = self.load().drop(columns=list(self.drop)).dropna(subset=[self.target])
        if len(frame) > MAX_ROWS:
            frame = frame.sample(MAX_ROWS, random_state=_DRAWN_BY)
        if self.task is Task.REGRESSION:
            frame[self.target] = frame[self.target].astype(float)
        else:
            frame[self.target] = frame[self.target].map(_word)
            sizes = frame[self.target].value_counts()
            frame = frame[frame[self.target].isin(sizes.index[sizes >= MIN_CLASS_ROWS])]
        return frame.reset_index(drop=True)


def _word(label: object) -> str:
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    text = str(label)
    return text if text[:1].isalpha() else f"class_{text}"
