"""A linear model of words: logistic or ridge regression on weighted counts of words and runs of characters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tuner.data.profile import ColumnKind, DatasetProfile, TargetProfile
from tuner.models.base import TABULAR_KINDS, TEXT_KINDS, Estimator, ModelFamily, Report
from tuner.models.cost import num_characters, num_one_hot_columns, num_outputs
from tuner.models.imbalance import class_weight_default, class_weight_parameter, row_weights
from tuner.models.target_scale import TargetScale
from tuner.space import Categorical, Float, Int, Parameter, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.encoding import TabularEncoder
    from tuner.data.table import Table
    from tuner.data.text.tf_idf import TfIdf, Tokens
    from tuner.data.typed_rows import TypedRows
    from tuner.models.sparse_regression import SparseRegression

_STATE_FILE, _WEIGHTS_FILE = "estimator.json", "weights.npz"
_MAX_CATEGORIES = 50
# Rows of texts have length 1, columns of numbers variance 1: with this factor one penalty suits both.
_TEXT_SCALE = 2.0
# With many classes fewer tokens are known, so that the weights stay below a hundred megabytes.
_MAX_WEIGHTS = 10_000_000


class TextLinearEstimator(Estimator):
    """Counts of tokens of each text, and the other columns as a linear model takes them, with one weight for each."""

    _texts: tuple[tuple[str, TfIdf], ...]
    _encoder: TabularEncoder
    _num_classes: int  # 0 for a quantity
    _scale: TargetScale
    _model: SparseRegression

    def fit(self, train: Table, validation: Table, report: Report) -> int:
        from tuner.data.encoding import TabularEncoder
        from tuner.data.text.tf_idf import TfIdf
        from tuner.data.typed_rows import TypedRows
        from tuner.models.sparse_regression import SparseRegression

        self._num_classes = len(train.target_profile.classes)
        self._scale = TargetScale() if self._num_classes else TargetScale.fit(train.target)
        tabular = [column for column in train.columns if column.kind.is_tabular]
        self._encoder = TabularEncoder.fit(
            train.features, tabular, categories="one_hot", scale=True, max_categories=_MAX_CATEGORIES
        )
        most = min(self._params["vocabulary"], _MAX_WEIGHTS // max(1, self._num_classes))
        self._texts = tuple(
            (column.name, TfIdf.fit(train.features[column.name].to_list(), tokens, most=most))
            for column in train.columns
            if column.kind is ColumnKind.TEXT
            for tokens in self._tokens()
        )
        self._model = SparseRegression.fit(
            self._encoded(TypedRows.of(train.features)),
            train.target if self._num_classes else self._scale.to_standard(train.target),
            self._num_classes,
            l2=self._params["l2"],
            row_weights=row_weights(self._params, train.target),
            should_stop=report.should_stop,
        )
        report(1, self.predict(validation.features))
        return 1

    def _tokens(self) -> Sequence[Tokens]:
        words: Tokens = "pairs" if self._params["pairs"] else "words"
        return (words, "characters") if self._params["characters"] else (words,)

    def _encoded(self, rows: TypedRows) -> Any:  # Any: SciPy ships without type information
        import numpy as np
        from scipy.sparse import csr_array, hstack

        parts = [_TEXT_SCALE * tf_idf.transform(rows.columns[name].tolist()) for name, tf_idf in self._texts]
        encoded = rows.encoded(self._encoder)
        if encoded.shape[1]:
            parts.append(csr_array(encoded))
        return hstack(parts, format="csr", dtype=np.float64)

    def predict(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        from tuner.data.typed_rows import TypedRows

        return self.predict_rows(TypedRows.of(frame))

    def predict_rows(self, rows: TypedRows) -> NDArray[np.float64]:
        import numpy as np

        if not rows.num_rows:
            return np.zeros((0, self._num_classes) if self._num_classes else 0)
        prediction = self._model.predict(self._encoded(rows))
        return prediction if self._num_classes else self._scale.to_original(prediction)

    def save(self, folder: Path) -> None:
        state = {
            "num_classes": self._num_classes,
            "encoder": self._encoder.to_json(),
            "texts": [{"column": name, **tf_idf.to_json()} for name, tf_idf in self._texts],
            "scale": asdict(self._scale),
        }
        (folder / _STATE_FILE).write_text(json.dumps(state, allow_nan=False), encoding="utf-8")
        self._model.save(folder / _WEIGHTS_FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        from tuner.data.encoding import TabularEncoder
        from tuner.data.text.tf_idf import TfIdf
        from tuner.models.sparse_regression import SparseRegression

        state = json.loads((folder / _STATE_FILE).read_text(encoding="utf-8"))
        estimator = cls({}, seed=0, threads=1)
        estimator._num_classes = state["num_classes"]
        estimator._encoder = TabularEncoder.from_json(state["encoder"])
        estimator._texts = tuple((text["column"], TfIdf.from_json(text)) for text in state["texts"])
        estimator._scale = TargetScale(**state["scale"])
        estimator._model = SparseRegression.load(folder / _WEIGHTS_FILE, state["num_classes"])
        return estimator


class TextLinear(ModelFamily):
    """Logistic or ridge regression on counts of words: quick, and hard to beat on some thousands of texts.

    Each text column becomes counts of its tokens, weighted by how rare they are (TF-IDF); columns of other kinds are
    there as in ``linear``. Scripts without spaces between words are read by single characters and pairs of them.

    Parameters: ``l2``, the strength of the penalty on the weights; ``pairs``, whether neighbouring words count together
    beside each for itself, which tells "not good" from "good"; ``characters``, whether runs of three to five characters
    count too, which sees through endings and misspellings and takes five times as long; ``vocabulary``, how many
    different tokens are known, those in most rows; ``class_weight``, where classes are rare.
    """

    name = "text_linear"
    title = "Linear model of words"
    extra = "local"
    step = "fit"
    modules = ("scipy", "sklearn")
    reads = TABULAR_KINDS | TEXT_KINDS
    needs = TEXT_KINDS
    estimator = TextLinearEstimator

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        parameters: dict[str, Parameter] = {
            "l2": Float(1e-3, 1e3, log=True),
            "pairs": Categorical([True, False]),
            "characters": Categorical([True, False]),
            "vocabulary": Int(1_000, 200_000, log=True),
        }
        return SearchSpace(parameters | class_weight_parameter(target))

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        return {
            "l2": 1.0 if target.task.is_classification else 3.0,
            "pairs": True,
            "characters": True,
            "vocabulary": 50_000,
            **class_weight_default(target),
        }

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        characters = num_characters(profile, target)
        # Different tokens in a text for each of its characters: fewer for words, more for runs of characters.
        tokens = characters * (0.25 if not params["characters"] else 2.0)
        cutting = characters * (2e-7 if not params["characters"] else 8e-7)
        columns = num_one_hot_columns(profile, target, _MAX_CATEGORIES)
        return 0.05 + cutting + (tokens + target.num_rows * columns) * 4e-7 * num_outputs(target)
