"""What the estimators around a scikit-learn model share: thread limits, class columns and the file format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from tuner.models.tabular import TabularEstimator, worthwhile_threads

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MODEL_FILE = "model.skops"


class SklearnEstimator(TabularEstimator):
    """An encoder with a scikit-learn model behind it.

    Models are saved with skops, which, unlike pickle, refuses to build any type that is not named.
    """

    trusted: ClassVar[tuple[str, ...]] = ()
    """Types in the saved model beyond those that skops always allows."""

    _model: Any  # scikit-learn ships without type information

    def _predict_encoded(self, encoded: NDArray[np.floating]) -> NDArray[np.float64]:
        with self._limited_threads(encoded):
            return self._answer(encoded)

    def _answer(self, encoded: NDArray[np.floating]) -> NDArray[np.float64]:
        """The model's predictions, within whatever thread limit holds."""
        import numpy as np

        if not self._num_classes:
            return np.asarray(self._model.predict(encoded), np.float64)
        return self._to_all_classes(self._model.predict_proba(encoded))

    def _to_all_classes(self, probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
        """A column for each class of the target, those that no training row had included."""
        import numpy as np

        columns = np.zeros((len(probabilities), self._num_classes))
        columns[:, self._model.classes_.astype(np.int64)] = probabilities
        return columns

    @contextmanager
    def _limited_threads(self, encoded: NDArray[np.floating]) -> Iterator[None]:
        """Hold the pools that scikit-learn uses (OpenMP, BLAS) to the threads that are allowed and worthwhile."""
        # Only pools of libraries that are loaded already can be limited.
        import sklearn.ensemble  # noqa: F401
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        with threadpool_limits(limits=worthwhile_threads(self._threads, encoded)):
            yield

    def _save_model(self, folder: Path) -> Mapping[str, object]:
        import skops.io

        skops.io.dump(self._model, folder / _MODEL_FILE)
        return {}

    def _load_model(self, folder: Path, facts: Mapping[str, Any]) -> None:
        import skops.io

        self._model = skops.io.load(folder / _MODEL_FILE, trusted=list(self.trusted))


def to_32_bits(seed: int) -> int:
    """The seed in the range that scikit-learn takes."""
    return seed % 2**32
