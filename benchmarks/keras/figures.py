"""Figures of a search, from the times of its trials and from looks at its processes."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.keras.watch import Sample

# Libraries load parts of themselves, and caches fill, during the first trials.
WARM_UP_TRIALS = 5


class UselessPredictions(Exception):
    """What a system predicted cannot be scored."""


def score(predictions: NDArray[np.generic], truth: NDArray[np.generic], *, is_error: bool) -> float:
    """Accuracy, or the root mean squared error.

    Raises:
        UselessPredictions: They are not as many as there are examples, or not finite.
    """
    if predictions.shape != truth.shape:
        raise UselessPredictions(f"predictions have the shape {predictions.shape}, not {truth.shape}")
    if not is_error:
        return float(np.mean(predictions.astype(str) == truth.astype(str)))
    found = float(np.sqrt(np.mean((predictions.astype(float) - truth.astype(float)) ** 2)))
    if not np.isfinite(found):
        raise UselessPredictions("a prediction is not finite")
    return found


def search_figures(answer: Mapping[str, Any], samples: Sequence[Sample], seconds: float) -> dict[str, Any]:
    """The figures of ``Outcome`` about times, processor and memory.

    Args:
        answer: What the system left; see ``peers/job.py``.
        samples: Looks at its processes.
        seconds: How long the search was to take.
    """
    began_at, ended_at, trials = answer["began_at"], answer["ended_at"], answer["trials"]
    fitted = [trial for trial in trials if trial["fit_seconds"] is not None]
    around = [trial["ended_at"] - trial["began_at"] - trial["fit_seconds"] for trial in fitted]
    between = [later["began_at"] - trial["ended_at"] for trial, later in pairwise(trials)]
    ends = [trial["ended_at"] for trial in fitted]
    sizes = [size for end in ends if (size := _at(samples, end, "lasting_bytes")) is not None]
    cpu = [_at(samples, instant, "cpu_seconds") for instant in (began_at, ended_at)]
    return {
        "search_seconds": ended_at - began_at,
        "first_trial_seconds": min(ends) - began_at if ends else None,
        "num_trials": sum(end <= began_at + seconds for end in ends),
        "before_fit_and_after": _median(around),
        "between_trials": _median(between),
        "cpu_seconds": None if None in cpu else cpu[1] - cpu[0],
        "lasting_bytes_first": sizes[0] if sizes else None,
        "lasting_bytes_last": sizes[-1] if sizes else None,
        "bytes_per_trial": _slope(sizes[WARM_UP_TRIALS:]),
        "peak_bytes": max((sample.all_bytes for sample in samples if sample.at <= ended_at), default=None),
    }


def _at(samples: Sequence[Sample], instant: float, figure: str) -> Any:
    """The figure at the look nearest to an instant; None if nobody looked."""
    nearest = min(samples, key=lambda sample: abs(sample.at - instant), default=None)
    return None if nearest is None else getattr(nearest, figure)


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def _slope(sizes: Sequence[int]) -> float | None:
    if len(sizes) < 2:
        return None
    return float(statistics.linear_regression(range(len(sizes)), sizes).slope)
