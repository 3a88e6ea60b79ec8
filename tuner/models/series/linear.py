"""Forecasts by a linear regression on the values before, one step after the other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.series.estimator import (
    LOG,
    LOG_PARAMETER,
    SEASON,
    SEASON_PARAMETER,
    SeriesEstimator,
    SeriesFamily,
    forecast_of,
    last_values,
)
from tuner.models.series.known import KnownColumns
from tuner.space import Categorical, Float, Int, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.series.history import SeriesSet
    from tuner.data.table import Table
    from tuner.models.base import Report

_MAX_EXAMPLES = 200_000
_MAX_WINDOW = 96
_MAX_HARMONICS = 4


class SeriesLinearEstimator(SeriesEstimator):
    """One ridge regression for all series, on differences in standard units; later steps go by the earlier ones."""

    _weights: NDArray[np.float64]  # of window, seasonal waves, known columns and the constant; shape (columns,)
    _tail: NDArray[np.float64]  # last values, shape (series, memory)
    _known: KnownColumns

    def _learn(
        self, series: SeriesSet, standard: NDArray[np.float64], train: Table, validation: Table, report: Report
    ) -> int:
        import numpy as np

        self._known = KnownColumns.fit(train, series.ends.forecast)
        changes = self._changes(standard)
        is_known = series.rows >= 0
        codes, places = np.nonzero(is_known & ~np.isnan(changes))
        # What lies before the beginning is taken as no change, but examples that see much of it teach little.
        seen = series.lengths[codes] - (standard.shape[1] - places)
        least = np.minimum(self._reach(series.lengths)[codes], series.lengths[codes] // 2)
        chosen = np.flatnonzero(seen >= least)
        if len(chosen) > _MAX_EXAMPLES:
            rng = np.random.Generator(np.random.Philox(self._seed))
            chosen = np.sort(rng.permutation(chosen)[:_MAX_EXAMPLES])
        codes, places = codes[chosen], places[chosen]
        known = self._known.encode(train.features.iloc[series.rows[codes, places]])
        phases = self._phases(codes, places - standard.shape[1] + 1)
        filled = np.nan_to_num(changes)
        window = filled[codes[:, None], np.maximum(places[:, None] - self._lags(), 0)]
        window = np.where(places[:, None] >= self._lags(), window, 0.0)
        self._weights = self._ridge(self._columns(window, phases, known), changes[codes, places])
        self._keep(standard)
        report(1, self.predict(validation.features))
        return 1

    def _reach(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        import numpy as np

        return np.minimum(int(self._lags().max(initial=1)) + self._lost(), lengths)

    def _lags(self) -> NDArray[np.int64]:
        """How many steps back each column of the window looks."""
        import numpy as np

        near = np.arange(1, int(self._params["window"]) + 1)
        seasonal = [lag for season in self._seasons for lag in (season - 1, season, season + 1) if lag > near[-1]]
        return np.concatenate([near, np.array(sorted(set(seasonal)), np.int64)])

    def _distances(self) -> list[int]:
        """How far apart the values are of which differences are taken, one after the other."""
        wanted = self._params["difference"]
        season = list(self._seasons[:1]) if wanted in ("season", "both") else []
        # Without a season there is only the last value to compare with.
        is_first_wanted = wanted in ("first", "both") or (wanted == "season" and not season)
        return [*season, 1] if is_first_wanted else season

    def _lost(self) -> int:
        return sum(self._distances())

    def _changes(self, standard: NDArray[np.float64]) -> NDArray[np.float64]:
        """The differences; NaN where one of the values is missing."""
        import numpy as np

        changes = standard
        for distance in self._distances():
            earlier = np.full_like(changes, np.nan)
            earlier[:, distance:] = changes[:, :-distance] if distance < changes.shape[1] else np.nan
            changes = changes - earlier
        if not self._distances():
            changes = changes - self._middle(standard)[:, None]
        return changes

    def _middle(self, standard: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np

        middle: NDArray[np.float64] = np.nanmean(standard, axis=1)
        return middle

    def _phases(self, codes: NDArray[np.int64], steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """Waves of the seasons at steps after the ends, shape (n, waves)."""
        import numpy as np

        from tuner.data.series.spacing import Unit

        spacing = self._ends.spacing
        numbers = steps
        if spacing.unit is not Unit.ROW:
            # Series that end at different times stand at different places in the season.
            numbers = spacing.numbers(self._ends.last_times)[codes] + steps
        waves = [
            wave(2 * np.pi * harmonic * numbers / season)
            for season in self._seasons
            for harmonic in range(1, min(_MAX_HARMONICS, season // 2) + 1)
            for wave in (np.sin, np.cos)
        ]
        return np.stack(waves, axis=1) if waves else np.zeros((len(steps), 0))

    def _columns(
        self, window: NDArray[np.float64], phases: NDArray[np.float64], known: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        import numpy as np

        return np.column_stack([window, phases, known, np.ones(len(window))])

    def _ridge(self, columns: NDArray[np.float64], answers: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np

        spread = columns.std(axis=0)
        spread = np.where(spread > 1e-9, spread, 1.0)
        scaled = columns / spread
        penalty = np.full(columns.shape[1], float(self._params["l2"]))
        # The constant is what is left when all else is zero: it is not to be drawn to zero.
        penalty[-1] = 1e-9
        weights = np.linalg.solve(scaled.T @ scaled + np.diag(penalty), scaled.T @ answers)
        return np.asarray(weights / spread, np.float64)

    def _keep(self, standard: NDArray[np.float64]) -> None:
        import numpy as np

        count = int(self._lags().max(initial=1)) + self._lost() + 1
        self._tail = last_values(standard, count)
        if not self._distances():
            self._tail = np.column_stack([self._middle(standard), self._tail])

    def _answer(self, codes: NDArray[np.int64], steps: NDArray[np.int64], frame: pd.DataFrame) -> NDArray[np.float64]:
        import numpy as np

        # Rows of one series and time may differ in what is known in advance: each such set of rows is a way of its own.
        keys = np.stack([codes, steps], axis=1)
        order = np.lexsort((np.arange(len(keys)), steps, codes))
        is_new = np.ones(len(keys), bool)
        is_new[1:] = (keys[order][1:] != keys[order][:-1]).any(axis=1)
        starts = np.flatnonzero(is_new)
        layer = np.empty(len(keys), np.int64)
        layer[order] = np.arange(len(keys)) - np.repeat(starts, np.diff(np.append(starts, len(keys))))
        ways, way = np.unique(np.stack([layer, codes], axis=1), axis=0, return_inverse=True)
        way = way.reshape(-1)
        longest = int(steps.max())
        encoded = self._known.encode(frame)
        known = np.tile(self._known.missing(), (len(ways), longest, 1))
        known[way, steps - 1] = encoded
        return self._walk(ways[:, 1], known)[way, steps - 1]

    def _walk(self, codes: NDArray[np.int64], known: NDArray[np.float64]) -> NDArray[np.float64]:
        """The values of the next steps, shape (ways, steps), each from those before."""
        import numpy as np

        distances = self._distances()
        middle = np.zeros(len(codes)) if distances else self._tail[codes, 0]
        values = self._tail[codes] if distances else self._tail[codes, 1:]
        length = known.shape[1]
        values = np.concatenate([values, np.zeros((len(codes), length))], axis=1)
        begin = values.shape[1] - length
        levels = [values]
        for distance in distances:
            before = levels[-1]
            change = np.zeros_like(before)
            change[:, distance:begin] = before[:, distance:begin] - before[:, : begin - distance]
            levels.append(change)
        if not distances:
            levels = [values - middle[:, None]]
        lags = self._lags()
        for step in range(length):
            place = begin + step
            changes = levels[-1]
            window = changes[:, np.maximum(place - lags, 0)]
            phases = self._phases(codes, np.full(len(codes), step + 1))
            changes[:, place] = self._columns(window, phases, known[:, step]) @ self._weights
            for index in range(len(distances) - 1, -1, -1):
                below = levels[index]
                below[:, place] = levels[index + 1][:, place] + below[:, place - distances[index]]
        return levels[0][:, begin:] + (middle[:, None] if not distances else 0.0)

    def _kept(self) -> dict[str, NDArray[np.float64]]:
        return {"tail": self._tail, "weights": self._weights}

    def _restore(self, arrays: Mapping[str, NDArray[np.float64]]) -> None:
        self._tail, self._weights = arrays["tail"], arrays["weights"]

    def _save_own(self, folder: Path) -> Mapping[str, object]:
        return {"known": self._known.to_json()}

    def _load_own(self, folder: Path, facts: Mapping[str, Any]) -> None:
        self._known = KnownColumns.from_json(facts["known"])


class SeriesLinear(SeriesFamily):
    """A linear autoregression: quick, steady, and at its best on few values and on many alike series.

    Parameters: ``window``, how many last values it sees beside those a season ago; ``difference``, whether it predicts
    changes from the last value (``first``), from the last season (``season``), from both or from the mean (``none``);
    ``l2``, the strength of the penalty on the weights; ``season`` and ``log`` as everywhere.
    """

    name = "series_linear"
    title = "Linear autoregression"
    estimator = SeriesLinearEstimator

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        return SearchSpace(
            {
                "window": Int(1, _MAX_WINDOW, log=True),
                "difference": Categorical(["both", "season", "first", "none"]),
                "l2": Float(1e-3, 1e3, log=True),
                **SEASON_PARAMETER,
                **LOG_PARAMETER,
            }
        )

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        # What is known of a time explains its value, not the change from another time.
        difference = "none" if forecast_of(target).known else "first"
        return {"window": 24, "difference": difference, "l2": 3.0, SEASON: "found", LOG: False}

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        columns = int(params["window"]) + 16
        examples = min(target.num_rows, _MAX_EXAMPLES)
        return 0.02 + 2e-9 * examples * columns**2 + 1e-4 * forecast_of(target).horizon
