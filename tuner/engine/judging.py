"""Asking a study's pruner about reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from tuner.models import MODEL
from tuner.pruners import Decision, Pruner, create_pruner
from tuner.records import Origin, StudySpec, StudyView, Trial


def next_decision_step(spec: StudySpec, last_step: int | None) -> int | None:
    """The first step whose report may be answered with ``prune``; None: no report of this study ever is."""
    # Reports carry the first objective alone: a trial that is behind in one may be the best in another.
    return None if len(spec.objectives) > 1 else _pruner(spec).next_decision_step(last_step)


def needs_decision(spec: StudySpec, last_step: int | None, reported: Sequence[tuple[int, float]]) -> bool:
    """Whether the pruner has to be asked about reports.

    Args:
        spec: The study.
        last_step: The trial's latest step before them.
        reported: Their steps and values.
    """
    following, first = next_decision_step(spec, last_step), next_decision_step(spec, None)
    if following is None or first is None:
        return False
    # A report that comes late, behind the latest step, may have been waited for at its own one.
    return any(step >= following or (last_step is not None and first <= step <= last_step) for step, _ in reported)


def is_hopeless(spec: StudySpec, view: StudyView, trial: Trial, reported: Sequence[tuple[int, float]]) -> bool:
    """Whether the pruner gives the trial up after these reports, which the view shows."""
    if spec.validation is not None:
        if spec.validation.ensemble and trial.origin is Origin.ENQUEUED:
            # It may add to an average what it lacks by itself; and of so few curves, with learning rates ten times
            # apart, nobody can tell where one of them leads.
            return False
        if spec.validation.scored_folds == 1:
            view = _among_family(view, trial)
    pruner = _pruner(spec)
    # Each is judged by itself, as of its step; later ones may have been stored since.
    as_reported = (replace(trial, last_step=step, last_value=value) for step, value in reported)
    return any(pruner.decide(view, then) is Decision.PRUNE for then in as_reported)


def _among_family(view: StudyView, trial: Trial) -> StudyView:
    """The view with the curves of one model family only: three epochs of one are not three rounds of another."""
    same = {other.number for other in view.trials if other.params[MODEL] == trial.params[MODEL]}
    return replace(view, curves={number: curve for number, curve in view.curves.items() if number in same})


def _pruner(spec: StudySpec) -> Pruner:
    return _made(spec.pruner if isinstance(spec.pruner, str) else tuple(spec.pruner.items()))


@lru_cache(maxsize=256)
def _made(form: str | tuple[tuple[str, str | int | float | None], ...]) -> Pruner:
    return create_pruner(form if isinstance(form, str) else dict(form))
