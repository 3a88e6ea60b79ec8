"""Having a sampler make the next points of a study: as many as are wanted now, or one ahead."""

from __future__ import annotations

from tuner.engine.stock import End, Point, Stock, generator_for, num_results
from tuner.engine.views import blind_view
from tuner.records import StudyState, StudyView
from tuner.samplers import Suggestion
from tuner.storage.study_rows import StudyChange, StudyRow
from tuner.storage.tables import MAX_METHOD

# Points that do not depend on results are made so many at a time.
BLIND_AHEAD = 32
_MAX_SEARCH = 500


def learned(stock: Stock, row: StudyRow, view: StudyView, num_wanted: int) -> End | None:
    """Put points into stock that are made from the study's results.

    Args:
        stock: Where they go.
        row: The study.
        view: What the sampler sees, at the same seq.
        num_wanted: How many are waited for; 0: the next one is made ahead.

    Returns:
        Where there are no more points, if the sampler ran out of them.
    """
    change = StudyChange(row)
    is_over = row.study.state is not StudyState.RUNNING or change.trials_left == 0 or change.is_exhausted
    count = num_wanted or 1
    if (num_wanted == 0 and is_over) or stock.find(change, count) is not None:
        return None
    first = row.study.next_number
    found = stock.sampler.suggest(view, count, generator_for(view.seed, first))
    search = stock.sampler.describe(view)
    made = {first + place: _point(row, each, search, view.seq) for place, each in enumerate(found)}
    end = End(first + len(made), view.seq) if len(made) < count else None
    stock.put(made, next_number=first, end=end)
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
