"""What a model family is: a name, a search space, and estimators that can be fitted, saved and loaded.

The process that composes search spaces imports every family, so nothing here or at the top of a family's module imports
NumPy, pandas or a training library; the methods of estimators do.
"""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from tuner.data.profile import ColumnKind, DatasetProfile, TargetProfile, Task
from tuner.space import Params, Scalar, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.table import Table
    from tuner.data.typed_rows import TypedRows

# What fits into one number, or a few, whatever else the row holds.
TABULAR_KINDS = frozenset(kind for kind in ColumnKind if kind.is_tabular)
# What ``TabularEncoder`` makes numbers of.
ENCODED_KINDS = TABULAR_KINDS | frozenset(kind for kind in ColumnKind if kind.is_array)
TEXT_KINDS = frozenset({ColumnKind.TEXT})


@dataclass(frozen=True)
class Verdict:
    """What the caller of ``fit`` makes of a step.

    Args:
        best_step: The best step so far, the reported one included.
        stop: Whether the estimator must stop now and keep the best step's model.
    """

    best_step: int
    stop: bool = False


class Report(ABC):
    """What an estimator tells and asks while it learns. Comes from the caller of ``fit``."""

    @abstractmethod
    def __call__(self, step: int, prediction: NDArray[np.float64]) -> Verdict:
        """Take a step, from 1, and the predictions for the validation rows made so far."""

    def should_stop(self) -> bool:
        """Whether to stop now, asked between two steps.

        Cheap enough for every round of training. Steps are reported on a fixed grid, so that curves can be compared,
        however long they take; this question is what keeps a training within its time. An estimator that is told to
        stop reports where it stands, if nothing newer was reported, and ends.
        """
        return False

    def resume(self) -> Path | None:
        """The folder of the checkpoint to go on from, as this estimator's class wrote it; None: begin anew.

        An estimator that goes on reports the best step and the last one of the checkpoint again, and then further ones.
        """
        return None

    def checkpoint(self, step: int, write: Callable[[Path], None]) -> bool:
        """Offer a checkpoint of a step that was reported, from which a later attempt could go on.

        Args:
            step: The step after which it would go on.
            write: Writes all that this takes into an existing, empty folder, as flat files without code. Called at
                once, or not at all: checkpoints that follow closely on one another are not worth their time.

        Returns:
            Whether it was written.
        """
        return False


class Estimator(ABC):
    """One candidate: parameters of a family on their way to a trained model.

    Args:
        params: A point of the family's space.
        seed: Fixes every random choice: same seed, same tables, same machine, same model.
        threads: Processor threads that fitting and predicting may use.
    """

    # Any: values of different types, checked against the family's space before.
    def __init__(self, params: Mapping[str, Any], *, seed: int, threads: int) -> None:
        self._params = params
        self._seed = seed
        self._threads = threads

    @abstractmethod
    def fit(self, train: Table, validation: Table, report: Report) -> int:
        """Learn from ``train``; the validation rows only tell when to stop, which step to keep, and the mean to meet.

        Args:
            train: Rows to learn from.
            validation: Rows that are predicted at each step.
            report: Takes a step's predictions and says whether to go on. Must be called at least once.

        Returns:
            The step whose model is kept, in the family's ``step`` units.
        """

    @abstractmethod
    def predict(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Predict rows.

        Args:
            frame: Rows with the training columns. Missing cells and categories never seen before are allowed.

        Returns:
            Probabilities, shape (n, classes), for classification (two columns for two classes); values, shape (n,),
            for regression.
        """

    def predict_rows(self, rows: TypedRows) -> NDArray[np.float64]:
        """As ``predict``, for rows that several estimators read: what they have in common is computed once."""
        return self.predict(rows.frame)

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write everything that ``load`` needs into an existing folder, as flat files without code."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path) -> Self:
        """The estimator that ``save`` wrote, ready to predict on one thread."""


class ModelFamily(ABC):
    """A kind of model and what may be tuned about it. Stateless; one instance of each lives in the registry."""

    name: ClassVar[str]
    """Stands in requests, parameter names and artifacts."""
    title: ClassVar[str]
    """For people."""
    extra: ClassVar[str]
    """The extra of this distribution that brings the libraries."""
    step: ClassVar[str]
    """What a step of the learning curve counts: ``rounds``, ``trees``, ``epochs``; ``fit`` when there is but one."""
    modules: ClassVar[tuple[str, ...]]
    """Top-level modules that must be installed."""
    reads: ClassVar[frozenset[ColumnKind]] = TABULAR_KINDS
    """Kinds of columns that it learns from; it passes over others."""
    needs: ClassVar[frozenset[ColumnKind]] = frozenset()
    """Kinds of which the table must have a column, one of them; none: any that it reads will do."""
    tasks: ClassVar[tuple[Task, ...]] = (Task.BINARY, Task.MULTICLASS, Task.REGRESSION)
    """What it can predict."""
    max_classes: ClassVar[int | None] = None
    """The most classes that it can tell apart; None: any number."""
    keeps_to_its_ranges: ClassVar[bool] = False
    """Whether a user may only narrow the ranges of its parameters, because beyond them nothing was proved."""
    is_network: ClassVar[bool] = False
    """Whether it is built with Keras, on whichever backend its process has."""
    gains_from_gpu: ClassVar[bool] = True
    """Whether a network is trained sooner on a GPU, if there is one."""
    estimator: ClassVar[type[Estimator]]
    """Its estimators."""

    def supports(self, profile: DatasetProfile, target: TargetProfile) -> bool:
        """Whether the family can predict this target at all, from the columns that it reads."""
        return (
            target.task in self.tasks
            and (self.max_classes is None or len(target.classes) <= self.max_classes)
            and any(column.kind in (self.needs or self.reads) for column in profile.features(target.name))
        )

    def suits(self, profile: DatasetProfile, target: TargetProfile) -> bool:
        """Whether it is worth a try when nobody has named the family. Whoever names it gets it on any size of table."""
        return self.supports(profile, target)

    @abstractmethod
    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        """What may be tuned on this table, under the family's own names."""

    @abstractmethod
    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        """A point of the space that is strong on most tables; tried first."""

    # Any: values of different types, checked against the family's space before.
    @abstractmethod
    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        """Roughly how long one fit takes, within a factor of about three, on one thread of a usual server.

        Args:
            profile: The table.
            target: What is predicted; the fit is one on ``target.num_rows`` rows.
            params: A point of the family's space.
        """

    def complete(self, params: Mapping[str, Scalar], profile: DatasetProfile, target: TargetProfile) -> Params:
        """The point with the default of every active parameter that it leaves out."""
        space, default = self.space(profile, target), self.default(profile, target)
        point = dict(params)
        for name in space.order:
            if name not in point and name in default and space.is_active(name, point):
                point[name] = default[name]
        return point

    def build(self, params: Mapping[str, Scalar], *, seed: int, threads: int) -> Estimator:
        """An estimator to be fitted; arguments as for ``Estimator``."""
        return self.estimator(params, seed=seed, threads=threads)

    def is_available(self) -> bool:
        """Whether the libraries are installed. Looks for them without importing."""
        return all(importlib.util.find_spec(module) is not None for module in self.modules)


def has_categories(profile: DatasetProfile, target: TargetProfile) -> bool:
    """Whether any feature is a category, so that parameters about categories have an effect."""
    return any(column.kind == "category" for column in profile.features(target.name))
