"""How the time of a study is shared out between trainings and the last average."""

from __future__ import annotations

from tuner.records import Origin, StudySpec

RESERVE_SHARE, MIN_RESERVE_SECONDS, MAX_RESERVE_SECONDS = 0.06, 1.2, 6.0


def reserve_seconds(seconds: float) -> float:
    """The part of a time budget that is kept for the last average."""
    return min(max(RESERVE_SHARE * seconds, MIN_RESERVE_SECONDS), MAX_RESERVE_SECONDS, seconds / 2)


def training_seconds(spec: StudySpec, origin: Origin, used_seconds: float) -> float | None:
    """How long a training that begins now may take by the study's time alone; None without a limit.

    Args:
        spec: The study's specification, with the budget as it is now.
        origin: What is trained.
        used_seconds: Wall time used so far.
    """
    limit = spec.budget.seconds
    if limit is None:
        return None
    is_last = origin is Origin.ENSEMBLE or not spec.ends_with_ensemble
    return max(0.0, limit - used_seconds - (0.0 if is_last else reserve_seconds(limit)))


def cutoff_seconds(spec: StudySpec, origin: Origin, used_seconds: float, *, has_candidate: bool = True) -> float | None:
    """After how long a training that begins now is not waited for any more; None: it is waited for.

    A training ends itself in time, but for what cannot be interrupted. The place of one that does not is needed for the
    last average, which has the second half of the reserve to itself; without any candidate there is no average.

    Args:
        spec: The study's specification, with the budget as it is now.
        origin: What is trained.
        used_seconds: Wall time used so far.
        has_candidate: Whether a candidate has completed.
    """
    limit = spec.budget.seconds
    if limit is None or not spec.ends_with_ensemble or origin is Origin.ENSEMBLE:
        return None
    if origin.is_candidate and not has_candidate:
        return max(0.0, limit + spec.budget.grace_seconds - used_seconds)
    return max(0.0, limit - reserve_seconds(limit) / 2 - used_seconds)
