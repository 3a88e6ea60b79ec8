"""Saved models: written after training, loaded anywhere to predict, without the server and the training table."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.artifact.card import card_page
from tuner.artifact.evaluate import FoldModel, evaluate
from tuner.artifact.evaluation import Evaluation
from tuner.artifact.explanation import Explanation, explain_rows
from tuner.artifact.forecasting import (
    check_rows_to_come,
    checked_horizon,
    forecast_table,
    plain_records,
    with_known_columns,
)
from tuner.artifact.manifest import Manifest, Part, damaged, original_labels
from tuner.artifact.package import unpack
from tuner.artifact.rows import is_rows, to_frame
from tuner.artifact.temperature import with_temperature
from tuner.artifact.writing import library_versions, sha256_of
from tuner.data.profile import Task
from tuner.errors import InvalidInput, MissingExtra, NotFound, Place, TunerError
from tuner.models import Estimator, family
from tuner.models.series.estimator import SeriesEstimator
from tuner.models.tabular import share_encoders

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.artifact.rows import Rows
    from tuner.data.typed_rows import TypedRows

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PlainPrediction:
    """A prediction in plain Python values, as JSON takes them.

    Args:
        predictions: A label or value for each row.
        probabilities: For each row one number for each class; empty for regression.
        rows: For a forecast without rows, the series and the time of each value.
    """

    predictions: list[Any]  # labels are text, numbers or truth values
    probabilities: list[list[float]]
    rows: list[dict[str, Any]] = field(default_factory=list)


class SavedModel:
    """A trained model that predicts new rows. Comes from ``load_model``.

    Rows are a DataFrame, a list of dicts, or the path of a CSV, Parquet or NPZ file. They need the columns that the
    model was trained on, in any order; cells may be missing and categories may be new. An array (n, columns) has them
    in the order of the training. A model that knows pictures or sequences alone also takes an array of them, or a list
    of arrays; one of pictures takes the path of a picture, or of a folder or a zip file of pictures. A forecast takes
    rows with times after those of its table.

    Args:
        manifest: What the model says about itself.
        estimators: Its parts, loaded, in the order of the manifest. Their weighted average is predicted.
        evaluation: How it does on rows that it has not learned from, if it was saved with that.

    Example:
        ```python
        model = load_model("model.zip")
        model.predict([{"age": 41, "sex": "female", "fare": 26.0}])
        ```
    """

    def __init__(
        self, manifest: Manifest, estimators: Sequence[Estimator], evaluation: Evaluation | None = None
    ) -> None:
        self.manifest = manifest
        self.evaluation = evaluation
        self._estimators = estimators
        share_encoders(estimators)

    def __repr__(self) -> str:
        facts = self.manifest.facts
        return f"<SavedModel {facts.family} predicts {facts.target.name!r}, {facts.metric} {facts.value:.6g}>"

    @property
    def task(self) -> Task:
        """What is predicted."""
        return self.manifest.facts.target.task

    @property
    def classes(self) -> list[str] | list[int] | list[float] | list[bool]:
        """The labels as they were in the table, in the order of the probabilities; empty for regression."""
        return original_labels(self.manifest.facts.target.classes, self.manifest.facts.target_form)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The columns that rows need."""
        return tuple(column.name for column in self.manifest.facts.columns)

    def predict(self, rows: Rows) -> NDArray[np.generic]:
        """The most probable label of each row, or its value.

        Returns:
            Shape (n,): labels as they were in the table, numbers as numbers; for regression float64.

        Raises:
            InvalidDataset: A column is missing, or a cell cannot be read.
        """
        import numpy as np

        prediction = self._predict(rows)
        if not self.task.is_classification:
            return prediction
        labels = self.classes
        # Text as Python strings, as pandas users know it, instead of NumPy's fixed-width kind.
        values = np.array(labels, dtype=object if isinstance(labels[0], str) else None)
        chosen: NDArray[np.generic] = values[prediction.argmax(axis=1)]
        return chosen

    def predict_plain(self, rows: Rows) -> PlainPrediction:
        """The most probable label of each row with all probabilities, or its value, in plain Python values.

        Raises:
            InvalidDataset: A column is missing, or a cell cannot be read.
            TunerError: A value is not finite.
        """
        import numpy as np

        prediction = self._predict(rows)
        if not np.isfinite(prediction).all():
            row = int(np.argmin(np.isfinite(prediction).reshape(len(prediction), -1).all(axis=1)))
            raise TunerError(
                f"The model's prediction for row {row} is not a finite number.",
                hint="Look for values far outside those that it was trained on.",
            )
        if not self.task.is_classification:
            return PlainPrediction(prediction.tolist(), [])
        labels = self.classes
        return PlainPrediction([labels[index] for index in prediction.argmax(axis=1).tolist()], prediction.tolist())

    def predict_proba(self, rows: Rows) -> pd.DataFrame:
        """The probability of each class.

        Returns:
            One row for each row given, under its index (for picture files, their names); one column for each class,
            named by its label.

        Raises:
            InvalidDataset: A column is missing, or a cell cannot be read.
            InvalidInput: The model predicts a quantity.
        """
        import pandas as pd

        if not self.task.is_classification:
            raise InvalidInput(
                f"The model predicts a quantity, {self.manifest.facts.target.name!r}, and has no probabilities.",
                hint="Use predict.",
            )
        if isinstance(rows, str | Path):
            rows = to_frame(rows, self.manifest.facts.columns)
        index = rows.index if isinstance(rows, pd.DataFrame) else None
        return pd.DataFrame(self._predict(rows), index=index, columns=pd.Index(self.classes))

    def forecast(self, horizon: int | None = None) -> pd.DataFrame:
        """The next values of every series, from the end of the table that the model was trained on.

        Columns that are known in advance count as missing; to give them, see ``predict``.

        Args:
            horizon: How many values; as many as the model was trained for if None. Further ones are less certain than
                its score says.

        Returns:
            A row for each value: the series, if there are several, its time, and the value, under the names of the
            table's columns.

        Raises:
            InvalidInput: The model is no forecast, or the horizon is out of range.
        """
        estimator = self._series_estimator()
        future = estimator.future(checked_horizon(horizon, self.manifest.facts))
        return forecast_table(self.manifest.facts, estimator.ends, future, self._predict_typed(future))

    def forecast_plain(self, horizon: int | None = None) -> PlainPrediction:
        """As ``forecast``, in plain Python values; dates as text."""
        rows = self.forecast(horizon)
        values = rows.pop(self.manifest.facts.target.name).tolist()
        return PlainPrediction(values, [], plain_records(rows))

    def explain(
        self,
        rows: Rows | None = None,
        *,
        columns: Sequence[str] | None = None,
        repeats: int = 5,
        max_rows: int = 1_000,
        seed: int = 0,
    ) -> Explanation:
        """What the predictions hang on: importances of the columns, and how predictions follow the values of some.

        Of a forecast these are the columns that are known in advance; rows are of times after those it has learned.

        Args:
            rows: New rows with the target, to try on. If None, what was found out when the model was trained.
            columns: For which columns to show how predictions follow them; by default the four most important ones.
            repeats: How often each column's values are exchanged.
            max_rows: How many of the rows are used, at most.
            seed: Fixes which rows are used, and the exchanges.

        Raises:
            InvalidDataset: A column is missing, or a cell cannot be read.
            InvalidInput: Without rows: the model was saved without an evaluation, or ``columns`` were given. Of a
                forecast: no column is known in advance.
        """
        facts = self.manifest.facts
        if rows is None:
            if self.evaluation is None or columns is not None:
                raise InvalidInput(
                    "The model itself knows only what was found out when it was trained"
                    + (", which is nothing." if self.evaluation is None else ", not about columns of your choice."),
                    hint="Give rows with the target: model.explain(rows).",
                )
            return Explanation(facts, self.evaluation.importances, self.evaluation.dependences)
        frame = to_frame(rows, facts.columns)
        return explain_rows(
            facts,
            self._predict_typed,
            frame,
            columns,
            check=self._check_answered,
            repeats=repeats,
            max_rows=max_rows,
            seed=seed,
        )

    def card(self, path: str | Path | None = None, rows: Rows | None = None) -> str:
        """One HTML page about the model: what it learned from, how well it predicts, what its predictions hang on.

        Args:
            path: Where to write the page.
            rows: New rows with the target to judge by; by default what was found out when the model was trained.

        Returns:
            The page; it needs nothing from outside.

        Raises:
            InvalidDataset: A column is missing, or a cell cannot be read.
        """
        evaluation = self.evaluation if rows is None else self._evaluate(to_frame(rows, self.manifest.facts.columns))
        page = card_page(self.manifest, evaluation)
        if path is not None:
            Path(path).expanduser().write_text(page, encoding="utf-8")
        return page

    def _evaluate(self, rows: pd.DataFrame) -> Evaluation:
        from tuner.data.table import labelled_table

        table = labelled_table(rows, self.manifest.facts.columns, self.manifest.facts.target)
        self._check_answered(table.features)
        models = [FoldModel(self._predict_typed, table.row_ids)]
        return evaluate(table, self._predict_typed(table.features), models=models, seconds=2.0)

    def _check_answered(self, frame: pd.DataFrame) -> None:
        """Refuse typed features of times that a forecast does not know the past of."""
        if self.task is Task.FORECAST:
            check_rows_to_come(frame, self._series_estimator().ends)

    def _predict(self, rows: Rows) -> NDArray[np.float64]:
        import pandas as pd

        from tuner.data.table import features_frame
        from tuner.data.typed_rows import MAX_PLAIN_ROWS, TypedRows, plain_rows

        columns = self.manifest.facts.columns
        if self.task is Task.FORECAST:
            return self._predict_times(to_frame(rows, columns))
        few: object = rows
        if isinstance(rows, pd.DataFrame) and len(rows) <= MAX_PLAIN_ROWS and rows.columns.is_unique:
            few = rows.to_dict("records")
        typed = plain_rows(few, columns) if is_rows(few) else None
        return self._average(typed or TypedRows.of(features_frame(to_frame(rows, columns), columns)))

    def _predict_times(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        from tuner.data.table import features_frame

        frame = features_frame(with_known_columns(rows, self.manifest.facts), self.manifest.facts.columns)
        check_rows_to_come(frame, self._series_estimator().ends)
        return self._predict_typed(frame)

    def _series_estimator(self) -> SeriesEstimator:
        """One of the parts; all know the same series."""
        first = self._estimators[0]
        if not isinstance(first, SeriesEstimator):
            raise InvalidInput(
                f"The model predicts {self.manifest.facts.target.name!r} of rows; it is no forecast of times to come.",
                hint="Give rows to predict; or train a forecast: tuner.fit(..., forecast=12).",
                places=[Place("#/rows", "is missing")],
            )
        return first

    def _predict_typed(self, features: pd.DataFrame) -> NDArray[np.float64]:
        from tuner.data.typed_rows import TypedRows

        return self._average(TypedRows.of(features))

    def _average(self, typed: TypedRows) -> NDArray[np.float64]:
        import numpy as np

        shares = [
            estimator.predict_rows(typed) * part.weight
            for estimator, part in zip(self._estimators, self.manifest.parts, strict=True)
        ]
        average: NDArray[np.float64] = shares[0] if len(shares) == 1 else np.sum(shares, axis=0)
        temperature = self.manifest.facts.temperature
        return average if temperature == 1 else with_temperature(average, temperature)


def load_model(path: Path | str) -> SavedModel:
    """Load a saved model from its folder, or from the zip file that ``pack`` made of it.

    Every file is checked against the manifest before anything is built from it.

    Raises:
        NotFound: There is nothing at ``path``.
        MissingExtra: The model's library is not installed.
        TunerError: The model is damaged, or too new for this version.
        TooLarge: The zip file unpacks to more than 4 GiB.
    """
    path = Path(path)
    if path.is_dir():
        return _load_folder(path)
    if not path.exists():
        raise NotFound("model", str(path), hint="Give the folder or the .zip file of a saved model.")
    with tempfile.TemporaryDirectory(prefix="tuner-model-") as folder:
        unpack(path, Path(folder))
        return _load_folder(Path(folder))


def _load_folder(folder: Path) -> SavedModel:
    manifest = Manifest.read(folder)
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise damaged(f"the file {name!r} is missing")
        if sha256_of(path) != digest:
            raise damaged(f"the file {name!r} does not match its checksum")
    for part in manifest.parts:
        found = family(part.family, pointer="#/parts")
        if not found.is_available():
            raise MissingExtra(found.extra, f"A model of the family {found.name!r}")
    versions = library_versions(part.family for part in manifest.parts)
    if versions != manifest.versions:
        logger.info(
            "Model was saved with other versions of libraries",
            extra={"saved_with": dict(manifest.versions), "loaded_with": versions},
        )
    estimators = [_load_part(folder, part) for part in manifest.parts]
    return SavedModel(manifest, estimators, Evaluation.read(folder))


def _load_part(folder: Path, part: Part) -> Estimator:
    return family(part.family).estimator.load(folder / part.folder)
