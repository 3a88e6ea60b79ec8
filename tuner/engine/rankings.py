"""Rankings that SQL cannot keep: several objectives, ranked on read and cached by the study's seq."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from tuner.engine.views import Views
from tuner.ranking import parameter_importances, rank_trials
from tuner.records import Trial

T = TypeVar("T")

_MAX_RANKINGS = 64


@dataclass(frozen=True)
class Ranking:
    """All trials of a study, best first, as they were at ``seq``."""

    seq: int
    trials: Sequence[Trial]


class Rankings:
    """Rankings and importances by study, made again only when the study has changed."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._rankings: OrderedDict[str, Ranking] = OrderedDict()
        self._importances: OrderedDict[str, tuple[int, dict[str, float]]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, study_id: str) -> Ranking:
        """The ranking of the study as it stands."""
        _, view = self._views.of(study_id)
        with self._lock:
            kept = self._rankings.get(study_id)
        if kept is None or kept.seq != view.seq:
            kept = Ranking(view.seq, rank_trials(view.trials, view.directions, view.objective_names, view.constraints))
            with self._lock:
                _remember(self._rankings, study_id, kept)
        return kept

    def importances(self, study_id: str) -> dict[str, float]:
        """How much each parameter matters for the first objective; sums to 1, empty while too little is known."""
        _, view = self._views.of(study_id)
        with self._lock:
            kept = self._importances.get(study_id)
        if kept is None or kept[0] != view.seq:
            kept = view.seq, parameter_importances(view)
            with self._lock:
                _remember(self._importances, study_id, kept)
        return kept[1]


def _remember(cache: OrderedDict[str, T], study_id: str, value: T) -> None:
    cache[study_id] = value
    cache.move_to_end(study_id)
    if len(cache) > _MAX_RANKINGS:
        cache.popitem(last=False)
