"""What estimators for forecasts share: they remember where every series ends, and answer for times after that."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from tuner.data.profile import DatasetProfile, TargetProfile, Task
from tuner.models.base import Estimator, ModelFamily, Report
from tuner.space import Categorical, Parameter

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.series.forecast import Forecast
    from tuner.data.series.history import SeriesEnds, SeriesSet
    from tuner.data.series.scale import SeriesScale
    from tuner.data.table import Table

STATE_FILE, ARRAYS_FILE = "series.json", "series.npz"
LOG = "log"
SEASON = "season"
LOG_PARAMETER: Mapping[str, Parameter] = {LOG: Categorical([False, True])}
SEASON_PARAMETER: Mapping[str, Parameter] = {SEASON: Categorical(["found", "none"])}


class SeriesEstimator(Estimator):
    """Reads a table as series, and rows as questions about them: which series, how many steps after its end.

    Subclasses learn from series in standard units and answer in these. What they need of the past is kept by ``_keep``,
    which is called again when the end of the series has moved on.
    """

    _ends: SeriesEnds
    _seasons: tuple[int, ...]
    _scale: SeriesScale
    _lengths: NDArray[np.int64]

    def fit(self, train: Table, validation: Table, report: Report) -> int:
        from tuner.data.series.history import read_series
        from tuner.data.series.seasons import find_seasons

        series = read_series(train)
        is_wanted = self._params.get(SEASON, "found") == "found"
        self._seasons = find_seasons(series) if is_wanted else ()
        standard = self._take_up(series)
        step = self._learn(series, standard, train, validation, report)
        self._keep(standard)
        return step

    def move_on(self, table: Table) -> None:
        """Forecast from the end of ``table`` from now on, with what was learned before."""
        from tuner.data.series.history import read_series

        self._keep(self._take_up(read_series(table)))

    def predict(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Values at times after the end of the series; earlier times count as the first one after it.

        Args:
            frame: Typed features. Columns that are known in advance may be absent.
        """
        import numpy as np

        if not len(frame):
            return np.zeros(0)
        codes, steps = self._ends.locate(frame)
        return self._predict_at(np.maximum(codes, 0), np.maximum(steps, 1), frame)

    def future(self, horizon: int | None = None) -> pd.DataFrame:
        """The next times of every series, as typed features."""
        return self._ends.future(horizon or self._ends.forecast.horizon)

    @property
    def ends(self) -> SeriesEnds:
        """Where the series end."""
        return self._ends

    def save(self, folder: Path) -> None:
        from tuner.data.arrays.writing import write_npz

        state = {
            "names": list(self._ends.names),
            "spacing": self._ends.spacing.to_json(),
            "forecast": self._ends.forecast.to_json(),
            "seasons": list(self._seasons),
            "scale": self._scale.to_json(),
            "params": dict(self._params),
            "own": dict(self._save_own(folder)),
        }
        (folder / STATE_FILE).write_text(json.dumps(state, allow_nan=False), encoding="utf-8")
        arrays: dict[str, Any] = {"last_times": self._ends.last_times, "lengths": self._lengths, **self._kept()}
        write_npz(folder / ARRAYS_FILE, arrays.items())

    @classmethod
    def load(cls, folder: Path) -> Self:
        import numpy as np

        from tuner.data.series.forecast import Forecast
        from tuner.data.series.history import SeriesEnds
        from tuner.data.series.scale import SeriesScale
        from tuner.data.series.spacing import Spacing

        state = json.loads((folder / STATE_FILE).read_text(encoding="utf-8"))
        estimator = cls(state["params"], seed=0, threads=1)
        with np.load(folder / ARRAYS_FILE, allow_pickle=False) as file:
            arrays = dict(file)
        estimator._ends = SeriesEnds(
            tuple(state["names"]),
            Spacing.from_json(state["spacing"]),
            arrays.pop("last_times"),
            Forecast.from_json(state["forecast"]),
        )
        estimator._lengths = arrays.pop("lengths")
        estimator._seasons = tuple(state["seasons"])
        estimator._scale = SeriesScale.from_json(state["scale"])
        estimator._restore(arrays)
        estimator._load_own(folder, state["own"])
        return estimator

    def _take_up(self, series: SeriesSet) -> NDArray[np.float64]:
        """Take the ends and the scales of series; returns these filled and in standard units."""
        from tuner.data.series.history import filled
        from tuner.data.series.scale import SeriesScale

        complete = filled(series.values)
        self._ends, self._lengths = series.ends, series.lengths
        self._scale = SeriesScale.fit(complete, log=bool(self._params.get(LOG, False)))
        return self._scale.to_standard(complete)

    def _predict_at(
        self, codes: NDArray[np.int64], steps: NDArray[np.int64], frame: pd.DataFrame
    ) -> NDArray[np.float64]:
        return self._original(self._answer(codes, steps, frame), codes, steps)

    def _original(
        self, standard: NDArray[np.float64], codes: NDArray[np.int64], steps: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        return self._scale.to_original(standard, codes, steps / self._lengths[codes])

    @abstractmethod
    def _learn(
        self, series: SeriesSet, standard: NDArray[np.float64], train: Table, validation: Table, report: Report
    ) -> int:
        """As ``fit``.

        Args:
            series: The training rows.
            standard: Their values, filled, in standard units, shape (series, length).
            train: The rows behind them.
            validation: Rows that are predicted at each step.
            report: Takes predictions in the target's own units.
        """

    @abstractmethod
    def _keep(self, standard: NDArray[np.float64]) -> None:
        """Keep what predictions need of the past."""

    @abstractmethod
    def _answer(self, codes: NDArray[np.int64], steps: NDArray[np.int64], frame: pd.DataFrame) -> NDArray[np.float64]:
        """Predictions in standard units, shape (n,).

        Args:
            codes: The series of each row.
            steps: Its steps after the end, from 1.
            frame: The rows, with columns that are known in advance, if they are.
        """

    @abstractmethod
    def _kept(self) -> dict[str, NDArray[np.float64]]:
        """The arrays that ``_keep`` made, by names of their own."""

    @abstractmethod
    def _restore(self, arrays: Mapping[str, NDArray[np.float64]]) -> None:
        """Take back what ``_kept`` gave."""

    def _save_own(self, folder: Path) -> Mapping[str, object]:
        """Write further files; returns facts of plain JSON types to keep beside them."""
        return {}

    # Any: each class reads back the facts that it gave itself.
    def _load_own(self, folder: Path, facts: Mapping[str, Any]) -> None:
        """Read what ``_save_own`` wrote."""


class DirectSeriesEstimator(SeriesEstimator):
    """A rule that is applied as soon as the series are known: there is one step, which is done at once."""

    def _learn(
        self, series: SeriesSet, standard: NDArray[np.float64], train: Table, validation: Table, report: Report
    ) -> int:
        self._keep(standard)
        report(1, self.predict(validation.features))
        return 1


class SeriesFamily(ModelFamily):
    """A kind of model for forecasts."""

    extra = "local"
    step = "fit"
    modules: ClassVar[tuple[str, ...]] = ("numpy", "pandas")
    tasks: ClassVar[tuple[Task, ...]] = (Task.FORECAST,)

    def supports(self, profile: DatasetProfile, target: TargetProfile) -> bool:
        """Whether the target is a forecast: the past of a series is enough to go by, without any other column."""
        return target.task in self.tasks


def forecast_of(target: TargetProfile) -> Forecast:
    """The forecast that a target is."""
    assert target.forecast is not None
    return target.forecast


def last_values(standard: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """The last columns of series, with the first known value before the beginning of shorter ones."""
    import numpy as np

    tail = standard[:, -count:]
    if tail.shape[1] < count:
        tail = np.pad(tail, ((0, 0), (count - tail.shape[1], 0)), constant_values=np.nan)
    first = np.isnan(tail).argmin(axis=1)
    return np.where(np.isnan(tail), tail[np.arange(len(tail)), first][:, None], tail)
