"""Having a sampler make the next points of a study: as many as are wanted now, or those that soon will be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from tuner.engine.stock import End, Point, Stock, generator_for, num_results
from tuner.engine.views import blind_view
from tuner.records import Origin, StudyState, StudyView, Trial, TrialState
from tuner.samplers import Suggestion
from tuner.storage.study_rows import StudyChange, StudyRow
from tuner.storage.tables import MAX_METHOD

# Points that do not depend on results are made so many at a time.
BLIND_AHEAD = 32
_MAX_SEARCH = 500
# While others are at work, a point ahead is made again when it has missed more results than that of whoever asks next.
_MAX_MISSED = 1
_EPOCH = datetime.fromtimestamp(0, UTC)


def learned(stock: Stock, row: StudyRow, view: StudyView, num_wanted: int) -> End | None:
    """Put points into stock that are made from the study's results.

    Args:
        stock: Where they go.
        row: The study.
        view: What the sampler sees, at the same seq.
        num_wanted: How many are waited for; 0: those that will soon be asked for are made ahead.

    Returns:
        Where there are no more points, if the sampler ran out of them.
    """
    change = StudyChange(row)
    ready: list[Point] = []
    count = num_wanted
    if num_wanted == 0:
        count = _num_ahead(stock, change)
        ready = stock.ready(change, count, _MAX_MISSED)
        count -= len(ready)
    elif stock.find(change, num_wanted) is not None:
        count = 0
    if count == 0:
        return None
    first = row.study.next_number + len(ready)
    view = _with_running(view, ready)
    found = stock.sampler.suggest(view, count, generator_for(view.seed, first))
    search = stock.sampler.describe(view)
    made = {first + place: _point(row, each, search, view.seq) for place, each in enumerate(found)}
    end = End(first + len(made), view.seq) if len(made) < count else None
    stock.put(made, next_number=row.study.next_number, end=end)
    return end


def blind(stock: Stock, row: StudyRow, num_wanted: int) -> End | None:
    """Put points into stock that do not depend on results. Arguments and reply are those of ``learned``."""
    first = row.study.next_number
    missing = stock.missing(range(first, first + num_wanted + BLIND_AHEAD))
    if num_wanted == 0 and len(missing) < BLIND_AHEAD // 2:
        return None
    search = stock.sampler.describe(blind_view(row, first))
    made: dict[int, Point] = {}
    end = None
    for number in missing:
        found = stock.sampler.suggest(blind_view(row, number), 1, generator_for(row.spec.seed, number))
        if not found:
            end = End(number, None)
            break
        made[number] = _point(row, found[0], search, None)
    stock.put(made, next_number=first, end=end)
    return end


def _point(row: StudyRow, found: Suggestion, search: str, seq: int | None) -> Point:
    """What is kept of a suggestion; a sampler that has one method need not name it."""
    sampled_by = (found.source or row.spec.sampler)[:MAX_METHOD]
    return Point(found.params, sampled_by, search[:_MAX_SEARCH], seq, num_results(row))


def _num_ahead(stock: Stock, change: StudyChange) -> int:
    """How many points to have ready for those who ask next."""
    if change.row.study.state is not StudyState.RUNNING or change.is_exhausted:
        return 0
    wanted = stock.demand.num_ahead(change.counts[TrialState.RUNNING])
    left = change.trials_left
    return wanted if left is None else min(wanted, left)


def _with_running(view: StudyView, points: Sequence[Point]) -> StudyView:
    """The view as if trials at these points, too, were running."""
    if not points:
        return view
    first = view.first_number
    trials = [_running(view, first + place, point) for place, point in enumerate(points)]
    return replace(view, trials=[*view.trials, *trials], first_number=first + len(points))


def _running(view: StudyView, number: int, point: Point) -> Trial:
    return Trial(
        id=f"{view.study_id}-{number}",
        study_id=view.study_id,
        number=number,
        state=TrialState.RUNNING,
        origin=Origin.SAMPLER,
        params=point.params,
        attempt=1,
        values=None,
        failure=None,
        message=None,
        worker=None,
        last_step=None,
        last_value=None,
        metrics={},
        seq=view.seq,
        created_at=_EPOCH,
        started_at=_EPOCH,
        finished_at=None,
        lease_expires_at=None,
        sampled_by=point.sampled_by,
    )
