"""Forecasts by a model for tables: windows over the series become rows of numbers, of which it learns quantities."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from tuner.data.profile import ColumnKind, ColumnProfile, DatasetProfile, TargetProfile, Task, ValueForm
from tuner.models.base import Estimator, ModelFamily, Report, Verdict
from tuner.models.series.estimator import (
    LOG,
    LOG_PARAMETER,
    SEASON,
    SEASON_PARAMETER,
    SeriesEstimator,
    SeriesFamily,
    forecast_of,
)
from tuner.models.series.known import known_profiles, with_columns
from tuner.space import Categorical, Int, Parameter, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.series.history import SeriesSet
    from tuner.data.series.windows import View, Windows
    from tuner.data.table import Table

WINDOW, BASE = "window", "base"
MAX_EXAMPLES = 60_000
_MAX_WINDOW = 96
# Beside the window: steps, levels, changes, seasons and parts of dates.
_NUM_SUMMARY = 16
_SERIES = "series"


class WindowedEstimator(SeriesEstimator):
    """Windows in front of an estimator for tables. Subclasses name that, and what a window looks like to it."""

    inner: ClassVar[type[Estimator]]

    _windows: Windows
    _tail: NDArray[np.float64]  # last values, shape (series, memory)
    _columns: tuple[ColumnProfile, ...]
    _model: Estimator

    def _learn(
        self, series: SeriesSet, standard: NDArray[np.float64], train: Table, validation: Table, report: Report
    ) -> int:
        import numpy as np

        from tuner.data.series.windows import Windows

        forecast = series.ends.forecast
        self._windows = Windows(int(self._params[WINDOW]), self._seasons, forecast.horizon, str(self._params[BASE]))
        self._keep(standard)
        self._columns = (
            *self._window_columns(),
            *(number_column(name) for name in (*self._windows.names, *self._date_parts())),
            *([_category(_SERIES)] if len(series.ends.names) > 1 else []),
            *(replace(column, name=_known(column.name)) for column in known_profiles(train.columns, forecast)),
        )
        rng = np.random.Generator(np.random.Philox(self._seed))
        codes, origins, steps = self._windows.examples(series.rows >= 0, series.lengths, MAX_EXAMPLES, rng)
        view = self._windows.view(standard, codes, origins, steps)
        rows = train.features.iloc[series.rows[codes, origins + steps]]
        width = standard.shape[1]
        answers = standard[codes, origins + steps] - view.base
        learned = self._table(self._frame(view, codes, origins + steps - width + 1, rows), answers)
        asked_codes, asked_steps = (
            np.maximum(each, least) for each, least in zip(self._ends.locate(validation.features), (0, 1), strict=True)
        )
        asked_view = self._look(asked_codes, asked_steps)
        asked = self._frame(asked_view, asked_codes, asked_steps, validation.features)
        self._model = self.inner(self._params, seed=self._seed, threads=self._threads)
        to_values = _InValues(self, report, asked_view.base, asked_codes, asked_steps)
        # The answers to what is asked are not known here: the report tells how good they are.
        return self._model.fit(learned, self._table(asked, np.zeros(len(asked))), to_values)

    @abstractmethod
    def _window_columns(self) -> tuple[ColumnProfile, ...]:
        """The columns that the window takes in a row."""

    @abstractmethod
    def _window_cells(self, window: NDArray[np.float64]) -> Mapping[str, pd.Series[Any]]:
        """The cells of these columns, for windows of shape (n, length)."""

    def _keep(self, standard: NDArray[np.float64]) -> None:
        # A copy: a view would keep all of the series.
        self._tail = standard[:, -self._windows.memory :].copy()

    def _look(self, codes: NDArray[np.int64], steps: NDArray[np.int64]) -> View:
        import numpy as np

        return self._windows.view(self._tail, codes, np.full(len(codes), self._tail.shape[1] - 1), steps)

    def _answer(self, codes: NDArray[np.int64], steps: NDArray[np.int64], frame: pd.DataFrame) -> NDArray[np.float64]:
        view = self._look(codes, steps)
        return view.base + self._model.predict(self._frame(view, codes, steps, frame))

    def _date_parts(self) -> tuple[str, ...]:
        """The parts of dates that differ from step to step and come again."""
        from tuner.data.series.spacing import DAY, Unit

        spacing = self._ends.spacing
        if not spacing.is_date:
            return ()
        if spacing.unit is Unit.MONTH:
            return ("month",) if spacing.size % 12 else ()
        daily = spacing.unit is Unit.BUSINESS_DAY or spacing.size <= DAY
        parts = ["month", *(["day", "weekday"] if daily else [])]
        return (*parts, "hour") if spacing.unit is not Unit.BUSINESS_DAY and spacing.size < DAY else tuple(parts)

    def _frame(
        self, view: View, codes: NDArray[np.int64], steps: NDArray[np.int64], rows: pd.DataFrame
    ) -> pd.DataFrame:
        """Rows for the inner estimator.

        Args:
            view: What is seen.
            codes: The series of each row.
            steps: The asked steps, counted from the ends that are known now; before them in training.
            rows: Typed features of the asked rows, for what is known in advance.
        """
        import numpy as np
        import pandas as pd

        from tuner.data.date_features import date_part

        cells: dict[str, Any] = dict(self._window_cells(view.window))
        cells |= {name: view.summary[:, index] for index, name in enumerate(self._windows.names)}
        if parts := self._date_parts():
            times = self._ends.times(codes, steps)
            cells |= {part: date_part(part, times) for part in parts}
        if len(self._ends.names) > 1:
            cells[_SERIES] = pd.Series(np.array(self._ends.names, dtype=object)[codes], dtype=object)
        known = with_columns(rows, self._ends.forecast.known).reset_index(drop=True)
        cells |= {_known(str(name)): known[name] for name in known.columns}
        return pd.DataFrame({column.name: cells[column.name] for column in self._columns})

    def _table(self, frame: pd.DataFrame, answers: NDArray[np.float64]) -> Table:
        import numpy as np

        from tuner.data.table import Table

        target = _quantity(len(answers))
        return Table(frame, answers, target, self._columns, np.arange(len(answers)))

    def _kept(self) -> dict[str, NDArray[np.float64]]:
        return {"tail": self._tail}

    def _restore(self, arrays: Mapping[str, NDArray[np.float64]]) -> None:
        self._tail = arrays["tail"]

    def _save_own(self, folder: Path) -> Mapping[str, object]:
        self._model.save(folder)
        return {"windows": self._windows.to_json(), "columns": [column.to_json() for column in self._columns]}

    def _load_own(self, folder: Path, facts: Mapping[str, Any]) -> None:
        from tuner.data.series.windows import Windows

        self._windows = Windows.from_json(facts["windows"])
        self._columns = tuple(ColumnProfile.from_json(column) for column in facts["columns"])
        self._model = self.inner.load(folder)


class _InValues(Report):
    """Reports what the inner estimator predicts in the values' own units to whoever asked for the fit."""

    def __init__(
        self,
        estimator: WindowedEstimator,
        report: Report,
        base: NDArray[np.float64],
        codes: NDArray[np.int64],
        steps: NDArray[np.int64],
    ) -> None:
        self._estimator = estimator
        self._report = report
        self._base, self._codes, self._steps = base, codes, steps

    def __call__(self, step: int, prediction: NDArray[np.float64]) -> Verdict:
        values = self._estimator._original(self._base + prediction, self._codes, self._steps)
        return self._report(step, values)

    def should_stop(self) -> bool:
        return self._report.should_stop()

    def resume(self) -> Path | None:
        return self._report.resume()

    def checkpoint(self, step: int, write: Any) -> bool:  # Any: as the contract says, passed on
        return self._report.checkpoint(step, write)


class WindowedFamily(SeriesFamily):
    """A family for tables, behind windows. Subclasses name it, and add their defaults."""

    inner: ClassVar[ModelFamily]

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        longest = max(2, min(_MAX_WINDOW, target.num_rows // 3))
        parameters: dict[str, Parameter] = {
            WINDOW: Int(1, longest, log=True),
            BASE: Categorical(["season", "level", "last"]),
            **SEASON_PARAMETER,
            **LOG_PARAMETER,
        }
        own = self.inner.space(*self._inner_view(profile, target, _MAX_WINDOW))
        return SearchSpace({**parameters, **dict(own.items())})

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        own = self.inner.default(*self._inner_view(profile, target, _MAX_WINDOW))
        window = max(1, min(24, target.num_rows // 3, forecast_of(target).season or 24))
        return {WINDOW: window, BASE: "season", SEASON: "found", LOG: False, **own}

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        return 0.05 + self.inner.fit_seconds(*self._inner_view(profile, target, int(params[WINDOW])), params)

    def is_available(self) -> bool:
        return self.inner.is_available()

    def _inner_view(
        self, profile: DatasetProfile, target: TargetProfile, window: int
    ) -> tuple[DatasetProfile, TargetProfile]:
        """What the inner family will see, as far as the profile tells."""
        examples = min(MAX_EXAMPLES, target.num_rows * forecast_of(target).horizon)
        known = known_profiles(profile.columns, forecast_of(target))
        columns = (
            *self._profile_of_windows(window),
            *(number_column(str(index)) for index in range(_NUM_SUMMARY)),
            *known,
        )
        if forecast_of(target).series is not None:
            columns = (*columns, _category(_SERIES))
        return DatasetProfile(examples, columns), _quantity(max(2, examples))

    def _profile_of_windows(self, window: int) -> tuple[ColumnProfile, ...]:
        return tuple(number_column(f"window {index}") for index in range(window))


def number_column(name: str) -> ColumnProfile:
    """The profile of a column that windows are made into."""
    return ColumnProfile(name, ColumnKind.NUMBER, "from the series", ValueForm.FRACTION, 0, 2)


def _category(name: str) -> ColumnProfile:
    return ColumnProfile(name, ColumnKind.CATEGORY, "from the series", ValueForm.TEXT, 0, 2)


def _known(name: str) -> str:
    """Columns that are known in advance must not be mistaken for what windows are made into."""
    return f"known: {name}"


def _quantity(num_rows: int) -> TargetProfile:
    return TargetProfile("value", Task.REGRESSION, "from the series.", (), (), 0, num_rows)
