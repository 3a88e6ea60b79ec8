"""How well a model does on rows it has not learned from, as aggregated facts that travel with it: ``evaluation.json``.

Everything here is made of counts, averages and a few hundred points, so that a page about the model can be drawn
without the table and without a numerical library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from tuner.artifact.manifest import damaged

FILE_NAME = "evaluation.json"

_BASE64 = re.compile("[A-Za-z0-9+/]*=*")


@dataclass(frozen=True)
class ClassCounts:
    """How rows of one class were predicted.

    Args:
        label: The class, in text form.
        rows: Rows that are of this class.
        predicted: Rows that were predicted as it.
        right: Rows of which both is true.
    """

    label: str
    rows: int
    predicted: int
    right: int

    @property
    def precision(self) -> float | None:
        """Share of the rows predicted as this class that are of it; None if there are none."""
        return self.right / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        """Share of the class's rows that were found; None if there are none."""
        return self.right / self.rows if self.rows else None


@dataclass(frozen=True)
class Confusion:
    """Which classes are taken for which.

    Args:
        labels: The most frequent classes, in the order of the probabilities.
        counts: Rows by true class (outer) and predicted class (inner), among ``labels``.
    """

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class CalibrationBin:
    """Rows that were predicted with about the same confidence.

    Args:
        rows: How many.
        predicted: Their mean predicted probability, of the second class or, with several classes, of the likeliest.
        observed: The share of them for which that class was true.
    """

    rows: int
    predicted: float
    observed: float


@dataclass(frozen=True)
class Importance:
    """How much worse the predictions become when a column's values are exchanged between the rows.

    Args:
        column: The column's name.
        importance: Rise of the loss: log loss for classes, squared error as a share of the target's variance for
            quantities. About 0 for a column that the model does not need.
        standard_error: How far chance may have moved ``importance``.
    """

    column: str
    importance: float
    standard_error: float


@dataclass(frozen=True)
class Dependence:
    """What the model predicts on average when a column is set to the same value in all rows.

    Args:
        column: The column's name.
        values: The values it was set to: numbers, or categories; None stands for a missing cell.
        lines: For each class (one for the second class of two, one for a quantity), the average prediction at each of
            ``values``.
        labels: The class of each line, in text form; for a quantity the target's name.
        individual: The predictions for a few single rows, where there is only one line.
    """

    column: str
    values: tuple[float | str | None, ...]
    lines: tuple[tuple[float, ...], ...]
    labels: tuple[str, ...]
    individual: tuple[tuple[float, ...], ...] = ()

    @property
    def is_numeric(self) -> bool:
        """Whether the values lie on a line."""
        return all(not isinstance(value, str) and value is not None for value in self.values)


@dataclass(frozen=True)
class WordEffect:
    """How much a word moves predictions.

    Args:
        column: The text column.
        word: The word, folded as models see it.
        label: The class whose probability it moves most; for a quantity the target's name.
        effect: Prediction with the word minus prediction without it, on average over rows that have it.
        num_rows: How many of the rows have it.
    """

    column: str
    word: str
    label: str
    effect: float
    num_rows: int


@dataclass(frozen=True)
class SeriesPicture:
    """One series of a forecast.

    Args:
        name: What tells it apart from the others; empty for the only one.
        is_date: Whether times are seconds since 1970, else they are plain numbers.
        times: Of the last known values, rising.
        values: These values.
        tested_times: Times whose values were predicted by models that did not know them.
        tested_values: What was predicted.
        future_times: The times to come.
        future_values: What is forecast for them.
    """

    name: str
    is_date: bool
    times: tuple[float, ...]
    values: tuple[float, ...]
    tested_times: tuple[float, ...]
    tested_values: tuple[float, ...]
    future_times: tuple[float, ...]
    future_values: tuple[float, ...]

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The picture as ``Evaluation.to_json`` wrote it."""
        lines = {
            name: tuple(map(float, document[name]))
            for name in ("times", "values", "tested_times", "tested_values", "future_times", "future_values")
        }
        return cls(str(document["name"]), bool(document["is_date"]), **lines)


@dataclass(frozen=True)
class Example:
    """A row's picture or sequence, and what was predicted for the row.

    Args:
        column: The column that it comes from.
        truth: The row's class or value, in text form.
        predicted: What was predicted.
        is_among_worst: Whether it was chosen for being predicted badly; else it was drawn at random.
        picture: A small PNG picture in base64; empty for sequences.
        lines: For sequences the values of a few features, over at most 100 steps; None where there is none.
    """

    column: str
    truth: str
    predicted: str
    is_among_worst: bool
    picture: str = ""
    lines: tuple[tuple[float | None, ...], ...] = ()

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The example from its plain JSON types."""
        picture = str(document["picture"])
        # It stands in a page as it is.
        if not _BASE64.fullmatch(picture):
            raise ValueError("a picture is not in base64")
        lines = tuple(tuple(None if value is None else float(value) for value in line) for line in document["lines"])
        truth, predicted = str(document["truth"]), str(document["predicted"])
        return cls(str(document["column"]), truth, predicted, bool(document["is_among_worst"]), picture, lines)


@dataclass(frozen=True)
class Evaluation:
    """How a model does on rows it has not learned from.

    Args:
        num_rows: How many there were.
        scores: Metrics by name.
        standard_errors: How far chance may have moved them, where that is known.
        classes: One entry for each class, for classification.
        confusion: The most frequent classes against each other, for classification.
        calibration: Whether probabilities mean what they say, for classification.
        points: Truth and prediction of a sample of rows, for regression.
        residuals: Counts of truth minus prediction between equally spaced ``residual_edges``, for regression.
        residual_edges: One more than ``residuals``.
        importances: The columns that were tried, most important first.
        dependences: The most important ones among them.
        series: Some of the series, for a forecast.
        examples: A few pictures or sequences, where the rows have some.
    """

    num_rows: int
    scores: Mapping[str, float]
    standard_errors: Mapping[str, float]
    classes: tuple[ClassCounts, ...] = ()
    confusion: Confusion | None = None
    calibration: tuple[CalibrationBin, ...] = ()
    points: tuple[tuple[float, float], ...] = ()
    residuals: tuple[int, ...] = ()
    residual_edges: tuple[float, ...] = ()
    importances: tuple[Importance, ...] = ()
    dependences: tuple[Dependence, ...] = ()
    series: tuple[SeriesPicture, ...] = ()
    examples: tuple[Example, ...] = ()

    def write(self, folder: Path) -> None:
        """Write ``evaluation.json`` into the model's folder."""
        text = json.dumps(self.to_json(), allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        (folder / FILE_NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """What ``write`` wrote, or None where a model was saved without.

        Raises:
            TunerError: The file is damaged.
        """
        try:
            text = (folder / FILE_NAME).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return cls.from_text(text)

    @classmethod
    def from_text(cls, text: str | bytes) -> Self:
        """The evaluation in the content of ``evaluation.json``.

        Raises:
            TunerError: It is damaged.
        """
        try:
            return cls.from_json(json.loads(text))
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise damaged(f"{FILE_NAME} cannot be read ({error!r:.200})") from None

    def to_json(self) -> dict[str, Any]:
        """The evaluation as plain JSON types."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The evaluation that ``to_json`` wrote."""
        confusion = document["confusion"]
        return cls(
            num_rows=int(document["num_rows"]),
            scores={str(name): float(value) for name, value in document["scores"].items()},
            standard_errors={str(name): float(value) for name, value in document["standard_errors"].items()},
            classes=tuple(ClassCounts(**counts) for counts in document["classes"]),
            confusion=confusion
            and Confusion(tuple(confusion["labels"]), tuple(tuple(map(int, row)) for row in confusion["counts"])),
            calibration=tuple(CalibrationBin(**each) for each in document["calibration"]),
            points=tuple((float(truth), float(prediction)) for truth, prediction in document["points"]),
            residuals=tuple(map(int, document["residuals"])),
            residual_edges=tuple(map(float, document["residual_edges"])),
            importances=tuple(Importance(**each) for each in document["importances"]),
            dependences=tuple(
                Dependence(
                    column=each["column"],
                    values=tuple(each["values"]),
                    lines=_lines(each["lines"]),
                    labels=tuple(each["labels"]),
                    individual=_lines(each["individual"]),
                )
                for each in document["dependences"]
            ),
            # Models saved before there were forecasts and examples have none.
            series=tuple(map(SeriesPicture.from_json, document.get("series", ()))),
            examples=tuple(map(Example.from_json, document.get("examples", ()))),
        )


def _lines(document: Any) -> tuple[tuple[float, ...], ...]:  # Any: whatever the file held
    return tuple(tuple(map(float, line)) for line in document)
