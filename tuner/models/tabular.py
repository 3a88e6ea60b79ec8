"""What estimators for tables share: features are encoded, a model learns from arrays, and both are saved together."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias

from tuner.data.profile import ColumnKind
from tuner.models.base import Estimator, Report, Verdict
from tuner.models.category_coding import CATEGORIES, MANY_VALUES
from tuner.models.target_scale import TargetScale, fit_scale, load_scale

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.encoding import TabularEncoder
    from tuner.data.table import Table
    from tuner.data.typed_rows import TypedRows
    from tuner.models.text_encoder import TextEncoder

    Target: TypeAlias = NDArray[np.int64] | NDArray[np.float64]

_STATE_FILE, _TEXTS_FILE = "estimator.json", "texts.npz"


@dataclass(frozen=True)
class Encoding:
    """How a model wants its features; the arguments of ``TabularEncoder.fit``."""

    categories: Literal["one_hot", "ordinal"]
    scale: bool
    impute: bool
    max_categories: int


class TabularEstimator(Estimator):
    """An encoder with a model behind it. Subclasses say how to encode, and handle the model on arrays."""

    encoding: ClassVar[Encoding]
    reads_text: ClassVar[bool] = False
    """Whether text columns are encoded too (``tuner.models.text_encoder``), behind the others; else passed over."""

    _encoder: TabularEncoder
    _texts: TextEncoder | None
    _num_classes: int  # 0 for regression
    _scale: TargetScale

    def fit(self, train: Table, validation: Table, report: Report) -> int:
        import numpy as np

        from tuner.data.encoding import TabularEncoder
        from tuner.data.typed_rows import TypedRows

        self._num_classes = len(train.target_profile.classes)
        if self._params.get(CATEGORIES) == "target":
            scale, impute = self.encoding.scale, self.encoding.impute
            self._encoder, encoded = TabularEncoder.fit_to_target(
                train, scale=scale, impute=impute, max_one_hot=MANY_VALUES
            )
        else:
            self._encoder = TabularEncoder.fit(train.features, train.columns, **asdict(self.encoding))
            encoded = self._encoder.transform(train.features)
        self._scale = TargetScale() if self._num_classes else fit_scale(self._params, train.target)
        answers = _InAnswers(self, validation.target, report)
        self._texts = None
        if self.reads_text and any(column.kind is ColumnKind.TEXT for column in train.columns):
            from tuner.models.text_encoder import TextEncoder

            self._texts, numbers = TextEncoder.fit(train)
            encoded = np.concatenate([encoded, numbers], axis=1, dtype=encoded.dtype)
        kept = self._learn(
            encoded,
            train.target if self._num_classes else self._scale.to_standard(train.target),
            self._encoded(TypedRows.of(validation.features)),
            answers,
        )
        self._scale = answers.scales.get(kept, self._scale)
        return kept

    def _encoded(self, rows: TypedRows) -> NDArray[np.floating]:
        import numpy as np

        encoded = rows.encoded(self._encoder)
        if self._texts is None:
            return encoded
        return np.concatenate([encoded, rows.encoded(self._texts)], axis=1, dtype=encoded.dtype)

    def predict(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        from tuner.data.typed_rows import TypedRows

        return self.predict_rows(TypedRows.of(frame))

    def predict_rows(self, rows: TypedRows) -> NDArray[np.float64]:
        """As ``predict``, for rows that several estimators read: those with one encoder encode them once."""
        import numpy as np

        if not rows.num_rows:
            # Most libraries refuse to predict nothing.
            return np.zeros((0, self._num_classes) if self._num_classes else 0)
        return self._to_answer(self._predict_encoded(self._encoded(rows)))

    def save(self, folder: Path) -> None:
        state = {
            "num_classes": self._num_classes,
            "encoder": self._encoder.to_json(),
            "texts": [] if self._texts is None else self._texts.save(folder / _TEXTS_FILE),
            "scale": asdict(self._scale),
            "model": dict(self._save_model(folder)),
        }
        (folder / _STATE_FILE).write_text(json.dumps(state, allow_nan=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        from tuner.data.encoding import TabularEncoder

        state = json.loads((folder / _STATE_FILE).read_text(encoding="utf-8"))
        estimator = cls({}, seed=0, threads=1)
        estimator._num_classes = state["num_classes"]
        estimator._encoder = TabularEncoder.from_json(state["encoder"])
        estimator._texts = _loaded_texts(folder, state.get("texts", []))
        estimator._scale = load_scale(state["scale"])
        estimator._load_model(folder, state["model"])
        return estimator

    def _to_answer(self, prediction: NDArray[np.float64]) -> NDArray[np.float64]:
        return prediction if self._num_classes else self._scale.to_original(prediction)

    @abstractmethod
    def _learn(
        self,
        encoded: NDArray[np.floating],
        target: Target,
        validation: NDArray[np.floating],
        report: Report,
    ) -> int:
        """As ``fit``, on encoded rows, with quantities in standard units."""

    @abstractmethod
    def _predict_encoded(self, encoded: NDArray[np.floating]) -> NDArray[np.float64]:
        """As ``predict``, on encoded rows, with quantities in standard units."""

    @abstractmethod
    def _save_model(self, folder: Path) -> Mapping[str, object]:
        """Write the model's own files; returns facts of plain JSON types to keep beside them."""

    # Any: each class reads back the facts that it gave itself.
    @abstractmethod
    def _load_model(self, folder: Path, facts: Mapping[str, Any]) -> None:
        """Read what ``_save_model`` wrote."""


def _loaded_texts(folder: Path, facts: Sequence[Mapping[str, Any]]) -> TextEncoder | None:
    if not facts:
        return None
    from tuner.models.text_encoder import TextEncoder

    return TextEncoder.load(folder / _TEXTS_FILE, facts)


def share_encoders(estimators: Sequence[Estimator]) -> None:
    """Let estimators with equal encoders have the same one, so that rows are encoded once for all of them."""
    known: dict[TabularEncoder, TabularEncoder] = {}
    for estimator in estimators:
        if isinstance(estimator, TabularEstimator):
            estimator._encoder = known.setdefault(estimator._encoder, estimator._encoder)


class _InAnswers(Report):
    """Reports predictions in the target's own units to whoever asked for the fit."""

    def __init__(self, estimator: TabularEstimator, target: Target, report: Report) -> None:
        self._estimator = estimator
        self._target = target
        self._report = report
        self.scales: dict[int, TargetScale] = {}
        """Of quantities, by step, the scale under which its predictions were reported."""

    def __call__(self, step: int, prediction: NDArray[np.float64]) -> Verdict:
        if not self._estimator._num_classes:
            scale = self._estimator._scale.corrected(prediction, self._target)
            self._estimator._scale = self.scales[step] = scale
        return self._report(step, self._estimator._to_answer(prediction))

    def should_stop(self) -> bool:
        return self._report.should_stop()


def to_all_classes(
    probabilities: NDArray[np.floating], classes: NDArray[np.integer], num_classes: int
) -> NDArray[np.float64]:
    """A column for each class of the target, those that no training row had included.

    Args:
        probabilities: Of the classes that training rows had, shape (n, len(classes)).
        classes: Their indices.
        num_classes: How many classes there are.
    """
    import numpy as np

    columns = np.zeros((len(probabilities), num_classes))
    columns[:, classes] = probabilities
    return columns


def softmax(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities from scores, shape (n, classes)."""
    import numpy as np

    odds = np.exp(np.asarray(scores - scores.max(axis=1, keepdims=True), np.float64))
    probabilities: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return probabilities


def squashed(encoded: NDArray[np.floating]) -> NDArray[np.float32]:
    """Standardised numbers pressed softly into (-3, 3), so that outliers cannot dominate."""
    import numpy as np

    pressed: NDArray[np.float32] = (encoded / np.sqrt(1 + (encoded / 3) ** 2)).astype(np.float32)
    return pressed


def within_float32(encoded: NDArray[np.floating]) -> NDArray[np.float32]:
    """Single precision, in which many libraries grow trees; larger numbers become its largest, in order."""
    import numpy as np

    limit = np.finfo(np.float32).max
    clipped: NDArray[np.float32] = np.clip(encoded, -limit, limit).astype(np.float32)
    return clipped


def drawn_rows(num_rows: int, most: int, seed: int) -> NDArray[np.int64]:
    """The positions of all rows in order, or of as many as a model can take, drawn at random."""
    import numpy as np

    if num_rows <= most:
        return np.arange(num_rows)
    return np.sort(np.random.Generator(np.random.Philox(seed)).choice(num_rows, most, replace=False))


def to_32_bits(seed: int) -> int:
    """The seed in the range that scikit-learn takes."""
    return seed % 2**32
